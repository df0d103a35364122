package api_test

import (
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	billingPath  = "/api/v1/billing/runs"
	invoicesPath = "/api/v1/invoices"
	resultFields = `billing_run_id, period_start, period_end, invoice_count, subtotal_amount, tax_amount, total_amount, invoice_ids,
		idempotency_replayed`
)

// september is overdue on the tests' day, november is not due yet.
var (
	september = object{"period_start": "2026-09-01", "period_end": "2026-09-30", "due_days": 15, "tax_rate": 0.2}
	november  = object{"period_start": "2026-11-01", "period_end": "2026-11-30", "due_days": 15, "tax_rate": 0.2}
)

// bill runs billing, which must succeed, and waits for the sync of collections behind it.
func bill(t testing.TB, s *system.System, terms object) object {
	t.Helper()
	result := created(t, s, billingPath, terms, newKey())
	s.AwaitCollections(t)
	return result
}

// beforeOverdue does work on a day in July, when none of the invoices is overdue that are so on the tests' day: no sync has seen
// them as such.
func beforeOverdue(s *system.System, work func()) {
	const days = 120
	s.PassDays(-days)
	work()
	s.PassDays(days)
}

// clientInvoices returns the invoices of a client with their lines, newest first.
func clientInvoices(t testing.TB, s *system.System, clientID string) []object {
	t.Helper()
	var list object
	s.Get(t, invoicesPath+"?size=100&client_id="+clientID, &list)
	found := []object{}
	for _, invoice := range at(t, list, "data").([]any) {
		var detail object
		s.Get(t, invoicesPath+"/"+text(t, invoice, "id"), &detail)
		found = append(found, detail)
	}
	return found
}

// clientInvoice returns the one invoice of a client.
func clientInvoice(t testing.TB, s *system.System, clientID string) object {
	t.Helper()
	found := clientInvoices(t, s, clientID)
	require.Len(t, found, 1, "invoices of client %s", clientID)
	return found[0]
}

// taxOn computes subtotal × rate rounded half up, apart from the program's own way.
func taxOn(subtotal int64, rate string) int64 {
	exact, _ := new(big.Rat).SetString(rate)
	exact.Mul(exact, new(big.Rat).SetInt64(subtotal)).Add(exact, big.NewRat(1, 2))
	return new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
}

func written(amount int64) string { return fmt.Sprintf("%d.%02d", amount/100, amount%100) }

// fees is what a contract pays, in centimes.
type fees struct{ monthly, activation int64 }

