package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	paymentFields    = "id, invoice_id, client_id, amount, currency, payment_date, method, reference, note, status, created_at"
	allocationFields = "payment, invoice_status, outstanding_amount, allocation_state, collection_case_status, idempotency_replayed"
)

func TestPayments(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"PaymentsSettleAnInvoice", paymentsSettleAnInvoice},
		{"PaymentAmountsAreRoundedHalfUp", paymentAmountsAreRoundedHalfUp},
		{"PaymentRefusesWhatTheContractForbids", paymentRefusesWhatTheContractForbids},
		{"PaymentRefusesInvoicesThatTakeNone", paymentRefusesInvoicesThatTakeNone},
	})
}

// newInvoice bills a new client 238.80 and returns the invoice.
func newInvoice(t testing.TB, s *system.System, terms object) (invoice object) {
	t.Helper()
	issue := func() {
		client, _ := newClient(t, s)
		newContract(t, s, client, newOffer(t, s, with(mobileOffer(), object{"activation_fee": 0})))
		bill(t, s, terms)
		invoice = clientInvoice(t, s, client)
	}
	if text(t, terms, "period_end") < "2026-11-01" {
		beforeOverdue(s, issue)
	} else {
		issue()
	}
	return invoice
}

// pay pays an amount of an invoice, which must be accepted.
func pay(t testing.TB, s *system.System, invoice object, amount any, changes ...object) object {
	t.Helper()
	body := object{"invoice_id": invoice["id"], "amount": amount, "payment_date": "2026-11-20"}
	for _, change := range changes {
		body = with(body, change)
	}
	return created(t, s, paymentsPath, body, newKey())
}

func paymentsSettleAnInvoice(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	first := pay(t, s, invoice, "100.50", object{"method": "cash", "reference": " R1 ", "note": " first ", "unknown": 1})
	require.Equal(t, fieldsOf(allocationFields), names(first))
	require.Subset(t, first, object{
		"invoice_status": "issued", "outstanding_amount": "138.30", "allocation_state": "partial", "collection_case_status": nil, "idempotency_replayed": false,
	})
	payment := first["payment"].(object)
	require.Equal(t, fieldsOf(paymentFields), names(payment))
	require.Subset(t, payment, object{
		"invoice_id": invoice["id"], "client_id": invoice["client_id"], "amount": "100.50", "currency": "MAD", "payment_date": "2026-11-20",
		"method": "cash", "reference": "R1", "note": "first", "status": "posted",
	})
	require.Regexp(t, timestampPattern, payment["created_at"])

	last := pay(t, s, invoice, 138.3)
	require.Subset(t, last, object{"invoice_status": "paid", "outstanding_amount": "0.00", "allocation_state": "full", "collection_case_status": nil})
	require.Subset(t, last["payment"], object{"amount": "138.30", "method": "other", "reference": nil, "note": nil})
	var read object
	s.Get(t, invoicesPath+"/"+text(t, invoice, "id"), &read)
	require.Equal(t, "paid", read["status"])
	require.Equal(t, invoice["total_amount"], read["total_amount"])
}

func paymentAmountsAreRoundedHalfUp(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	for _, test := range []struct {
		sent any
		want string
	}{{"0.005", "0.01"}, {0.005, "0.01"}, {"1.004", "1.00"}, {1.005, "1.01"}, {"1e1", "10.00"}, {7, "7.00"}, {" 2.5 ", "2.50"}} {
		require.Equal(t, test.want, at(t, pay(t, s, invoice, test.sent), "payment", "amount"), "sent: %v", test.sent)
	}
}

