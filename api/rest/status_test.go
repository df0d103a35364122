package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	for code := range refusal.Codes() {
		status, known := statuses[code]
		assert.True(t, known, "%s has no status", code)
		assert.True(t, 400 <= status && status < 500, "%s answers %d: a refusal is no fault of the server", code, status)
		assert.Equal(t, status, statusOf(code))
	}
	for code := range statuses {
		assert.Contains(t, refusal.Codes(), code, "a status for a code that does not exist")
	}
	assert.Equal(t, http.StatusInternalServerError, statusOf("unheard_of"))
}

func TestStatusesFollowTheNamesOfCodes(t *testing.T) {
	t.Parallel()
	for _, code := range slices.Sorted(maps.Keys(statuses)) {
		switch name := string(code); {
		case strings.HasSuffix(name, "_not_found"):
			assert.Equal(t, http.StatusNotFound, statuses[code], name)
		case strings.HasSuffix(name, "_conflict") && code != refusal.ProvisioningIntentConflict,
			strings.HasSuffix(name, "_delete_blocked"), strings.HasSuffix(name, "_required"):
			assert.Equal(t, http.StatusConflict, statuses[code], name)
		case strings.HasSuffix(name, "_token_mismatch"):
			assert.Equal(t, http.StatusForbidden, statuses[code], name)
		}
	}
}

// TestStatusesAreThoseOfTheContract pins statuses that clients of the original rely on and that do not follow
// from the names of the codes.
func TestStatusesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	for code, want := range map[refusal.Code]int{
		"validation_error": 422, "unauthorized": 401, "forbidden": 403, "idempotency_key_invalid": 400,
		"idempotency_key_payload_conflict": 409, "client_cin_missing": 409, "subscriber_client_mismatch": 422,
		"subscriber_offer_mismatch": 422, "offer_not_active": 409, "offer_validity_invalid": 422, "contract_date_invalid": 422,
		"contract_commitment_invalid": 422, "contract_upgrade_target_missing": 409, "contract_upgrade_target_invalid": 422,
		"contract_upgrade_disambiguation_required": 409, "provisioning_intent_conflict": 422,
		"landing_offer_service_mismatch": 422, "landing_token_invalid": 401, "landing_token_expired": 401,
		"landing_document_token_mismatch": 403, "landing_invoice_token_mismatch": 403, "mobile_number_invalid": 422,
		"landline_number_invalid": 422, "invoice_void": 409, "invoice_already_paid": 409, "payment_exceeds_outstanding": 422,
		"payment_not_found": 404, "payment_already_reversed": 409, "invoice_not_voidable": 409,
	} {
		assert.Equal(t, want, statusOf(code), code)
	}
}
