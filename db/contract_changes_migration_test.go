package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/servers"
)

// contractChanges is the migration that numbers the changes of what contracts cost.
const contractChanges = 33

func TestChangesThatWereMadeBeforeAreNumberedInTheirOrder(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database, provider := before(t, servers.DatabaseURL(t), contractChanges)
	insert := func(id, amount int, at string) {
		t.Helper()
		_, err := database.ExecContext(ctx, `INSERT INTO configuration_changes (id, contract_id, reason, source, new_amount, currency, effective_date, changed_at)
			VALUES (('00000000-0000-7000-8000-00000000000' || $1::int)::uuid, '00000000-0000-7000-8000-000000000001', 'installment_set', 'api', $2, 'MAD', '2026-01-01', $3)`, id, amount, at)
		require.NoError(t, err)
	}
	_, err := database.ExecContext(ctx, `INSERT INTO billing_profiles (id, status, currency, details, created_at, updated_at)
		VALUES ('00000000-0000-7000-8000-000000000001', 'active', 'MAD', '{}', '2026-01-01Z', '2026-01-01Z')`)
	require.NoError(t, err)
	insert(3, 300, "2026-01-03Z")
	insert(4, 400, "2026-01-03Z")
	insert(2, 100, "2026-01-01Z")
	insert(1, 200, "2026-01-02Z")
	_, err = provider.Up(ctx)
	require.NoError(t, err)
	insert(5, 500, "2025-12-31Z")

	var told string
	require.NoError(t, database.QueryRowContext(ctx, `SELECT string_agg(sequence || ':' || new_amount, ' ' ORDER BY sequence) FROM configuration_changes`).Scan(&told))
	require.Equal(t, "1:100 2:200 3:300 4:400 5:500", told)
	_, err = database.ExecContext(ctx, `UPDATE configuration_changes SET new_amount = 1`)
	require.ErrorContains(t, err, "configuration_changes is refused")

	_, err = provider.DownTo(ctx, contractChanges-1)
	require.NoError(t, err)
	_, err = provider.Up(ctx)
	require.NoError(t, err)
}
