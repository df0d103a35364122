package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestLandingBootstrap_ActiveOffersByName(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, offer := range []object{
		with(mobileOffer(), object{"name": "B mobile"}), with(mobileOffer(), object{"name": "A mobile", "valid_to": "2027-01-01"}),
		with(mobileOffer(), object{"name": "C mobile", "status": "retired"}), with(adslOffer(), object{"name": "ADSL"}),
	} {
		newOffer(t, s, offer)
	}
	var body object
	s.Call(t, http.MethodGet, "/api/v1/landing/bootstrap", nil, system.Anonymous).Into(t, http.StatusOK, &body)
	require.Equal(t, fieldsOf("flow_options, services, offer_categories"), names(body))
	require.Equal(t, []any{"subscribe_new_service", "upgrade_or_downgrade_existing_service", "check_billing_and_download_invoices"}, body["flow_options"])
	require.Equal(t, []any{"mobile", "internet", "landline"}, body["services"])

	shown := map[string][]any{}
	var order []string
	for _, category := range body["offer_categories"].([]any) {
		require.Equal(t, fieldsOf("service_category, offers"), names(category))
		name := text(t, category, "service_category")
		order = append(order, name)
		shown[name] = []any{}
		for _, offer := range at(t, category, "offers").([]any) {
			require.Equal(t, fieldsOf("id, name, service_category, service_type, monthly_fee, activation_fee, status, valid_from, valid_to"), names(offer))
			shown[name] = append(shown[name], at(t, offer, "name"))
		}
	}
	require.Equal(t, []string{"mobile", "internet", "landline"}, order)
	require.Equal(t, map[string][]any{"mobile": {"A mobile", "B mobile"}, "internet": {"ADSL"}, "landline": {}}, shown)
}
