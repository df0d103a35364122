package collections_test

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// agedInvoice is an invoice with its payments, as a ledger on paper has them.
type agedInvoice struct {
	client     uuid.UUID
	issue, due calendar.Date
	total      money.Amount
	voidOn     *calendar.Date
	payments   []agedPayment
}

type agedPayment struct {
	date       calendar.Date
	amount     money.Amount
	reversedOn *calendar.Date
}

// until reports whether what ended on a day, nil standing for never, still was on another.
func until(end *calendar.Date, day calendar.Date) bool { return end == nil || end.After(day) }

func (i agedInvoice) paid(counts func(agedPayment) bool) (paid money.Amount) {
	for _, payment := range i.payments {
		if counts(payment) {
			paid += payment.amount
		}
	}
	return paid
}

var bucketNames = []string{"current", "1_30", "31_60", "61_90", "90_plus"}

// agingOf computes the report from the ledger: invoice by invoice, with none of the
// program's own code. chosen says which clients are in it.
func agingOf(ledger []agedInvoice, day calendar.Date, chosen func(collections.AgingClient) bool) collections.Aging {
	clients, counts := map[uuid.UUID]*collections.AgingClient{}, map[uuid.UUID]*[5]int64{}
	for _, invoice := range ledger {
		owed := invoice.total - invoice.paid(func(p agedPayment) bool { return !p.date.After(day) && until(p.reversedOn, day) })
		if !until(invoice.voidOn, day) || invoice.issue.After(day) || owed <= 0 {
			continue
		}
		if clients[invoice.client] == nil {
			clients[invoice.client], counts[invoice.client] = &collections.AgingClient{ClientID: invoice.client}, &[5]int64{}
		}
		bucket := slices.Index(bucketNames, bucketOf(day.DaysSince(invoice.due)))
		clients[invoice.client].Outstanding += owed
		clients[invoice.client].Invoices++
		clients[invoice.client].Buckets[bucket] += owed
		counts[invoice.client][bucket]++
	}
	var report collections.Aging
	for id, owes := range clients {
		if !chosen(*owes) {
			continue
		}
		report.Clients = append(report.Clients, *owes)
		report.Total.Outstanding += owes.Outstanding
		report.Total.Invoices += owes.Invoices
		report.Total.Clients++
		for bucket, amount := range owes.Buckets {
			report.Buckets[bucket].Outstanding += amount
			report.Buckets[bucket].Invoices += counts[id][bucket]
			if amount > 0 {
				report.Buckets[bucket].Clients++
			}
		}
	}
	return report
}

// store writes the ledger as the program would have left it before any sync.
func store(t fataler, pool *pgxpool.Pool, ledger []agedInvoice) {
	t.Helper()
	execute(t, pool, "TRUNCATE invoices, payments, collection_cases, collection_case_totals, collection_case_actions CASCADE")
	execute(t, pool, "ALTER TABLE invoices DISABLE TRIGGER invoices_immutable")
	defer execute(t, pool, "ALTER TABLE invoices ENABLE TRIGGER invoices_immutable")
	for _, invoice := range ledger {
		id := issue(t, pool, invoice.client, invoice.due, invoice.total)
		paid := invoice.paid(func(p agedPayment) bool { return p.reversedOn == nil })
		status := "issued"
		switch {
		case invoice.voidOn != nil:
			status = "void"
		case paid == invoice.total:
			status = "paid"
		}
		execute(t, pool, `UPDATE invoices SET issue_date = $2, paid_amount = $3, status = $4, voided_at = $5,
				voided_by = CASE WHEN $4 = 'void' THEN 'op-1' END, void_reason = CASE WHEN $4 = 'void' THEN 'Wrong' END WHERE id = $1`,
			id, invoice.issue, paid, status, atItsEnd(invoice.voidOn))
		for _, payment := range invoice.payments {
			execute(t, pool, `INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at,
					reversed_at, reversed_by, reversal_reason)
				VALUES (gen_random_uuid(), $1, $2, $3, 'MAD', $4, 'cash', CASE WHEN $5 THEN 'reversed' ELSE 'posted' END, 'op-1', '2025-01-01Z',
					$6, CASE WHEN $5 THEN 'op-1' END, CASE WHEN $5 THEN 'Bounced' END)`,
				id, invoice.client, payment.amount, payment.date, payment.reversedOn != nil, atItsEnd(payment.reversedOn))
		}
	}
}

// casablanca is a zone whose midnight is not that of UTC.
var casablanca = must(calendar.LoadZone(calendar.DefaultZone))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// atItsEnd is the last moment of a local day.
func atItsEnd(day *calendar.Date) *time.Time {
	if day == nil {
		return nil
	}
	at := casablanca.At(day.AddDays(1), 0).Add(-time.Microsecond)
	return &at
}

// agingOn names a day as the program does.
func agingOn(day calendar.Date) collections.AgingFilter {
	return collections.AgingFilter{AsOf: day, Ended: casablanca.At(day.AddDays(1), 0)}
}

