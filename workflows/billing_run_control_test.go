package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// operated is a run under an operator's control: it records the moves of the run and can send
// commands at the start of any activity.
type operated struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	book  *fakeDB
	moves []billing.RunStatus
	ended *activities.EndInput
	// at holds the functions to call at the nth start of an activity.
	at    map[string]map[int]func()
	count map[string]int
	// onMove is called when a move is written, before the workflow learns of it.
	onMove map[billing.RunStatus]func()
	// pauseAfter is closed when a pause may be written; nil lets a pause be written at once.
	pauseAfter chan struct{}
}

// answer is the outcome of an update.
type answer struct {
	rejected, failed error
	completed        bool
}

// operate prepares a run with the given number of chunks, processed one at a time.
func operate(t *testing.T, chunks int32) *operated {
	t.Helper()
	env, book := continueRun(t, chunks)
	o := &operated{
		t: t, env: env, book: book, at: map[string]map[int]func(){}, count: map[string]int{}, onMove: map[billing.RunStatus]func(){},
	}
	env.OnActivity(step.MoveBillingRun, mock.Anything, mock.Anything).Return(func(_ context.Context, move billing.Move) error {
		if move.To == billing.RunPaused && o.pauseAfter != nil {
			<-o.pauseAfter
		}
		o.moves = append(o.moves, move.To)
		assert.Equal(t, october.RunID, move.RunID)
		return nil
	}).Maybe()
	env.OnActivity(step.EndBillingRun, mock.Anything, mock.Anything).Return(
		func(_ context.Context, input activities.EndInput) (billing.Result, error) {
			o.ended = &input
			status := billing.RunCompleted
			if input.Cancelled != nil {
				status = input.Cancelled.To
			}
			return billing.Result{RunID: input.RunID, Period: october.Terms.Period, Status: status}, nil
		}).Maybe()
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		o.count[info.ActivityType.Name]++
		if then := o.at[info.ActivityType.Name][o.count[info.ActivityType.Name]]; then != nil {
			then()
		}
	})
	env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, args []any) {
		if info.ActivityType.Name == "EndBillingRun" {
			o.count[info.ActivityType.Name]++
			if then := o.at[info.ActivityType.Name][o.count[info.ActivityType.Name]]; then != nil {
				then()
			}
			return
		}
		if move, ok := args[0].(billing.Move); ok && o.onMove[move.To] != nil {
			then := o.onMove[move.To]
			delete(o.onMove, move.To)
			then()
		}
	})
	return o
}

// planned mocks the plan of the run, which is held if a reason is given.
func (o *operated) planned(hold string) *operated {
	plan := o.book.plan()
	plan.HoldReason, plan.Status = hold, billing.RunPlanned
	o.env.OnActivity(step.PlanBillingRun, mock.Anything, mock.Anything).Return(plan, nil).Once()
	return o
}

// when calls a function at the nth start of an activity.
func (o *operated) when(name string, nth int, then func()) {
	if o.at[name] == nil {
		o.at[name] = map[int]func(){}
	}
	o.at[name][nth] = then
}

// send sends a command now. The steps in progress end only after the command is answered, so that
// the run cannot end first. A cancellation is answered at the end of the run, so no step waits for it.
func (o *operated) send(update string) *answer {
	if update == CancelUpdate {
		return o.sendThen(update, func() {})
	}
	o.book.commands.Add(1)
	return o.sendThen(update, o.book.commands.Done)
}

// pauseAtTheEnd sends a pause during a step and delays its write until the step has ended.
func (o *operated) pauseAtTheEnd(step string) *answer {
	o.pauseAfter = make(chan struct{})
	o.env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		if info.ActivityType.Name == step {
			close(o.pauseAfter)
		}
	})
	return o.sendThen(PauseUpdate, func() {})
}

