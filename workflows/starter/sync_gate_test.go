package starter_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/workflows/starter"
)

var ctx = context.Background()

var errUnreachable = errors.New("the workflow cannot be reached")

var (
	syncDay = calendar.MustParse("2026-03-01")
	syncNow = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	weekAgo = syncDay.AddDays(-7)
)

// countJoins returns a join that syncs, and the number of its calls.
func countJoins(pool *pgxpool.Pool) (join func(context.Context, calendar.Date) error, joined *atomic.Int32) {
	joined = new(atomic.Int32)
	return func(ctx context.Context, day calendar.Date) error {
		joined.Add(1)
		return collections.Sync(ctx, pool, day, syncNow)
	}, joined
}

func mustNotJoin(context.Context, calendar.Date) error {
	panic("nothing is due, so no reader may join a sync")
}

// issueOverdue issues overdue invoices, each to a client of its own.
func issueOverdue(t *testing.T, pool *pgxpool.Pool, invoices int) {
	t.Helper()
	w := dunningtest.World{TB: t, Pool: pool}
	for range invoices {
		w.Invoice(w.Client(""), weekAgo.String())
	}
}

func requireOpenCases(t *testing.T, pool *pgxpool.Pool, want int) {
	t.Helper()
	require.Equal(t, want, dunningtest.World{TB: t, Pool: pool}.Count("SELECT count(*) FROM collection_cases WHERE status = 'open'"))
}

func TestSyncGate_CurrentCasesJoinNothing(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 1)
	require.NoError(t, starter.NewSyncGateWith(pool, mustNotJoin, time.Minute).EnsureCurrent(ctx, weekAgo, syncNow))
}

func TestSyncGate_EveryReadSyncsABacklog(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	join, joined := countJoins(pool)
	gate := starter.NewSyncGateWith(pool, join, time.Minute)
	start, open := collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 10}, collections.CaseOpen
	for i, read := range []func() (int64, error){
		func() (int64, error) {
			overview, err := gate.ReadOverview(ctx, syncDay, syncNow)
			return overview.OpenCases, err
		},
		func() (int64, error) {
			page, err := gate.ReadPage(ctx, collections.Filter{Today: syncDay}, start, syncNow)
			return page.Total, err
		},
		func() (int64, error) {
			page, err := gate.ReadPage(ctx, collections.Filter{Today: syncDay, Status: &open}, start, syncNow)
			return page.Total, err
		},
		func() (int64, error) {
			later := start
			later.Offset = 1
			page, err := gate.ReadPage(ctx, collections.Filter{Today: syncDay}, later, syncNow)
			require.Len(t, page.Cases, 3)
			return page.Total, err
		},
	} {
		issueOverdue(t, pool, 1)
		for range 2 {
			total, err := read()
			require.NoError(t, err)
			require.Equal(t, int64(i+1), total)
		}
		require.Equal(t, int32(i+1), joined.Load(), "a second read finds no backlog")
	}
}

func TestSyncGate_ConcurrentReadersSyncOnce(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 100)
	const readers = 40
	held := make(chan struct{})
	var joined atomic.Int32
	gate := starter.NewSyncGateWith(pool, func(ctx context.Context, day calendar.Date) error {
		joined.Add(1)
		<-held
		return collections.Sync(ctx, pool, day, syncNow)
	}, time.Minute)
	before := pool.Stat().AcquireCount()
	var group errgroup.Group
	for range readers / 2 {
		group.Go(func() error {
			overview, err := gate.ReadOverview(ctx, syncDay, syncNow)
			if err == nil && overview.OpenCases != 100 {
				t.Errorf("a reader got an answer with %d of 100 cases", overview.OpenCases)
			}
			return err
		})
		group.Go(func() error {
			start := collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 10}
			page, err := gate.ReadPage(ctx, collections.Filter{Today: syncDay}, start, syncNow)
			if err == nil && (page.Total != 100 || len(page.Cases) != 10) {
				t.Errorf("a reader got an answer with %d of 100 cases", page.Total)
			}
			return err
		})
	}
	// Each reader has read, with three statements for the overview or five for the page, and waits.
	require.Eventually(t, func() bool {
		now := pool.Stat()
		return joined.Load() > 0 && now.AcquireCount() >= before+4*readers && now.AcquiredConns() == 0
	}, time.Minute, time.Millisecond)
	require.EqualValues(t, 1, joined.Load(), "one of the waiting readers joins for all")
	close(held)
	require.NoError(t, group.Wait())
	require.Equal(t, 100, dunningtest.World{TB: t, Pool: pool}.Count("SELECT count(*) FROM collection_case_actions"))
}

