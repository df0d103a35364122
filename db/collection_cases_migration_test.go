package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/testenv"
)

// followsTheCalendar is the migration after which days past due are no longer stored.
const followsTheCalendar = 12

func TestCasesAreCarriedOverToTheCalendarAndBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, provider := before(t, testenv.DatabaseURL(t), followsTheCalendar)

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
			SELECT gen_random_uuid(), row_number() OVER (), r.id, c.id, '2026-09-01', '2026-09-30', '2026-10-01', '2026-10-15',
				CASE WHEN row_number() OVER () <= 2 THEN 'overdue' ELSE 'paid' END, 'MAD', 100, 0, 0, 100,
				CASE WHEN row_number() OVER () <= 2 THEN 0 ELSE 100 END, 'Test Client', 'individual', now(), now(), now()
			FROM clients c, billing_runs r`,
		`INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, days_past_due, aging_bucket, outstanding_amount,
				opened_at, last_action_at, closed_at, created_at, updated_at)
			SELECT gen_random_uuid(), i.id, i.client_id, v.status, 'invoice_overdue', v.days, v.bucket, i.total_amount - i.paid_amount,
				t, t, v.closed_at, t, t
			FROM (VALUES ('1', 'open', 38, '31_60', NULL::timestamptz), ('2', 'in_progress', 38, '31_60', NULL),
				('3', 'resolved', 61, '61_90', '2026-12-15Z'), ('4', 'closed', 5, '1_30', '2026-10-20Z')) v (number, status, days, bucket, closed_at)
			JOIN invoices i ON i.number = v.number, (SELECT timestamptz '2026-11-22 12:00Z' AS t) at`,
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
	const stored = `SELECT concat_ws(' ', i.number, c.status, c.days_past_due, c.aging_bucket) FROM collection_cases c
		JOIN invoices i ON i.id = c.invoice_id ORDER BY i.number`
	before := []string{"1 open 38 31_60", "2 in_progress 38 31_60", "3 resolved 61 61_90", "4 closed 5 1_30"}
	require.Equal(t, before, read(stored))

	_, err := provider.UpTo(ctx, followsTheCalendar)
	require.NoError(t, err)
	require.Equal(t, []string{"1 open", "2 in_progress", "3 resolved 61 61_90", "4 closed 5 1_30"}, read(stored))
	require.Equal(t, []string{"2026-10-15"}, read("SELECT DISTINCT due_date::text FROM collection_cases"))
	require.Equal(t, []string{"closed infinity 1_30 1 0", "in_progress 2026-10-15 1 100", "open 2026-10-15 1 100", "resolved infinity 61_90 1 0"},
		read(`SELECT concat_ws(' ', status, due_date, nullif(aging_bucket, ''), case_count, outstanding_amount) FROM collection_case_totals
			ORDER BY status`))

	_, err = provider.DownTo(ctx, followsTheCalendar-1)
	require.NoError(t, err)
	require.Equal(t, before, read(stored))
}
