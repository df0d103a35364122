package collections_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/testenv"
)

var (
	firstDay = calendar.MustParse("2026-03-01")
	lastWeek = firstDay.AddDays(-7)
)

func scalar(t *testing.T, pool *pgxpool.Pool, query string, args ...any) int {
	t.Helper()
	var found int
	require.NoError(t, pool.QueryRow(ctx, query, args...).Scan(&found), query)
	return found
}

// issueToEach issues an overdue invoice of 100.00 to so many new clients.
func issueToEach(t *testing.T, pool *pgxpool.Pool, clients int) []uuid.UUID {
	t.Helper()
	rows := make([]uuid.UUID, clients)
	ids := make([]uuid.UUID, clients)
	for i := range rows {
		rows[i], ids[i] = uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	}
	execute(t, pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		SELECT id, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z' FROM unnest($1::uuid[]) AS c (id)`, rows)
	issueMany(t, pool, ids, rows, lastWeek, 10_000)
	return ids
}

func TestASyncThatEndsBetweenBatchesIsContinuedByTheNext(t *testing.T) {
	t.Parallel()
	pool := testenv.Database(t)
	const invoices = 5000
	issueToEach(t, pool, invoices)
	synced, err := collections.SyncBatch(ctx, pool, firstDay, noon(firstDay))
	require.NoError(t, err)
	moved := synced.Overdue
	require.Positive(t, moved)
	require.Less(t, moved, invoices, "a batch is bounded")
	require.Equal(t, collections.Synced{Overdue: moved, Opened: moved, Delinquent: moved}, synced)
	for _, of := range []string{
		"SELECT count(*) FROM invoices WHERE status = 'overdue'", "SELECT count(*) FROM collection_cases WHERE status = 'open'",
		"SELECT count(*) FROM collection_case_actions WHERE action_type = 'case_opened'", "SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL",
	} {
		require.Equal(t, moved, scalar(t, pool, of), "a batch is whole: %s", of)
	}
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	require.Equal(t, invoices, scalar(t, pool, "SELECT count(*) FROM collection_cases WHERE status = 'open'"))
	require.Equal(t, invoices, scalar(t, pool, "SELECT count(*) FROM collection_case_actions"))
	requireTotals(t, pool)
}

func TestSyncsAndPaymentsAtOnceLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	pool := testenv.Database(t)
	ids := issueToEach(t, pool, 1600)
	const callers, partly = 16, 400
	var group errgroup.Group
	var next atomic.Int64
	for range 2 {
		group.Go(func() error { return collections.Sync(ctx, pool, firstDay, noon(firstDay)) })
	}
	for range callers {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= partly {
					return nil
				}
				// Spread over both batches. Paid in part, so that each ends with a case whoever came first.
				if err := record(pool, ids[i*4], 2_500, firstDay, noon(firstDay).Add(time.Duration(i)*time.Millisecond)); err != nil {
					return err
				}
			}
		})
	}
	require.NoError(t, group.Wait())
	require.Zero(t, scalar(t, pool, "SELECT count(*) FROM invoices WHERE status <> 'overdue'"))
	require.Equal(t, len(ids), scalar(t, pool, "SELECT count(*) FROM collection_cases WHERE status = 'open'"))
	require.Equal(t, len(ids), scalar(t, pool, "SELECT count(DISTINCT case_id) FROM collection_case_actions WHERE action_type = 'case_opened'"))
	require.Equal(t, len(ids), scalar(t, pool, "SELECT count(*) FROM collection_case_actions WHERE action_type = 'case_opened'"))
	require.Equal(t, partly, scalar(t, pool, "SELECT count(*) FROM collection_case_actions WHERE action_type = 'payment_recorded'"))
	require.Equal(t, len(ids)+partly, scalar(t, pool, "SELECT count(*) FROM collection_case_actions"))
	require.Equal(t, len(ids), scalar(t, pool, "SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL"))
	require.Equal(t, len(ids)*10_000-partly*2_500, scalar(t, pool, "SELECT sum(outstanding_amount)::bigint FROM collection_case_totals"))
	requireTotals(t, pool)
}

func TestADayThatIsOverChangesNothingBack(t *testing.T) {
	t.Parallel()
	pool := testenv.Database(t)
	invoice := issueToEach(t, pool, 1)[0]
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	before := caseOf(t, pool, invoice)
	for _, day := range []calendar.Date{lastWeek.AddDays(1), lastWeek, lastWeek.AddDays(-100), firstDay} {
		due, err := collections.SyncDue(ctx, pool, day)
		require.NoError(t, err)
		require.False(t, due, "on %s", day)
		require.NoError(t, collections.Sync(ctx, pool, day, noon(day)))
		require.Equal(t, before, caseOf(t, pool, invoice), "on %s", day)
	}
}

func TestTheDueDatesOfABucketAreThoseThatAgeIntoIt(t *testing.T) {
	t.Parallel()
	for _, bucket := range []string{"current", "1_30", "31_60", "61_90", "90_plus"} {
		first, last := collections.DueDates(bucket, firstDay)
		for days := -400; days <= 400; days++ {
			due := firstDay.AddDays(-days)
			require.Equal(t, collections.AgingBucket(days) == bucket, !due.Before(first) && !due.After(last), "%s, %d days past due", bucket, days)
		}
	}
	first, last := collections.DueDates("none", firstDay)
	require.True(t, last.Before(first))
}
