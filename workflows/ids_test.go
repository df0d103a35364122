package workflows

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/idempotency"
)

func TestAKeyedRequestHasOneWorkflow(t *testing.T) {
	t.Parallel()
	request := idempotency.Request{Operation: idempotency.BillingRun, Key: "monthly-2026-10", Fingerprint: []byte("a")}
	assert.Equal(t, "billing-run/monthly-2026-10", ID(request))
	request.Fingerprint = []byte("b")
	assert.Equal(t, "billing-run/monthly-2026-10", ID(request), "another payload must meet the first one's workflow")
	request.Operation = idempotency.Payment
	assert.Equal(t, "payment/monthly-2026-10", ID(request), "operations scope keys")
}

func TestTheLongestKeyFitsATemporalID(t *testing.T) {
	t.Parallel()
	const temporalLimit = 1_000 // The server's default for limit.maxIDLength, in bytes.
	key, err := idempotency.ParseKey(strings.Repeat("𝔎", 200))
	require.NoError(t, err)
	for _, operation := range []idempotency.Operation{
		idempotency.LandingNew, idempotency.PlanChange, idempotency.Provision, idempotency.BillingRun,
		idempotency.Payment, idempotency.PaymentReversal, idempotency.InvoiceVoid, idempotency.ContractDocument,
	} {
		id := ID(idempotency.Request{Operation: operation, Key: key})
		assert.LessOrEqual(t, len(id), temporalLimit, operation)
	}
}
