package operators

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func (h *handlers) billingRunCommandRoutes() {
	for _, command := range []struct {
		update, id, summary, description string
		to                               billing.RunStatus
	}{
		{
			starter.PauseBillingRun, "pauseBillingRun", "Pause a billing run",
			"Chunks in progress are completed; no further chunk starts until the run is resumed.", billing.RunPaused,
		},
		{
			starter.ResumeBillingRun, "resumeBillingRun", "Resume a paused billing run",
			"The run continues where it was paused.", billing.RunRunning,
		},
		{
			starter.ApproveBillingRun, "approveBillingRun", "Approve a held billing run",
			"A plan beyond the configured limits waits before anything is written; approval starts the run.", billing.RunRunning,
		},
		{
			starter.CancelBillingRun, "cancelBillingRun", "Cancel a billing run",
			"Chunks in progress are completed; no further chunk starts. Issued invoices remain.", billing.RunCancelled,
		},
	} {
		rest.Register(h.API, rest.Operation{
			ID: command.id, Method: http.MethodPost, Path: "/api/v1/billing/runs/{billing_run_id}/" + command.update,
			Tag: tagBilling, Access: rest.Billers,
			Waits:       true,
			Summary:     command.summary,
			Description: command.description,
			Success:     "The run as it is now.",
			Refusals:    []refusal.Code{refusal.BillingRunNotFound, refusal.BillingRunStatusTransition},
		},
			func(ctx context.Context, input *BillingRunCommand) (*BillingRunOutput, error) {
				return h.commandBillingRun(ctx, input, command.update, command.to)
			})
	}
	rest.Register(h.API, rest.Operation{
		ID: "retryBillingRun", Method: http.MethodPost, Path: "/api/v1/billing/runs/{billing_run_id}/retry", Tag: tagBilling,
		Access:  rest.Billers,
		Waits:   true,
		Summary: "Retry a billing run",
		Description: "Bills the failed clients and the unfinished chunks of a run that completed with failures, " +
			"failed, or lost its workflow.",
		Success:  "The run as it is now.",
		Refusals: []refusal.Code{refusal.BillingRunNotFound, refusal.BillingRunStatusTransition},
	}, h.retryBillingRun)
}

// BillingRunCommand is a request that changes the status of a run.
type BillingRunCommand struct {
	BillingRunPath
	Prefer string `header:"Prefer" doc:"wait=N limits the wait to N seconds; respond-async does not wait." example:"wait=20"`
	Body   *BillingRunReason
}

// BillingRunReason is the body of a command to a run.
type BillingRunReason struct {
	Reason *string `json:"reason,omitempty" nullable:"true" maxLength:"1200" doc:"Recorded in the run's history." example:"Prices are wrong"`
}

func (c *BillingRunCommand) reason() string {
	if c.Body == nil {
		return ""
	}
	if reason := rest.OptionalText(c.Body.Reason); reason != nil {
		return *reason
	}
	return ""
}

// commandBillingRun sends an update to the run's workflow and answers with the run.
func (h *handlers) commandBillingRun(ctx context.Context, input *BillingRunCommand, update string, to billing.RunStatus) (*BillingRunOutput, error) {
	run, err := h.findBillingRun(ctx, input.BillingRunID)
	if err != nil {
		return nil, err
	}
	err = h.Starter.CommandBillingRun(rest.WithoutDeadline(ctx), run, update,
		starter.RunCommand{ActorID: rest.Caller(ctx).ID, Reason: input.reason()}, rest.PreferredWait(input.Prefer))
	ctx, done := h.afterWait(ctx)
	defer done()
	switch {
	case errors.Is(err, starter.ErrNotRunning):
		return h.answerEndedRun(ctx, input.BillingRunID, to)
	case errors.Is(err, starter.ErrPending):
		return nil, rest.NewAccepted(starter.BillingRunLocation(run.ID))
	case err != nil:
		return nil, err
	}
	return h.loadBillingRun(ctx, input.BillingRunID)
}

// afterWait returns a context with a new request timeout, for the reads that follow a wait for a workflow.
func (h *handlers) afterWait(ctx context.Context) (context.Context, context.CancelFunc) {
	return rest.WithDeadline(rest.WithoutDeadline(ctx), h.Config.HTTP.RequestTimeout)
}

// answerEndedRun answers a command to a run whose workflow has ended. If the run already has the requested
// status, the answer is a success.
func (h *handlers) answerEndedRun(ctx context.Context, id string, to billing.RunStatus) (*BillingRunOutput, error) {
	run, err := h.loadBillingRun(ctx, id)
	if err != nil {
		return nil, err
	}
	if status := run.Body.Status; status != to || !status.Ended() {
		return nil, billing.TransitionRefused(status, to)
	}
	return run, nil
}

// endingRunWait is how long a retry waits for the process of a run that says it has
// ended: its row is written some milliseconds before the process is gone.
const (
	endingRunWait  = 5 * time.Second
	endingRunPause = 25 * time.Millisecond
)

// retryBillingRun restarts the workflow of the run unless it is running.
func (h *handlers) retryBillingRun(ctx context.Context, input *BillingRunCommand) (*BillingRunOutput, error) {
	for deadline := time.Now().Add(endingRunWait); ; {
		run, err := h.findBillingRun(ctx, input.BillingRunID)
		if err != nil {
			return nil, err
		}
		err = h.restartBillingRun(ctx, run, input)
		if !errors.Is(err, starter.ErrRunning) {
			if err != nil {
				return nil, err
			}
			ctx, done := h.afterWait(ctx)
			defer done()
			return h.loadBillingRun(ctx, input.BillingRunID)
		}
		if status := run.Status; !status.Ended() {
			return nil, billing.TransitionRefused(status, billing.RunRunning)
		}
		if time.Now().After(deadline) {
			return nil, starter.ErrUnavailable // The move is allowed, only not yet.
		}
		select {
		case <-time.After(endingRunPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// restartBillingRun waits for the outcome of a retry. A run that failed again is one.
func (h *handlers) restartBillingRun(ctx context.Context, run dbsqlc.BillingRun, input *BillingRunCommand) error {
	status := run.Status
	if status == billing.RunCompleted || status == billing.RunCancelled {
		return billing.TransitionRefused(status, billing.RunRunning)
	}
	var result billing.Result
	_, err := h.Run(ctx, h.Starter.RetryBillingRun(run, starter.RunCommand{ActorID: rest.Caller(ctx).ID, Reason: input.reason()},
		rest.PreferredWait(input.Prefer)), &result)
	if starter.Failed(err) {
		return nil
	}
	return err
}
