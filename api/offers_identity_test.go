package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestOffer_Identity(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"OfferIsUniqueByNameCategoryAndVersion", offerIsUniqueByNameCategoryAndVersion},
		{"OneOfManyEqualOffersAtOnceIsTaken", oneOfManyEqualOffersAtOnceIsTaken},
		{"DeleteOfferStopsAtContracts", deleteOfferStopsAtContracts},
		{"UnknownOfferIsNotFound", unknownOfferIsNotFound},
	})
}

func offerIsUniqueByNameCategoryAndVersion(t *testing.T, s *system.System) {
	base := with(mobileOffer(), object{"name": "Unique"})
	newOffer(t, s, base)
	second := newOffer(t, s, with(base, object{"version": 2}))
	newOffer(t, s, with(landlineOffer(), object{"name": "Unique"}))

	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodPost, offersPath, with(base, object{"name": " Unique "}))
	}).Refused(t, http.StatusConflict, "offer_version_conflict")
	s.Call(t, http.MethodPut, offersPath+"/"+second, object{"version": 1, "monthly_fee": 1}).
		Refused(t, http.StatusConflict, "offer_version_conflict")
	var read object
	s.Get(t, offersPath+"/"+second, &read)
	require.Subset(t, read, object{"version": 2.0, "monthly_fee": "199.00"}, "a refused change was applied in part")
}

func oneOfManyEqualOffersAtOnceIsTaken(t *testing.T, s *system.System) {
	body, accepted := mobileOffer(), 0
	for _, answer := range concurrently(t, 16, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, offersPath, body)
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "offer_version_conflict")
	}
	require.Equal(t, 1, accepted)
}

func deleteOfferStopsAtContracts(t *testing.T, s *system.System) {
	free, sold := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	client, _ := newClient(t, s)
	newContract(t, s, client, sold)

	answer := s.Call(t, http.MethodDelete, offersPath+"/"+free, nil)
	require.Equal(t, http.StatusNoContent, answer.Status, "%s", answer.Body)
	require.Empty(t, answer.Body)
	s.Call(t, http.MethodGet, offersPath+"/"+free, nil).Refused(t, http.StatusNotFound, "offer_not_found")
	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodDelete, offersPath+"/"+sold, nil)
	}).Refused(t, http.StatusConflict, "offer_delete_blocked")
}

func unknownOfferIsNotFound(t *testing.T, s *system.System) {
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		s.Call(t, http.MethodGet, offersPath+"/"+id, nil).Refused(t, http.StatusNotFound, "offer_not_found")
		s.Call(t, http.MethodPut, offersPath+"/"+id, object{"name": "Name"}).Refused(t, http.StatusNotFound, "offer_not_found")
		s.Call(t, http.MethodDelete, offersPath+"/"+id, nil).Refused(t, http.StatusNotFound, "offer_not_found")
	}
}