// drawLedger invents invoices and payments of some clients around a day.
func drawLedger(t *rapid.T, clients []uuid.UUID, today calendar.Date) []agedInvoice {
	around := func(label string, from, to int) calendar.Date {
		return today.AddDays(rapid.IntRange(from, to).Draw(t, label))
	}
	ledger := make([]agedInvoice, rapid.IntRange(0, 12).Draw(t, "invoices"))
	for i := range ledger {
		invoice := agedInvoice{
			client: rapid.SampledFrom(clients).Draw(t, "client"), issue: around("issue", -130, 0),
			total: money.Amount(rapid.IntRange(1, 5).Draw(t, "total")),
		}
		invoice.due = invoice.issue.AddDays(rapid.IntRange(0, 40).Draw(t, "due days"))
		left, lastReversal := invoice.total, -130
		for range rapid.IntRange(0, 3).Draw(t, "payments") {
			payment := agedPayment{date: around("payment date", -140, 20)}
			if rapid.Bool().Draw(t, "reversed") {
				payment.reversedOn = new(around("reversed on", -130, 0))
				lastReversal = max(lastReversal, payment.reversedOn.DaysSince(today))
			}
			payment.amount = money.Amount(rapid.IntRange(1, int(invoice.total)).Draw(t, "amount"))
			if payment.reversedOn == nil {
				if payment.amount = min(payment.amount, left); payment.amount == 0 {
					continue
				}
				left -= payment.amount
			}
			invoice.payments = append(invoice.payments, payment)
		}
		// What is void was void from the last reversal on at the earliest.
		if left == invoice.total && rapid.IntRange(0, 3).Draw(t, "void") == 0 {
			invoice.voidOn = new(around("void on", lastReversal, 0))
		}
		ledger[i] = invoice
	}
	return ledger
}

// TestTheAgingReportIsWhatTheLedgerSays compares the report on any day, in each order,
// page by page and behind every place, with the computation on paper.
func TestTheAgingReportIsWhatTheLedgerSays(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	today := calendar.MustParse("2026-06-15")
	clients := []uuid.UUID{newClient(t, pool), newClient(t, pool), newClient(t, pool), newClient(t, pool)}
	rapid.Check(t, func(t *rapid.T) {
		ledger := drawLedger(t, clients, today)
		store(t, pool, ledger)
		for _, day := range []calendar.Date{today, today.AddDays(-rapid.IntRange(1, 140).Draw(t, "days ago"))} {
			filter, chosen := agingOn(day), func(collections.AgingClient) bool { return true }
			switch rapid.IntRange(0, 2).Draw(t, "filter") {
			case 1:
				bucket := rapid.IntRange(0, 4).Draw(t, "bucket")
				filter.Bucket, chosen = &bucketNames[bucket], func(c collections.AgingClient) bool { return c.Buckets[bucket] > 0 }
			case 2:
				filter.ClientID, chosen = &clients[0], func(c collections.AgingClient) bool { return c.ClientID == clients[0] }
			}
			want := agingOf(ledger, day, chosen)
			sort := rapid.SampledFrom([]string{"outstanding_amount", "client_id"}).Draw(t, "sort")
			direction := rapid.SampledFrom([]string{"asc", "desc"}).Draw(t, "direction")
			slices.SortFunc(want.Clients, func(a, b collections.AgingClient) int {
				order := bytes.Compare(a.ClientID[:], b.ClientID[:])
				if sort == "outstanding_amount" {
					order = cmp.Or(cmp.Compare(a.Outstanding, b.Outstanding), order)
				}
				if direction == "desc" {
					return -order
				}
				return order
			})
			size, byPlace := rapid.IntRange(1, 5).Draw(t, "size"), rapid.Bool().Draw(t, "by place")
			at := collections.Position{Sort: sort + ":" + direction, Limit: int32(size)}
			for from := 0; from <= len(want.Clients); from += size {
				page := want
				page.Clients = slices.Clone(want.Clients[from:min(from+size, len(want.Clients))])
				if len(page.Clients) == 0 {
					page.Clients = nil
				}
				got, err := collections.AgingOn(ctx, pool, filter, at)
				require.NoError(t, err)
				require.Equal(t, page, got, "%s %s from %d", day, at.Sort, from)
				if len(got.Clients) == 0 {
					break
				}
				if !byPlace {
					at.Offset += int32(size)
					continue
				}
				last := got.Clients[len(got.Clients)-1]
				at.After, at.AfterValue, at.AfterID = at.Sort, last.ClientID.String(), last.ClientID
				if sort == "outstanding_amount" {
					at.AfterValue = strconv.FormatInt(int64(last.Outstanding), 10)
				}
			}
		}
	})
}

// TestTheAgingReportOfTodayIsTheOverviewAndWhatIsNotDue states how the report and the
// overview hang together: the report of today is what the overview shows, what is not
// yet due, and what was paid with a date that has not come.
func TestTheAgingReportOfTodayIsTheOverviewAndWhatIsNotDue(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	today := calendar.MustParse("2026-06-15")
	clients := []uuid.UUID{newClient(t, pool), newClient(t, pool)}
	rapid.Check(t, func(t *rapid.T) {
		ledger := drawLedger(t, clients, today)
		store(t, pool, ledger)
		require.NoError(t, collections.Sync(ctx, pool, today, noon(today)))
		overview, err := collections.ReadOverview(ctx, pool, today)
		require.NoError(t, err)
		report, err := collections.AgingOn(ctx, pool, agingOn(today),
			collections.Position{Sort: "outstanding_amount:desc", Limit: 20})
		require.NoError(t, err)

		var notDue, notDated money.Amount
		require.NoError(t, pool.QueryRow(ctx,
			"SELECT coalesce(sum(total_amount - paid_amount), 0)::bigint FROM invoices WHERE status = 'issued'").Scan(&notDue))
		require.NoError(t, pool.QueryRow(ctx,
			"SELECT coalesce(sum(amount), 0)::bigint FROM payments WHERE status = 'posted' AND payment_date > $1", today).Scan(&notDated))
		require.Equal(t, overview.Outstanding+notDue+notDated, report.Total.Outstanding)
		if notDated == 0 {
			require.Equal(t, notDue, report.Buckets[0].Outstanding)
			for bucket, name := range bucketNames[1:] {
				require.Equal(t, overview.Buckets[name], report.Buckets[bucket+1].Outstanding, name)
			}
		}
	})
}
