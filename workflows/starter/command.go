package starter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/workflows"
)

// workflowEnded is the error type of an update whose workflow ended before the update completed.
const workflowEnded = "AcceptedUpdateCompletedWorkflow"

// Command sends an update to the running workflow of a request and waits until the update completes.
// A refusal of the workflow is returned as such. Other errors: ErrNotRunning; ErrPending if the
// workflow accepted the update and needs longer than the wait; ErrUnavailable if no worker accepted
// the update within StartTimeout; or a fault.
func (s *Starter) Command(ctx context.Context, request idempotency.Request, update string, argument any, wait time.Duration) error {
	accepting, cancel := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancel()
	handle, err := s.temporal.UpdateWorkflow(accepting, client.UpdateWorkflowOptions{
		WorkflowID: workflows.ID(request), UpdateName: update, Args: []any{argument},
		WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	accepted := err == nil
	if accepted {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		defer context.AfterFunc(s.waiting, cancel)()
		err = handle.Get(waiting, nil)
	}
	if err == nil {
		return nil
	}
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return ErrNotRunning
	}
	if refused := activities.Refusal(err); refused != nil {
		return refused
	}
	if failure, ok := errors.AsType[*temporal.ApplicationError](err); ok && failure.Type() == workflowEnded {
		return ErrNotRunning
	}
	if _, late := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err); late && ctx.Err() == nil {
		if accepted {
			return ErrPending
		}
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return unavailable(err)
}
