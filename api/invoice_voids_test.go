package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const voidFields = "invoice, voided_at, voided_by, reason, collection_case_status, idempotency_replayed"

func voidPath(invoiceID any) string { return invoicesPath + "/" + invoiceID.(string) + "/void" }

// voided voids an invoice, which must be accepted.
func voided(t testing.TB, s *system.System, invoice object) object {
	t.Helper()
	return created(t, s, voidPath(invoice["id"]), object{"reason": "Wrong tariff"}, newKey())
}

// centimes reads an amount of an answer.
func centimes(t testing.TB, amount any) int {
	t.Helper()
	parsed, err := money.ParseAmount(amount.(string))
	require.NoError(t, err)
	return int(parsed)
}

func TestInvoiceVoids(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"VoidFreesTheDaysForTheNextRun", voidFreesTheDaysForTheNextRun},
		{"VoidFreesTheDaysForAProratedRun", voidFreesTheDaysForAProratedRun},
		{"VoidOfAnOverdueInvoiceClosesItsCase", voidOfAnOverdueInvoiceClosesItsCase},
		{"VoidAfterAReversal", voidAfterAReversal},
		{"VoidIsFinal", voidIsFinal},
		{"VoidRefusesWhatIsPaidOrVoid", voidRefusesWhatIsPaidOrVoid},
		{"VoidInvoiceIsNotOwedOnTheLandingPage", voidInvoiceIsNotOwedOnTheLandingPage},
	})
}

func voidFreesTheDaysForTheNextRun(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()), object{"contract_start_date": "2026-11-10"})
	key := newKey()
	first := created(t, s, billingPath, november, key)
	invoice := clientInvoice(t, s, client) // 199.00 and the activation of 50.50, with tax 299.40.
	file := pdf(t, s, invoicesPath+"/"+text(t, invoice, "id")+"/pdf")
	again := bill(t, s, november)
	require.Equal(t, 0.0, again["invoice_count"], "the days are billed")

	answer := created(t, s, voidPath(strings.ToUpper(text(t, invoice, "id"))), object{"reason": "\n Wrong tariff "}, newKey())
	require.Equal(t, fieldsOf(voidFields), names(answer))
	require.Subset(t, answer, object{"voided_by": "op-1", "reason": "Wrong tariff", "collection_case_status": nil, "idempotency_replayed": false})
	require.Regexp(t, timestampPattern, answer["voided_at"])
	want := with(invoice, object{"status": "void", "lines": absent{}, "updated_at": at(t, answer, "invoice", "updated_at")})
	require.Equal(t, want, answer["invoice"])
	require.Equal(t, file.Body, pdf(t, s, invoicesPath+"/"+text(t, invoice, "id")+"/pdf").Body, "the document stays as it was issued")

	preview := created(t, s, billingPath+"/preview", november)
	require.Equal(t, 1.0, preview["invoice_count"], "what was void is to be billed")
	second := bill(t, s, november)
	require.Subset(t, second, object{"invoice_count": 1.0, "skipped_count": 0.0, "total_amount": first["total_amount"]})
	third := bill(t, s, november)
	require.Equal(t, 0.0, third["invoice_count"], "once")
	found := clientInvoices(t, s, client)
	require.Len(t, found, 2)
	require.NotEqual(t, found[0]["number"], found[1]["number"])
	require.Equal(t, []any{"issued", "void"}, []any{found[0]["status"], found[1]["status"]})
	require.Equal(t, "299.40", found[0]["total_amount"])
	requireNumbersWithoutGaps(t, s)

	// Earlier answers stay true: the runs' sums are what they issued, the answer under the key is replayed, and
	// what the run between the two left out is still explained.
	require.Equal(t, with(first, object{"idempotency_replayed": true}), created(t, s, billingPath, november, key))
	var run, skipped object
	s.Get(t, billingPath+"/"+text(t, first, "billing_run_id"), &run)
	require.Subset(t, run, object{"status": "completed", "invoice_count": 1.0, "total_amount": "299.40"})
	for result, want := range map[*object]any{&first: nil, &again: invoice["id"], &second: nil, &third: found[0]["id"]} {
		s.Get(t, billingPath+"/"+text(t, *result, "billing_run_id")+"/skipped", &skipped)
		rows := at(t, skipped, "data").([]any)
		require.Equal(t, float64(len(rows)), at(t, skipped, "meta", "total"))
		if want == nil {
			require.Empty(t, rows)
			continue
		}
		require.Len(t, rows, 1)
		require.Equal(t, want, at(t, rows[0], "invoice_id"))
	}
	for status, want := range map[string]any{"void": invoice["id"], "issued": found[0]["id"]} {
		var list object
		s.Get(t, invoicesPath+"?filters=status="+status+"&service=mobile&client_id="+client, &list)
		require.Equal(t, 1.0, at(t, list, "meta", "total"))
		require.Equal(t, want, at(t, at(t, list, "data").([]any)[0], "id"))
	}
}

