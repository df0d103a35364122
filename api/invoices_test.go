package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	invoiceFields = `id, billing_run_id, client_id, period_start, period_end, due_date, status, currency, subtotal_amount, tax_amount,
		total_amount, issued_at, pdf_file_name, created_at, updated_at`
	invoiceLineFields = "id, invoice_id, contract_id, line_type, description, quantity, unit_amount, line_total, created_at"
)

func TestInvoice_Lines(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	contract := newContract(t, s, client, newOffer(t, s, with(fiberOffer(), object{"name": "Fiber 100"})), object{"contract_start_date": "2026-09-10"})
	bill(t, s, september)
	invoice := clientInvoice(t, s, client)
	id := text(t, invoice, "id")
	require.Subset(t, names(invoice), append(fieldsOf(invoiceFields), "lines"))
	require.Subset(t, invoice, object{
		"client_id": client, "status": "overdue", "currency": "MAD", "subtotal_amount": "500.00", "tax_amount": "100.00", "total_amount": "600.00",
		"pdf_file_name": "invoice-" + id + ".pdf", "period_start": "2026-09-01", "period_end": "2026-09-30", "due_date": "2026-10-15",
		"number": "FA-2026-0000001",
	})
	require.Regexp(t, timestampPattern, invoice["issued_at"])

	lines := invoice["lines"].([]any)
	require.Len(t, lines, 2)
	for i, want := range []object{
		{"line_type": "recurring", "description": "Fiber 100 monthly recurring fee", "unit_amount": "400.00", "line_total": "400.00"},
		{"line_type": "activation", "description": "Fiber 100 activation fee", "unit_amount": "100.00", "line_total": "100.00"},
	} {
		require.Equal(t, fieldsOf(invoiceLineFields), names(lines[i]))
		require.Subset(t, lines[i], with(want, object{"invoice_id": id, "contract_id": contract, "quantity": 1.0}))
	}
}

func TestInvoiceList_Filters(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	mobile, fiber := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer())
	one, _ := newClient(t, s)
	newContract(t, s, one, mobile)
	two, _ := newClient(t, s)
	newContract(t, s, two, fiber)
	both, _ := newClient(t, s)
	newContract(t, s, both, mobile)
	newContract(t, s, both, fiber)
	bill(t, s, september)
	for _, test := range []struct {
		query string
		want  []any
	}{
		{"", []any{one, two, both}},
		{"client_id=" + one, []any{one}},
		{"client_id=" + unknownID, []any{}},
		{"client_id=x", []any{}},
		{"service=mobile", []any{one, both}},
		{"service=internet", []any{two, both}},
		{"service=landline", []any{}},
		{"offer_id=" + fiber, []any{two, both}},
		{"offer_id=" + unknownID, []any{}},
		{"offer_id=x", []any{}},
		{"service=mobile&offer_id=" + fiber, []any{both}},
		{"client_id=" + one + "&client_id=" + two, []any{two}},
	} {
		var list object
		s.Get(t, invoicesPath+"?"+test.query, &list)
		found := []any{}
		for _, invoice := range at(t, list, "data").([]any) {
			require.Subset(t, names(invoice), fieldsOf(invoiceFields))
			require.NotContains(t, names(invoice), "lines")
			found = append(found, at(t, invoice, "client_id"))
		}
		require.ElementsMatch(t, test.want, found, "query: %s", test.query)
		require.Equal(t, float64(len(test.want)), at(t, list, "meta", "total"), "query: %s", test.query)
	}
	problemAt(t, s.Call(t, http.MethodGet, invoicesPath+"?service=tv", nil), "query", "service")
}

func TestInvoiceList_NewestFirst(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	bill(t, s, september)
	bill(t, s, november)
	found := clientInvoices(t, s, client)
	require.Equal(t, []any{"2026-11-01", "2026-09-01"}, []any{found[0]["period_start"], found[1]["period_start"]})
}

func TestInvoice_NotFound(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		s.Call(t, http.MethodGet, invoicesPath+"/"+id, nil).Refused(t, http.StatusNotFound, "invoice_not_found")
		s.Call(t, http.MethodGet, invoicesPath+"/"+id+"/pdf", nil).Refused(t, http.StatusNotFound, "invoice_not_found")
	}
}

func TestInvoiceDocument_RestoredByteForByte(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	body := with(newMobile(newOffer(t, s, mobileOffer())), object{"full_name": "فاطمة الزهراء", "address": "12 Rue Atlas, Fès"})
	client := text(t, submit(t, s, body), "client_id")
	bill(t, s, september)
	id := text(t, clientInvoice(t, s, client), "id")
	path := invoicesPath + "/" + id + "/pdf"
	file := pdf(t, s, path)
	require.Contains(t, file.Header.Get("Content-Disposition"), "invoice-"+id+".pdf")

	// The invoice keeps the client's name at its issue, even if the client is renamed.
	s.Call(t, http.MethodPut, customersPath+"/"+client, object{"full_name": "Renamed", "address": nil}).Into(t, http.StatusOK, nil)
	require.Equal(t, 2, loseDocuments(t, s), "the contract's and the invoice's")
	require.Equal(t, file.Body, pdf(t, s, path).Body)
	require.Equal(t, 1, loseDocuments(t, s), "the document that was made again is kept")
	s.Restart(t)
	require.Equal(t, file.Body, pdf(t, s, path).Body)
}

func TestInvoiceDocument_Ranges(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	answer := submit(t, s, newMobile(newOffer(t, s, mobileOffer())))
	bill(t, s, september)
	for _, path := range []string{
		invoicesPath + "/" + text(t, clientInvoice(t, s, text(t, answer, "client_id")), "id") + "/pdf", text(t, answer, "document_download_url"),
	} {
		whole := pdf(t, s, path)
		part := s.Call(t, http.MethodGet, path, nil, system.Header{Name: "Range", Value: "bytes=0-7"})
		require.Equal(t, http.StatusPartialContent, part.Status, path)
		require.Equal(t, "%PDF-1.4", string(part.Body), path)
		require.Equal(t, "application/pdf", part.Header.Get("Content-Type"), path)
		tail := s.Call(t, http.MethodGet, path, nil, system.Header{Name: "Range", Value: "bytes=-10"})
		require.Equal(t, whole.Body[len(whole.Body)-10:], tail.Body, path)

		head := s.Call(t, http.MethodHead, path, nil)
		require.Equal(t, http.StatusOK, head.Status, path)
		require.Empty(t, head.Body, path)
		require.Equal(t, whole.Header.Get("Content-Length"), head.Header.Get("Content-Length"), path)
		require.Equal(t, "application/pdf", head.Header.Get("Content-Type"), path)
	}
}

func TestInvoiceDocument_UnsatisfiableRange(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	url := text(t, submit(t, s, newMobile(newOffer(t, s, mobileOffer()))), "document_download_url")
	for _, requested := range []string{"bytes=99999999-", "bytes=9-1", "bytes=x"} {
		answer := s.Call(t, http.MethodGet, url, nil, system.Header{Name: "Range", Value: requested})
		require.Equal(t, http.StatusRequestedRangeNotSatisfiable, answer.Status, requested)
		require.Contains(t, answer.Header.Get("Content-Type"), "application/json", "Range %s: %.200s", requested, answer.Body)
		require.NotEmpty(t, text(t, decoded(t, answer, answer.Status), "error", "code"), requested)
	}
}
