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

// WakeSignal causes a client's dunning workflow to evaluate at once, because the client's state
// changed. It has no payload: the stored state decides.
const WakeSignal = "dunning-wake"

// turnsPerExecution limits the history: a turn takes about ten events. A client has a few turns per
// episode and one per week.
const turnsPerExecution = 100

// DunningInput identifies the client to dun.
type DunningInput struct {
	ClientID uuid.UUID `json:"client_id"`
	// TurnsPerExecution limits one execution; 0 means turnsPerExecution.
	TurnsPerExecution int `json:"turns_per_execution,omitempty"`
}

// DunClient duns one client while the client is delinquent: it waits for the next step of the policy,
// executes the step, delivers its message, and ends when nothing is overdue. The workflow keeps no
// state: every turn starts by evaluating the stored state, so a lost or repeated signal is harmless.
func DunClient(ctx workflow.Context, input DunningInput) error {
	var a *activities.Activities
	wakes := workflow.GetSignalChannel(ctx, WakeSignal)
	status, known := workflow.GetTypedSearchAttributes(ctx).GetKeyword(searchattribute.Status)
	if !known {
		status = DunningActive
	}
	for range cmp.Or(input.TurnsPerExecution, turnsPerExecution) {
		// The evaluation below covers every wake received so far.
		drain(wakes)
		var turn dunning.Turn
		if err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Evaluate"), a.LookAtDunning, input.ClientID).Get(ctx, &turn); err != nil {
			return err
		}
		workflow.SetCurrentDetails(ctx, turnDetails(input.ClientID, turn))
		if now := dunningStatus(turn); now != status {
			status = now
			upsertSearchAttributes(ctx, searchattribute.Status.ValueSet(status))
		}
		var err error
		switch {
		case turn.Over && wakes.Len() == 0:
			return nil
		case turn.Over:
			// Woken after the evaluation: the client may be delinquent again.
		case turn.Take != "":
			step := activities.DunningStepInput{ClientID: input.ClientID, Step: turn.Take}
			err = workflow.ExecuteActivity(withStep(ctx, "Execute step "+turn.Take), a.TakeDunningStep, step).Get(ctx, nil)
		case turn.Deliver != nil:
			err = workflow.ExecuteActivity(withStep(ctx, "Deliver the message"), a.DeliverNotification, *turn.Deliver).Get(ctx, nil)
		default:
			err = waitForWake(ctx, wakes, turn)
		}
		if err != nil {
			return err
		}
	}
	return workflow.NewContinueAsNewError(ctx, DunClient, input)
}

// waitForWake waits until the next turn is due or the workflow is woken.
func waitForWake(ctx workflow.Context, wakes workflow.ReceiveChannel, turn dunning.Turn) error {
	summary := "Evaluate again"
	if turn.Next != nil {
		summary = "Before step " + turn.Next.Step.Name
	}
	waiting, stop := workflow.WithCancel(ctx)
	defer stop()
	// The due time may have passed since the evaluation.
	timer := workflow.NewTimerWithOptions(waiting, max(turn.Wait, time.Second), workflow.TimerOptions{Summary: summary})
	workflow.NewSelector(ctx).
		AddFuture(timer, func(workflow.Future) {}).
		AddReceive(wakes, func(workflow.ReceiveChannel, bool) {}).
		AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {}).
		Select(ctx)
	return ctx.Err()
}

// dunningStatus is the status search attribute of a client's dunning.
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

// turnDetails renders the client's dunning for operators, in Markdown.
func turnDetails(clientID uuid.UUID, turn dunning.Turn) string {
	table := "| | |\n|---|---|\n"
	row := func(name, value string) { table += "| " + name + " | " + value + " |\n" }
	row("Client", "`"+clientID.String()+"`")
	if turn.Over {
		row("State", "no longer delinquent")
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
		row("Next", "no steps left: waiting for the end of the episode")
		return table
	}
	row("Next", "`"+turn.Next.Step.Name+"`")
	row("Due", fmt.Sprintf("%d days past due, on %s at %s", turn.Next.Step.DaysPastDue, turn.Next.Date, turn.Next.At.Format(time.RFC3339)))
	return table
}
