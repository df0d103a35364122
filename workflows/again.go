package workflows

import (
	"errors"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// againSignal has a process that is under way look once more, for what there is to do
// since it looked.
const againSignal = "again"

// startOrAskAgain starts a process that works off whatever there is to do, and goes on by
// itself when ctx's workflow ends. One of its id that is under way is asked to look once
// more: it may have looked for the last time already.
func startOrAskAgain(ctx workflow.Context, options workflow.ChildWorkflowOptions, process, input any) error {
	options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	options.ParentClosePolicy = enums.PARENT_CLOSE_POLICY_ABANDON
	child := workflow.WithChildOptions(ctx, options)
	for {
		err := workflow.ExecuteChildWorkflow(child, process, input).GetChildWorkflowExecution().Get(ctx, nil)
		if !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return err
		}
		err = workflow.SignalExternalWorkflow(ctx, options.WorkflowID, "", againSignal, nil).Get(ctx, nil)
		if _, ended := errors.AsType[*temporal.UnknownExternalWorkflowExecutionError](err); !ended {
			return err
		}
	}
}

// askedFor reports whether a signal has come, however often.
func askedFor(signals workflow.ReceiveChannel) (asked bool) {
	for signals.ReceiveAsync(nil) {
		asked = true
	}
	return asked
}
