package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestCollectionCase_ConcurrentReadersPaymentsAndOperators(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	beforeOverdue(s, func() {
		offer := newOffer(t, s, with(mobileOffer(), object{"activation_fee": 0}))
		for range concurrentCallers {
			client, _ := newClient(t, s)
			newContract(t, s, client, offer)
		}
		bill(t, s, september)
		bill(t, s, object{"period_start": "2026-10-01", "period_end": "2026-10-31", "due_days": 30, "tax_rate": 0.2})
	})
	var list object
	s.Get(t, invoicesPath+"?size=100", &list)
	var invoices []object
	for _, row := range at(t, list, "data").([]any) {
		if at(t, row, "due_date") == "2026-10-15" {
			invoices = append(invoices, row.(object))
		}
	}
	require.Len(t, invoices, concurrentCallers)

	// Many requests discover the overdue invoices concurrently: partial payments, the list and the overview.
	keys := make([]system.Header, 3*concurrentCallers)
	for i := range keys {
		keys[i] = newKey()
	}
	part := func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, paymentsPath,
			object{"invoice_id": invoices[i%concurrentCallers]["id"], "amount": "100.00", "payment_date": "2026-11-20"}, keys[i])
	}
	for _, answer := range concurrently(t, 3*concurrentCallers, func(i int) (system.Response, error) {
		switch i % 3 {
		case 0:
			return part(i / 3)
		case 1:
			return s.TryCall(http.MethodGet, casesPath, nil)
		}
		return s.TryCall(http.MethodGet, overviewPath, nil)
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Subset(t, overview(t, s), object{"open_cases": 16.0, "overdue_invoices": 16.0, "total_outstanding_amount": "2220.80"})

	// Then operators close cases and remind while payments settle some of them and readers look on.
	cases := map[any]object{}
	for _, row := range casesWhere(t, s, "") {
		require.ElementsMatch(t, []string{"case_opened", "payment_recorded"}, kindsOf(t, history(t, s, row)))
		cases[row["invoice_id"]] = row
	}
	for _, answer := range concurrently(t, 4*concurrentCallers, func(i int) (system.Response, error) {
		invoice := invoices[i/4]
		about := cases[invoice["id"]]
		switch i % 4 {
		case 0:
			return s.TryCall(http.MethodPost, paymentsPath,
				object{"invoice_id": invoice["id"], "amount": "138.80", "payment_date": "2026-11-20"}, keys[concurrentCallers+i/4])
		case 1:
			return s.TryCall(http.MethodPut, casesPath+"/"+about["id"].(string)+"/status", object{"status": "closed"})
		case 2:
			return s.TryCall(http.MethodPost, casesPath+"/"+about["id"].(string)+"/actions", object{"action_type": "reminder_sent"})
		}
		return s.TryCall(http.MethodGet, casesPath, nil)
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Subset(t, overview(t, s), object{"open_cases": 0.0, "in_progress_cases": 0.0, "total_outstanding_amount": "0.00"})
	for _, invoice := range invoices {
		found := map[string]int{}
		for _, kind := range kindsOf(t, history(t, s, cases[invoice["id"]])) {
			found[kind]++
		}
		for kind, times := range map[string]int{"case_opened": 1, "payment_recorded": 2, "status_updated": 1, "reminder_sent": 1} {
			require.Equal(t, times, found[kind], "%s in %v", kind, found)
		}
		// Each was closed at most once by the operator, so at most once opened again and at most once resolved.
		require.LessOrEqual(t, found["case_reopened"], 1, "%v", found)
		require.LessOrEqual(t, found["case_resolved"], 1, "%v", found)
	}
	require.Zero(t, count(t, s, "SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL"))
}
