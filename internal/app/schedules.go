package app

import (
	"context"
	"fmt"
	"time"

	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/workflows"
)

// ensureTimeout bounds how long a starting worker waits for Temporal to take its schedules.
const ensureTimeout = 30 * time.Second

const day = 24 * time.Hour

// schedules is the table of all scheduled workflows.
func (a *App) schedules() []schedule.Schedule {
	monthly := a.Config.Expression(a.Config.MonthlyBilling.Cron)
	return []schedule.Schedule{
		{
			ID: workflows.MonthlyBillingID, Expression: monthly, Paused: a.Config.MonthlyBilling.Paused,
			Workflow: workflows.NameOf(workflows.BillLastMonth), Queue: workflows.BillingQueue,
			Arguments:   []any{workflows.MonthlyBillingInput{Zone: monthly.Zone, Terms: a.Config.MonthlyBilling.Terms()}},
			Description: "Bills the month before", Starts: "billing-run/monthly-YYYY-MM",
			Summary: "Bill the month before",
			// Less than the shortest month: of two that are caught up on at once, one would be left out.
			CatchUp: 27 * day,
		},
		{
			ID: workflows.CollectionsDayID, Expression: a.Config.Expression(a.Config.Collections.SyncCron), Paused: a.Config.Collections.SyncPaused,
			Workflow: workflows.NameOf(workflows.BeginCollectionsDay), Queue: workflows.CollectionsSyncQueue,
			Description: "Begins the business day of collections", Starts: "collections-sync/YYYY-MM-DD",
			Summary: "The business day of collections begins",
			// A day that was missed is part of the next one.
			CatchUp: day,
		},
		{
			ID: workflows.DocumentCheckID, Expression: a.Config.Expression(a.Config.DocumentCheck.Cron), Paused: a.Config.DocumentCheck.Paused,
			Workflow: workflows.NameOf(workflows.CheckDocuments), Queue: workflows.DocumentsQueue,
			Arguments:   []any{workflows.DocumentCheckInput{}},
			Description: "Checks that every contract and invoice has its file, and restores missing files",
			Starts:      "document-check-TIME",
			Summary:     "Every contract and invoice has its file",
			// The next night does as well.
			CatchUp: day / 2,
		},
	}
}

// ensureSchedules creates or updates the schedules in Temporal.
func (a *App) ensureSchedules() error {
	ctx, cancel := context.WithTimeout(context.Background(), ensureTimeout)
	defer cancel()
	if err := schedule.Ensure(ctx, a.Temporal.ScheduleClient(), a.schedules()...); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}
