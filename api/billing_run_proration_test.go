package api_test

import (
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestBillingRun_Proration(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, with(mobileOffer(), object{"name": "Prorated", "monthly_fee": "100.00", "activation_fee": "10.00"}))
	byDay, _ := newClient(t, s)
	newContract(t, s, byDay, offer, object{"contract_start_date": "2026-09-15", "end_date": "2026-09-24"})

	result := bill(t, s, with(september, object{"proration": "daily"}))
	invoice := clientInvoice(t, s, byDay)
	require.Subset(t, invoice, object{"subtotal_amount": "43.33", "tax_amount": "8.67", "total_amount": "52.00"})
	lines := invoice["lines"].([]any)
	require.Len(t, lines, 2)
	require.Subset(t, lines[0], object{
		"line_type": "recurring", "quantity": 1.0, "unit_amount": "33.33", "line_total": "33.33",
		"description": "Prorated monthly recurring fee, 2026-09-15 to 2026-09-24",
	})
	require.Subset(t, lines[1], object{"line_type": "activation", "line_total": "10.00"})

	var run object
	s.Get(t, billingPath+"/"+text(t, result, "billing_run_id"), &run)
	require.Subset(t, run, object{"proration": "daily", "expected_invoice_count": 1.0, "expected_total_amount": "51.99"})

	whole, _ := newClient(t, s)
	newContract(t, s, whole, offer, object{"contract_start_date": "2026-09-15", "end_date": "2026-09-24"})
	result = bill(t, s, september)
	require.Subset(t, result, object{"invoice_count": 1.0, "skipped_count": 1.0})
	require.Subset(t, clientInvoice(t, s, whole), object{"subtotal_amount": "110.00"})
	s.Get(t, billingPath+"/"+text(t, result, "billing_run_id"), &run)
	require.Subset(t, run, object{"proration": "none"})
}

func TestBillingRun_ProrationIsPartOfKeyedRequest(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	key := newKey()
	created(t, s, billingPath, september, key)
	for _, same := range []object{september, with(september, object{"proration": "none"})} {
		require.Equal(t, true, created(t, s, billingPath, same, key)["idempotency_replayed"])
	}
	s.Call(t, http.MethodPost, billingPath, with(september, object{"proration": "daily"}), key).
		Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	for _, wrong := range []any{"", "weekly", "DAILY", 1, true} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, billingPath, with(september, object{"proration": wrong}), newKey())
		}).Refused(t, http.StatusUnprocessableEntity, "validation_error")
	}
}

// TestBillingRun_OverlappingRunsBillEveryDayOnce has runs of random overlapping periods
// race for the same contracts.
func TestBillingRun_OverlappingRunsBillEveryDayOnce(t *testing.T) {
	t.Parallel()
	const clients, runs = 8, 16
	for name, prorations := range map[string][]string{"daily": {"daily"}, "mixed": {"daily", "none"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 3 })
			offer := newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "333.33", "activation_fee": "10.00"}))
			for range clients {
				client, _ := newClient(t, s)
				newContract(t, s, client, offer, object{"contract_start_date": "2026-08-10"})
			}
			random := rand.New(rand.NewPCG(7, uint64(len(prorations))))
			terms, keys := make([]object, runs), make([]system.Header, runs)
			days := map[calendar.Date]bool{}
			for i := range terms {
				start := calendar.MustParse("2026-08-01").AddDays(random.IntN(60))
				end := start.AddDays(random.IntN(45))
				if i == 0 {
					start, end = calendar.MustParse("2026-08-01"), calendar.MustParse("2026-08-31")
				}
				for day := start; !day.After(end); day = day.AddDays(1) {
					days[day] = !day.Before(calendar.MustParse("2026-08-10"))
				}
				terms[i] = object{"period_start": start, "period_end": end, "proration": prorations[i%len(prorations)]}
				keys[i] = newKey()
			}
			invoices := 0.0
			for _, answer := range concurrently(t, runs, func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPost, billingPath, terms[i], keys[i], system.Header{Name: "Prefer", Value: "wait=60"})
			}) {
				result := decoded(t, answer, http.StatusOK)
				require.Equal(t, "completed", result["status"], "answer: %s", answer.Body)
				invoices += result["invoice_count"].(float64)
			}
			require.Equal(t, invoices, float64(count(t, s, "SELECT count(*) FROM documents")))
			require.Equal(t, 0, count(t, s, `SELECT count(*) FROM (SELECT contract_id, day FROM invoice_lines,
				generate_series(lower(billed_days), upper(billed_days) - 1, interval '1 day') day GROUP BY 1, 2 HAVING count(*) > 1) twice`))
			require.Equal(t, 0, count(t, s, `SELECT count(*) FROM invoice_number_sequences s
				WHERE last_number <> (SELECT count(DISTINCT number_sequence) FROM invoices WHERE number_year = s.year)`))
			if name == "daily" {
				// All that the runs have in sight is billed, and costs what one run would have charged.
				owed, fee := 0, 0
				for day, active := range days {
					if active {
						owed, fee = owed+1, fee+dayOf(33_333, day)
					}
				}
				require.Equal(t, clients*owed, count(t, s, "SELECT sum(upper(billed_days) - lower(billed_days)) FROM invoice_lines"))
				require.Equal(t, clients*fee, count(t, s, "SELECT sum(line_total) FROM invoice_lines WHERE line_type = 'recurring'"))
				require.Equal(t, clients, count(t, s, "SELECT count(*) FROM invoice_lines WHERE line_type = 'activation'"))
			}
		})
	}
}

// dayOf is a day's part of a monthly fee.
func dayOf(fee int, day calendar.Date) int {
	length := day.LastOfMonth().Day()
	until := func(days int) int { return (2*fee*days + length) / (2 * length) }
	return until(day.Day()) - until(day.Day()-1)
}