func voidFreesTheDaysForAProratedRun(t *testing.T, s *system.System) {
	daily := object{"period_start": "2027-04-01", "period_end": "2027-04-30", "tax_rate": "0.2", "proration": "daily"}
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "300.00", "activation_fee": 0})))
	bill(t, s, with(daily, object{"period_end": "2027-04-10"}))
	first := clientInvoice(t, s, client)
	bill(t, s, daily)
	require.Equal(t, []any{"240.00", "120.00"}, []any{clientInvoices(t, s, client)[0]["total_amount"], first["total_amount"]})
	voided(t, s, first)
	bill(t, s, daily)
	newest := clientInvoices(t, s, client)[0]
	require.Equal(t, "120.00", newest["total_amount"], "the ten days that were void, and no other")
	require.Equal(t, 30, count(t, s, `SELECT sum(upper(l.billed_days) - lower(l.billed_days)) FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
		WHERE i.client_id = $1 AND i.status <> 'void'`, client))
}

func voidOfAnOverdueInvoiceClosesItsCase(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, september)
	before := overview(t, s)
	require.Equal(t, true, clientOf(t, s, invoice)["is_delinquent"])
	answer := voided(t, s, invoice)
	require.Equal(t, "closed", answer["collection_case_status"])
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])
	actions := actionsOf(t, s, invoice)
	require.Equal(t, []string{"case_opened", "case_closed"}, kinds(actions))
	require.Equal(t, "op-1", actions[1].actor)
	require.Subset(t, casesWhere(t, s, "?client_id="+text(t, invoice, "client_id"))[0], object{
		"status": "closed", "outstanding_amount": "0.00", "days_past_due": 38.0, "aging_bucket": "31_60",
	})
	after := overview(t, s)
	require.Equal(t, before["open_cases"].(float64)-1, after["open_cases"])
	require.Equal(t, centimes(t, invoice["total_amount"]), centimes(t, before["total_outstanding_amount"])-centimes(t, after["total_outstanding_amount"]))
	require.Equal(t, 0, count(t, s, "SELECT coalesce(sum(outstanding_amount::bigint), 0) FROM collection_case_totals WHERE status = 'closed'"))

	// A client with another overdue invoice stays delinquent.
	other := newInvoice(t, s, september)
	bill(t, s, object{"period_start": "2026-08-01", "period_end": "2026-08-31", "tax_rate": 0.2})
	overview(t, s)
	voided(t, s, other)
	require.Equal(t, true, clientOf(t, s, other)["is_delinquent"])
}

func voidAfterAReversal(t *testing.T, s *system.System) {
	invoice := newInvoice(t, s, november)
	part := pay(t, s, invoice, "38.80")
	details := s.Call(t, http.MethodPost, voidPath(invoice["id"]), object{"reason": "R"}, newKey()).Refused(t, http.StatusConflict, "invoice_not_voidable")
	require.Equal(t, object{"paid_amount": "38.80"}, details)
	payment := text(t, part, "payment", "id")
	reversed(t, s, payment)
	require.Equal(t, "void", at(t, voided(t, s, invoice), "invoice", "status"))
	events := invoiceAudit(t, s, invoice)
	require.Len(t, events, 2)
	require.Subset(t, events[0], object{"event_type": "payment_reversed", "payment_id": payment})
	require.Subset(t, events[1], object{
		"event_type": "invoice_voided", "payment_id": nil, "invoice_id": invoice["id"], "actor_id": "op-1",
		"details": `{"from_status": "issued", "number": "` + numberOf(t, s, invoice) + `", "reason": "Wrong tariff", "total_amount": "238.80"}`,
	})
	s.Call(t, http.MethodPost, reversalPath(payment), object{"reason": "R"}, newKey()).Refused(t, http.StatusConflict, "payment_already_reversed")
}

func numberOf(t testing.TB, s *system.System, invoice object) (number string) {
	t.Helper()
	require.NoError(t, s.Pool.QueryRow(t.Context(), "SELECT number FROM invoices WHERE id = $1", invoice["id"]).Scan(&number))
	return number
}

