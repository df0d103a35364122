package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const defaultApprovalNote = "Invoice marked as paid by operator approval"

func approvalPath(invoiceID any) string {
	return "/api/v1/collections/invoices/" + invoiceID.(string) + "/approve-paid"
}

func TestPaymentApprovals(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"ApprovalPaysAllThatIsOutstanding", approvalPaysAllThatIsOutstanding},
		{"ApprovalWithoutTermsIsOfTodayWithANote", approvalWithoutTermsIsOfTodayWithANote},
		{"ApprovalIsAnsweredFromTheStore", approvalIsAnsweredFromTheStore},
		{"ApprovalUnderAUsedKeyIsRefused", approvalUnderAUsedKeyIsRefused},
		{"ApprovalRefusesInvoicesThatTakeNone", approvalRefusesInvoicesThatTakeNone},
		{"ApprovalRefusesWhatTheContractForbids", approvalRefusesWhatTheContractForbids},
		{"ApprovalOfAnOverdueInvoiceResolvesItsCase", approvalOfAnOverdueInvoiceResolvesItsCase},
		{"ManyApprovalsUnderDifferentKeysPayOnce", manyApprovalsUnderDifferentKeysPayOnce},
		{"ManyApprovalsUnderOneKeyAreOnePayment", manyApprovalsUnderOneKeyAreOnePayment},
	})
}

func approvalPaysAllThatIsOutstanding(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november) // 238.80 in all.
	pay(t, s, invoice, "38.75")
	answer := created(t, s, approvalPath(invoice["id"]), object{
		"payment_date": "2026-11-20", "method": "bank_transfer", "reference": " BT-1 ", "note": "  ok  ", "amount": "1.00",
	}, newKey())
	require.Equal(t, fieldsOf(allocationFields), names(answer))
	require.Subset(t, answer, object{
		"invoice_status": "paid", "outstanding_amount": "0.00", "allocation_state": "full", "collection_case_status": nil, "idempotency_replayed": false,
	})
	require.Equal(t, fieldsOf(paymentFields), names(answer["payment"]))
	require.Subset(t, answer["payment"], object{
		"invoice_id": invoice["id"], "client_id": invoice["client_id"], "amount": "200.05", "currency": "MAD", "payment_date": "2026-11-20",
		"method": "bank_transfer", "reference": "BT-1", "note": "ok", "status": "posted",
	})
	var read object
	s.Get(t, invoicesPath+"/"+text(t, invoice, "id"), &read)
	require.Equal(t, "paid", read["status"])
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM payments WHERE id = $1 AND actor_id = 'op-1' AND amount = 20005", at(t, answer, "payment", "id")))
}

func approvalWithoutTermsIsOfTodayWithANote(t *testing.T, s *system.System) {
	for _, body := range []object{{}, {"payment_date": nil, "method": nil, "reference": nil, "note": nil}, {"reference": " ", "note": " \t "}, {"note": ""}} {
		answer := created(t, s, approvalPath(newInvoice(t, s, november)["id"]), body, newKey())
		require.Subset(t, answer["payment"], object{
			"amount": "238.80", "payment_date": "2026-11-22", "method": "other", "reference": nil, "note": defaultApprovalNote,
		})
	}
}

func approvalIsAnsweredFromTheStore(t *testing.T, s *system.System) {
	invoice, key := newInvoice(t, s, november), newKey()
	first := s.Call(t, http.MethodPost, approvalPath(invoice["id"]), object{}, key)
	want, replayed := withoutReplayMark(t, first)
	require.False(t, replayed)
	for _, body := range []object{{}, {"method": "other", "note": " "}, {"payment_date": nil, "note": defaultApprovalNote, "reference": ""}} {
		answer := writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, approvalPath(strings.ToUpper(text(t, invoice, "id"))), body, system.Key("  "+key.Value+" "))
		})
		got, replayed := withoutReplayMark(t, answer)
		require.True(t, replayed, "body: %v", body)
		require.Equal(t, want, got, "body: %v", body)
	}
}

