package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	offersPath  = "/api/v1/offers"
	offerFields = `id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from, valid_to,
		mobile_data_gb, mobile_calls_hours, internet_access_type, internet_fiber_speed_mbps, internet_adsl_speed_mbps,
		internet_landline_included, internet_tv_included, landline_national_included, landline_international_hours,
		landline_phone_hours, created_at, updated_at`
)

// bareOffer is what an offer shows of components that it does not have.
var bareOffer = object{
	"version": 1.0, "activation_fee": "0.00", "status": "active", "valid_to": nil, "mobile_data_gb": nil,
	"mobile_calls_hours": nil, "internet_access_type": nil, "internet_fiber_speed_mbps": nil, "internet_adsl_speed_mbps": nil,
	"internet_landline_included": false, "internet_tv_included": false, "landline_national_included": false,
	"landline_international_hours": nil, "landline_phone_hours": nil,
}

func TestOffers(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"OfferFeesAreReadAsWrittenAndRoundedHalfUp", offerFeesAreReadAsWrittenAndRoundedHalfUp},
		{"OfferRulesHoldForCreatesAndForChanges", offerRulesHoldForCreatesAndForChanges},
		{"UpdateOfferRefusesNullForWhatIsRequired", updateOfferRefusesNullForWhatIsRequired},
		{"UpdateOfferMergesAndDerivesAgain", updateOfferMergesAndDerivesAgain},
	})
}

func TestOffer_CreateDerivesType(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct {
		name       string
		body, want object
	}{
		{"mobile", object{
			"name": "  Mobile 20GB ", "service_category": "mobile", "monthly_fee": "199.00", "activation_fee": "50.50",
			"valid_from": "2026-01-01", "mobile_data_gb": 20, "mobile_calls_hours": 5,
		}, object{
			"name": "Mobile 20GB", "service_category": "mobile", "service_type": "mobile", "monthly_fee": "199.00",
			"activation_fee": "50.50", "valid_from": "2026-01-01", "mobile_data_gb": 20.0, "mobile_calls_hours": 5.0,
		}},
		{
			"mobile with only calls", with(mobileOffer(), object{"mobile_data_gb": nil, "mobile_calls_hours": 1}),
			object{"mobile_calls_hours": 1.0, "activation_fee": "50.50", "monthly_fee": "199.00"},
		},
		{"fiber forces the landline and drops mobile parts", object{
			"name": "Fiber 100", "service_category": "internet", "monthly_fee": 400, "activation_fee": 100, "valid_from": "2026-01-01",
			"internet_access_type": "fiber", "internet_fiber_speed_mbps": 100, "internet_tv_included": true, "mobile_data_gb": 4,
			"internet_landline_included": false, "landline_national_included": true, "landline_phone_hours": 3,
		}, object{
			"service_type": "fiber", "monthly_fee": "400.00", "activation_fee": "100.00", "internet_access_type": "fiber",
			"internet_fiber_speed_mbps": 100.0, "internet_landline_included": true, "internet_tv_included": true,
		}},
		{"adsl", adslOffer(), object{
			"service_type": "adsl", "internet_access_type": "adsl", "internet_adsl_speed_mbps": 12.0,
			"internet_landline_included": true, "monthly_fee": "150.00",
		}},
		{"landline drops internet parts", with(landlineOffer(), object{
			"landline_international_hours": 2, "landline_phone_hours": 3, "internet_access_type": "fiber",
			"internet_fiber_speed_mbps": 5, "internet_tv_included": true, "internet_landline_included": true,
		}), object{
			"service_type": "landline", "landline_national_included": true, "landline_international_hours": 2.0,
			"landline_phone_hours": 3.0, "monthly_fee": "99.90",
		}},
		{
			"service type of the caller is ignored", with(mobileOffer(), object{"service_type": "fiber"}),
			object{"service_type": "mobile", "mobile_data_gb": 20.0, "activation_fee": "50.50"},
		},
		{"version, status and validity", with(mobileOffer(), object{
			"version": 2147483647, "status": "retired", "valid_to": "2026-01-01", "activation_fee": absent{},
		}), object{"version": 2147483647.0, "status": "retired", "valid_to": "2026-01-01", "mobile_data_gb": 20.0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			offer := created(t, s, offersPath, test.body)
			require.Equal(t, fieldsOf(offerFields), names(offer))
			require.Subset(t, offer, with(bareOffer, test.want), "body: %v", test.body)
			require.Regexp(t, timestampPattern, offer["created_at"])
			var read object
			s.Get(t, offersPath+"/"+text(t, offer, "id"), &read)
			require.Equal(t, offer, read)
		})
	}
}

