package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// heartbeatInterval is a third of the timeout that the workflows set.
const heartbeatInterval = 3 * time.Second

// heartbeat sends heartbeats until stop is called, so that the server moves the activity to another
// worker within seconds of this worker's death.
func heartbeat(ctx context.Context) (stop func()) {
	return heartbeatWith(ctx, func() any { return nil })
}

// heartbeatWith is like heartbeat but also records progress, from which the next attempt continues.
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
