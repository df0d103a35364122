package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const reversalFields = "payment, reversed_at, reversed_by, reason, invoice_status, outstanding_amount, collection_case_status, idempotency_replayed"

func reversalPath(paymentID string) string { return paymentsPath + "/" + paymentID + "/reverse" }

// reversed reverses a payment and requires that the API accepts the reversal.
func reversed(t testing.TB, s *system.System, paymentID string) object {
	t.Helper()
	return created(t, s, reversalPath(paymentID), object{"reason": "The cheque bounced"}, newKey())
}

// invoiceAudit returns the audit trail of an invoice, oldest first.
func invoiceAudit(t testing.TB, s *system.System, invoice object) []object {
	t.Helper()
	var events []object
	s.Get(t, invoicesPath+"/"+text(t, invoice, "id")+"/audit", &events)
	return events
}

func TestPaymentReversals(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"ReversalMakesThePaymentOutstandingAgain", reversalMakesThePaymentOutstandingAgain},
		{"ReversalOfAnOverdueInvoiceReopensItsCase", reversalOfAnOverdueInvoiceReopensItsCase},
		{"ReversalOfAPartKeepsTheCase", reversalOfAPartKeepsTheCase},
		{"ReversalOfWhatWasPaidInTimeOpensTheFirstCase", reversalOfWhatWasPaidInTimeOpensTheFirstCase},
		{"ReversalIsFinal", reversalIsFinal},
		{"ReversalRefusesWhatItCannotTakeBack", reversalRefusesWhatItCannotTakeBack},
		{"ReversedPaymentsAreListedAsSuch", reversedPaymentsAreListedAsSuch},
	})
}

func reversalMakesThePaymentOutstandingAgain(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november) // 238.80 in all, due on 15 December.
	payment := at(t, pay(t, s, invoice, "238.80"), "payment").(object)
	answer := created(t, s, reversalPath(strings.ToUpper(text(t, payment, "id"))), object{"reason": "  The cheque bounced\n"}, newKey())
	require.Equal(t, fieldsOf(reversalFields), names(answer))
	require.Equal(t, with(payment, object{"status": "reversed"}), answer["payment"])
	require.Subset(t, answer, object{
		"reversed_by": "op-1", "reason": "The cheque bounced", "invoice_status": "issued", "outstanding_amount": "238.80",
		"collection_case_status": nil, "idempotency_replayed": false,
	})
	require.Regexp(t, timestampPattern, answer["reversed_at"])
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])

	events := invoiceAudit(t, s, invoice)
	require.Len(t, events, 1)
	require.Equal(t, fieldsOf("id, invoice_id, payment_id, event_type, actor_id, details, created_at"), names(events[0]))
	require.Subset(t, events[0], object{
		"invoice_id": invoice["id"], "payment_id": payment["id"], "event_type": "payment_reversed", "actor_id": "op-1",
		"details": `{"amount": "238.80", "from_status": "paid", "reason": "The cheque bounced", "to_status": "issued"}`,
	})
	// It can be paid again, in full.
	require.Subset(t, pay(t, s, invoice, "238.80"), object{"invoice_status": "paid", "outstanding_amount": "0.00"})
}