// sendThen sends a command and calls a function when the command is answered.
func (o *operated) sendThen(update string, answered func()) *answer {
	got := &answer{}
	o.env.UpdateWorkflow(update, "", &testsuite.TestUpdateCallback{
		OnReject: func(err error) {
			got.rejected = err
			answered()
		},
		OnAccept: func() {},
		OnComplete: func(_ any, err error) {
			got.failed, got.completed = err, true
			answered()
		},
	}, RunCommand{ActorID: "op-9", Reason: "because"})
	return got
}

func (o *operated) run() {
	input := october
	input.Concurrency = 1
	o.env.ExecuteWorkflow(RunBilling, input)
	require.True(o.t, o.env.IsWorkflowCompleted())
}

func (o *operated) requireStatus(want billing.RunStatus) {
	o.t.Helper()
	require.NoError(o.t, o.env.GetWorkflowError())
	var result billing.Result
	require.NoError(o.t, o.env.GetWorkflowResult(&result))
	require.Equal(o.t, want, result.Status)
	require.Equal(o.t, want, progressOf(o.t, o.env).Status)
}

func (a *answer) requireDone(t *testing.T) {
	t.Helper()
	require.NoError(t, a.rejected)
	require.NoError(t, a.failed)
	require.True(t, a.completed)
}

// requireRefused checks that a command was refused, by its validator or by its handler.
func (a *answer) requireRefused(t *testing.T, from, to billing.RunStatus) {
	t.Helper()
	err := errors.Join(a.rejected, a.failed)
	require.Error(t, err)
	failure, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(refusal.BillingRunStatusTransition), failure.Type())
	refused := activities.Refusal(err)
	require.NotNil(t, refused)
	require.Equal(t, string(from), fmt.Sprint(refused.Details["from"]))
	require.Equal(t, string(to), fmt.Sprint(refused.Details["to"]))
}

func TestAPausedRunFinishesItsChunkAndBeginsNoOther(t *testing.T) {
	t.Parallel()
	o := operate(t, 5).planned("")
	var paused, resumed *answer
	var atRest BillingRunProgress
	o.when("BillChunk", 2, func() {
		paused = o.send(PauseUpdate)
		o.env.RegisterDelayedCallback(func() {
			atRest = progressOf(t, o.env)
			resumed = o.send(ResumeUpdate)
		}, 48*60*60*1e9)
	})
	o.run()
	o.requireStatus(billing.RunCompleted)
	paused.requireDone(t)
	resumed.requireDone(t)
	require.Equal(t, billing.RunPaused, atRest.Status)
	require.Equal(t, int32(2), atRest.Started, "nothing was begun in two days")
	require.Equal(t, int32(2), atRest.Documented, "what was under way is finished")
	require.Equal(t, []billing.RunStatus{billing.RunRunning, billing.RunPaused, billing.RunRunning}, o.moves)
	o.book.requireDone(t, 1, 5)
}

func TestARunThatIsPausedDuringItsLastChunkEndsOnceResumed(t *testing.T) {
	t.Parallel()
	o := operate(t, 2).planned("")
	var paused, resumed *answer
	o.when("IssueChunkDocuments", 2, func() {
		paused = o.send(PauseUpdate)
		o.env.RegisterDelayedCallback(func() {
			assert.Nil(t, o.ended, "a paused run does not end")
			resumed = o.send(ResumeUpdate)
		}, 60*60*1e9)
	})
	o.run()
	o.requireStatus(billing.RunCompleted)
	paused.requireDone(t)
	resumed.requireDone(t)
	o.book.requireDone(t, 1, 2)
}

