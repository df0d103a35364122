package collections_test

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
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var errUnreachable = errors.New("the process cannot be reached")

// counted is a process that syncs, and how often it was joined.
func counted(pool *pgxpool.Pool) (collections.SyncProcess, *atomic.Int32) {
	var joined atomic.Int32
	return func(ctx context.Context, day calendar.Date) error {
		joined.Add(1)
		return collections.Sync(ctx, pool, day, noon(day))
	}, &joined
}

func never(context.Context, calendar.Date) error { panic("nothing is due, so nobody may be asked") }

func openCases(t *testing.T, pool *pgxpool.Pool) int {
	t.Helper()
	return scalar(t, pool, "SELECT count(*) FROM collection_cases WHERE status = 'open'")
}

func TestAReaderAsksNobodyWhenNothingIsDue(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 1)
	require.NoError(t, collections.NewGate(pool, never, time.Minute).Pass(ctx, lastWeek, noon(lastWeek)))
}

// What comes with the rows tells of a backlog, whatever is read.
func TestAReaderOfWhatIsThereSyncsWhatBecameDueSince(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	process, joined := counted(pool)
	gate := collections.NewGate(pool, process, time.Minute)
	page, open := collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 10}, collections.CaseOpen
	for i, read := range []func() (int64, error){
		func() (int64, error) {
			overview, err := gate.Overview(ctx, firstDay, noon(firstDay))
			return overview.OpenCases, err
		},
		func() (int64, error) {
			_, total, err := gate.Page(ctx, collections.Filter{Today: firstDay}, page, noon(firstDay))
			return total, err
		},
		func() (int64, error) {
			_, total, err := gate.Page(ctx, collections.Filter{Today: firstDay, Status: &open}, page, noon(firstDay))
			return total, err
		},
		func() (int64, error) {
			later := page
			later.Offset = 1
			rows, total, err := gate.Page(ctx, collections.Filter{Today: firstDay}, later, noon(firstDay))
			require.Len(t, rows, 3)
			return total, err
		},
	} {
		issueToEach(t, pool, 1)
		for range 2 {
			total, err := read()
			require.NoError(t, err)
			require.Equal(t, int64(i+1), total)
		}
		require.Equal(t, int32(i+1), joined.Load(), "who reads again finds nothing behind")
	}
}

func TestReadersThatComeTogetherSyncOnce(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 100)
	const readers = 40
	held := make(chan struct{})
	var asked atomic.Int32
	gate := collections.NewGate(pool, func(ctx context.Context, day calendar.Date) error {
		asked.Add(1)
		<-held
		return collections.Sync(ctx, pool, day, noon(day))
	}, time.Minute)
	before := pool.Stat().AcquireCount()
	var group errgroup.Group
	for range readers / 2 {
		group.Go(func() error {
			overview, err := gate.Overview(ctx, firstDay, noon(firstDay))
			if err == nil && overview.OpenCases != 100 {
				t.Errorf("a reader was let through with %d of 100 cases", overview.OpenCases)
			}
			return err
		})
		group.Go(func() error {
			page := collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 10}
			rows, total, err := gate.Page(ctx, collections.Filter{Today: firstDay}, page, noon(firstDay))
			if err == nil && (total != 100 || len(rows) != 10) {
				t.Errorf("a reader was let through with %d of 100 cases", total)
			}
			return err
		})
	}
	// Each reads, asks whether something is due, and waits.
	require.Eventually(t, func() bool {
		now := pool.Stat()
		return asked.Load() > 0 && now.AcquireCount() >= before+2*readers && now.AcquiredConns() == 0
	}, time.Minute, time.Millisecond)
	require.EqualValues(t, 1, asked.Load(), "of those who wait, one has asked for all")
	close(held)
	require.NoError(t, group.Wait())
	require.Equal(t, 100, scalar(t, pool, "SELECT count(*) FROM collection_case_actions"))
}

func TestAReaderGoesOnWithoutTheProcess(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 3)
	unreachable := func(context.Context, calendar.Date) error { return errUnreachable }
	require.NoError(t, collections.NewGate(pool, unreachable, time.Minute).Pass(ctx, firstDay, noon(firstDay)))
	require.Equal(t, 3, openCases(t, pool))
}

func TestAReaderWaitsNoLongerThanItsBound(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 3)
	busy := func(ctx context.Context, _ calendar.Date) error {
		<-ctx.Done()
		return ctx.Err()
	}
	require.ErrorIs(t, collections.NewGate(pool, busy, 20*time.Millisecond).Pass(ctx, firstDay, noon(firstDay)), collections.ErrBehind)
	stopping := func(context.Context, calendar.Date) error { return collections.ErrBehind }
	require.ErrorIs(t, collections.NewGate(pool, stopping, time.Minute).Pass(ctx, firstDay, noon(firstDay)), collections.ErrBehind)
	// A process that never gets anywhere is asked until the bound, and not for ever.
	idle := func(context.Context, calendar.Date) error { return nil }
	require.ErrorIs(t, collections.NewGate(pool, idle, 20*time.Millisecond).Pass(ctx, firstDay, noon(firstDay)), collections.ErrBehind)
	require.Zero(t, openCases(t, pool))
}

// Who comes when half of another's wait is over has a turn that is over before its own wait is.
func TestAReaderWhoComesLateWaitsForAsLongAsTheOthersDid(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 3)
	process, joined := counted(pool)
	half := make(chan struct{})
	gate := collections.NewGate(pool, func(ctx context.Context, day calendar.Date) error {
		if joined.Load() > 0 {
			return process(ctx, day)
		}
		joined.Add(1)
		until, _ := ctx.Deadline()
		time.AfterFunc(time.Until(until)/2, func() { close(half) })
		<-ctx.Done()
		return collections.ErrBehind
	}, 3*time.Second)
	var first errgroup.Group
	first.Go(func() error { return gate.Pass(ctx, firstDay, noon(firstDay)) })
	<-half
	require.NoError(t, gate.Pass(ctx, firstDay, noon(firstDay)))
	if err := first.Wait(); err != nil { // It may find what the other has synced, should it look that late.
		require.ErrorIs(t, err, collections.ErrBehind)
	}
	require.EqualValues(t, 2, joined.Load())
	require.Equal(t, 3, openCases(t, pool))
}

func TestAReaderThatLeavesIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 3)
	leaving, leave := context.WithCancel(ctx)
	busy := func(ctx context.Context, _ calendar.Date) error {
		leave()
		<-ctx.Done()
		return ctx.Err()
	}
	require.ErrorIs(t, collections.NewGate(pool, busy, time.Minute).Pass(leaving, firstDay, noon(firstDay)), context.Canceled)
}

func TestWhatBecomesDueBehindTheProcessTakesAnotherTurn(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	issueToEach(t, pool, 2)
	process, joined := counted(pool)
	gate := collections.NewGate(pool, func(ctx context.Context, day calendar.Date) error {
		err := process(ctx, day)
		if joined.Load() == 1 {
			issueToEach(t, pool, 3)
		}
		return err
	}, time.Minute)
	require.NoError(t, gate.Pass(ctx, firstDay, noon(firstDay)))
	require.EqualValues(t, 2, joined.Load())
	require.Equal(t, 5, openCases(t, pool))
}
