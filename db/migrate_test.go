package db_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"sync/atomic"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestProgramsThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	databaseURL := servers.EmptyDatabaseURL(t)
	var all errgroup.Group
	var applied atomic.Int64
	for range 8 {
		all.Go(func() error {
			count, err := db.Migrate(t.Context(), databaseURL)
			applied.Add(int64(count))
			return err
		})
	}
	for range 2 {
		// A worker that starts meanwhile finds the database behind, or ready, and nothing else.
		all.Go(func() error {
			for {
				err := db.CheckMigrated(t.Context(), databaseURL)
				if !errors.Is(err, db.ErrNotMigrated) {
					return err
				}
			}
		})
	}
	require.NoError(t, all.Wait())
	files, err := fs.Glob(db.Migrations(), "*.sql")
	require.NoError(t, err)
	require.EqualValues(t, len(files), applied.Load(), "each migration is applied by one of them")
	require.NoError(t, db.CheckMigrated(t.Context(), databaseURL))
}

// Every migration can be reverted, and reverting all of them leaves nothing behind.
func TestMigrate_DownToEmptyAndUpAgain(t *testing.T) {
	t.Parallel()
	databaseURL := servers.EmptyDatabaseURL(t)
	_, err := db.Migrate(t.Context(), databaseURL)
	require.NoError(t, err)
	database, err := sql.Open("pgx", databaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	provider, err := goose.NewProvider(goose.DialectPostgres, database, db.Migrations())
	require.NoError(t, err)
	_, err = provider.DownTo(t.Context(), 0)
	require.NoError(t, err)
	var left int
	require.NoError(t, database.QueryRowContext(t.Context(), `SELECT
		(SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose_db_version%')
		+ (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)`).Scan(&left))
	require.Zero(t, left)
	_, err = provider.Up(t.Context())
	require.NoError(t, err)
}
