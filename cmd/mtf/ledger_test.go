package main

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestFaultsOfTheLedgerAreFound(t *testing.T) {
	url := servers.DatabaseURL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("MTF_ENV", "test")
	out, err := run(t, "ledger", "prove")
	require.NoError(t, err)
	require.Equal(t, "every balance is proven\n", out)
	out, err = run(t, "ledger", "prove", "--json")
	require.NoError(t, err)
	require.JSONEq(t, `{"faults": []}`, out)

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	for _, statement := range []string{
		`INSERT INTO ledger_accounts (id, currency, kind, sequence, balance) VALUES
			('00000000-0000-7000-8000-000000000001', 'MAD', 'client', 2, 300), ('00000000-0000-7000-8000-000000000002', 'MAD', 'contract', 2, 250),
			('00000000-0000-7000-8000-000000000003', 'MAD', 'contract', 1, 100)`,
		`INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, booking_date, amount, balance)
			SELECT account::uuid, 'MAD', sequence, ('00000000-0000-7000-8000-00000000001' || sequence)::uuid, gen_random_uuid(), 'api', '2026-11-22', amount, balance
			FROM (VALUES ('00000000-0000-7000-8000-000000000001', 1, 100, 100), ('00000000-0000-7000-8000-000000000001', 2, 200, 300),
				('00000000-0000-7000-8000-000000000002', 1, 100, 100), ('00000000-0000-7000-8000-000000000002', 2, 200, 250),
				('00000000-0000-7000-8000-000000000003', 2, 100, 100)) AS p (account, sequence, amount, balance)`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	out, err = run(t, "ledger", "prove")
	require.ErrorIs(t, err, errNotProven)
	require.Equal(t, `00000000-0000-7000-8000-000000000001 MAD: entry 00000000-0000-7000-8000-000000000011 is not what was posted
00000000-0000-7000-8000-000000000002 MAD: entry 00000000-0000-7000-8000-000000000011 is not what was posted
00000000-0000-7000-8000-000000000002 MAD: the balance is not that of the last posting
00000000-0000-7000-8000-000000000002 MAD: the chain breaks at 2
00000000-0000-7000-8000-000000000003 MAD: entry 00000000-0000-7000-8000-000000000012 is not what was posted
00000000-0000-7000-8000-000000000003 MAD: the balance is not that of the last posting
00000000-0000-7000-8000-000000000003 MAD: the chain breaks at 2
`, out)
	out, err = run(t, "ledger", "prove", "--json")
	require.ErrorIs(t, err, errNotProven)
	require.Contains(t, out, `"the chain breaks at 2"`)
}

func TestWhatIsMissingInTheLedgerIsEntered(t *testing.T) {
	url := servers.DatabaseURL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("MTF_ENV", "test")
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	_, err = conn.Exec(t.Context(), `WITH client AS (
			INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			VALUES ('00000000-0000-7000-8000-000000000001', 'individual', 'Test Client', 'active', now(), now())
		), run AS (
			INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status, actor_id,
				client_count, chunk_count, planned_at, completed_at, updated_at)
			VALUES ('00000000-0000-7000-8000-000000000002', 'key', decode(repeat('00', 32), 'hex'), '2026-01-01', '2026-01-31', 15, 0, 'MAD', 'completed',
				'op-1', 1, 1, now(), now(), now()))
		INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date,
			due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, issued_at, created_at, updated_at,
			voided_at, voided_by, void_reason)
		VALUES ('00000000-0000-7000-8000-000000000003', '1', 'MTF', 2026, 1, '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001',
			'2026-01-01', '2026-01-31', '2026-02-01', '2026-02-15', 'void', 'MAD', 100, 0, 0, 100, 'Test Client', 'individual', now(), now(), now(), now(), 'op-1', 'Wrong')`)
	require.NoError(t, err)
	for _, want := range []string{"2 entries were missing, and what 0 contracts cost\n", "0 entries were missing, and what 0 contracts cost\n"} {
		out, err := run(t, "ledger", "enter-missing")
		require.NoError(t, err)
		require.Equal(t, want, out)
		out, err = run(t, "ledger", "prove")
		require.NoError(t, err, out)
	}
}
