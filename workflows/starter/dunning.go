package starter

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/workflows"
)

// maxNudges bounds how many dunning workflows are told of something at once.
const maxNudges = 32

// WakeDunning has the workflow that duns a client look, and starts it when there is none.
// Signal and start are one: a workflow that is about to end looks once more instead.
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

// NudgeDunning tells the dunning of a client, soon and without making the caller wait,
// that what the client owes has changed. delinquent says whether they are now: who is not
// needs no workflow, and has theirs told if there is one.
//
// It is a courtesy. What it does not get done, since Temporal is down or too many nudges are
// under way, is noticed at the workflow's next step, which looks before it does anything,
// and by the next enrolment.
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
			slog.DebugContext(ctx, "dunning not told", "client_id", clientID, "error", err)
		}
	}()
}

// signalDunning has the workflow that duns a client look, if there is one.
func (s *Starter) signalDunning(ctx context.Context, clientID uuid.UUID) error {
	return s.temporal.SignalWorkflow(ctx, workflows.DunningID(clientID), "", workflows.WakeSignal, nil)
}
