package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// The updates that operators send to a billing run.
const (
	PauseUpdate   = "pause"
	ResumeUpdate  = "resume"
	ApproveUpdate = "approve"
	CancelUpdate  = "cancel"
)

// RunCommand carries the actor and the reason of an update.
type RunCommand struct {
	ActorID string `json:"actor_id"`
	Reason  string `json:"reason,omitempty"`
}

// registerHandlers registers the query and update handlers before the first step of an execution.
func (r *billingRun) registerHandlers(ctx workflow.Context) error {
	errs := []error{
		workflow.SetQueryHandler(ctx, ProgressQuery, func() (BillingRunProgress, error) { return r.progress, nil }),
		workflow.SetUpdateHandlerWithOptions(ctx, CancelUpdate, r.cancel, workflow.UpdateHandlerOptions{
			Validator: func(RunCommand) error { return r.validateMove(billing.RunCancelled) },
		}),
	}
	for _, command := range []struct {
		update   string
		from, to billing.RunStatus
	}{
		{PauseUpdate, billing.RunRunning, billing.RunPaused},
		{ResumeUpdate, billing.RunPaused, billing.RunRunning},
		{ApproveUpdate, billing.RunPlanned, billing.RunRunning},
	} {
		errs = append(errs, workflow.SetUpdateHandlerWithOptions(ctx, command.update,
			func(ctx workflow.Context, by RunCommand) error {
				return r.move(ctx, billing.Move{To: command.to, ActorID: by.ActorID, Reason: by.Reason})
			},
			// A repeated command finds the run already in the target status.
			workflow.UpdateHandlerOptions{Validator: func(RunCommand) error {
				if r.progress.Status != command.from && r.progress.Status != command.to {
					return refuseMove(r.progress.Status, command.to)
				}
				return r.validateMove(command.to)
			}}))
	}
	return errors.Join(errs...)
}

// move changes the status of the run after the previous change is written.
func (r *billingRun) move(ctx workflow.Context, move billing.Move) error {
	if err := r.moving.Lock(ctx); err != nil {
		return err
	}
	defer r.moving.Unlock()
	if err := r.validateMove(move.To); err != nil {
		return err
	}
	// The move is written even if the workflow already has this status: it repairs a row whose last change
	// was committed by a worker that died before the workflow learned of it.
	if r.progress.Status == move.To && r.over {
		return nil
	}
	var a *activities.Activities
	move.RunID = r.progress.Plan.RunID
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Set the run to "+string(move.To)), a.MoveBillingRun, move).Get(ctx, nil)
	if err != nil {
		return err
	}
	r.progress.Status = move.To
	r.show(ctx)
	return nil
}

// cancel stops the run after the chunks in progress finish, and answers at the end of the run.
func (r *billingRun) cancel(ctx workflow.Context, command RunCommand) error {
	if r.cancelled == nil {
		r.cancelled = &billing.Move{
			RunID: r.progress.Plan.RunID, To: billing.RunCancelled, ActorID: command.ActorID, Reason: command.Reason,
		}
	}
	if err := workflow.Await(ctx, func() bool { return r.over }); err != nil {
		return err
	}
	if r.progress.Status != billing.RunCancelled {
		return refuseMove(r.progress.Status, billing.RunCancelled)
	}
	return nil
}

// validateMove refuses a transition that the status does not allow. A run that is being cancelled may
// only end, and an ended run does not change.
func (r *billingRun) validateMove(to billing.RunStatus) error {
	from := r.progress.Status
	cancelling := r.cancelled != nil && to != billing.RunCancelled && to != billing.RunFailed
	if from != to && (r.over || !from.CanMoveTo(to)) || cancelling {
		return refuseMove(from, to)
	}
	return nil
}

// refuseMove returns the refusal of a transition as a workflow error.
func refuseMove(from, to billing.RunStatus) error {
	refused := refusal.As(billing.TransitionRefused(from, to))
	return temporal.NewApplicationErrorWithOptions(refused.Message, string(refused.Code), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{refused},
	})
}

// maxFaultLength is the maximum length of a fault in the run's history, in characters.
const maxFaultLength = 1000

// describe names a fault without its arguments, which could contain personal data.
func describe(fault error) string {
	if temporal.IsCanceledError(fault) {
		return "the workflow was cancelled"
	}
	if failure, ok := errors.AsType[*temporal.ApplicationError](fault); ok {
		text := []rune(failure.Type() + ": " + failure.Message())
		return string(text[:min(len(text), maxFaultLength)])
	}
	if failure, ok := errors.AsType[*temporal.ActivityError](fault); ok {
		return failure.ActivityType().GetName() + ": " + failure.RetryState().String()
	}
	return "fault of the program"
}
