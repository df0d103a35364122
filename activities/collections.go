package activities

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
)

// BusinessDay returns the date of an instant in the business time zone; nil means now.
func (a *Activities) BusinessDay(_ context.Context, at *time.Time) (calendar.Date, error) {
	if at == nil {
		return a.Zone.DateAt(a.Now()), nil
	}
	return a.Zone.DateAt(*at), nil
}

// SyncCollections syncs invoices, cases, and clients with a business day, one transaction per batch, and
// returns counts. A new attempt continues with the counts of the last heartbeat.
func (a *Activities) SyncCollections(ctx context.Context, day calendar.Date) (collections.Synced, error) {
	var done collections.Synced
	if activity.HasHeartbeatDetails(ctx) {
		// Unreadable counts must not fail the sync.
		_ = activity.GetHeartbeatDetails(ctx, &done)
	}
	var progress atomic.Value
	progress.Store(done)
	// A batch may wait for locks longer than the heartbeat timeout.
	defer heartbeatWith(ctx, progress.Load)()
	for {
		batch, err := collections.SyncBatch(ctx, a.Pool, day, a.Now())
		if err != nil || batch == (collections.Synced{}) {
			return done, a.stopRetryingPermanentFault(ctx, err)
		}
		done.Add(batch)
		progress.Store(done)
		activity.RecordHeartbeat(ctx, done)
	}
}
