package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// beginning is the migration with which the ledger begins; the one after it enters what there is.
const beginning = 19

func TestWhatExistsIsEnteredIntoTheLedger(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	url := servers.DatabaseURL(t)
	database, provider := before(t, url, beginning)
	for _, statement := range []string{
		`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			VALUES ('00000000-0000-7000-8000-000000000001', 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z')`,
		`INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from, mobile_data_gb,
				internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
			VALUES ('00000000-0000-7000-8000-000000000002', 'Mobile', 'mobile', 'mobile', 1, 100, 0, 'active', '2026-01-01', 10, false, false, false, now(), now())`,
		`INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
			SELECT ('00000000-0000-7000-8000-00000000010' || n)::uuid, '00000000-0000-7000-8000-000000000001', 'mobile', 'SIM ' || n, 'active', now(), now()
			FROM generate_series(1, 3) n`,
		`INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
			SELECT ('00000000-0000-7000-8000-00000000020' || n)::uuid, '00000000-0000-7000-8000-000000000001', ('00000000-0000-7000-8000-00000000010' || n)::uuid,
				'00000000-0000-7000-8000-000000000002', 'active', '2026-01-01', now(), '2026-01-01Z', now() FROM generate_series(1, 3) n`,
		`INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status, actor_id,
				client_count, chunk_count, planned_at, completed_at, updated_at)
			SELECT ('00000000-0000-7000-8000-00000000030' || n)::uuid, n, decode(repeat('00', 32), 'hex'), '2026-01-01', '2026-01-31', 15, 0, 'MAD', 'completed',
				'op-1', 1, 1, now(), now(), now() FROM generate_series(1, 2) n`,
		// 100 over three contracts, by lines of 1, 1 and 1 of 3; and one that became void.
		`INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date,
				due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, paid_amount, client_name, client_type, issued_at,
				created_at, updated_at, voided_at, voided_by, void_reason)
			SELECT ('00000000-0000-7000-8000-00000000040' || n)::uuid, n, 'MTF', 2026, n, ('00000000-0000-7000-8000-00000000030' || n)::uuid,
				'00000000-0000-7000-8000-000000000001', '2026-01-01', '2026-01-31', '2026-02-01', '2026-02-15', CASE n WHEN 1 THEN 'issued' ELSE 'void' END, 'MAD',
				99, 10000, 1, 100, CASE n WHEN 1 THEN 40 ELSE 0 END, 'Test Client', 'individual', '2026-02-01Z', '2026-02-01Z', '2026-02-01Z',
				CASE n WHEN 2 THEN timestamptz '2026-02-03Z' END, CASE n WHEN 2 THEN 'op-1' END, CASE n WHEN 2 THEN 'Wrong' END FROM generate_series(1, 2) n`,
		`INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type, description, quantity,
				unit_amount, line_total, created_at)
			SELECT gen_random_uuid(), ('00000000-0000-7000-8000-00000000040' || i)::uuid, n, ('00000000-0000-7000-8000-00000000020' || n)::uuid,
				'00000000-0000-7000-8000-000000000002', 'mobile', 'SIM', 'activation', 'Fee', 1, 33, 33, now() FROM generate_series(1, 3) n, generate_series(1, 2) i`,
		`INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at, reversed_at, reversed_by, reversal_reason)
			VALUES ('00000000-0000-7000-8000-000000000501', '00000000-0000-7000-8000-000000000401', '00000000-0000-7000-8000-000000000001', 50, 'MAD', '2026-02-02',
				'cash', 'reversed', 'op-1', '2026-02-02Z', '2026-02-04T23:30Z', 'op-2', 'Bounced'),
				('00000000-0000-7000-8000-000000000502', '00000000-0000-7000-8000-000000000401', '00000000-0000-7000-8000-000000000001', 40, 'MAD', '2026-02-03',
				'cash', 'posted', 'op-1', '2026-02-03Z', NULL, NULL, NULL)`,
	} {
		_, err := database.ExecContext(ctx, statement)
		require.NoError(t, err, statement)
	}
	_, err := provider.Up(ctx)
	require.NoError(t, err)

	pool, err := db.Open(ctx, url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	requireProven := func() {
		t.Helper()
		faults, err := ledger.Prove(ctx, pool)
		require.NoError(t, err)
		require.Empty(t, faults)
	}
	requireProven()
	told := func(query string) (told string) {
		t.Helper()
		require.NoError(t, database.QueryRowContext(ctx, query).Scan(&told))
		return told
	}
	// Of the first payment 33 and 17 settle the first two contracts; the second one goes on with 16 and 24. Then the first is taken back.
	require.Equal(t, "invoice 100 {33,33,34} 2026-02-01, invoice 100 {33,33,34} 2026-02-01, payment 50 {33,17} 2026-02-02, "+
		"payment 40 {16,24} 2026-02-03, invoice_void 100 {33,33,34} 2026-02-03, payment_reversal 50 {33,17} 2026-02-05",
		told(`SELECT string_agg(concat_ws(' ', e.source, e.amount, e.contract_amounts, e.booking_date), ', ' ORDER BY p.sequence)
			FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id WHERE p.account_id = '00000000-0000-7000-8000-000000000001'`))
	require.Equal(t, "60 33 17 10", told(`SELECT string_agg(balance::text, ' ' ORDER BY kind, id) FROM ledger_accounts`))
	require.Equal(t, "3 provisioned 100 2026-01-01", told(`SELECT concat_ws(' ', count(*), min(reason), min(new_amount::bigint), min(effective_date)) FROM configuration_changes`))
	require.Equal(t, "3", told(`SELECT count(*) FROM billing_profiles WHERE contract_id IS NOT NULL`))

	// An old process makes a contract between the two migrations; a trigger gives it its profile.
	_, err = provider.DownTo(ctx, beginning)
	require.NoError(t, err)
	_, err = database.ExecContext(ctx, `INSERT INTO billing_profiles (id, contract_id, currency, details, created_at, updated_at)
		SELECT id, id, 'MAD', '{}', created_at, created_at FROM contracts LIMIT 1`)
	require.NoError(t, err)
	_, err = provider.Up(ctx)
	require.NoError(t, err)
	require.Equal(t, "60 33 17 10", told(`SELECT string_agg(balance::text, ' ' ORDER BY kind, id) FROM ledger_accounts`))
	require.Equal(t, "3", told(`SELECT count(*) FROM billing_profiles WHERE contract_id IS NOT NULL`))

	// What is entered later is entered as the migration would have.
	_, err = database.ExecContext(ctx, "TRUNCATE ledger_accounts, ledger_entries, ledger_postings, ledger_events, ledger_event_ranks, ledger_rankings")
	require.NoError(t, err)
	entered, err := ledger.EnterMissing(ctx, pool)
	require.NoError(t, err)
	require.Equal(t, int64(6), entered)
	requireProven()
	require.Equal(t, "invoice 100 {33,33,34} 2026-02-01, payment 50 {33,17} 2026-02-02, payment_reversal 50 {33,17} 2026-02-05, "+
		"payment 40 {33,7} 2026-02-03, invoice 100 {33,33,34} 2026-02-01, invoice_void 100 {33,33,34} 2026-02-03",
		told(`SELECT string_agg(concat_ws(' ', e.source, e.amount, e.contract_amounts, e.booking_date), ', ' ORDER BY p.sequence)
			FROM ledger_postings p JOIN ledger_entries e ON e.id = p.entry_id WHERE p.account_id = '00000000-0000-7000-8000-000000000001'`))
	require.Equal(t, "60 0 26 34", told(`SELECT string_agg(balance::text, ' ' ORDER BY kind, id) FROM ledger_accounts`))
}
