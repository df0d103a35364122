package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// requireBooks checks what must hold of all invoices, payments, cases and clients together, whatever happened to them.
func requireBooks(t testing.TB, s *system.System) {
	t.Helper()
	for about, query := range map[string]string{
		"what is paid of an invoice is the sum of its posted payments": `SELECT count(*) FROM invoices i
			WHERE paid_amount::bigint <> (SELECT coalesce(sum(amount::bigint), 0) FROM payments p WHERE p.invoice_id = i.id AND p.status = 'posted')`,
		"every reversal and every void is in the audit trail, once": `SELECT count(*) FROM (
			SELECT id FROM payments WHERE status = 'reversed' UNION ALL SELECT id FROM invoices WHERE status = 'void') corrected
			FULL JOIN (SELECT coalesce(payment_id, invoice_id) AS id, count(*) AS events FROM invoice_audit_events GROUP BY 1) audited USING (id)
			WHERE corrected.id IS NULL OR audited.events IS DISTINCT FROM 1`,
		"the lines of void invoices are released, and no others": `SELECT count(*) FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
			WHERE l.released <> (i.status = 'void')`,
		"a case owes what its invoice does": `SELECT count(*) FROM collection_cases c JOIN invoices i ON i.id = c.invoice_id
			WHERE c.outstanding_amount <> CASE WHEN i.status = 'void' THEN 0 ELSE i.total_amount - i.paid_amount END`,
		"overdue invoices have a case that is worked on, and no others": `SELECT count(*) FROM invoices i LEFT JOIN collection_cases c ON c.invoice_id = i.id
			WHERE (i.status = 'overdue') <> coalesce(c.status IN ('open', 'in_progress'), false)`,
		"a client is delinquent while an invoice is overdue": `SELECT count(*) FROM clients c
			WHERE (delinquent_since IS NOT NULL) <> EXISTS (SELECT 1 FROM invoices i WHERE i.client_id = c.id AND i.status = 'overdue')`,
		"the totals are those of the cases": `SELECT count(*) FROM (
			SELECT status, sum(case_count) AS n, sum(outstanding_amount::bigint) AS owed FROM collection_case_totals GROUP BY 1
				HAVING sum(case_count) <> 0) kept
			FULL JOIN (SELECT status, count(*) AS n, sum(outstanding_amount::bigint) AS owed FROM collection_cases GROUP BY 1) counted
			USING (status, n, owed) WHERE kept.status IS NULL OR counted.status IS NULL`,
		"the ledger says what clients owe on their invoices, and its postings add up": `SELECT count(*) FROM (
			SELECT client_id AS id, sum(total_amount - paid_amount)::bigint AS balance FROM invoices WHERE status <> 'void' GROUP BY 1) owed
			FULL JOIN ledger_accounts a USING (id)
			WHERE a.kind = 'client' AND (coalesce(owed.balance, 0) <> a.balance OR a.balance <> (
				SELECT sum(amount) FROM ledger_postings p WHERE p.account_id = a.id)) OR a.id IS NULL`,
		"the totals of lists are those of the rows": `SELECT count(*) FROM (
			SELECT list, sum(total) AS n FROM list_totals WHERE list IN ('invoices', 'payments') GROUP BY 1) kept
			JOIN (SELECT 'invoices' AS list, count(*) AS n FROM invoices UNION ALL SELECT 'payments', count(*) FROM payments) counted USING (list)
			WHERE kept.n <> counted.n`,
	} {
		require.Zero(t, count(t, s, query), about)
	}
}