func voidIsFinal(t *testing.T, s *system.System) {
	void, issued := newInvoice(t, s, november), newInvoice(t, s, november)
	voided(t, s, void)
	const voidColumns = "voided_at = now(), voided_by = 'op-1', void_reason = 'R'"
	for _, test := range []struct {
		invoice         object
		statement, want string
	}{
		{void, "UPDATE invoices SET status = 'issued', voided_at = NULL, voided_by = NULL, void_reason = NULL WHERE id = $1", "is rejected"},
		{void, "UPDATE invoices SET void_reason = 'Another' WHERE id = $1", "is rejected"},
		{void, "UPDATE invoice_lines SET released = false WHERE invoice_id = $1", "if and only if its invoice is void"},
		{void, "UPDATE invoice_lines SET description = 'Another' WHERE invoice_id = $1", "is rejected"},
		{issued, "UPDATE invoice_lines SET released = true WHERE invoice_id = $1", "if and only if its invoice is void"},
		{issued, "UPDATE invoices SET status = 'void' WHERE id = $1", "invoices_void_has_details"},
		{issued, "UPDATE invoices SET " + voidColumns + " WHERE id = $1", "invoices_void_has_details"},
		{issued, "UPDATE invoices SET status = 'void', paid_amount = 1, " + voidColumns + " WHERE id = $1", "invoices_void_is_unpaid"},
	} {
		_, err := s.Pool.Exec(t.Context(), test.statement, test.invoice["id"])
		require.ErrorContains(t, err, test.want, test.statement)
	}
}

func voidRefusesWhatIsPaidOrVoid(t *testing.T, s *system.System) {
	void, open, paid := newInvoice(t, s, november), newInvoice(t, s, november), newInvoice(t, s, november)
	pay(t, s, paid, "238.80")
	key := newKey()
	first, _ := withoutReplayMark(t, s.Call(t, http.MethodPost, voidPath(void["id"]), object{"reason": "R"}, key))
	send := func(id, body any, headers ...system.Header) system.Response {
		return writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, voidPath(id), body, headers...) })
	}
	again, replayed := withoutReplayMark(t, send(void["id"], object{"reason": "R"}, key))
	require.True(t, replayed)
	require.Equal(t, first, again)
	send(void["id"], object{"reason": "R"}, newKey()).Refused(t, http.StatusConflict, "invoice_void")
	send(open["id"], object{"reason": "R"}, key).Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	require.Equal(t, object{"paid_amount": "238.80"}, send(paid["id"], object{"reason": "R"}, newKey()).Refused(t, http.StatusConflict, "invoice_not_voidable"))
	send(unknownID, object{"reason": "R"}, newKey()).Refused(t, http.StatusNotFound, "invoice_not_found")
	for _, reason := range []any{"", " \t\n", nil, 1, strings.Repeat("r", 1201), absent{}} {
		problemAt(t, send(open["id"], with(object{}, object{"reason": reason}), newKey()), "body", "reason")
	}
}

func voidInvoiceIsNotOwedOnTheLandingPage(t *testing.T, s *system.System) {
	client, cin := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	bill(t, s, november)
	voided(t, s, clientInvoice(t, s, client))
	bill(t, s, november)
	token := text(t, created(t, s, verifyPath, object{"cin": cin}, system.Anonymous), "lookup_token")
	var seen object
	s.Call(t, http.MethodGet, "/api/v1/landing/clients/"+cin+"/invoices?lookup_token="+token, nil, system.Anonymous).Into(t, http.StatusOK, &seen)
	statuses := []any{}
	for _, row := range at(t, seen, "invoices").([]any) {
		statuses = append(statuses, at(t, row, "status"))
		pdf(t, s, text(t, row, "document_download_url"), system.Anonymous)
	}
	require.Equal(t, []any{"issued", "void"}, statuses)
}

func TestInvoiceVoid_DuringBillingRun(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 3)
	// The invoices are committed and none has its document.
	release, key := lockTable(t, s, "documents", "ACCESS EXCLUSIVE"), newKey()
	location := beginRun(t, s, september, key)
	var invoice string
	require.Eventually(t, func() bool {
		return s.Pool.QueryRow(t.Context(), "SELECT id::text FROM invoices ORDER BY number LIMIT 1").Scan(&invoice) == nil
	}, 20*time.Second, 20*time.Millisecond)
	voided(t, s, object{"id": invoice})
	release()
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Subset(t, result, object{"status": "completed", "invoice_count": 3.0})
	require.Contains(t, result["invoice_ids"], invoice)
	run := awaitStatus(t, s, location, "completed")
	requireRunAddsUp(t, s, run)
	pdf(t, s, invoicesPath+"/"+invoice+"/pdf")
	require.Equal(t, 3, count(t, s, "SELECT count(*) FROM documents WHERE invoice_id IS NOT NULL"))

	next := bill(t, s, september)
	require.Subset(t, next, object{"invoice_count": 1.0, "skipped_count": 2.0})
	require.Equal(t, with(result, object{"idempotency_replayed": true}), created(t, s, billingPath, september, key))
	requireNumbersWithoutGaps(t, s)
}
