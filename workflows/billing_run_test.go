package workflows

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const concurrency = 3

var october = BillingRunInput{
	RunID:   uuid.UUID{15: 7},
	Request: idempotency.Request{Operation: idempotency.BillingRun, Key: "monthly-2026-10", Fingerprint: []byte("fingerprint")},
	Terms:   billing.Terms{Period: calendar.MonthOf(calendar.MustParse("2026-10-01")), DueDays: 15, TaxRate: 200_000},
	ActorID: "op-1", ChunkSize: 10, Concurrency: concurrency,
}

// startRun mocks the plan of a run with the given number of chunks, and the ledger's work on them.
func startRun(t *testing.T, chunks int32) (*testsuite.TestWorkflowEnvironment, *fakeDB) {
	t.Helper()
	env, book := continueRun(t, chunks)
	env.OnActivity(step.PlanBillingRun, mock.Anything, billing.PlanInput{
		RunID: october.RunID, Request: october.Request, Terms: october.Terms, ActorID: "op-1", ChunkSize: 10,
	}).Return(book.plan(), nil).Once()
	env.OnActivity(step.MoveBillingRun, mock.Anything, billing.Move{
		RunID: october.RunID, To: billing.RunRunning, ActorID: billing.RunActor,
	}).Return(nil).Once()
	return env, book
}

// continueRun is startRun for an execution that does not plan.
func continueRun(t *testing.T, chunks int32) (*testsuite.TestWorkflowEnvironment, *fakeDB) {
	t.Helper()
	env, book := newEnvironment(t), newFakeDB(chunks)
	env.OnActivity(step.BillChunk, mock.Anything, mock.Anything).Return(book.bill).Maybe()
	env.OnActivity(step.IssueChunkDocuments, mock.Anything, mock.Anything).Return(book.document).Maybe()
	env.OnActivity(step.BusinessDay, mock.Anything, (*time.Time)(nil)).Return(businessToday, nil).Maybe()
	env.OnWorkflow(SyncCollections, mock.Anything, mock.Anything).Return(collections.Synced{}, nil).Maybe()
	return env, book
}

func expectCompletion(env *testsuite.TestWorkflowEnvironment) billing.Result {
	result := billing.Result{RunID: october.RunID, Period: october.Terms.Period, Status: "completed", InvoiceCount: 42}
	env.OnActivity(step.EndBillingRun, mock.Anything, activities.EndInput{
		RunID: october.RunID, Request: october.Request,
	}).Return(result, nil).Once()
	return result
}

func requireResult(t *testing.T, env *testsuite.TestWorkflowEnvironment, want billing.Result) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var got billing.Result
	require.NoError(t, env.GetWorkflowResult(&got))
	require.Equal(t, want, got)
}

func progressOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) BillingRunProgress {
	t.Helper()
	answer, err := env.QueryWorkflow(ProgressQuery)
	require.NoError(t, err)
	var progress BillingRunProgress
	require.NoError(t, answer.Get(&progress))
	return progress
}

func TestEveryChunkIsBilledAndDocumentedOnce(t *testing.T) {
	t.Parallel()
	for _, chunks := range []int32{1, 2, 3, 10, chunksPerExecution} {
		env, book := startRun(t, chunks)
		want := expectCompletion(env)
		env.ExecuteWorkflow(RunBilling, october)
		requireResult(t, env, want)
		book.requireDone(t, 1, chunks)
		assert.LessOrEqual(t, book.mostUnderWay, concurrency, "%d chunks", chunks)
		assert.Equal(t, book.progress(chunks, true), progressOf(t, env), "%d chunks", chunks)
	}
}

func TestChunksAreWorkedOnAtTheSameTime(t *testing.T) {
	t.Parallel()
	env, book := startRun(t, 9)
	book.gather(concurrency) // The first ones wait for each other: one after the other would never end.
	want := expectCompletion(env)
	env.ExecuteWorkflow(RunBilling, october)
	requireResult(t, env, want)
	book.requireDone(t, 1, 9)
	assert.Equal(t, concurrency, book.mostUnderWay)
}

func TestARunWithoutConcurrencyGoesChunkByChunk(t *testing.T) {
	t.Parallel()
	env, book := startRun(t, 4)
	want := expectCompletion(env)
	input := october
	input.Concurrency = 0
	env.ExecuteWorkflow(RunBilling, input)
	requireResult(t, env, want)
	book.requireDone(t, 1, 4)
	assert.Equal(t, 1, book.mostUnderWay)
}

func TestARunWithoutChunksCompletes(t *testing.T) {
	t.Parallel()
	env, book := startRun(t, 0)
	want := expectCompletion(env)
	env.ExecuteWorkflow(RunBilling, october)
	requireResult(t, env, want)
	book.requireDone(t, 1, 0)
	assert.Equal(t, billing.RunCompleted, progressOf(t, env).Status)
}

