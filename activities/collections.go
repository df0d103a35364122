package activities

import (
	"context"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
)

// BusinessDay returns the day that an instant falls on, nil standing for now.
func (a *Activities) BusinessDay(_ context.Context, at *time.Time) (calendar.Date, error) {
	if at == nil {
		return a.Zone.DateAt(a.Now()), nil
	}
	return a.Zone.DateAt(*at), nil
}

// SyncCollections brings invoices, cases and clients in step with a business day, one
// transaction for each batch, and returns what it did. An attempt goes on where the one
// before was lost, and with the counts that it last told.
func (a *Activities) SyncCollections(ctx context.Context, day calendar.Date) (collections.Synced, error) {
	var done collections.Synced
	if activity.HasHeartbeatDetails(ctx) {
		// Counts that cannot be read are not worth a sync.
		_ = activity.GetHeartbeatDetails(ctx, &done)
	}
	var told atomic.Value
	told.Store(done)
	// A batch may wait for locks longer than a heartbeat may.
	defer heartbeatWith(ctx, told.Load)()
	for {
		batch, err := collections.SyncBatch(ctx, a.Pool, day, a.Now())
		if err != nil || batch == (collections.Synced{}) {
			return done, a.lasting(ctx, err)
		}
		done.Add(batch)
		told.Store(done)
		activity.RecordHeartbeat(ctx, done)
	}
}
