package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// BeginCollectionsDay has the business day synced that a schedule has reached. The day
// is that of the scheduled time: a schedule that fires late, after an outage, must
// not take another day's place.
func BeginCollectionsDay(ctx workflow.Context) error {
	at, err := scheduledTime(ctx)
	if err != nil {
		return err
	}
	day, err := businessDay(ctx, &at)
	if err != nil {
		return err
	}
	attributes(ctx, searchattribute.Operation.ValueSet(CollectionsDayID), searchattribute.Day(day))
	return startCollectionsSync(ctx, day)
}

// businessDay is the day that an instant falls on in the business time zone, nil standing for now.
func businessDay(ctx workflow.Context, at *time.Time) (day calendar.Date, err error) {
	var a *activities.Activities
	err = workflow.ExecuteLocalActivity(transaction(ctx, "Find the business day"), a.BusinessDay, at).Get(ctx, &day)
	return day, err
}
