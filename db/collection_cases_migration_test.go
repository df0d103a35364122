package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

const (
	// followsTheCalendar is the migration after which days past due are no longer stored.
	followsTheCalendar = 12
	// foldsTotals is the migration after which totals have as many rows as there are writers at once.
	foldsTotals = 31
)

func TestCasesAreCarriedOverToTheCalendarAndBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, provider := before(t, servers.DatabaseURL(t), followsTheCalendar)

	// Of four invoices due on 15 October, two have cases that are worked on, two that have ended.
	for _, statement := range []string{
		`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			SELECT id, 'individual', 'Test Client', 'active', now(), now() FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 4)) c`,
		`INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status, actor_id,
				client_count, chunk_count, planned_at, completed_at, updated_at)
			VALUES (gen_random_uuid(), 'migration', decode(repeat('00', 32), 'hex'), '2026-09-01', '2026-09-30', 15, 0, 'MAD', 'completed',
				'op-1', 4, 1, now(), now(), now())`,
		`INSERT INTO invoices (id, number, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status, currency,
				subtotal_amount, tax_rate, tax_amount, total_amount, paid_amount, client_name, client_type, issued_at, created_at, updated_at)
			SELECT gen_random_uuid(), 'FA-2026-' || row_number() OVER (), r.id, c.id, '2026-09-01', '2026-09-30', '2026-10-01', '2026-10-15',
				CASE WHEN row_number() OVER () <= 2 THEN 'overdue' ELSE 'paid' END, 'MAD', 100, 0, 0, 100,
				CASE WHEN row_number() OVER () <= 2 THEN 0 ELSE 100 END, 'Test Client', 'individual', now(), now(), now()
			FROM clients c, billing_runs r`,
		`INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, days_past_due, aging_bucket, outstanding_amount,
				opened_at, last_action_at, closed_at, created_at, updated_at)
			SELECT gen_random_uuid(), i.id, i.client_id, v.status, 'invoice_overdue', v.days, v.bucket, i.total_amount - i.paid_amount,
				t, t, v.closed_at, t, t
			FROM (VALUES ('1', 'open', 38, '31_60', NULL::timestamptz), ('2', 'in_progress', 38, '31_60', NULL),
				('3', 'resolved', 61, '61_90', '2026-12-15Z'), ('4', 'closed', 5, '1_30', '2026-10-20Z')) v (number, status, days, bucket, closed_at)
			JOIN invoices i ON i.number = 'FA-2026-' || v.number, (SELECT timestamptz '2026-11-22 12:00Z' AS t) at`,
	} {
		_, err := database.ExecContext(ctx, statement)
		require.NoError(t, err, statement)
	}
	read := func(query string) (rows []string) {
		t.Helper()
		found, err := database.QueryContext(ctx, query)
		require.NoError(t, err)
		defer func() { require.NoError(t, found.Close()) }()
		for found.Next() {
			var row string
			require.NoError(t, found.Scan(&row))
			rows = append(rows, row)
		}
		require.NoError(t, found.Err())
		return rows
	}
	const stored = `SELECT concat_ws(' ', right(i.number, 1), c.status, c.days_past_due, c.aging_bucket) FROM collection_cases c
		JOIN invoices i ON i.id = c.invoice_id ORDER BY i.number`
	before := []string{"1 open 38 31_60", "2 in_progress 38 31_60", "3 resolved 61 61_90", "4 closed 5 1_30"}
	require.Equal(t, before, read(stored))

	_, err := provider.UpTo(ctx, followsTheCalendar)
	require.NoError(t, err)
	require.Equal(t, []string{"1 open", "2 in_progress", "3 resolved 61 61_90", "4 closed 5 1_30"}, read(stored))
	require.Equal(t, []string{"2026-10-15"}, read("SELECT DISTINCT due_date::text FROM collection_cases"))
	const totals = `SELECT concat_ws(' ', status, due_date, nullif(aging_bucket, ''), sum(case_count), sum(outstanding_amount::bigint))
		FROM collection_case_totals GROUP BY status, due_date, aging_bucket HAVING sum(case_count) <> 0 ORDER BY status`
	counted := []string{"closed infinity 1_30 1 0", "in_progress 2026-10-15 1 100", "open 2026-10-15 1 100", "resolved infinity 61_90 1 0"}
	require.Equal(t, counted, read(totals))

	// The totals are kept before and after, on the way up and back.
	for _, to := range []func() error{
		func() error { return nil },
		func() error { _, err := provider.UpTo(ctx, foldsTotals); return err },
		func() error { _, err := provider.DownTo(ctx, foldsTotals-1); return err },
	} {
		require.NoError(t, to())
		require.Equal(t, counted, read(totals))
		for _, status := range []string{"in_progress", "open"} {
			_, err := database.ExecContext(ctx, "UPDATE collection_cases SET status = $1 WHERE invoice_id = (SELECT id FROM invoices WHERE number = 'FA-2026-1')", status)
			require.NoError(t, err)
			if status == "in_progress" {
				require.Equal(t, []string{"closed infinity 1_30 1 0", "in_progress 2026-10-15 2 200", "resolved infinity 61_90 1 0"}, read(totals))
			}
		}
	}

	_, err = provider.DownTo(ctx, followsTheCalendar-1)
	require.NoError(t, err)
	require.Equal(t, before, read(stored))
}
