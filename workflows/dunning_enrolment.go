package workflows

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
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
// those that somebody must look at, batch by batch until nobody is left. It may run at
// any time, several times at once, and be repeated. It returns how much there was to do.
func EnrolDunning(ctx workflow.Context, input EnrolmentInput) (int, error) {
	var a *activities.Activities
	batches := input.BatchesPerExecution
	if batches == 0 {
		batches = enrolBatchesPerExecution
	}
	for range batches {
		var moved int
		if err := workflow.ExecuteActivity(batch(ctx, DunningQueue, "Enrol a batch"), a.EnrolDunning).Get(ctx, &moved); err != nil {
			return input.Moved, err
		}
		if moved == 0 {
			return input.Moved, nil
		}
		input.Moved += moved
	}
	return input.Moved, workflow.NewContinueAsNewError(ctx, EnrolDunning, input)
}

// StartDunningEnrolment starts the enrolment of a day and does not wait for its end, nor
// ends it when the caller ends. One that is under way already is left to go on.
func StartDunningEnrolment(ctx workflow.Context, day calendar.Date) error {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: EnrolmentID(day), TaskQueue: DunningQueue, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary: "Enrolment in dunning",
	})
	err := workflow.ExecuteChildWorkflow(ctx, EnrolDunning, EnrolmentInput{}).GetChildWorkflowExecution().Get(ctx, nil)
	if _, underWay := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); underWay {
		return nil
	}
	return err
}