func TestBillingRunCommand_RepairsRowInTargetStatus(t *testing.T) {
	t.Parallel()
	o := operate(t, 3).planned("")
	var answers []*answer
	o.when("BillChunk", 1, func() { answers = append(answers, o.send(ResumeUpdate), o.send(ApproveUpdate)) })
	o.when("BillChunk", 2, func() {
		answers = append(answers, o.send(PauseUpdate), o.send(PauseUpdate))
		o.env.RegisterDelayedCallback(func() { answers = append(answers, o.send(ResumeUpdate), o.send(ResumeUpdate)) }, 1e9)
	})
	o.run()
	o.requireStatus(billing.RunCompleted)
	require.Len(t, answers, 6)
	for _, each := range answers {
		each.requireDone(t)
	}
	require.Equal(t, []billing.RunStatus{billing.RunRunning, billing.RunPaused, billing.RunRunning}, slices.Compact(slices.Clone(o.moves)))
	require.Len(t, o.moves, 7, "a repeated move is written again: it repairs a row that missed the last one")
}

func TestACancelledRunFinishesItsChunkAndEnds(t *testing.T) {
	t.Parallel()
	o := operate(t, 5).planned("")
	var first, second, pause *answer
	o.when("BillChunk", 3, func() {
		first, second = o.send(CancelUpdate), o.send(CancelUpdate)
		pause = o.send(PauseUpdate)
	})
	o.run()
	o.requireStatus(billing.RunCancelled)
	first.requireDone(t)
	second.requireDone(t)
	pause.requireRefused(t, billing.RunRunning, billing.RunPaused)
	o.book.requireDone(t, 1, 3)
	require.Equal(t, &billing.Move{RunID: october.RunID, To: billing.RunCancelled, ActorID: "op-9", Reason: "because"}, o.ended.Cancelled)
}

func TestAPausedRunCanBeCancelled(t *testing.T) {
	t.Parallel()
	o := operate(t, 5).planned("")
	var cancelled, resumed *answer
	o.when("BillChunk", 2, func() {
		o.send(PauseUpdate)
		o.env.RegisterDelayedCallback(func() {
			cancelled = o.send(CancelUpdate)
			resumed = o.send(ResumeUpdate)
		}, 60e9)
	})
	o.run()
	o.requireStatus(billing.RunCancelled)
	cancelled.requireDone(t)
	resumed.requireRefused(t, billing.RunPaused, billing.RunRunning)
	o.book.requireDone(t, 1, 2)
}

func TestAHeldRunWaitsForItsApproval(t *testing.T) {
	t.Parallel()
	o := operate(t, 2).planned("too much")
	var paused, resumed, approved *answer
	o.env.RegisterDelayedCallback(func() {
		assert.Empty(t, o.book.billed)
		assert.Empty(t, o.moves)
		paused, resumed, approved = o.send(PauseUpdate), o.send(ResumeUpdate), o.send(ApproveUpdate)
	}, 72*60*60*1e9)
	o.run()
	o.requireStatus(billing.RunCompleted)
	paused.requireRefused(t, billing.RunPlanned, billing.RunPaused)
	resumed.requireRefused(t, billing.RunPlanned, billing.RunRunning)
	approved.requireDone(t)
	o.book.requireDone(t, 1, 2)
}

func TestAHeldRunThatIsCancelledBillsNothing(t *testing.T) {
	t.Parallel()
	o := operate(t, 2).planned("too much")
	var cancelled *answer
	o.env.RegisterDelayedCallback(func() { cancelled = o.send(CancelUpdate) }, 60e9)
	o.run()
	o.requireStatus(billing.RunCancelled)
	cancelled.requireDone(t)
	o.book.requireDone(t, 1, 0)
	require.Empty(t, o.moves)
}

func TestAHeldRunWhoseWorkflowIsCancelledHasFailed(t *testing.T) {
	t.Parallel()
	o := operate(t, 2).planned("too much")
	o.env.RegisterDelayedCallback(o.env.CancelWorkflow, 60e9)
	o.run()
	require.Error(t, o.env.GetWorkflowError())
	require.Equal(t, []billing.RunStatus{billing.RunFailed}, o.moves)
	o.book.requireDone(t, 1, 0)
}