func reversalOfAnOverdueInvoiceReopensItsCase(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, september) // Due on 15 October.
	pay(t, s, invoice, "38.80")
	last := pay(t, s, invoice, "200.00")
	require.Subset(t, last, object{"invoice_status": "paid", "collection_case_status": "resolved"})
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])
	before := overview(t, s)

	answer := reversed(t, s, text(t, last, "payment", "id"))
	require.Subset(t, answer, object{"invoice_status": "overdue", "outstanding_amount": "200.00", "collection_case_status": "open"})
	require.Equal(t, true, clientOf(t, s, invoice)["is_delinquent"])
	actions := actionsOf(t, s, invoice)
	require.Equal(t, []string{"case_opened", "payment_recorded", "payment_recorded", "case_resolved", "payment_reversed", "case_reopened"}, kinds(actions))
	require.Equal(t, "op-1", actions[4].actor)
	require.Equal(t, object{"payment_id": at(t, last, "payment", "id"), "amount": "200.00", "invoice_id": invoice["id"]}, actions[4].payload)
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM collection_cases WHERE invoice_id = $1 AND status = 'open' AND outstanding_amount = 20000
		AND closed_at IS NULL AND days_past_due IS NULL`, invoice["id"]))
	after := overview(t, s)
	require.Equal(t, before["open_cases"].(float64)+1, after["open_cases"])
	require.Equal(t, before["overdue_invoices"].(float64)+1, after["overdue_invoices"])
	require.Equal(t, 20_000, centimes(t, after["total_outstanding_amount"])-centimes(t, before["total_outstanding_amount"]))
	require.Equal(t, 20_000, centimes(t, at(t, after, "bucket_totals", "31_60"))-centimes(t, at(t, before, "bucket_totals", "31_60")))

	again := created(t, s, approvalPath(invoice["id"]), object{}, newKey())
	require.Subset(t, again, object{"collection_case_status": "resolved"})
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])
	require.Equal(t, before, overview(t, s))
}

func reversalOfAPartKeepsTheCase(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, september)
	part := pay(t, s, invoice, "38.80")
	about := casesWhere(t, s, "?client_id="+text(t, invoice, "client_id"))[0]
	decoded(t, s.Call(t, http.MethodPut, casesPath+"/"+text(t, about, "id")+"/status", object{"status": "in_progress"}), http.StatusOK)
	answer := reversed(t, s, text(t, part, "payment", "id"))
	require.Subset(t, answer, object{"invoice_status": "overdue", "outstanding_amount": "238.80", "collection_case_status": "in_progress"})
	require.Equal(t, []string{"case_opened", "payment_recorded", "status_updated", "payment_reversed"}, kinds(actionsOf(t, s, invoice)))
	require.Equal(t, "238.80", casesWhere(t, s, "?client_id="+text(t, invoice, "client_id"))[0]["outstanding_amount"])
}

func reversalOfWhatWasPaidInTimeOpensTheFirstCase(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, september)
	// Settled before anything noticed that it is overdue: it never had a case.
	whole := pay(t, s, invoice, "238.80")
	require.Subset(t, whole, object{"invoice_status": "paid", "collection_case_status": nil})
	answer := reversed(t, s, text(t, whole, "payment", "id"))
	require.Subset(t, answer, object{"invoice_status": "overdue", "outstanding_amount": "238.80", "collection_case_status": "open"})
	require.Equal(t, []string{"case_opened", "payment_reversed"}, kinds(actionsOf(t, s, invoice)))
	require.Equal(t, true, clientOf(t, s, invoice)["is_delinquent"])
}

func reversalIsFinal(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	id := text(t, at(t, pay(t, s, invoice, 1), "payment"), "id")
	reversed(t, s, id)
	for _, statement := range []string{
		"UPDATE payments SET status = 'posted', reversed_at = NULL, reversed_by = NULL, reversal_reason = NULL WHERE id = $1",
		"UPDATE payments SET reversal_reason = 'Another' WHERE id = $1",
		"UPDATE invoice_audit_events SET actor_id = 'nobody' WHERE payment_id = $1",
		"DELETE FROM invoice_audit_events WHERE payment_id = $1",
	} {
		_, err := s.Pool.Exec(t.Context(), statement, id)
		require.ErrorContains(t, err, "is rejected", statement)
	}
}

func reversalRefusesWhatItCannotTakeBack(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	open, taken := text(t, at(t, pay(t, s, invoice, 1), "payment"), "id"), text(t, at(t, pay(t, s, invoice, 2), "payment"), "id")
	key := newKey()
	first, _ := withoutReplayMark(t, s.Call(t, http.MethodPost, reversalPath(taken), object{"reason": "Bounced"}, key))
	send := func(id string, body any, headers ...system.Header) system.Response {
		return writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, reversalPath(id), body, headers...) })
	}
	again, replayed := withoutReplayMark(t, send(taken, object{"reason": "Bounced"}, key))
	require.True(t, replayed)
	require.Equal(t, first, again)
	send(taken, object{"reason": "Bounced"}, newKey()).Refused(t, http.StatusConflict, "payment_already_reversed")
	send(open, object{"reason": "Bounced"}, key).Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	send(unknownID, object{"reason": "Bounced"}, newKey()).Refused(t, http.StatusNotFound, "payment_not_found")
	send(unknownID, object{"reason": "Bounced"}, key).Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	for _, reason := range []any{"", " \t\n", nil, 1, strings.Repeat("r", 1201), absent{}} {
		problemAt(t, send(open, with(object{}, object{"reason": reason}), newKey()), "body", "reason")
	}
	longest := created(t, s, reversalPath(open), object{"reason": strings.Repeat("é", 1200)}, newKey())
	require.Equal(t, strings.Repeat("é", 1200), longest["reason"])
}

func reversedPaymentsAreListedAsSuch(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	kept, taken := text(t, at(t, pay(t, s, invoice, 1), "payment"), "id"), text(t, at(t, pay(t, s, invoice, 2), "payment"), "id")
	reversed(t, s, taken)
	for status, want := range map[string]string{"posted": kept, "reversed": taken} {
		var list object
		s.Get(t, paymentsPath+"?filters=status="+status+"&invoice_id="+text(t, invoice, "id"), &list)
		require.Equal(t, 1.0, at(t, list, "meta", "total"))
		require.Subset(t, at(t, list, "data").([]any)[0], object{"id": want, "status": status})
	}
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM invoices i WHERE id = $1
		AND paid_amount = (SELECT sum(amount::bigint) FROM payments p WHERE p.invoice_id = i.id AND p.status = 'posted')`, invoice["id"]))
}
