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

// RunCommand is who sends an update, and why.
type RunCommand struct {
	ActorID string `json:"actor_id"`
	Reason  string `json:"reason,omitempty"`
}

// listen answers operators from the first moment of an execution on.
func (r *billingRun) listen(ctx workflow.Context) error {
	errs := []error{
		workflow.SetQueryHandler(ctx, ProgressQuery, func() (BillingRunProgress, error) { return r.progress, nil }),
		workflow.SetUpdateHandlerWithOptions(ctx, CancelUpdate, r.cancel, workflow.UpdateHandlerOptions{
			Validator: func(RunCommand) error { return r.checkMove(billing.RunCancelled) },
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
			// Sent twice, a command finds the run where it wants it.
			workflow.UpdateHandlerOptions{Validator: func(RunCommand) error {
				if r.progress.Status != command.from && r.progress.Status != command.to {
					return moveRefused(r.progress.Status, command.to)
				}
				return r.checkMove(command.to)
			}}))
	}
	return errors.Join(errs...)
}

// move takes the run to another state, once the move before it is written.
func (r *billingRun) move(ctx workflow.Context, move billing.Move) error {
	if err := r.moving.Lock(ctx); err != nil {
		return err
	}
	defer r.moving.Unlock()
	if err := r.checkMove(move.To); err != nil {
		return err
	}
	// The move is written even where it changes nothing here: it repairs the row of a run whose last move was
	// written, but got lost with the worker before the workflow heard of it.
	if r.progress.Status == move.To && (r.over || workflow.GetVersion(ctx, "repeated-move", workflow.DefaultVersion, 1) == workflow.DefaultVersion) {
		return nil
	}
	var a *activities.Activities
	move.RunID = r.progress.Plan.RunID
	err := workflow.ExecuteLocalActivity(transaction(ctx, "The run is "+string(move.To)), a.MoveBillingRun, move).Get(ctx, nil)
	if err != nil {
		return err
	}
	r.progress.Status = move.To
	r.show(ctx)
	return nil
}

// cancel stops the run once what is under way is finished, and answers when it is.
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
		return moveRefused(r.progress.Status, billing.RunCancelled)
	}
	return nil
}

// checkMove refuses a move that the table does not have, any but the end to a run
// that is being cancelled, and all to one that is over.
func (r *billingRun) checkMove(to billing.RunStatus) error {
	from := r.progress.Status
	cancelling := r.cancelled != nil && to != billing.RunCancelled && to != billing.RunFailed
	if from != to && (r.over || !from.CanMoveTo(to)) || cancelling {
		return moveRefused(from, to)
	}
	return nil
}

// moveRefused is the refusal of a move as a workflow's error.
func moveRefused(from, to billing.RunStatus) error {
	refused := refusal.As(billing.TransitionRefused(from, to))
	return temporal.NewApplicationErrorWithOptions(refused.Message, string(refused.Code), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{refused},
	})
}

// maxFaultLength keeps a fault within what the run's history holds.
const maxFaultLength = 1000

// describe names a fault without its arguments, which could hold personal data.
func describe(fault error) string {
	if temporal.IsCanceledError(fault) {
		return "its workflow was cancelled"
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
