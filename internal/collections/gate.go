package collections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// ErrBehind is returned to a reader when cases are still behind the business day at the
// end of its wait. The sync goes on, so the same may be asked for again soon.
var ErrBehind = errors.New("collections: still behind the business day")

// SyncProcess joins or starts the process that syncs a business day, and waits for its
// end. It returns ErrBehind when it was told to wait no longer; any other error
// means that the process cannot be relied on.
type SyncProcess func(ctx context.Context, day calendar.Date) error

// Gate stands before everything that reads cases: who has passed it reads them in
// step with the business day.
type Gate struct {
	pool *pgxpool.Pool
	join SyncProcess
	wait time.Duration
	// joined has the readers of this program wait as one.
	joined singleflight.Group
}

// NewGate returns the gate of a database, where a reader waits so long at most.
func NewGate(pool *pgxpool.Pool, join SyncProcess, wait time.Duration) *Gate {
	return &Gate{pool: pool, join: join, wait: wait}
}

// Pass returns nil once nothing is behind the business day. When nothing is, that
// costs SyncDue alone. Else all readers wait for one process, or for a sync in this
// program while the process cannot be reached. It returns ErrBehind when the wait is over.
func (g *Gate) Pass(ctx context.Context, today calendar.Date, now time.Time) error {
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	for {
		due, err := SyncDue(ctx, g.pool, today)
		switch {
		case err != nil || !due:
			return err
		case waiting.Err() != nil:
			return ErrBehind
		}
		// What became due after the process had looked for it takes another turn, and so does
		// who came late to a turn that was as long as another reader's wait.
		done := g.joined.DoChan(today.String(), func() (any, error) {
			return nil, g.bring(context.WithoutCancel(ctx), today, now)
		})
		select {
		case result := <-done:
			err = result.Err
		case <-waiting.Done():
			err = ErrBehind
		}
		if ctx.Err() != nil {
			return fmt.Errorf("collections: wait for the sync: %w", ctx.Err())
		}
		if err != nil {
			return err
		}
	}
}

// bring has the cases brought in step, within the wait of the reader who came first. When
// that is over it has no error: those who came later look again, and wait for as long as
// they still may. ErrBehind means that nobody is to wait any longer.
func (g *Gate) bring(ctx context.Context, today calendar.Date, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	err := g.join(ctx, today)
	if err != nil && !errors.Is(err, ErrBehind) && ctx.Err() == nil {
		slog.WarnContext(ctx, "collections are synced without Temporal", "error", db.Scrub(err))
		err = Sync(ctx, g.pool, today, now)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}
