package benchmark_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// loadPayments stores the payment of every paid invoice, around its due date.
func loadPayments(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	run(b, pool, `INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at)
		SELECT id, id, client_id, total_amount, currency, least(due_date + number::int % 21 - 10, date '2026-11-22'), 'card', 'posted',
			'op-1', issued_at FROM invoices WHERE status = 'paid'`)
	for _, table := range []string{"clients", "invoices", "payments"} {
		run(b, pool, "VACUUM ANALYZE "+table)
	}
}

// bareAging is what any report has to read: what each client owes now, by aging bucket.
const bareAging = `
	SELECT client_id, width_bucket(date '2026-11-22' - due_date, '{1,31,61,91}'::integer[]), sum(total_amount - paid_amount), count(*)
	FROM invoices WHERE status IN ('issued', 'overdue') AND issue_date <= '2026-11-22' GROUP BY 1, 2`

// BenchmarkAging measures the aging report over HTTP with one caller, as of today and of past
// days, and its export. The limit is the bare aggregate of the current balances.
func BenchmarkAging(b *testing.B) {
	s := system.Start(b)
	loadInvoices(b, s.Pool, collectionsSize(b))
	run(b, s.Pool, `UPDATE invoices SET status = 'overdue' WHERE status = 'issued'`)
	loadPayments(b, s.Pool)
	for _, report := range []struct{ name, path string }{
		{"aging, today", "aging"},
		{"aging, by client", "aging?sort=client_id"},
		{"aging, one client", "aging?filters=client_id%3D01890000-0000-7000-8000-000000000000"},
		{"aging, last week", "aging?as_of=2026-11-15"},
		{"aging, last month", "aging?as_of=2026-10-22"},
		{"aging, last year", "aging?as_of=2025-11-22"},
		{"aging, export", "aging/export"},
	} {
		c := benchmark.Compare(b, 1, 3, time.Second, getPage(b, s.URL, "/api/v1/collections/"+report.path), sql(bareAging).from(s.Pool))
		benchmark.Report(b, report.name, c)
	}
}