func offerFeesAreReadAsWrittenAndRoundedHalfUp(t *testing.T, s *system.System) {
	for _, test := range []struct{ sent, want string }{
		{`"199"`, "199.00"},
		{`199`, "199.00"},
		{`199.5`, "199.50"},
		{`"0.01"`, "0.01"},
		{`0.005`, "0.01"},
		{`"0.005"`, "0.01"},
		{`"10.004"`, "10.00"},
		{`10.015`, "10.02"},
		{`"1.005"`, "1.01"},
		{`1.005`, "1.01"},
		{`8.045`, "8.05"},
		{`" 12.3 "`, "12.30"},
		{`1e3`, "1000.00"},
		{`"1E2"`, "100.00"},
		{`9999999999.99`, "9999999999.99"},
		{`"9999999999.994"`, "9999999999.99"},
	} {
		body := fmt.Sprintf(`{"name": "Fee %d", "service_category": "mobile", "mobile_data_gb": 1, "valid_from": "2026-01-01",
			"monthly_fee": %s, "activation_fee": %s}`, next(), test.sent, test.sent)
		offer := decoded(t, s.Call(t, http.MethodPost, offersPath, body), http.StatusOK)
		require.Equal(t, test.want, offer["monthly_fee"], "sent: %s", test.sent)
		require.Equal(t, test.want, offer["activation_fee"], "sent: %s", test.sent)
	}
}

// brokenOffers are changes that break a rule, with the field at fault.
func brokenOffers() []struct {
	name        string
	base        object
	changes     object
	at          string
	onlyCreates bool
} {
	return []struct {
		name        string
		base        object
		changes     object
		at          string
		onlyCreates bool
	}{
		{"short name", mobileOffer(), object{"name": " x "}, "name", false},
		{"long name", mobileOffer(), object{"name": fmt.Sprintf("%0101d", 1)}, "name", false},
		{"no name", mobileOffer(), object{"name": absent{}}, "name", true},
		{"unknown category", mobileOffer(), object{"service_category": "tv"}, "service_category", false},
		{"version 0", mobileOffer(), object{"version": 0}, "version", false},
		{"version past int32", mobileOffer(), object{"version": 2147483648}, "version", false},
		{"fee 0", mobileOffer(), object{"monthly_fee": "0"}, "monthly_fee", false},
		{"fee rounds to 0", mobileOffer(), object{"monthly_fee": "0.004"}, "monthly_fee", false},
		{"negative fee", mobileOffer(), object{"monthly_fee": -1}, "monthly_fee", false},
		{"no fee", mobileOffer(), object{"monthly_fee": absent{}}, "monthly_fee", true},
		{"fee of 10^10", mobileOffer(), object{"monthly_fee": "10000000000"}, "monthly_fee", false},
		{"fee rounds to 10^10", mobileOffer(), object{"monthly_fee": "9999999999.995"}, "monthly_fee", false},
		{"fee NaN", mobileOffer(), object{"monthly_fee": "NaN"}, "monthly_fee", false},
		{"fee Infinity", mobileOffer(), object{"monthly_fee": "Infinity"}, "monthly_fee", false},
		{"fee is text", mobileOffer(), object{"monthly_fee": "much"}, "monthly_fee", false},
		{"fee is true", mobileOffer(), object{"monthly_fee": true}, "monthly_fee", false},
		{"fee is a list", mobileOffer(), object{"monthly_fee": []int{1}}, "monthly_fee", false},
		{"fee is empty", mobileOffer(), object{"monthly_fee": ""}, "monthly_fee", false},
		{"negative activation", mobileOffer(), object{"activation_fee": "-0.01"}, "activation_fee", false},
		{"unknown status", mobileOffer(), object{"status": "draft"}, "status", false},
		{"no start", mobileOffer(), object{"valid_from": absent{}}, "valid_from", true},
		{"date that does not exist", mobileOffer(), object{"valid_from": "2026-02-30"}, "valid_from", false},
		{"date with time", mobileOffer(), object{"valid_from": "2026-01-01T00:00:00Z"}, "valid_from", false},
		{"ends before it starts", mobileOffer(), object{"valid_to": "2025-12-31"}, "valid_to", false},
		{"mobile without parts", mobileOffer(), object{"mobile_data_gb": nil}, "mobile_data_gb", false},
		{"quantity 0", mobileOffer(), object{"mobile_data_gb": 0}, "mobile_data_gb", false},
		{"quantity past int32", mobileOffer(), object{"mobile_data_gb": 2147483648}, "mobile_data_gb", false},
		{"quantity with a fraction", mobileOffer(), object{"mobile_data_gb": 1.5}, "mobile_data_gb", false},
		{"internet without access", fiberOffer(), object{"internet_access_type": nil}, "internet_access_type", false},
		{"unknown access", fiberOffer(), object{"internet_access_type": "cable"}, "internet_access_type", false},
		{"fiber without speed", fiberOffer(), object{"internet_fiber_speed_mbps": nil}, "internet_fiber_speed_mbps", false},
		{"fiber with the other speed", fiberOffer(), object{"internet_adsl_speed_mbps": 12}, "internet_adsl_speed_mbps", false},
		{"adsl without speed", adslOffer(), object{"internet_adsl_speed_mbps": nil}, "internet_adsl_speed_mbps", false},
		{"adsl with the other speed", adslOffer(), object{"internet_fiber_speed_mbps": 12}, "internet_fiber_speed_mbps", false},
		{"landline without parts", landlineOffer(), object{"landline_national_included": false}, "landline_national_included", false},
		{"landline quantity 0", landlineOffer(), object{"landline_phone_hours": 0}, "landline_phone_hours", false},
	}
}

