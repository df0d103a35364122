package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// BeginCollectionsDay starts the collections sync of a business day. The scheduled time sets the day:
// a schedule that fires late, after an outage, still syncs its own day.
func BeginCollectionsDay(ctx workflow.Context) error {
	at, err := scheduledTime(ctx)
	if err != nil {
		return err
	}
	day, err := businessDay(ctx, &at)
	if err != nil {
		return err
	}
	upsertSearchAttributes(ctx, searchattribute.Operation.ValueSet(CollectionsDayID), searchattribute.Day(day))
	return startCollectionsSync(ctx, day)
}

// businessDay returns the date of an instant in the business time zone; nil means now.
func businessDay(ctx workflow.Context, at *time.Time) (day calendar.Date, err error) {
	var a *activities.Activities
	err = workflow.ExecuteLocalActivity(withTransaction(ctx, "Find the business day"), a.BusinessDay, at).Get(ctx, &day)
	return day, err
}
