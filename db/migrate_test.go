package db_test

import (
	"errors"
	"io/fs"
	"sync/atomic"
	"testing"

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
