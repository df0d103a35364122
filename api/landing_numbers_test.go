package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestLandingNumbers_Normalised(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	mobile, fiber, landline := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer()), newOffer(t, s, landlineOffer())
	requested := func(number string) object {
		return with(newMobile(mobile), object{"requested_mobile_local_number": number})
	}
	existing := func(number string) object {
		return with(newMobile(mobile), object{"mobile_number_mode": "use_existing", "existing_mobile_local_number": number})
	}
	home := func(category, offer, number string) object {
		return with(newHomeService(category, offer), object{"home_landline_local_number": number})
	}
	for _, test := range []struct {
		body object
		want string
	}{
		{requested("0612000001"), "+212612000001"},
		{requested("612000002"), "+212612000002"},
		{requested("+212612000003"), "+212612000003"},
		{requested("212612000004"), "+212612000004"},
		{requested(" 06-12.00 (00) 05 "), "+212612000005"},
		{requested("+212 7/12/00/00/06"), "+212712000006"},
		{existing("0712000007"), "+212712000007"},
		{existing("712_000_008"), "+212712000008"},
		{home("internet", fiber, "0522000001"), "+212522000001"},
		{home("internet", fiber, "+212 822-000-002"), "+212822000002"},
		{home("landline", landline, "522000003"), "+212522000003"},
		{home("landline", landline, "212822000004"), "+212822000004"},
	} {
		answer := submit(t, s, test.body)
		require.Equal(t, test.want, answer["service_identifier"], "body: %v", test.body)
		require.Equal(t, 1, count(t, s, "SELECT count(*) FROM subscribers WHERE service_identifier = $1", test.want))
	}
}

func TestLandingNumbers_WrongKind(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	mobile, fiber := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer())
	for _, test := range []struct {
		code    string
		field   string
		base    object
		numbers []string
	}{
		{
			"mobile_number_invalid", "requested_mobile_local_number", newMobile(mobile),
			[]string{"0512345678", "0812345678", "061234567", "06123456789", "+33612345678", "061234567a", "+213612345678", "---", "0000000000", "00612345678"},
		},
		{
			"mobile_number_invalid", "existing_mobile_local_number", with(newMobile(mobile), object{"mobile_number_mode": "use_existing"}),
			[]string{"0522334455", "6", "+212 612 345 67"},
		},
		{
			"landline_number_invalid", "home_landline_local_number", newHomeService("internet", fiber),
			[]string{"0612345678", "0712345678", "052233445", "05223344556", "12345", "call me", "0922334455"},
		},
	} {
		for _, number := range test.numbers {
			body := with(test.base, object{test.field: number})
			details := writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, submitNewPath, body, newKey(), system.Anonymous)
			}).Refused(t, http.StatusUnprocessableEntity, test.code)
			require.NotEmpty(t, details["accepted_examples"], "number %q", number)
		}
	}
}

func TestLandingNumbers_ExamplesInRefusal(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for field, base := range map[string]object{
		"requested_mobile_local_number": newMobile(newOffer(t, s, mobileOffer())),
		"home_landline_local_number":    newHomeService("internet", newOffer(t, s, fiberOffer())),
	} {
		answer := s.Call(t, http.MethodPost, submitNewPath, with(base, object{field: "1"}), newKey())
		details := answer.Refused(t, http.StatusUnprocessableEntity, map[bool]string{true: "mobile", false: "landline"}[strings.Contains(field, "mobile")]+"_number_invalid")
		for _, example := range details["accepted_examples"].([]any) {
			answer := s.Call(t, http.MethodPost, submitNewPath, with(base, object{field: example, "cin": newCIN()}), newKey())
			if answer.Status != http.StatusOK {
				// Two examples may be one number: then the second is taken, but not invalid.
				answer.Refused(t, http.StatusConflict, "subscriber_identifier_conflict")
			}
		}
	}
}

func TestLandingNumbers_AssignedAreUnique(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer, seen := newOffer(t, s, mobileOffer()), map[string]bool{}
	bodies := make([]object, 16)
	for i := range bodies {
		bodies[i] = newMobile(offer)
	}
	for _, answer := range concurrently(t, len(bodies), func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, submitNewPath, bodies[i], newKey())
	}) {
		number := text(t, decoded(t, answer, http.StatusOK), "service_identifier")
		require.False(t, seen[number], "number %s is assigned twice", number)
		seen[number] = true
	}
}

func TestLandingNumbers_ConcurrentRequestsForOneNumber(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer, accepted := newOffer(t, s, mobileOffer()), 0
	bodies := make([]object, 16)
	for i := range bodies {
		bodies[i] = with(newMobile(offer), object{"requested_mobile_local_number": "0612345678"})
	}
	for _, answer := range concurrently(t, len(bodies), func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, submitNewPath, bodies[i], newKey())
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "subscriber_identifier_conflict")
	}
	require.Equal(t, 1, accepted)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM clients"), "refused submits left clients behind")
}

func TestLandingSubmit_ConcurrentOfOneNewClient(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	body, made := newMobile(newOffer(t, s, mobileOffer())), 0
	for _, answer := range concurrently(t, 16, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, submitNewPath, body, newKey())
	}) {
		if decoded(t, answer, http.StatusOK)["created_client"] == true {
			made++
		}
	}
	require.Equal(t, 1, made)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM clients"))
	require.Equal(t, 16, count(t, s, "SELECT count(*) FROM contracts"))
}
