package api_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// action is an entry of a collection case's history.
type action struct {
	kind, actor string
	payload     object
}

// actionsOf returns the history of an invoice's case, oldest first.
func actionsOf(t testing.TB, s *system.System, invoice object) []action {
	t.Helper()
	rows, err := s.Pool.Query(context.Background(), `SELECT a.action_type, a.actor_id, a.payload::text
		FROM collection_case_actions a JOIN collection_cases c ON c.id = a.case_id
		WHERE c.invoice_id = $1 ORDER BY a.created_at, a.id`, invoice["id"])
	require.NoError(t, err)
	defer rows.Close()
	var actions []action
	for rows.Next() {
		var found action
		var payload string
		require.NoError(t, rows.Scan(&found.kind, &found.actor, &payload))
		found.payload = detailsOf(t, payload)
		actions = append(actions, found)
	}
	require.NoError(t, rows.Err())
	return actions
}

func kinds(actions []action) []string {
	var found []string
	for _, action := range actions {
		found = append(found, action.kind)
	}
	return found
}

func clientOf(t testing.TB, s *system.System, invoice object) object {
	t.Helper()
	var client object
	s.Get(t, customersPath+"/"+text(t, invoice, "client_id"), &client)
	return client
}

func TestPayment_PartialOfOverdueInvoiceOpensCase(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september) // Due on 15 October, 38 days before the tests' day.
	require.Subset(t, clientOf(t, s, invoice), object{"is_delinquent": false, "delinquent_since": nil})

	answer := pay(t, s, invoice, "38.80")
	require.Subset(t, answer, object{
		"invoice_status": "overdue", "outstanding_amount": "200.00", "allocation_state": "partial", "collection_case_status": "open",
	})
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM collection_cases WHERE invoice_id = $1 AND client_id = $2 AND status = 'open'
		AND reason = 'invoice_overdue' AND due_date = '2026-10-15' AND outstanding_amount = 20000 AND closed_at IS NULL`,
		invoice["id"], invoice["client_id"]))
	client := clientOf(t, s, invoice)
	require.Equal(t, true, client["is_delinquent"])
	require.Regexp(t, timestampPattern, client["delinquent_since"])

	actions := actionsOf(t, s, invoice)
	require.Equal(t, []string{"case_opened", "payment_recorded"}, kinds(actions))
	require.Equal(t, "op-1", actions[1].actor)
	require.Subset(t, actions[1].payload, object{"payment_id": at(t, answer, "payment", "id"), "amount": "38.80", "invoice_id": invoice["id"]})

	again := pay(t, s, invoice, "100.00")
	require.Subset(t, again, object{"outstanding_amount": "100.00", "collection_case_status": "open"})
	require.Equal(t, []string{"case_opened", "payment_recorded", "payment_recorded"}, kinds(actionsOf(t, s, invoice)))
	require.Equal(t, client["delinquent_since"], clientOf(t, s, invoice)["delinquent_since"], "delinquent since the first time")
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM collection_cases WHERE outstanding_amount = 10000"))
}

func TestPayment_FullOfOverdueInvoiceResolvesCase(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	pay(t, s, invoice, "38.80")
	answer := pay(t, s, invoice, "200.00")
	require.Subset(t, answer, object{
		"invoice_status": "paid", "outstanding_amount": "0.00", "allocation_state": "full", "collection_case_status": "resolved",
	})
	require.Equal(t, []string{"case_opened", "payment_recorded", "payment_recorded", "case_resolved"}, kinds(actionsOf(t, s, invoice)))
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM collection_cases WHERE status = 'resolved' AND outstanding_amount = 0
		AND closed_at IS NOT NULL`))
	require.Subset(t, clientOf(t, s, invoice), object{"is_delinquent": false, "delinquent_since": nil})
}

func TestPayment_OtherOverdueInvoiceKeepsDelinquency(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	august := newInvoice(t, s, object{"period_start": "2026-08-01", "period_end": "2026-08-31", "tax_rate": "0.2"})
	beforeOverdue(s, func() { bill(t, s, september) })
	found := clientInvoices(t, s, text(t, august, "client_id"))
	require.Len(t, found, 2)
	pay(t, s, found[0], 1)
	pay(t, s, found[1], 1)
	pay(t, s, found[0], "237.80")
	require.Equal(t, true, clientOf(t, s, august)["is_delinquent"])
	pay(t, s, found[1], "237.80")
	require.Equal(t, false, clientOf(t, s, august)["is_delinquent"])
}

func TestPayment_OnDueDateIsNotLate(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	// Due on 22 November, the tests' day.
	invoice := newInvoice(t, s, object{"period_start": "2026-10-01", "period_end": "2026-10-31", "due_days": 22, "tax_rate": "0.2"})
	require.Equal(t, "2026-11-22", invoice["due_date"])
	require.Subset(t, pay(t, s, invoice, 1), object{"invoice_status": "issued", "collection_case_status": nil})
	require.Zero(t, count(t, s, "SELECT count(*) FROM collection_cases"))
}

func TestPayment_ReplayOfOverdueInvoiceWritesNothing(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice, key := newInvoice(t, s, september), newKey()
	body := object{"invoice_id": invoice["id"], "amount": 10, "payment_date": "2026-11-20"}
	first, _ := withoutReplayMark(t, s.Call(t, "POST", paymentsPath, body, key))
	// Later changes do not affect a stored answer.
	pay(t, s, invoice, "228.80")
	again, replayed := withoutReplayMark(t, writesNothing(t, s, func() system.Response { return s.Call(t, "POST", paymentsPath, body, key) }))
	require.True(t, replayed)
	require.Equal(t, first, again)
}
