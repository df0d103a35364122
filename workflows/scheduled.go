package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The ids of the schedules.
const (
	// CollectionsDayID is the schedule that starts the collections sync of each business day.
	CollectionsDayID = "collections-day"
	// MonthlyBillingID is the schedule that bills the previous month.
	MonthlyBillingID = "monthly-billing"
	// DocumentCheckID is the schedule that checks that every document has its file.
	DocumentCheckID = "document-check"
)

// scheduledStartTime is the scheduled time of the start, which may be earlier than the actual one.
var scheduledStartTime = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// scheduledTime returns the scheduled time of the start, or the time of the trigger if an operator
// triggered the schedule. Results that depend on it do not depend on when the workflow runs.
func scheduledTime(ctx workflow.Context) (time.Time, error) {
	at, scheduled := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledStartTime)
	if !scheduled {
		return at, temporal.NewNonRetryableApplicationError("only a schedule starts this workflow", "not_scheduled", nil)
	}
	return at, nil
}
