package starter

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/workflows"
)

// maxNudges limits the number of nudges in flight.
const maxNudges = 32

// WakeDunning signals a client's dunning workflow to evaluate the client's state, and starts the
// workflow if none is running. Signal and start are atomic: a workflow that is about to end evaluates
// once more instead.
func (s *Starter) WakeDunning(ctx context.Context, clientID uuid.UUID) error {
	_, err := s.temporal.SignalWithStartWorkflow(ctx, workflows.DunningID(clientID), workflows.WakeSignal, nil, client.StartWorkflowOptions{
		TaskQueue: workflows.DunningQueue, StaticSummary: "Dunning of client `" + clientID.String() + "`",
		TypedSearchAttributes: workflows.DunningAttributes(clientID),
	}, workflows.DunClient, workflows.DunningInput{ClientID: clientID})
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// NudgeDunning asynchronously signals the client's dunning workflow that the balance changed. If the
// client is delinquent and has no workflow, one is started.
//
// A nudge is best effort: it is dropped if Temporal is down or maxNudges are in flight. The workflow
// evaluates the stored state before each step, and the next enrolment starts missing workflows.
func (s *Starter) NudgeDunning(clientID uuid.UUID, delinquent bool) {
	if delinquent && s.settings.WithoutDunning || !s.nudges.TryAcquire(1) {
		return
	}
	go func() {
		defer s.nudges.Release(1)
		ctx, cancel := context.WithTimeout(context.Background(), s.settings.StartTimeout)
		defer cancel()
		wake := s.signalDunning
		if delinquent {
			wake = s.WakeDunning
		}
		if err := wake(ctx, clientID); err != nil {
			slog.DebugContext(ctx, "dunning workflow not signaled", "client_id", clientID, "error", err)
		}
	}()
}

// signalDunning signals a client's dunning workflow, if one is running.
func (s *Starter) signalDunning(ctx context.Context, clientID uuid.UUID) error {
	return s.temporal.SignalWorkflow(ctx, workflows.DunningID(clientID), "", workflows.WakeSignal, nil)
}
