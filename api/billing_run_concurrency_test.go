package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// newBillableClients makes clients with one contract each, in chunks small enough that runs
// have many.
func newBillableClients(t testing.TB, clients int) *system.System {
	t.Helper()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 3 })
	offer := newOffer(t, s, with(mobileOffer(), object{"activation_fee": 0}))
	for range clients {
		client, _ := newClient(t, s)
		newContract(t, s, client, offer)
	}
	return s
}

func TestBillingRun_ConcurrentRequestsUnderOneKey(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 7)
	key := newKey()
	answers := concurrently(t, concurrentCallers, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, billingPath, september, key)
	})
	want, _ := withoutReplayMark(t, answers[0])
	originals := 0
	for _, answer := range answers {
		got, replayed := withoutReplayMark(t, answer)
		require.Equal(t, want, got)
		if !replayed {
			originals++
		}
	}
	require.Equal(t, 1, originals)
	written := rowCounts(t, s)
	require.Equal(t, []int{1, 7, 7, 7}, []int{written["billing_runs"], written["invoices"], written["invoice_lines"], written["documents"]})
	requireNumbersWithoutGaps(t, s)
}

func TestBillingRun_ConcurrentRunsBillOnce(t *testing.T) {
	t.Parallel()
	const clients, runs = 10, 4
	s := newBillableClients(t, clients)
	keys := make([]system.Header, runs)
	for i := range keys {
		keys[i] = newKey()
	}
	invoices, skipped := 0.0, 0.0
	for _, answer := range concurrently(t, runs, func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, billingPath, september, keys[i])
	}) {
		result := decoded(t, answer, http.StatusOK)
		require.Equal(t, 0.0, result["failed_count"], "answer: %s", answer.Body)
		invoices, skipped = invoices+result["invoice_count"].(float64), skipped+result["skipped_count"].(float64)
	}
	require.Equal(t, float64(clients), invoices)
	require.Equal(t, float64(clients*(runs-1)), skipped)
	require.Equal(t, clients, count(t, s, "SELECT count(DISTINCT contract_id) FROM invoice_lines WHERE line_type = 'recurring'"))
	require.Equal(t, clients, count(t, s, "SELECT count(*) FROM invoice_lines WHERE line_type = 'recurring'"))
	require.Equal(t, clients, count(t, s, "SELECT count(*) FROM documents"))
	requireNumbersWithoutGaps(t, s)
}
