package db_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestAnOutageIsToldFromWhatIsWrongWithTheWork(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	insert := "INSERT INTO invoice_number_sequences (seller_code, year, last_number, last_issue_date) VALUES ('MTF', 2026, $1, '2026-02-01')"
	standby, err := pool.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	require.NoError(t, err)
	_, err = standby.Exec(t.Context(), insert, 1)
	require.NoError(t, standby.Rollback(t.Context()))
	require.True(t, db.Unavailable(err), "a standby that is to become the primary: %v", err)
	_, err = pool.Exec(t.Context(), insert, -1)
	require.Error(t, err)
	require.False(t, db.Unavailable(err), "%v", err)

	_, err = pool.Exec(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
	require.True(t, db.Unavailable(err), "%v", err)
}
