package db_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// TestACursorGivesEveryRowOnceInBatches reads results of many lengths and of two shapes
// one after the other, for which nothing may be left prepared on a connection.
func TestACursorGivesEveryRowOnceInBatches(t *testing.T) {
	t.Parallel()
	ctx, pool := context.Background(), servers.Database(t)
	const batch = 10
	for _, query := range []string{
		"SELECT n::bigint FROM generate_series(1, $1::integer) n",
		"-- a comment, as generated queries begin with\nSELECT n::text FROM generate_series(1, $1::integer) n ORDER BY n LIMIT 2147483647",
	} {
		for _, rows := range []int{0, 1, batch - 1, batch, batch + 1, 3 * batch, 35} {
			err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
				cursor, read := db.NewCursor(tx, batch), 0
				for {
					found, err := cursor.Query(ctx, query, rows)
					require.NoError(t, err)
					values, err := pgx.CollectRows(found, pgx.RowTo[any])
					require.NoError(t, err)
					require.Equal(t, min(batch, rows-read), len(values))
					if read += len(values); len(values) < batch {
						require.Equal(t, rows, read)
						return nil
					}
				}
			})
			require.NoError(t, err)
		}
	}
}