func paymentRefusesWhatTheContractForbids(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	valid := object{"invoice_id": invoice["id"], "amount": "10", "payment_date": "2026-11-20"}
	for _, test := range []struct {
		name    string
		changes object
		at      string
	}{
		{"no invoice", object{"invoice_id": absent{}}, "invoice_id"},
		{"no amount", object{"amount": absent{}}, "amount"},
		{"null amount", object{"amount": nil}, "amount"},
		{"amount 0", object{"amount": 0}, "amount"},
		{"amount rounds to 0", object{"amount": "0.004"}, "amount"},
		{"negative amount", object{"amount": "-5"}, "amount"},
		{"amount NaN", object{"amount": "NaN"}, "amount"},
		{"amount of 10^10", object{"amount": "10000000000"}, "amount"},
		{"amount is true", object{"amount": true}, "amount"},
		{"no date", object{"payment_date": absent{}}, "payment_date"},
		{"wrong date", object{"payment_date": "20/11/2026"}, "payment_date"},
		{"unknown method", object{"method": "barter"}, "method"},
		{"long reference", object{"reference": strings.Repeat("r", 121)}, "reference"},
		{"long note", object{"note": strings.Repeat("n", 1201)}, "note"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(valid, test.changes)
			problemAt(t, writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, paymentsPath, body, newKey())
			}), "body", test.at)
		})
	}
	longest := pay(t, s, invoice, 1, object{"reference": strings.Repeat("é", 120), "note": strings.Repeat("é", 1200), "method": "wallet"})
	require.Equal(t, "wallet", at(t, longest, "payment", "method"))
}

func paymentRefusesInvoicesThatTakeNone(t *testing.T, s *system.System) {
	open, paid, void := newInvoice(t, s, november), newInvoice(t, s, november), newInvoice(t, s, november)
	pay(t, s, paid, paid["total_amount"])
	pay(t, s, open, "38.80")
	voided(t, s, void)
	for _, test := range []struct {
		name    string
		changes object
		status  int
		code    string
		details object
	}{
		{"unknown invoice", object{"invoice_id": unknownID}, 404, "invoice_not_found", object{}},
		{"invoice that is no UUID", object{"invoice_id": "x"}, 404, "invoice_not_found", object{}},
		{"void invoice", object{"invoice_id": void["id"]}, 409, "invoice_void", object{}},
		{"paid invoice", object{"invoice_id": paid["id"]}, 409, "invoice_already_paid", object{}},
		{"a centime too much", object{"amount": "200.01"}, 422, "payment_exceeds_outstanding", object{"outstanding_amount": "200.00", "payment_amount": "200.01"}},
		{"far too much", object{"amount": "999999.999"}, 422, "payment_exceeds_outstanding", object{"outstanding_amount": "200.00", "payment_amount": "999999.999"}},
		{"rounds to too much", object{"amount": 200.005}, 422, "payment_exceeds_outstanding", object{"outstanding_amount": "200.00", "payment_amount": "200.005"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(object{"invoice_id": open["id"], "amount": "1.00", "payment_date": "2026-11-20"}, test.changes)
			details := writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, paymentsPath, body, newKey())
			}).Refused(t, test.status, test.code)
			require.Equal(t, test.details, details, "body: %v", body)
		})
	}
}

func TestPaymentList_Filters(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	one, two := newInvoice(t, s, november), newInvoice(t, s, november)
	first, second := at(t, pay(t, s, one, 1), "payment"), at(t, pay(t, s, one, 2), "payment")
	third := at(t, pay(t, s, two, 3), "payment")
	for _, test := range []struct {
		query string
		want  []any
	}{
		{"", []any{third, second, first}},
		{"invoice_id=" + text(t, one, "id"), []any{second, first}},
		{"client_id=" + text(t, two, "client_id"), []any{third}},
		{"invoice_id=" + unknownID, []any{}},
		{"client_id=x", []any{}},
		{"invoice_id=" + text(t, one, "id") + "&client_id=" + text(t, two, "client_id"), []any{}},
		{"size=1&page=2", []any{second}},
	} {
		var list object
		s.Get(t, paymentsPath+"?"+test.query, &list)
		require.Equal(t, test.want, list["data"], "query: %s", test.query)
	}
}
