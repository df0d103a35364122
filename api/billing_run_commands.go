package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/process"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

func (s *Server) billingRunCommandRoutes() {
	for _, command := range []struct {
		update, id, summary, description string
		to                               billing.RunStatus
	}{
		{workflows.PauseUpdate, "pauseBillingRun", "Pause a billing run",
			"Chunks that are under way are finished, and no other is begun until the run is resumed.", billing.RunPaused},
		{workflows.ResumeUpdate, "resumeBillingRun", "Resume a paused billing run",
			"The run goes on where it was paused.", billing.RunRunning},
		{workflows.ApproveUpdate, "approveBillingRun", "Approve a billing run that is held",
			"A plan beyond the configured bounds waits with nothing written; this starts it.", billing.RunRunning},
		{workflows.CancelUpdate, "cancelBillingRun", "Cancel a billing run",
			"Chunks that are under way are finished, and no other is begun. Invoices that were issued stay.", billing.RunCancelled},
	} {
		register(s, operation{id: command.id, access: billers, method: http.MethodPost,
			path: "/api/v1/billing/runs/{billing_run_id}/" + command.update, tag: tagBilling, summary: command.summary,
			description: command.description, success: "The run as it is now.", waits: true,
			refusals: []refusal.Code{refusal.BillingRunNotFound, refusal.BillingRunStatusTransition}},
			func(ctx context.Context, input *BillingRunCommand) (*BillingRunOutput, error) {
				return s.commandBillingRun(ctx, input, command.update, command.to)
			})
	}
	register(s, operation{id: "retryBillingRun", access: billers, method: http.MethodPost,
		path: "/api/v1/billing/runs/{billing_run_id}/retry", tag: tagBilling, summary: "Take a billing run up again",
		description: "Bills the clients that could not be billed, and the chunks that were not finished, of a run that completed with " +
			"failures, failed, or whose process is gone.",
		success: "The run as it is now.", waits: true,
		refusals: []refusal.Code{refusal.BillingRunNotFound, refusal.BillingRunStatusTransition}}, s.retryBillingRun)
}

// BillingRunCommand is what an operator tells a run.
type BillingRunCommand struct {
	BillingRunPath
	Prefer string `header:"Prefer" doc:"wait=N bounds the wait in seconds, respond-async does not wait." example:"wait=20"`
	Body   *struct {
		Reason *string `json:"reason,omitempty" nullable:"true" maxLength:"1200" doc:"Kept in the run's history." example:"Prices are wrong"`
	}
}

func (c *BillingRunCommand) reason() string {
	if c.Body == nil {
		return ""
	}
	if reason := optionalText(c.Body.Reason); reason != nil {
		return *reason
	}
	return ""
}

// commandBillingRun sends an update to the run's workflow and answers with the run.
func (s *Server) commandBillingRun(ctx context.Context, input *BillingRunCommand, update string, to billing.RunStatus) (*BillingRunOutput, error) {
	run, err := s.findBillingRun(ctx, input.BillingRunID)
	if err != nil {
		return nil, err
	}
	err = s.Processes.Command(patient(ctx), requestOf(run), update,
		workflows.RunCommand{ActorID: actorOf(ctx).ID, Reason: input.reason()}, preferredWait(input.Prefer))
	switch {
	case errors.Is(err, process.ErrNotRunning):
		return nil, billing.TransitionRefused(billing.RunStatus(run.Status), to)
	case errors.Is(err, process.ErrPending):
		return nil, accepted(billingRunLocation(run.ID))
	case err != nil:
		return nil, err
	}
	return s.readBillingRunByID(ctx, run.ID)
}

// retryBillingRun starts the run's workflow anew, unless it is under way.
func (s *Server) retryBillingRun(ctx context.Context, input *BillingRunCommand) (*BillingRunOutput, error) {
	run, err := s.findBillingRun(ctx, input.BillingRunID)
	if err != nil {
		return nil, err
	}
	status := billing.RunStatus(run.Status)
	if status == billing.RunCompleted || status == billing.RunCancelled {
		return nil, billing.TransitionRefused(status, billing.RunRunning)
	}
	request, terms := requestOf(run), billing.TermsOf(run)
	var result billing.Result
	joined, err := s.run(ctx, process.Process{
		Request:  request,
		Workflow: workflows.RunBilling,
		Input: workflows.BillingRunInput{
			RunID: run.ID, Request: request, Terms: terms, ActorID: run.ActorID,
			ChunkSize: s.Config.Billing.ChunkClients, Concurrency: s.Config.Billing.Concurrency,
			Retry: &billing.Move{RunID: run.ID, To: billing.RunRunning, ActorID: actorOf(ctx).ID, Reason: input.reason()},
		},
		Queue:    workflows.BillingQueue,
		Summary:  "Retry " + terms.Period.String(),
		Location: billingRunLocation(run.ID),
		Wait:     preferredWait(input.Prefer),
		Again:    true,
	}, &result)
	if joined {
		return nil, billing.TransitionRefused(status, billing.RunRunning)
	}
	if err != nil {
		return nil, err
	}
	return s.readBillingRunByID(ctx, run.ID)
}

// requestOf names the request that started a run.
func requestOf(run dbsqlc.BillingRun) idempotency.Request {
	return idempotency.Request{
		Operation: idempotency.BillingRun, Key: idempotency.Key(run.IdempotencyKey), Fingerprint: run.Fingerprint,
	}
}