func TestBillingRun_InvoicesEveryClient(t *testing.T) {
	t.Parallel()
	// Chunks of two clients make the run a concurrent one.
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 2 })
	price := []fees{{19900, 5050}, {29999, 0}, {9993, 1}, {1, 12345}, {45678, 333}}
	var offers []string
	for _, fee := range price {
		offers = append(offers, newOffer(t, s, with(mobileOffer(), object{"monthly_fee": written(fee.monthly), "activation_fee": written(fee.activation)})))
	}
	type plan struct {
		offer        int
		start        string
		end          any
		status       string
		due, started bool
	}
	clients := [][]plan{
		{{0, "2026-08-10", nil, "active", true, false}},
		{{0, "2026-09-01", nil, "active", true, true}, {1, "2026-09-30", nil, "active", true, true}},
		{{2, "2026-09-15", nil, "active", true, true}, {3, "2026-09-15", "2026-09-20", "active", true, true}},
		{{4, "2026-01-01", "2026-09-01", "active", true, false}, {0, "2026-01-01", "2026-08-31", "active", false, false}},
		{{0, "2026-10-01", nil, "active", false, false}},
		{{0, "2026-08-10", nil, "draft", false, false}, {0, "2026-08-10", nil, "suspended", false, false}, {0, "2026-08-10", nil, "terminated", false, false}},
		{{3, "2026-09-02", nil, "active", true, true}, {4, "2026-08-01", "2027-01-01", "active", true, false}, {2, "2026-10-01", nil, "active", false, false}},
	}
	var sums struct{ subtotal, tax, total, invoices int64 }
	ids := make([]string, len(clients))
	for i, plans := range clients {
		ids[i], _ = newClient(t, s)
		for _, p := range plans {
			contract := newContract(t, s, ids[i], offers[p.offer], object{"contract_start_date": p.start, "end_date": p.end})
			execute(t, s, `UPDATE contracts SET status = $2, terminated_at = CASE WHEN $2 = 'terminated' THEN now() END WHERE id = $1`, contract, p.status)
		}
	}
	result := bill(t, s, with(september, object{"tax_rate": "0.075"}))

	for i, plans := range clients {
		var lines []string
		var subtotal int64
		for _, p := range plans {
			if !p.due {
				continue
			}
			lines, subtotal = append(lines, "recurring "+written(price[p.offer].monthly)), subtotal+price[p.offer].monthly
			if p.started && price[p.offer].activation > 0 {
				lines, subtotal = append(lines, "activation "+written(price[p.offer].activation)), subtotal+price[p.offer].activation
			}
		}
		found := clientInvoices(t, s, ids[i])
		if len(lines) == 0 {
			require.Empty(t, found, "client %d owes nothing", i)
			continue
		}
		require.Len(t, found, 1, "client %d", i)
		tax := taxOn(subtotal, "0.075")
		sums.subtotal, sums.tax, sums.total, sums.invoices = sums.subtotal+subtotal, sums.tax+tax, sums.total+subtotal+tax, sums.invoices+1
		require.Subset(t, found[0], object{
			"billing_run_id": result["billing_run_id"], "period_start": "2026-09-01", "period_end": "2026-09-30", "due_date": "2026-10-15",
			"status": "overdue", "currency": "MAD", "subtotal_amount": written(subtotal), "tax_amount": written(tax), "total_amount": written(subtotal + tax),
		}, "client %d", i)
		var shown []string
		for _, line := range found[0]["lines"].([]any) {
			shown = append(shown, text(t, line, "line_type")+" "+text(t, line, "line_total"))
		}
		require.ElementsMatch(t, lines, shown, "client %d", i)
		require.Contains(t, result["invoice_ids"], found[0]["id"])
	}
	require.Subset(t, names(result), fieldsOf(resultFields))
	require.Subset(t, result, object{
		"period_start": "2026-09-01", "period_end": "2026-09-30", "invoice_count": float64(sums.invoices), "subtotal_amount": written(sums.subtotal),
		"tax_amount": written(sums.tax), "total_amount": written(sums.total), "idempotency_replayed": false, "status": "completed",
		"skipped_count": 0.0, "failed_count": 0.0,
	})
	require.Len(t, result["invoice_ids"], int(sums.invoices))
	requireNumbersWithoutGaps(t, s)
}

// requireNumbersWithoutGaps checks that legal numbers are FA-2026-0000001 and on.
func requireNumbersWithoutGaps(t testing.TB, s *system.System) {
	t.Helper()
	var list object
	s.Get(t, invoicesPath+"?size=100", &list)
	var numbers, want []string
	for i, invoice := range at(t, list, "data").([]any) {
		numbers, want = append(numbers, text(t, invoice, "number")), append(want, fmt.Sprintf("FA-2026-%07d", i+1))
	}
	slices.Sort(numbers)
	require.Equal(t, want, numbers)
}

func TestBillingRun_Defaults(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	bill(t, s, object{"period_start": "2026-09-01", "period_end": "2026-09-30", "unknown": 1})
	require.Subset(t, clientInvoice(t, s, client), object{"due_date": "2026-10-15", "tax_amount": "0.00", "total_amount": "199.00"})
}

func TestBillingRun_RoundsTaxHalfUp(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct{ fee, rate, tax string }{
		{"0.25", "0.10", "0.03"},
		{"0.24", "0.10", "0.02"},
		{"705.50", "0.075", "52.91"},
		{"0.05", "0.1", "0.01"},
		{"9999.99", "1", "9999.99"},
		{"100.00", "0.2", "20.00"},
		{"33.33", "0.196", "6.53"},
	} {
		client, _ := newClient(t, s)
		newContract(t, s, client, newOffer(t, s, with(mobileOffer(), object{"monthly_fee": test.fee, "activation_fee": 0})))
		bill(t, s, object{"period_start": "2026-08-10", "period_end": "2026-09-09", "tax_rate": test.rate})
		require.Equal(t, test.tax, clientInvoice(t, s, client)["tax_amount"], "fee %s at rate %s", test.fee, test.rate)
	}
}