func TestALongRunIsCarriedOverToNewExecutions(t *testing.T) {
	t.Parallel()
	const chunks = 2*chunksPerExecution + 1
	env, book := startRun(t, chunks)
	env.ExecuteWorkflow(RunBilling, october)
	book.requireDone(t, 1, chunksPerExecution)

	input := continuation(t, env)
	require.NotNil(t, input.Continued)
	assert.Equal(t, book.progress(chunksPerExecution, false), *input.Continued)
	withoutProgress := input
	withoutProgress.Continued = nil
	assert.Equal(t, october, withoutProgress, "the rest of the input stays as it is")

	for _, last := range []int32{2 * chunksPerExecution, chunks} {
		first := input.Continued.Started + 1
		env, book = continueRun(t, chunks)
		if last < chunks {
			env.ExecuteWorkflow(RunBilling, input)
			input = continuation(t, env)
			assert.Equal(t, book.progress(last, false), *input.Continued)
		} else {
			want := expectCompletion(env)
			env.ExecuteWorkflow(RunBilling, input)
			requireResult(t, env, want)
			assert.Equal(t, book.progress(last, true), progressOf(t, env))
		}
		book.requireDone(t, first, last)
		env.AssertActivityNotCalled(t, "PlanBillingRun", mock.Anything, mock.Anything)
	}
}

func TestAnExecutionsHistoryStaysSmall(t *testing.T) {
	t.Parallel()
	const eventsPerChunk, limit = 12, 2_000
	assert.LessOrEqual(t, chunksPerExecution*eventsPerChunk, limit)
}

// continuation returns the input with which the workflow continues as new.
func continuation(t *testing.T, env *testsuite.TestWorkflowEnvironment) BillingRunInput {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	next, ok := errors.AsType[*workflow.ContinueAsNewError](env.GetWorkflowError())
	require.True(t, ok, "%v", env.GetWorkflowError())
	require.Equal(t, "RunBilling", next.WorkflowType.Name)
	var input BillingRunInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &input))
	return input
}

func TestARefusedPlanEndsTheRun(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.OnActivity(step.PlanBillingRun, mock.Anything, mock.Anything).
		Return(billing.Plan{}, refused(refusal.IdempotencyKeyPayloadConflict)).Once()
	env.ExecuteWorkflow(RunBilling, october)
	requireRefusal(t, env, refusal.IdempotencyKeyPayloadConflict)
	for _, name := range []string{"BillChunk", "IssueChunkDocuments", "EndBillingRun"} {
		env.AssertActivityNotCalled(t, name, mock.Anything, mock.Anything)
	}
}

func TestARefusedChunkStopsTheRun(t *testing.T) {
	t.Parallel()
	const chunks, failing = 100, 5
	for name, fail := range map[string]func(book *fakeDB){
		"billing":    func(book *fakeDB) { book.refuseToBill = failing },
		"documented": func(book *fakeDB) { book.refuseToDocument = failing },
	} {
		for _, atOnce := range []int{1, concurrency} {
			t.Run(fmt.Sprintf("%s, %d at once", name, atOnce), func(t *testing.T) {
				t.Parallel()
				env, book := startRun(t, chunks)
				fail(book)
				env.OnActivity(step.MoveBillingRun, mock.Anything, billing.Move{
					RunID: october.RunID, To: billing.RunFailed, ActorID: billing.RunActor,
					Reason: "billing_run_not_found: Billing run not found",
				}).Return(nil).Once()
				input := october
				input.Concurrency = atOnce
				env.ExecuteWorkflow(RunBilling, input)
				requireRefusal(t, env, refusal.BillingRunNotFound)
				env.AssertActivityNotCalled(t, "EndBillingRun", mock.Anything, mock.Anything)

				if atOnce == 1 {
					assert.Len(t, book.billed, failing, "no other chunk is begun")
				}
				assert.Equal(t, 1, book.billed[failing], "a refusal is not tried again")
				delete(book.billed, failing)
				delete(book.documented, failing)
				assert.Equal(t, book.billed, book.documented, "what else was under way is finished")
			})
		}
	}
}

func TestAFaultyChunkIsTriedAgain(t *testing.T) {
	t.Parallel()
	env, book := startRun(t, 10)
	book.faults = 3
	want := expectCompletion(env)
	env.ExecuteWorkflow(RunBilling, october)
	requireResult(t, env, want)
	assert.Zero(t, book.faults)
	book.requireDone(t, 1, 10)
}

func TestProgressAnswersWhileTheRunIsUnderWay(t *testing.T) {
	t.Parallel()
	env, book := startRun(t, 6)
	expectCompletion(env)
	started := map[string][]BillingRunProgress{}
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		started[info.ActivityType.Name] = append(started[info.ActivityType.Name], progressOf(t, env))
	})
	env.ExecuteWorkflow(RunBilling, october)
	require.NoError(t, env.GetWorkflowError())

	require.Len(t, started["PlanBillingRun"], 1)
	assert.Zero(t, started["PlanBillingRun"][0].Started, "there is an answer before there is a plan")
	require.Len(t, started["BillChunk"], 6)
	for _, progress := range started["BillChunk"] {
		assert.Equal(t, book.plan(), progress.Plan)
		assert.Equal(t, billing.RunRunning, progress.Status)
		assert.GreaterOrEqual(t, progress.Started, progress.Billed)
	}
	for _, progress := range started["IssueChunkDocuments"] {
		assert.Greater(t, progress.Billed, progress.Documented, "documents come after the rows")
	}
}
