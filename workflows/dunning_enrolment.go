package workflows

import (
	"cmp"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// enrolBatchesPerExecution limits the history: a batch takes one activity, about six events.
const enrolBatchesPerExecution = 200

// EnrolmentInput continues an enrolment; the zero value starts one.
type EnrolmentInput struct {
	// Moved counts the clients enrolled and the workflows woken so far.
	Moved int `json:"moved,omitempty"`
	// BatchesPerExecution limits one execution; 0 means enrolBatchesPerExecution.
	BatchesPerExecution int `json:"batches_per_execution,omitempty"`
}

// EnrolDunning starts dunning for each delinquent client without it and wakes the dunning workflows
// that must evaluate, batch by batch until none is left and no rerun is requested. It may run at any
// time, concurrently, and repeatedly. It returns the number of enrolled clients and woken workflows.
func EnrolDunning(ctx workflow.Context, input EnrolmentInput) (int, error) {
	var a *activities.Activities
	reruns := workflow.GetSignalChannel(ctx, rerunSignal)
	for range cmp.Or(input.BatchesPerExecution, enrolBatchesPerExecution) {
		var moved int
		if err := workflow.ExecuteActivity(withBatch(ctx, DunningQueue, "Enrol a batch"), a.EnrolDunning).Get(ctx, &moved); err != nil {
			return input.Moved, err
		}
		input.Moved += moved
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("| | so far |\n|---|---:|\n| Clients enrolled, workflows woken | %d |\n", input.Moved))
		if moved == 0 && !drain(reruns) {
			return input.Moved, nil
		}
	}
	return input.Moved, workflow.NewContinueAsNewError(ctx, EnrolDunning, input)
}

// startDunningEnrolment starts the enrolment of a day as an abandoned child workflow, or reruns the
// running one.
func startDunningEnrolment(ctx workflow.Context, day calendar.Date) error {
	return startOrRerun(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: EnrolmentID(day), TaskQueue: DunningQueue, StaticSummary: "Dunning enrolment",
		TypedSearchAttributes: searchattribute.Of(EnrolmentOperation, searchattribute.Day(day)),
	}, EnrolDunning, EnrolmentInput{})
}
