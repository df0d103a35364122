package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
)

// CollectionsSyncInput names the business day to sync.
type CollectionsSyncInput struct {
	Day calendar.Date `json:"day"`
}

// CollectionsSyncSummary is the line that the Temporal UI shows of a sync.
func CollectionsSyncSummary(day calendar.Date) string { return "Collections on " + day.String() }

// SyncCollections brings invoices, cases and clients in step with a business day, and
// returns what it did. Its id is CollectionsSyncID.
func SyncCollections(ctx workflow.Context, input CollectionsSyncInput) (collections.Synced, error) {
	var a *activities.Activities
	var total collections.Synced
	again := workflow.GetSignalChannel(ctx, againSignal)
	for {
		var synced collections.Synced
		step := batch(ctx, CollectionsSyncQueue, "Bring invoices, cases and clients in step")
		if err := workflow.ExecuteActivity(step, a.SyncCollections, input.Day).Get(ctx, &synced); err != nil {
			return total, err
		}
		total.Add(synced)
		workflow.SetCurrentDetails(ctx, syncDetails(input.Day, total))
		if !askedFor(again) {
			break
		}
	}
	return total, startDunningEnrolment(ctx, input.Day)
}

// syncDetails tells operators what a sync did.
func syncDetails(day calendar.Date, synced collections.Synced) string {
	return fmt.Sprintf("**Business day %s**\n\n| | |\n|---|---:|\n"+
		"| Invoices that became overdue | %d |\n| Cases opened | %d |\n| Cases reopened | %d |\n| Cases resolved | %d |\n"+
		"| Cases closed | %d |\n| Cases with another amount | %d |\n| Clients that became delinquent | %d |\n",
		day, synced.Overdue, synced.Opened, synced.Reopened, synced.Resolved, synced.Closed, synced.Corrected, synced.Delinquent)
}

// startCollectionsSync has a business day synced by a process of its own, which goes
// on by itself. One that runs already is asked to look once more.
func startCollectionsSync(ctx workflow.Context, day calendar.Date) error {
	return startOrAskAgain(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: CollectionsSyncID(day), TaskQueue: CollectionsSyncQueue, StaticSummary: CollectionsSyncSummary(day),
		TypedSearchAttributes: CollectionsSyncAttributes(day),
	}, SyncCollections, CollectionsSyncInput{Day: day})
}
