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

// CollectionsSyncSummary is the summary of a sync in the Temporal UI.
func CollectionsSyncSummary(day calendar.Date) string { return "Collections on " + day.String() }

// SyncCollections syncs invoices, cases, and clients with a business day and returns counts. Its id is
// CollectionsSyncID. A rerun signal that arrives during a pass causes another pass.
func SyncCollections(ctx workflow.Context, input CollectionsSyncInput) (collections.Synced, error) {
	var a *activities.Activities
	var total collections.Synced
	reruns := workflow.GetSignalChannel(ctx, rerunSignal)
	for {
		var synced collections.Synced
		step := withBatch(ctx, CollectionsSyncQueue, "Sync invoices, cases, and clients")
		if err := workflow.ExecuteActivity(step, a.SyncCollections, input.Day).Get(ctx, &synced); err != nil {
			return total, err
		}
		total.Add(synced)
		workflow.SetCurrentDetails(ctx, syncDetails(input.Day, total))
		if !drain(reruns) {
			break
		}
	}
	return total, startDunningEnrolment(ctx, input.Day)
}

// syncDetails renders the counts of a sync for operators.
func syncDetails(day calendar.Date, synced collections.Synced) string {
	return fmt.Sprintf("**Business day %s**\n\n| | |\n|---|---:|\n"+
		"| Invoices that became overdue | %d |\n| Cases opened | %d |\n| Cases reopened | %d |\n| Cases resolved | %d |\n"+
		"| Cases closed | %d |\n| Cases with a changed amount | %d |\n| Clients that became delinquent | %d |\n",
		day, synced.Overdue, synced.Opened, synced.Reopened, synced.Resolved, synced.Closed, synced.Corrected, synced.Delinquent)
}

// startCollectionsSync starts the sync of a business day as an abandoned child workflow, or reruns the
// running one.
func startCollectionsSync(ctx workflow.Context, day calendar.Date) error {
	return startOrRerun(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: CollectionsSyncID(day), TaskQueue: CollectionsSyncQueue, StaticSummary: CollectionsSyncSummary(day),
		TypedSearchAttributes: CollectionsSyncAttributes(day),
	}, SyncCollections, CollectionsSyncInput{Day: day})
}
