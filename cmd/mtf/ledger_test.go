package main

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestLedgerProve_FindsFaults(t *testing.T) {
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
	require.Equal(t, `00000000-0000-7000-8000-000000000001 MAD: entry 00000000-0000-7000-8000-000000000011 differs from what was posted
00000000-0000-7000-8000-000000000002 MAD: entry 00000000-0000-7000-8000-000000000011 differs from what was posted
00000000-0000-7000-8000-000000000002 MAD: the balance is not that of the last posting
00000000-0000-7000-8000-000000000002 MAD: the chain breaks at 2
00000000-0000-7000-8000-000000000003 MAD: entry 00000000-0000-7000-8000-000000000012 differs from what was posted
00000000-0000-7000-8000-000000000003 MAD: the balance is not that of the last posting
00000000-0000-7000-8000-000000000003 MAD: the chain breaks at 2
`, out)
	out, err = run(t, "ledger", "prove", "--json")
	require.ErrorIs(t, err, errNotProven)
	require.Contains(t, out, `"the chain breaks at 2"`)
}
