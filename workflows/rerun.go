package workflows

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// rerunSignal requests another pass from a running workflow, because new work may have arrived since
// its last one.
const rerunSignal = "again"

// startOrRerun starts an abandoned child workflow or, if one with this id is running, signals it to
// make another pass: its last pass may already be over.
func startOrRerun(ctx workflow.Context, options workflow.ChildWorkflowOptions, childWorkflow, input any) error {
	options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.ParentClosePolicy = enums.PARENT_CLOSE_POLICY_ABANDON
	child := workflow.WithChildOptions(ctx, options)
	for {
		err := workflow.ExecuteChildWorkflow(child, childWorkflow, input).GetChildWorkflowExecution().Get(ctx, nil)
		if !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return err
		}
		err = workflow.SignalExternalWorkflow(ctx, options.WorkflowID, "", rerunSignal, nil).Get(ctx, nil)
		if _, ended := errors.AsType[*temporal.UnknownExternalWorkflowExecutionError](err); !ended {
			return err
		}
	}
}

// drain receives all buffered signals and reports whether there was one.
func drain(signals workflow.ReceiveChannel) (received bool) {
	for signals.ReceiveAsync(nil) {
		received = true
	}
	return received
}