func offerRulesHoldForCreatesAndForChanges(t *testing.T, s *system.System) {
	for _, test := range brokenOffers() {
		t.Run("create/"+test.name, func(t *testing.T) {
			body := with(test.base, test.changes)
			problemAt(t, writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, offersPath, body) }), "body", test.at)
		})
		if test.onlyCreates {
			continue
		}
		t.Run("change/"+test.name, func(t *testing.T) {
			path := offersPath + "/" + newOffer(t, s, test.base)
			var before, after object
			s.Get(t, path, &before)
			problemAt(t, s.Call(t, http.MethodPut, path, test.changes), "body", test.at)
			s.Get(t, path, &after)
			require.Equal(t, before, after, "changes: %v", test.changes)
		})
	}
}

func updateOfferRefusesNullForWhatIsRequired(t *testing.T, s *system.System) {
	path := offersPath + "/" + newOffer(t, s, mobileOffer())
	var before, after object
	s.Get(t, path, &before)
	for _, field := range []string{
		"name", "service_category", "version", "monthly_fee", "activation_fee", "status", "valid_from", "internet_tv_included",
		"landline_national_included",
	} {
		t.Run(field, func(t *testing.T) {
			problemAt(t, s.Call(t, http.MethodPut, path, object{field: nil}), "body", field)
			s.Get(t, path, &after)
			require.Equal(t, before, after, "null %s changed the offer", field)
		})
	}
}

func updateOfferMergesAndDerivesAgain(t *testing.T, s *system.System) {
	path := offersPath + "/" + newOffer(t, s, with(mobileOffer(), object{"name": "Merged", "valid_to": "2027-01-01"}))
	for _, test := range []struct{ body, want object }{
		{object{}, object{"name": "Merged", "mobile_data_gb": 20.0}},
		{object{"monthly_fee": 250, "name": " Merged 2 "}, object{"monthly_fee": "250.00", "name": "Merged 2", "activation_fee": "50.50"}},
		{object{"valid_to": nil, "status": "retired"}, object{"valid_to": nil, "status": "retired"}},
		{object{"mobile_calls_hours": 3, "mobile_data_gb": nil}, object{"mobile_calls_hours": 3.0, "mobile_data_gb": nil}},
		{
			object{"service_category": "internet", "internet_access_type": "fiber", "internet_fiber_speed_mbps": 50},
			object{"service_type": "fiber", "mobile_calls_hours": nil, "internet_landline_included": true},
		},
		{
			object{"internet_access_type": "adsl", "internet_adsl_speed_mbps": 8, "internet_fiber_speed_mbps": nil},
			object{"service_type": "adsl", "internet_fiber_speed_mbps": nil, "internet_adsl_speed_mbps": 8.0},
		},
		{
			object{"service_category": "landline", "landline_phone_hours": 9},
			object{"service_type": "landline", "internet_landline_included": false, "internet_access_type": nil, "landline_phone_hours": 9.0},
		},
		{object{"service_type": "mobile", "unknown": 1}, object{"service_type": "landline"}},
	} {
		var before, after object
		s.Get(t, path, &before)
		s.Call(t, http.MethodPut, path, test.body).Into(t, http.StatusOK, &after)
		require.Subset(t, after, test.want, "body: %v", test.body)
		require.Equal(t, before["created_at"], after["created_at"])
	}
}