func TestSyncGate_SyncsWithoutTemporal(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 3)
	unreachable := func(context.Context, calendar.Date) error { return errUnreachable }
	require.NoError(t, starter.NewSyncGateWith(pool, unreachable, time.Minute).EnsureCurrent(ctx, syncDay, syncNow))
	requireOpenCases(t, pool, 3)
}

func TestSyncGate_WaitIsBounded(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 3)
	busy := func(ctx context.Context, _ calendar.Date) error {
		<-ctx.Done()
		return ctx.Err()
	}
	require.ErrorIs(t, starter.NewSyncGateWith(pool, busy, 20*time.Millisecond).EnsureCurrent(ctx, syncDay, syncNow), starter.ErrStale)
	stopping := func(context.Context, calendar.Date) error { return starter.ErrStale }
	require.ErrorIs(t, starter.NewSyncGateWith(pool, stopping, time.Minute).EnsureCurrent(ctx, syncDay, syncNow), starter.ErrStale)
	// A sync that makes no progress is retried until the bound, and not for ever.
	idle := func(context.Context, calendar.Date) error { return nil }
	require.ErrorIs(t, starter.NewSyncGateWith(pool, idle, 20*time.Millisecond).EnsureCurrent(ctx, syncDay, syncNow), starter.ErrStale)
	requireOpenCases(t, pool, 0)
}

// A reader that joins halfway through another reader's wait still gets its own full wait.
func TestSyncGate_LateReaderGetsItsOwnWait(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 3)
	join, joined := countJoins(pool)
	half := make(chan struct{})
	gate := starter.NewSyncGateWith(pool, func(ctx context.Context, day calendar.Date) error {
		if joined.Load() > 0 {
			return join(ctx, day)
		}
		joined.Add(1)
		until, _ := ctx.Deadline()
		time.AfterFunc(time.Until(until)/2, func() { close(half) })
		<-ctx.Done()
		return starter.ErrStale
	}, 3*time.Second)
	var first errgroup.Group
	first.Go(func() error { return gate.EnsureCurrent(ctx, syncDay, syncNow) })
	<-half
	require.NoError(t, gate.EnsureCurrent(ctx, syncDay, syncNow))
	if err := first.Wait(); err != nil { // It may see the other reader's sync when it checks late.
		require.ErrorIs(t, err, starter.ErrStale)
	}
	require.EqualValues(t, 2, joined.Load())
	requireOpenCases(t, pool, 3)
}

func TestSyncGate_CancelledReaderReturns(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 3)
	leaving, leave := context.WithCancel(ctx)
	busy := func(ctx context.Context, _ calendar.Date) error {
		leave()
		<-ctx.Done()
		return ctx.Err()
	}
	require.ErrorIs(t, starter.NewSyncGateWith(pool, busy, time.Minute).EnsureCurrent(leaving, syncDay, syncNow), context.Canceled)
}

func TestSyncGate_LoopsWhenMoreBecomesDue(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueOverdue(t, pool, 2)
	join, joined := countJoins(pool)
	gate := starter.NewSyncGateWith(pool, func(ctx context.Context, day calendar.Date) error {
		err := join(ctx, day)
		if joined.Load() == 1 {
			issueOverdue(t, pool, 3)
		}
		return err
	}, time.Minute)
	require.NoError(t, gate.EnsureCurrent(ctx, syncDay, syncNow))
	require.EqualValues(t, 2, joined.Load())
	requireOpenCases(t, pool, 5)
}
