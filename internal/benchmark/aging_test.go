package benchmark_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/systemtest"
)

// loadPayments stores the payment of every paid invoice, around its due date.
func loadPayments(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	_, err := pool.Exec(context.Background(), `
		INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at)
		SELECT id, id, client_id, total_amount, currency, least(due_date + number::int % 21 - 10, date '2026-11-22'), 'card', 'posted',
			'op-1', issued_at FROM invoices WHERE status = 'paid'`)
	require.NoError(b, err)
	for _, table := range []string{"clients", "invoices", "payments"} {
		_, err := pool.Exec(context.Background(), "VACUUM ANALYZE "+table)
		require.NoError(b, err)
	}
}

// bareAging is what any report has to read: what each client owes now, by aging bucket.
const bareAging = `
	SELECT client_id, width_bucket(date '2026-11-22' - due_date, '{1,31,61,91}'::integer[]), sum(total_amount - paid_amount), count(*)
	FROM invoices WHERE status IN ('issued', 'overdue') AND issue_date <= '2026-11-22' GROUP BY 1, 2`

// BenchmarkAging reports the median of the aging report over HTTP as of today and of
// past days, and of its export, beside the bare aggregate of what is owed now.
func BenchmarkAging(b *testing.B) {
	invoices, overdue := collectionsSize(b)
	s := systemtest.Start(b)
	loadInvoices(b, s.Pool, invoices, overdue, "overdue")
	loadPayments(b, s.Pool)
	for _, report := range []struct{ name, path string }{
		{"today", "aging"}, {"by-client", "aging?sort=client_id"}, {"client", "aging?filters=client_id%3D01890000-0000-7000-8000-000000000000"},
		{"last-week", "aging?as_of=2026-11-15"}, {"last-month", "aging?as_of=2026-10-22"}, {"last-year", "aging?as_of=2025-11-22"},
		{"export", "aging/export"},
	} {
		b.Run(report.name, func(b *testing.B) {
			besideBareSQL(b, s, "/api/v1/collections/"+report.path, bareAging)
		})
	}
}