func approvalUnderAUsedKeyIsRefused(t *testing.T, s *system.System) {
	invoice, other, key := newInvoice(t, s, november), newInvoice(t, s, november), newKey()
	created(t, s, approvalPath(invoice["id"]), object{}, key)
	for _, test := range []struct {
		invoice any
		body    object
	}{
		{other["id"], object{}},
		{unknownID, object{}},
		{invoice["id"], object{"method": "cash"}},
		{invoice["id"], object{"reference": "R"}},
		{invoice["id"], object{"note": "ok"}},
		{invoice["id"], object{"payment_date": "2026-11-20"}},
		{invoice["id"], object{"payment_date": "2026-11-22"}},
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, approvalPath(test.invoice), test.body, key)
		}).
			Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	}
	// A key that another operation used is free, and so is the key of a failed request.
	body := object{"invoice_id": other["id"], "amount": 1, "payment_date": "2026-11-20"}
	created(t, s, paymentsPath, body, key)
	failed := newKey()
	s.Call(t, http.MethodPost, approvalPath(invoice["id"]), object{}, failed).Refused(t, http.StatusConflict, "invoice_already_paid")
	require.Equal(t, "237.80", at(t, created(t, s, approvalPath(other["id"]), object{}, failed), "payment", "amount"))
}

func approvalRefusesInvoicesThatTakeNone(t *testing.T, s *system.System) {
	paid, void := newInvoice(t, s, november), newInvoice(t, s, november)
	pay(t, s, paid, paid["total_amount"])
	voided(t, s, void)
	for _, test := range []struct {
		invoice any
		status  int
		code    string
	}{
		{unknownID, 404, "invoice_not_found"}, {"x", 404, "invoice_not_found"}, {void["id"], 409, "invoice_void"}, {paid["id"], 409, "invoice_already_paid"},
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, approvalPath(test.invoice), object{}, newKey())
		}).
			Refused(t, test.status, test.code)
	}
}

func approvalRefusesWhatTheContractForbids(t *testing.T, s *system.System) {
	path := approvalPath(newInvoice(t, s, november)["id"])
	send := func(body any, headers ...system.Header) system.Response {
		return writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, path, body, headers...) })
	}
	for _, test := range []struct {
		field string
		value any
	}{
		{"payment_date", "20/11/2026"},
		{"payment_date", 1},
		{"method", "barter"},
		{"reference", strings.Repeat("r", 121)},
		{"reference", 1},
		{"note", strings.Repeat("n", 1201)},
	} {
		problemAt(t, send(object{test.field: test.value}, newKey()), "body", test.field)
	}
	problemAt(t, send(nil, newKey()), "body")
	problemAt(t, send(object{}), "header", "Idempotency-Key")
	send(object{}, system.Key("  short  ")).Refused(t, http.StatusBadRequest, "idempotency_key_invalid")
	send(object{}, newKey(), system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
}

func approvalOfAnOverdueInvoiceResolvesItsCase(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, september)
	pay(t, s, invoice, "38.80")
	require.Equal(t, true, clientOf(t, s, invoice)["is_delinquent"])
	answer := created(t, s, approvalPath(invoice["id"]), object{}, newKey())
	require.Subset(t, answer, object{"invoice_status": "paid", "collection_case_status": "resolved"})
	require.Equal(t, []string{"case_opened", "payment_recorded", "payment_recorded", "case_resolved"}, kinds(actionsOf(t, s, invoice)))
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])
}

func countPayments(t testing.TB, s *system.System, invoice object) int {
	t.Helper()
	return count(t, s, "SELECT count(*) FROM payments WHERE invoice_id = $1", invoice["id"])
}

func manyApprovalsUnderDifferentKeysPayOnce(t *testing.T, s *system.System) {
	invoice, accepted, keys := newInvoice(t, s, november), 0, make([]system.Header, concurrentCallers)
	for i := range keys {
		keys[i] = newKey()
	}
	for _, answer := range concurrently(t, concurrentCallers, func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPost, approvalPath(invoice["id"]), object{}, keys[i])
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "invoice_already_paid")
	}
	require.Equal(t, 1, accepted)
	require.Equal(t, 1, countPayments(t, s, invoice))
}

func manyApprovalsUnderOneKeyAreOnePayment(t *testing.T, s *system.System) {
	invoice, key, originals := newInvoice(t, s, november), newKey(), 0
	answers := concurrently(t, concurrentCallers, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, approvalPath(invoice["id"]), object{}, key)
	})
	want, _ := withoutReplayMark(t, answers[0])
	for i, answer := range answers {
		got, replayed := withoutReplayMark(t, answer)
		require.Equal(t, want, got, "answer %d", i)
		if !replayed {
			originals++
		}
	}
	require.Equal(t, 1, originals)
	require.Equal(t, 1, countPayments(t, s, invoice))
}