func TestARunThatIsCancelledWhileItIsPlannedBillsNothing(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(o *operated, send func()){
		"during the plan":            func(o *operated, send func()) { o.when("PlanBillingRun", 1, send) },
		"during the move to running": func(o *operated, send func()) { o.onMove[billing.RunRunning] = send },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := operate(t, 3).planned("")
			var cancelled *answer
			prepare(o, func() { cancelled = o.send(CancelUpdate) })
			o.run()
			o.requireStatus(billing.RunCancelled)
			cancelled.requireDone(t)
			o.book.requireDone(t, 1, 0)
		})
	}
}

func TestCommandsDuringTheEndOfARunAreRefused(t *testing.T) {
	t.Parallel()
	o := operate(t, 1).planned("")
	var cancelled, paused *answer
	o.when("EndBillingRun", 1, func() { paused, cancelled = o.send(PauseUpdate), o.send(CancelUpdate) })
	o.run()
	o.requireStatus(billing.RunCompleted)
	cancelled.requireRefused(t, billing.RunCompleted, billing.RunCancelled)
	paused.requireRefused(t, billing.RunCompleted, billing.RunPaused)
	require.Equal(t, []billing.RunStatus{billing.RunRunning}, o.moves)
}

func TestAFaultFailsTheRunAndRefusesWhoWaits(t *testing.T) {
	t.Parallel()
	for name, update := range map[string]string{"cancelled": CancelUpdate, "paused": PauseUpdate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := operate(t, 4).planned("")
			o.book.refuseToBill = 2
			var sent *answer
			o.when("BillChunk", 2, func() { sent = o.send(update) })
			o.run()
			require.Error(t, o.env.GetWorkflowError())
			require.Equal(t, billing.RunFailed, progressOf(t, o.env).Status, "a pause does not keep a fault from showing")
			require.Nil(t, o.ended)
			require.Equal(t, billing.RunFailed, o.moves[len(o.moves)-1])
			if update == CancelUpdate {
				sent.requireRefused(t, billing.RunFailed, billing.RunCancelled)
			}
		})
	}
}

func TestAnEndThatIsRefusedRefusesWhoWaits(t *testing.T) {
	t.Parallel()
	env, _ := startRun(t, 1)
	o := &operated{t: t, env: env}
	env.OnActivity(step.EndBillingRun, mock.Anything, mock.Anything).
		Return(billing.Result{}, refused(refusal.BillingRunNotFound)).Once()
	var cancelled *answer
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "BillChunk" {
			cancelled = o.send(CancelUpdate)
		}
	})
	env.ExecuteWorkflow(RunBilling, october)
	requireRefusal(t, env, refusal.BillingRunNotFound)
	cancelled.requireRefused(t, billing.RunRunning, billing.RunCancelled)
}

func TestACommandAtTheEndOfAnExecutionIsAnsweredFirst(t *testing.T) {
	t.Parallel()
	const chunks = chunksPerExecution + 5
	t.Run("a pause is carried over", func(t *testing.T) {
		t.Parallel()
		o := operate(t, chunks).planned("")
		var paused *answer
		o.when("IssueChunkDocuments", chunksPerExecution, func() { paused = o.pauseAtTheEnd("IssueChunkDocuments") })
		o.run()
		input := continuation(t, o.env)
		paused.requireDone(t)
		require.Equal(t, billing.RunPaused, input.Continued.Status)
		require.Equal(t, int32(chunksPerExecution), input.Continued.Started)

		next := operate(t, chunks)
		var resumed *answer
		next.env.RegisterDelayedCallback(func() { resumed = next.send(ResumeUpdate) }, 60e9)
		next.env.ExecuteWorkflow(RunBilling, input)
		next.requireStatus(billing.RunCompleted)
		resumed.requireDone(t)
		next.book.requireDone(t, chunksPerExecution+1, chunks)
	})
	t.Run("a cancel during a pause ends the run", func(t *testing.T) {
		t.Parallel()
		o := operate(t, chunks).planned("")
		var paused, cancelled *answer
		o.when("IssueChunkDocuments", chunksPerExecution, func() { paused = o.pauseAtTheEnd("IssueChunkDocuments") })
		o.onMove[billing.RunPaused] = func() { cancelled = o.send(CancelUpdate) }
		o.run()
		o.requireStatus(billing.RunCancelled)
		paused.requireDone(t)
		cancelled.requireDone(t)
		o.book.requireDone(t, 1, chunksPerExecution)
	})
}

