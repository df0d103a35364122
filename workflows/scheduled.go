package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The ids of the schedules.
const (
	// CollectionsDayID is the schedule that begins a business day of collections.
	CollectionsDayID = "collections-day"
	// MonthlyBillingID is the schedule that bills the month before.
	MonthlyBillingID = "monthly-billing"
	// DocumentCheckID is the schedule that looks whether every document has its file.
	DocumentCheckID = "document-check"
)

// scheduledStart is when a schedule meant to start a workflow, however late it did.
var scheduledStart = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// scheduledTime is the time that a schedule has reached: of one that is triggered, the time
// at which it was. What follows from it is the same however late the workflow runs.
func scheduledTime(ctx workflow.Context) (time.Time, error) {
	at, scheduled := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledStart)
	if !scheduled {
		return at, temporal.NewNonRetryableApplicationError("only a schedule starts this workflow", "not_scheduled", nil)
	}
	return at, nil
}
