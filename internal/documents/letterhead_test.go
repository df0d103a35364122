package documents_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

func TestALetterheadIsRegisteredOnceHoweverManyStart(t *testing.T) {
	t.Parallel()
	url := servers.DatabaseURL(t)
	pool, err := db.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	zone, err := calendar.LoadZone("Africa/Casablanca")
	require.NoError(t, err)
	store, err := filestore.NewDirectoryStore(t.TempDir())
	require.NoError(t, err)
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

	var starts errgroup.Group
	for range 16 {
		starts.Go(func() error {
			_, err := documents.Open(t.Context(), pool, store, pdf.Letterhead{Name: "Operator"}, zone, now)
			return err
		})
	}
	require.NoError(t, starts.Wait())
	var registered int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM letterheads").Scan(&registered))
	require.Equal(t, 1, registered)

	replica, err := db.Open(t.Context(), servers.ReadOnly(t, url))
	require.NoError(t, err)
	t.Cleanup(replica.Close)
	_, err = documents.Open(t.Context(), replica, store, pdf.Letterhead{Name: "Operator"}, zone, now)
	require.NoError(t, err, "one that is registered is only read")
	_, err = documents.Open(t.Context(), replica, store, pdf.Letterhead{Name: "Another"}, zone, now)
	require.True(t, db.ReadOnly(err), "%v", err)
}
