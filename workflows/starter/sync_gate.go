package starter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/workflows"
)

// ErrStale is returned when collection cases still are behind the business day after the wait. The
// sync continues, so the caller may retry soon.
var ErrStale = errors.New("starter: collection cases are behind the business day")

// SyncGate makes readers of collection cases wait until the cases reflect the current business day.
type SyncGate struct {
	starter *Starter
	// join joins or starts the sync workflow of a day and waits for its end. It returns ErrStale when
	// the wait is over; any other error means that the workflow cannot be relied on.
	join func(ctx context.Context, day calendar.Date) error
	wait time.Duration
	// joined makes the readers of this OS process wait as one.
	joined singleflight.Group
}

// NewSyncGate returns a gate that starts sync workflows with s. A reader waits for at most wait.
func NewSyncGate(s *Starter, wait time.Duration) *SyncGate {
	return &SyncGate{starter: s, join: s.joinSync, wait: wait}
}

// joinSync joins or starts the sync workflow of a business day and waits for its end. It returns
// ErrStale when the wait is over.
func (s *Starter) joinSync(ctx context.Context, day calendar.Date) error {
	err := s.Join(ctx, Singleton{
		ID: workflows.CollectionsSyncID(day), Workflow: workflows.SyncCollections, Input: workflows.CollectionsSyncInput{Day: day},
		Queue: workflows.CollectionsSyncQueue, Summary: workflows.CollectionsSyncSummary(day),
		Attributes: workflows.CollectionsSyncAttributes(day),
	})
	if errors.Is(err, ErrPending) {
		return ErrStale
	}
	return err
}

// EnsureCurrent returns nil once nothing is behind the business day. When nothing is, it costs
// collections.SyncDue alone. Otherwise all readers wait for one sync workflow, or for a sync in this
// OS process while the workflow cannot be reached. It returns ErrStale when the wait is over.
func (g *SyncGate) EnsureCurrent(ctx context.Context, today calendar.Date, now time.Time) error {
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	for {
		due, err := collections.SyncDue(ctx, g.starter.pool, today)
		switch {
		case err != nil || !due:
			return err
		case waiting.Err() != nil:
			return ErrStale
		}
		// Loop again if more became due during the sync, or if this reader joined a sync that ended at
		// another reader's timeout.
		done := g.joined.DoChan(today.String(), func() (any, error) {
			return nil, g.syncOnce(context.WithoutCancel(ctx), today, now)
		})
		select {
		case result := <-done:
			err = result.Err
		case <-waiting.Done():
			err = ErrStale
		}
		if ctx.Err() != nil {
			return fmt.Errorf("starter: wait for the sync: %w", ctx.Err())
		}
		if err != nil {
			return err
		}
	}
}

// syncOnce syncs the cases within the wait of the reader that came first. It returns nil when that
// wait is over: readers that came later check again, and wait for the rest of their own wait.
// ErrStale means that no reader should wait any longer.
func (g *SyncGate) syncOnce(ctx context.Context, today calendar.Date, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	err := g.join(ctx, today)
	if err != nil && !errors.Is(err, ErrStale) && ctx.Err() == nil {
		slog.WarnContext(ctx, "collections are synced without Temporal", "error", db.Scrub(err))
		err = collections.Sync(ctx, g.starter.pool, today, now)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// ReadPage returns a page of cases that are current on the filter's day. It reads first and syncs
// only when the page is not current.
func (g *SyncGate) ReadPage(ctx context.Context, filter collections.Filter, at collections.Position, now time.Time) (
	collections.Page, error,
) {
	page, err := collections.ReadPage(ctx, g.starter.pool, filter, at)
	if err != nil || page.Current {
		return page, err
	}
	if err := g.EnsureCurrent(ctx, filter.Today, now); err != nil {
		return collections.Page{}, err
	}
	return collections.ReadPage(ctx, g.starter.pool, filter, at)
}

// ReadOverview returns the overview of cases that are current on a business day. It reads first and
// syncs only when the overview is not current.
func (g *SyncGate) ReadOverview(ctx context.Context, today calendar.Date, now time.Time) (collections.Overview, error) {
	overview, err := collections.ReadOverview(ctx, g.starter.pool, today)
	if err != nil || overview.Current {
		return overview, err
	}
	if err := g.EnsureCurrent(ctx, today, now); err != nil {
		return collections.Overview{}, err
	}
	return collections.ReadOverview(ctx, g.starter.pool, today)
}
