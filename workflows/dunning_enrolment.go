package workflows

import (
	"cmp"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// enrolBatchesPerExecution bounds the history: a batch takes one activity, some six events.
const enrolBatchesPerExecution = 200

// EnrolmentInput continues an enrolment; the zero value begins one.
type EnrolmentInput struct {
	// Moved is how many clients were taken and workflows woken so far.
	Moved int `json:"moved,omitempty"`
	// BatchesPerExecution bounds an execution; 0 stands for the usual number.
	BatchesPerExecution int `json:"batches_per_execution,omitempty"`
}

// EnrolDunning starts the dunning of everybody who is delinquent and has none, and wakes
// those that somebody must look at, batch by batch until nobody is left and nobody asks
// again. It may run at any time, several times at once, and be repeated. It returns how much there was to do.
func EnrolDunning(ctx workflow.Context, input EnrolmentInput) (int, error) {
	var a *activities.Activities
	again := workflow.GetSignalChannel(ctx, againSignal)
	for range cmp.Or(input.BatchesPerExecution, enrolBatchesPerExecution) {
		var moved int
		if err := workflow.ExecuteActivity(batch(ctx, DunningQueue, "Enrol a batch"), a.EnrolDunning).Get(ctx, &moved); err != nil {
			return input.Moved, err
		}
		input.Moved += moved
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("| | so far |\n|---|---:|\n| Clients taken, workflows woken | %d |\n", input.Moved))
		if moved == 0 && !askedFor(again) {
			return input.Moved, nil
		}
	}
	return input.Moved, workflow.NewContinueAsNewError(ctx, EnrolDunning, input)
}

// startDunningEnrolment has everybody who is delinquent on a day dunned, by a process that
// goes on by itself.
func startDunningEnrolment(ctx workflow.Context, day calendar.Date) error {
	return startOrAskAgain(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: EnrolmentID(day), TaskQueue: DunningQueue, StaticSummary: "Enrolment in dunning",
		TypedSearchAttributes: searchattribute.Of(EnrolmentOperation, searchattribute.Day(day)),
	}, EnrolDunning, EnrolmentInput{})
}
