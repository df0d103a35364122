package main

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestRuns_StartListShowCommand(t *testing.T) {
	s := system.Start(t)
	t.Setenv("MTF_API_URL", s.URL)
	t.Setenv("MTF_API_TOKEN", "op-1:ops,billing")

	out, err := run(t, "bill", "--period", "2026-10", "--key", "monthly-2026-10", "--watch")
	require.NoError(t, err)
	require.Contains(t, out, "2026-10 completed: 0 invoices, 0.00 before tax, 0.00 tax, 0.00 in total")
	out, err = run(t, "bill", "--period", "2026-10", "--key", "monthly-2026-10", "--json")
	require.NoError(t, err)
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &result), out)
	id := result["billing_run_id"].(string)

	out, err = run(t, "runs", "list")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^`+id+` +2026-10-01\.\.2026-10-31 +completed +0/0 +0 +0\.00 +monthly-2026-10$`, out)
	out, err = run(t, "runs", "list", "--status", "failed", "--json")
	require.NoError(t, err)
	require.JSONEq(t, "[]", out)
	out, err = run(t, "runs", "show", id)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^status +completed$`, out)
	require.Regexp(t, `(?m)^event +\S+ running to completed by billing-run$`, out)
	out, err = run(t, "runs", "show", id, "--json")
	require.NoError(t, err)
	var shown map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &shown))
	require.Equal(t, "completed", shown["status"])
	require.Equal(t, "none", shown["proration"])
	require.NotNil(t, shown["failures_url"], "the whole answer is printed")

	for _, command := range []string{"pause", "resume", "approve", "cancel", "retry"} {
		_, err = run(t, "runs", command, id)
		require.ErrorContains(t, err, "billing_run_status_transition_invalid", command)
	}
	_, err = s.Pool.Exec(t.Context(), "UPDATE billing_runs SET status = 'completed_with_failures' WHERE id = $1", id)
	require.NoError(t, err)
	out, err = run(t, "runs", "retry", id, "--reason", "prices are right now")
	require.NoError(t, err)
	require.Equal(t, "run "+id+" is completed\n", out)
	out, err = run(t, "runs", "show", id)
	require.NoError(t, err)
	require.Contains(t, out, "by op-1: prices are right now")

	out, err = run(t, "bill", "--period", "2026-09", "--key", "daily-2026-09", "--proration", "daily", "--json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(out), &result), out)
	out, err = run(t, "runs", "show", result["billing_run_id"].(string), "--json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(out), &shown))
	require.Equal(t, "daily", shown["proration"])
	_, err = run(t, "bill", "--period", "2026-09", "--key", "weekly-2026-09", "--proration", "weekly")
	require.ErrorContains(t, err, "--proration must be one of")

	_, err = run(t, "runs", "show", "00000000-0000-0000-0000-000000000000")
	require.ErrorContains(t, err, "billing_run_not_found")
}

func TestInvoicesGaps_FindsGaps(t *testing.T) {
	url := servers.DatabaseURL(t)
	t.Setenv("DATABASE_URL", url)
	t.Setenv("MTF_ENV", "test")
	out, err := run(t, "invoices", "gaps")
	require.NoError(t, err)
	require.Equal(t, "no gaps\n", out)

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	execute := func(statement string) {
		t.Helper()
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	// Invoices without all that belongs to them.
	execute("SET session_replication_role = replica")
	issue := func(year string, sequences string) {
		t.Helper()
		execute(`INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
				issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, issued_at, created_at, updated_at)
			SELECT gen_random_uuid(), 'FA-' || ` + year + ` || '-' || n, 'MTF', ` + year + `, n, gen_random_uuid(), gen_random_uuid(), '2026-01-01', '2026-01-31',
				'2026-02-01', '2026-02-15', 'issued', 'MAD', 100, 0, 0, 100, 'Nobody', 'individual', now(), now(), now() FROM unnest(ARRAY` + sequences + `) n`)
	}
	execute(`INSERT INTO invoice_number_sequences (seller_code, year, last_number, last_issue_date)
		VALUES ('MTF', 2025, 3, '2025-02-01'), ('MTF', 2026, 8, '2026-02-01'), ('MTF', 2027, 2, '2027-02-01'), ('OTHER', 2026, 0, '2026-02-01')`)
	issue("2025", "[1,2,3]")
	issue("2026", "[2,3,6]")

	out, err = run(t, "invoices", "gaps", "--year", "2025")
	require.NoError(t, err)
	require.Equal(t, "MTF 2025: numbers 1 to 3 assigned, 3 invoices\nno gaps\n", out)
	out, err = run(t, "invoices", "gaps")
	require.ErrorIs(t, err, errGaps)
	require.Equal(t, `MTF 2025: numbers 1 to 3 assigned, 3 invoices
MTF 2026: numbers 1 to 8 assigned, 3 invoices
MTF 2027: numbers 1 to 2 assigned, 0 invoices
OTHER 2026: numbers 1 to 0 assigned, 0 invoices
MTF 2026: 1 to 1 missing
MTF 2026: 4 to 5 missing
MTF 2026: 7 to 8 missing
MTF 2027: 1 to 2 missing
`, out)

	issue("2027", "[1,2,3]")
	issue("2028", "[1]")
	out, err = run(t, "invoices", "gaps", "--json", "--year", "2027")
	require.ErrorIs(t, err, errGaps)
	require.JSONEq(t, `{"sequences": [{"seller_code": "MTF", "year": 2027, "last_number": 2, "invoice_count": 3}],
		"gaps": [{"seller_code": "MTF", "year": 2027, "first_missing": 3, "last_missing": 3, "beyond": true}]}`, out)
	out, err = run(t, "invoices", "gaps", "--year", "2028")
	require.ErrorIs(t, err, errGaps)
	require.Equal(t, "MTF 2028: 1 to 1 beyond the last number given\n", out)
}