func TestBillingRun_SecondRunBillsMissingContracts(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	first, _ := newClient(t, s)
	newContract(t, s, first, offer)
	bill(t, s, september)
	late, _ := newClient(t, s)
	newContract(t, s, late, offer)
	second := newContract(t, s, first, offer)

	result := bill(t, s, september)
	require.Subset(t, result, object{"invoice_count": 2.0, "skipped_count": 0.0, "subtotal_amount": "398.00"})
	require.Len(t, clientInvoices(t, s, first), 2)
	require.Equal(t, second, at(t, clientInvoices(t, s, first)[0]["lines"].([]any)[0], "contract_id"))
	require.Len(t, clientInvoices(t, s, late), 1)

	result = bill(t, s, september)
	require.Subset(t, result, object{
		"invoice_count": 0.0, "skipped_count": 2.0, "subtotal_amount": "0.00", "tax_amount": "0.00", "total_amount": "0.00", "invoice_ids": []any{},
	})
	overlapping := bill(t, s, object{"period_start": "2026-09-30", "period_end": "2026-10-30"})
	require.Subset(t, overlapping, object{"invoice_count": 0.0, "skipped_count": 2.0}, "a day that was billed is not billed again")
	require.Equal(t, 2.0, bill(t, s, object{"period_start": "2026-10-01", "period_end": "2026-10-31"})["invoice_count"])
	requireNumbersWithoutGaps(t, s)
}

func TestBillingRun_FailedClientDoesNotStopOthers(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	dear, cheap := newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "9999999999.99"})), newOffer(t, s, mobileOffer())
	rich, _ := newClient(t, s)
	newContract(t, s, rich, dear)
	newContract(t, s, rich, dear)
	poor, _ := newClient(t, s)
	newContract(t, s, poor, cheap)
	result := bill(t, s, september)
	require.Subset(t, result, object{"invoice_count": 1.0, "failed_count": 1.0, "status": "completed_with_failures", "total_amount": "238.80"})
	require.Empty(t, clientInvoices(t, s, rich))
	require.Len(t, clientInvoices(t, s, poor), 1)
}

func TestBillingRun_Refusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct {
		name    string
		changes object
		at      string
	}{
		{"no start", object{"period_start": absent{}}, "period_start"},
		{"no end", object{"period_end": absent{}}, "period_end"},
		{"end before the start", object{"period_end": "2026-08-31"}, "period_end"},
		{"no date", object{"period_end": "2026-09-31"}, "period_end"},
		{"due days 0", object{"due_days": 0}, "due_days"},
		{"due days 91", object{"due_days": 91}, "due_days"},
		{"due days past int32", object{"due_days": 1 << 40}, "due_days"},
		{"due days with a fraction", object{"due_days": 1.5}, "due_days"},
		{"negative rate", object{"tax_rate": -0.01}, "tax_rate"},
		{"rate above 1", object{"tax_rate": "1.01"}, "tax_rate"},
		{"rate that is text", object{"tax_rate": "VAT"}, "tax_rate"},
		{"rate NaN", object{"tax_rate": "NaN"}, "tax_rate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, billingPath, with(september, test.changes), newKey())
			})
			problemAt(t, answer, "body", test.at)
		})
	}
}

func TestBillingRun_LastRepresentableMonth(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	for _, period := range []object{
		{"period_start": "9999-12-01", "period_end": "9999-12-31", "due_days": 90},
		{"period_start": "0001-01-01", "period_end": "0001-01-31"},
		{"period_start": "0001-01-01", "period_end": "9999-12-31", "due_days": 1},
	} {
		answer := s.Call(t, http.MethodPost, billingPath, period, newKey(), system.Header{Name: "Prefer", Value: "wait=5"})
		if answer.Status != http.StatusOK {
			answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")
		}
	}
	for _, invoice := range clientInvoices(t, s, client) {
		require.Regexp(t, `^\d{4}-\d\d-\d\d$`, invoice["due_date"], "invoice: %v", invoice)
	}
}
