package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

// reversalsAndVoids is the migration with which payments can be reversed and invoices voided.
const reversalsAndVoids = 14

func TestInvoicesAndPaymentsAreCarriedOverToReversalsAndVoids(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, provider := before(t, servers.DatabaseURL(t), reversalsAndVoids)
	execute := func(statements ...string) {
		t.Helper()
		for _, statement := range statements {
			_, err := database.ExecContext(ctx, statement)
			require.NoError(t, err, statement)
		}
	}
	status := func() (invoices string) {
		t.Helper()
		require.NoError(t, database.QueryRowContext(ctx, `SELECT string_agg(concat_ws(' ', i.number, i.status, p.status), ', ' ORDER BY i.number)
			FROM invoices i LEFT JOIN payments p ON p.invoice_id = i.id`).Scan(&invoices))
		return invoices
	}
	execute(
		`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			SELECT gen_random_uuid(), 'individual', 'Test Client', 'active', now(), now() FROM generate_series(1, 2)`,
		`INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status, actor_id,
				client_count, chunk_count, planned_at, completed_at, updated_at)
			VALUES (gen_random_uuid(), 'migration', decode(repeat('00', 32), 'hex'), '2026-09-01', '2026-09-30', 15, 0, 'MAD', 'completed',
				'op-1', 2, 1, now(), now(), now())`,
		`INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
				issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, issued_at,
				created_at, updated_at)
			SELECT gen_random_uuid(), n, 'MTF', 2026, n, r.id, c.id, '2026-09-01', '2026-09-30', '2026-10-01', '2026-10-15', 'issued', 'MAD', 100, 0,
				0, 100, 'Test Client', 'individual', now(), now(), now()
			FROM billing_runs r, (SELECT id, row_number() OVER () AS n FROM clients) c`,
		`UPDATE invoices SET status = 'paid', paid_amount = 100 WHERE number = '1'`,
		`INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at)
			SELECT gen_random_uuid(), id, client_id, 100, 'MAD', '2026-10-02', 'cash', 'posted', 'op-1', now() FROM invoices WHERE number = '1'`,
	)
	require.Equal(t, "1 paid posted, 2 issued", status())

	_, err := provider.UpTo(ctx, reversalsAndVoids)
	require.NoError(t, err)
	require.Equal(t, "1 paid posted, 2 issued", status())
	execute(
		`UPDATE payments SET status = 'reversed', reversed_at = now(), reversed_by = 'op-1', reversal_reason = 'Bounced'`,
		`UPDATE invoices SET status = 'issued', paid_amount = 0 WHERE number = '1'`,
		`UPDATE invoices SET status = 'void', voided_at = now(), voided_by = 'op-1', void_reason = 'Wrong tariff' WHERE number = '2'`,
	)
	require.Equal(t, "1 issued reversed, 2 void", status())

	_, err = provider.DownTo(ctx, reversalsAndVoids-1)
	require.NoError(t, err)
	require.Equal(t, "1 issued reversed, 2 void", status(), "the schema before knows these states, not how they came about")
	// What was void then has nobody who could be named: it cannot be carried over again unseen.
	_, err = provider.UpTo(ctx, reversalsAndVoids)
	require.ErrorContains(t, err, "is_told")
}
