package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeatInterval is a third of the timeout that the workflows set.
const heartbeatInterval = 3 * time.Second

// heartbeat tells the server that this worker is alive until stop is called, so
// that the activity is given to another worker within seconds when it is not.
func heartbeat(ctx context.Context) (stop func()) {
	return heartbeatWith(ctx, func() any { return nil })
}

// heartbeatWith is heartbeat that also tells how far the activity is: what the next
// attempt begins with.
func heartbeatWith(ctx context.Context, progress func() any) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(heartbeatInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, progress())
			case <-ctx.Done():
				return
			}
		}
	}()
	return cancel
}
