package app

import (
	"context"
	"fmt"
	"time"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/schedule"
	"github.com/mtfacturation/mtf/workflows"
)

// ensureTimeout bounds how long a starting worker waits for Temporal to take its schedules.
const ensureTimeout = 30 * time.Second

// schedules lists what is started at its time.
func (a *App) schedules() []schedule.Schedule {
	if a.Config.Collections.SyncCron == config.Off {
		return nil
	}
	return []schedule.Schedule{{
		ID: workflows.CollectionsDayID, Cron: a.Config.Collections.SyncCron, Zone: a.Zone.String(),
		Workflow: workflows.NameOf(workflows.BeginCollectionsDay), Queue: workflows.CollectionsSyncQueue,
		Summary: "The business day of collections begins",
		// A day that was missed is part of the next one.
		CatchUp: 24 * time.Hour,
	}}
}

// ensureSchedules has Temporal know the schedules.
func (a *App) ensureSchedules() error {
	ctx, cancel := context.WithTimeout(context.Background(), ensureTimeout)
	defer cancel()
	if err := schedule.Ensure(ctx, a.Temporal.ScheduleClient(), a.schedules()...); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}