func TestInvoiceBalance_ConcurrentPaymentsAndReversals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for range rounds {
		invoice := newInvoice(t, s, september)
		pay(t, s, invoice, "38.80")
		last := text(t, at(t, pay(t, s, invoice, "200.00"), "payment"), "id")
		keys := make([]system.Header, concurrentCallers)
		for i := range keys {
			keys[i] = newKey()
		}
		accepted := map[string]int{}
		for i, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
			if i%2 == 0 {
				return s.TryCall(http.MethodPost, reversalPath(last), object{"reason": "Bounced"}, keys[i])
			}
			return s.TryCall(http.MethodPost, paymentsPath, object{"invoice_id": invoice["id"], "amount": "50.00", "payment_date": "2026-11-20"}, keys[i])
		}) {
			what := []string{"reversal", "payment"}[i%2]
			if answer.Status == http.StatusOK {
				accepted[what]++
				continue
			}
			code := text(t, decoded(t, answer, answer.Status), "error", "code")
			require.Contains(t, map[string][]string{
				"reversal": {"payment_already_reversed"}, "payment": {"invoice_already_paid"},
			}[what], code)
		}
		require.Equal(t, 1, accepted["reversal"])
		require.LessOrEqual(t, accepted["payment"], 4, "200.00 is outstanding again")
		require.Equal(t, 1+accepted["payment"], count(t, s, "SELECT count(*) FROM payments WHERE invoice_id = $1 AND status = 'posted'", invoice["id"]))
		noted := map[string]int{}
		for _, kind := range kinds(actionsOf(t, s, invoice)) {
			noted[kind]++
		}
		require.Equal(t, 1, noted["payment_reversed"])
		require.Equal(t, 2+accepted["payment"], noted["payment_recorded"])
		overview(t, s)
		requireBooks(t, s)
	}
}

func TestInvoiceBalance_ConcurrentPaymentAndVoid(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for round := range 2 * rounds {
		terms := []object{november, september}[round%2]
		invoice := newInvoice(t, s, terms)
		keys := make([]system.Header, concurrentCallers)
		for i := range keys {
			keys[i] = newKey()
		}
		accepted := map[string]int{}
		for i, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
			switch i % 4 {
			case 0:
				return s.TryCall(http.MethodPost, voidPath(invoice["id"]), object{"reason": "Wrong tariff"}, keys[i])
			case 1:
				return s.TryCall(http.MethodPost, approvalPath(invoice["id"]), object{}, keys[i])
			case 2:
				return s.TryCall(http.MethodPost, billingPath, terms, keys[i])
			}
			return s.TryCall(http.MethodGet, overviewPath, nil)
		}) {
			what := []string{"void", "payment", "run", "overview"}[i%4]
			if answer.Status == http.StatusOK {
				accepted[what]++
				continue
			}
			code := text(t, decoded(t, answer, http.StatusConflict), "error", "code")
			require.Contains(t, map[string][]string{
				"void": {"invoice_void", "invoice_not_voidable"}, "payment": {"invoice_void", "invoice_already_paid"},
			}[what], code)
		}
		require.Equal(t, 1, accepted["void"]+accepted["payment"], "%v", accepted)
		bill(t, s, terms)
		require.Len(t, clientInvoices(t, s, text(t, invoice, "client_id")), 1+accepted["void"], "billed once more if it is void")
		overview(t, s)
		requireBooks(t, s)
		requireNumbersWithoutGaps(t, s)
	}
}

func TestInvoiceBalance_ConcurrentReversals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	payments := make([]string, concurrentCallers)
	for i := range payments {
		payments[i] = text(t, at(t, pay(t, s, invoice, "10.00"), "payment"), "id")
	}
	pay(t, s, invoice, "78.80")
	require.Equal(t, 0.0, overview(t, s)["open_cases"])
	for _, answer := range concurrently(t, 2*concurrentCallers, func(i int) (system.Response, error) {
		// Each twice under one key.
		return s.TryCall(http.MethodPost, reversalPath(payments[i/2]), object{"reason": "Bounced"}, system.Key("reversal-"+payments[i/2]))
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Subset(t, overview(t, s), object{"open_cases": 1.0, "total_outstanding_amount": "160.00"})
	noted := map[string]int{}
	for _, kind := range kinds(actionsOf(t, s, invoice)) {
		noted[kind]++
	}
	require.Equal(t, map[string]int{"case_opened": 1, "payment_recorded": concurrentCallers + 1, "case_resolved": 1, "payment_reversed": concurrentCallers, "case_reopened": 1}, noted)
	requireBooks(t, s)
}
