package workflows

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// WakeSignal has a client's dunning look at once: something about the client changed.
// It carries nothing, since what counts is what is stored.
const WakeSignal = "dunning-wake"

// turnsPerExecution bounds the history: a turn takes some ten events. A client takes a
// few turns in an episode and one a week.
const turnsPerExecution = 100

// DunningInput names the client that is dunned.
type DunningInput struct {
	ClientID uuid.UUID `json:"client_id"`
	// TurnsPerExecution bounds an execution; 0 stands for the usual number.
	TurnsPerExecution int `json:"turns_per_execution,omitempty"`
}

// DunClient follows one client for as long as they are delinquent: it waits for the next
// step of the policy, takes it, sends what it causes, and ends when nothing is overdue any
// more. It decides nothing by itself and remembers nothing: every turn begins with a
// look at what is stored, so neither a lost signal nor a second one does any harm.
func DunClient(ctx workflow.Context, input DunningInput) error {
	var a *activities.Activities
	wakes := workflow.GetSignalChannel(ctx, WakeSignal)
	status, known := workflow.GetTypedSearchAttributes(ctx).GetKeyword(searchattribute.Status)
	if !known {
		status = DunningActive
	}
	for range cmp.Or(input.TurnsPerExecution, turnsPerExecution) {
		// What the wakes so far tell of is seen by the look that follows.
		askedFor(wakes)
		var turn dunning.Turn
		if err := workflow.ExecuteLocalActivity(transaction(ctx, "Look"), a.LookAtDunning, input.ClientID).Get(ctx, &turn); err != nil {
			return err
		}
		workflow.SetCurrentDetails(ctx, describeTurn(input.ClientID, turn))
		if now := dunningStatus(turn); now != status {
			status = now
			attributes(ctx, searchattribute.Status.ValueSet(status))
		}
		var err error
		switch {
		case turn.Over && wakes.Len() == 0:
			return nil
		case turn.Over:
			// Woken after the look: the client may be delinquent again.
		case turn.Take != "":
			step := activities.DunningStepInput{ClientID: input.ClientID, Step: turn.Take}
			err = workflow.ExecuteActivity(effect(ctx, "Step "+turn.Take), a.TakeDunningStep, step).Get(ctx, nil)
		case turn.Deliver != nil:
			err = workflow.ExecuteActivity(effect(ctx, "Send the message"), a.DeliverNotification, *turn.Deliver).Get(ctx, nil)
		default:
			err = waitForWake(ctx, wakes, turn)
		}
		if err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, DunClient, input)
}

// waitForWake waits until the next turn is due, or somebody wakes the workflow.
func waitForWake(ctx workflow.Context, wakes workflow.ReceiveChannel, turn dunning.Turn) error {
	summary := "Look again"
	if turn.Next != nil {
		summary = "Before step " + turn.Next.Step.Name
	}
	waiting, stop := workflow.WithCancel(ctx)
	defer stop()
	// Between the look and this moment the time may have come.
	timer := workflow.NewTimerWithOptions(waiting, max(turn.Wait, time.Second), workflow.TimerOptions{Summary: summary})
	workflow.NewSelector(ctx).
		AddFuture(timer, func(workflow.Future) {}).
		AddReceive(wakes, func(workflow.ReceiveChannel, bool) {}).
		AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {}).
		Select(ctx)
	return ctx.Err()
}

// dunningStatus is the search attribute of a client's dunning.
func dunningStatus(turn dunning.Turn) string {
	switch {
	case turn.Over:
		return DunningOver
	case turn.Next == nil && turn.Take == "" && turn.Deliver == nil:
		return DunningExhausted
	default:
		return DunningActive
	}
}

// describeTurn tells an operator where the client is, in markdown.
func describeTurn(clientID uuid.UUID, turn dunning.Turn) string {
	table := "| | |\n|---|---|\n"
	row := func(name, value string) { table += "| " + name + " | " + value + " |\n" }
	row("Client", "`"+clientID.String()+"`")
	if turn.Over {
		row("State", "not delinquent any more")
		return table
	}
	row("Episode", "`"+turn.Episode.String()+"`")
	done := "no step yet"
	if len(turn.Done) > 0 {
		done = "`" + strings.Join(turn.Done, "`, `") + "`"
	}
	row("Done", done)
	switch {
	case turn.Take != "":
		row("Now", "step `"+turn.Take+"`")
	case turn.Deliver != nil:
		row("Now", "message `"+turn.Deliver.String()+"`")
	}
	if turn.Next == nil {
		row("Next", "no step is left: waiting for the end of the episode")
		return table
	}
	row("Next", "`"+turn.Next.Step.Name+"`")
	row("Due", fmt.Sprintf("%d days past due, on %s at %s", turn.Next.Step.DaysPastDue, turn.Next.Date, turn.Next.At.Format(time.RFC3339)))
	return table
}