func TestARetryWorksOnUnfinishedChunksOnly(t *testing.T) {
	t.Parallel()
	o := operate(t, 9)
	move := billing.Move{RunID: october.RunID, To: billing.RunRunning, ActorID: "op-1"}
	plan := o.book.plan()
	plan.Status = billing.RunRunning
	o.env.OnActivity(step.ReopenBillingRun, mock.Anything, move).Return(billing.Reopened{Plan: plan, Chunks: []int32{8, 2, 5}}, nil).Once()
	input := october
	input.Retry = &move
	o.env.ExecuteWorkflow(RunBilling, input)
	o.requireStatus(billing.RunCompleted)
	once := map[int32]int{2: 1, 5: 1, 8: 1}
	require.Equal(t, once, o.book.billed)
	require.Equal(t, once, o.book.documented)
	require.Empty(t, o.moves, "reopening is the move")
}

func TestARetryOfAHeldRunWaitsForItsApproval(t *testing.T) {
	t.Parallel()
	o := operate(t, 2)
	move := billing.Move{RunID: october.RunID, To: billing.RunRunning, ActorID: "op-1"}
	plan := o.book.plan()
	plan.Status, plan.HoldReason = billing.RunPlanned, "too much"
	o.env.OnActivity(step.ReopenBillingRun, mock.Anything, move).Return(billing.Reopened{Plan: plan, Chunks: []int32{1, 2}}, nil).Once()
	input := october
	input.Retry = &move
	var approved *answer
	o.env.RegisterDelayedCallback(func() {
		assert.Empty(t, o.book.billed)
		approved = o.send(ApproveUpdate)
	}, 60e9)
	o.env.ExecuteWorkflow(RunBilling, input)
	o.requireStatus(billing.RunCompleted)
	approved.requireDone(t)
	o.book.requireDone(t, 1, 2)
}

func TestARefusedRetryEndsTheRun(t *testing.T) {
	t.Parallel()
	o := operate(t, 2)
	o.env.OnActivity(step.ReopenBillingRun, mock.Anything, mock.Anything).
		Return(billing.Reopened{}, refused(refusal.BillingRunStatusTransition)).Once()
	input := october
	input.Retry = &billing.Move{RunID: october.RunID, To: billing.RunRunning}
	o.env.ExecuteWorkflow(RunBilling, input)
	requireRefusal(t, o.env, refusal.BillingRunStatusTransition)
	require.Empty(t, o.book.billed)
}

func TestARunThatLostItsProcessWhilePausedStaysPaused(t *testing.T) {
	t.Parallel()
	o := operate(t, 2)
	plan := o.book.plan()
	plan.Status = billing.RunPaused
	o.env.OnActivity(step.PlanBillingRun, mock.Anything, mock.Anything).Return(plan, nil).Once()
	var resumed *answer
	o.env.RegisterDelayedCallback(func() {
		assert.Empty(t, o.book.billed)
		resumed = o.send(ResumeUpdate)
	}, 60e9)
	o.run()
	o.requireStatus(billing.RunCompleted)
	resumed.requireDone(t)
}

func TestACancellationThroughTemporalFailsTheRun(t *testing.T) {
	t.Parallel()
	o := operate(t, 3).planned("")
	o.when("BillChunk", 2, func() {
		o.send(PauseUpdate)
		o.env.RegisterDelayedCallback(o.env.CancelWorkflow, 60e9)
	})
	o.run()
	require.Error(t, o.env.GetWorkflowError())
	require.Equal(t, []billing.RunStatus{billing.RunRunning, billing.RunPaused, billing.RunFailed}, o.moves)
}
