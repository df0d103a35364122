package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
)

var syncInput = CollectionsSyncInput{Day: businessToday}

func syncedOf(t *testing.T, env *testsuite.TestWorkflowEnvironment) collections.Synced {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var synced collections.Synced
	require.NoError(t, env.GetWorkflowResult(&synced))
	return synced
}

// nobodyToDun has the enrolment that follows a sync find nothing to do.
func nobodyToDun(env *testsuite.TestWorkflowEnvironment) {
	env.OnWorkflow(EnrolDunning, mock.Anything, mock.Anything).Return(0, nil).Maybe()
}

func TestASyncTellsWhatItDid(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	nobodyToDun(env)
	did := collections.Synced{Overdue: 5, Opened: 4, Reopened: 1, Delinquent: 3}
	env.OnActivity(step.SyncCollections, mock.Anything, businessToday).Return(did, nil).Once()
	env.ExecuteWorkflow(SyncCollections, syncInput)
	require.Equal(t, did, syncedOf(t, env))
	require.Equal(t, "collections-sync/2026-11-22", CollectionsSyncID(businessToday))
	require.Equal(t, `**Business day 2026-11-22**

| | |
|---|---:|
| Invoices that became overdue | 5 |
| Cases opened | 4 |
| Cases reopened | 1 |
| Cases resolved | 0 |
| Cases closed | 0 |
| Cases with a changed amount | 0 |
| Clients that became delinquent | 3 |
`, syncDetails(businessToday, did))
}

func TestASyncThatIsAskedAgainLooksOnceMore(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	nobodyToDun(env)
	var times int
	env.OnActivity(step.SyncCollections, mock.Anything, businessToday).Return(collections.Synced{Overdue: 2}, nil).
		Run(func(mock.Arguments) {
			if times++; times == 1 {
				// However many ask, it is looked at once more.
				for range 3 {
					env.SignalWorkflow(rerunSignal, nil)
				}
			}
		}).Twice()
	env.ExecuteWorkflow(SyncCollections, syncInput)
	require.Equal(t, collections.Synced{Overdue: 4}, syncedOf(t, env))
}

func TestABusinessDayIsThatOfTheScheduledTime(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	at := time.Date(2026, time.March, 1, 23, 5, 0, 0, time.UTC)
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(scheduledStartTime.ValueSet(at))))
	// It fires two days late.
	env.SetStartTime(at.AddDate(0, 0, 2))
	day := calendar.MustParse("2026-03-02")
	env.OnActivity(step.BusinessDay, mock.Anything, &at).Return(day, nil).Once()
	var synced []string
	env.OnWorkflow(SyncCollections, mock.Anything, CollectionsSyncInput{Day: day}).
		Return(func(ctx workflow.Context, _ CollectionsSyncInput) (collections.Synced, error) {
			synced = append(synced, workflow.GetInfo(ctx).WorkflowExecution.ID)
			return collections.Synced{}, nil
		})
	env.ExecuteWorkflow(BeginCollectionsDay)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"collections-sync/2026-03-02"}, synced)
}

func TestABusinessDayBeginsByAScheduleAlone(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.ExecuteWorkflow(BeginCollectionsDay)
	require.ErrorContains(t, env.GetWorkflowError(), "only a schedule starts this workflow")
}

func TestARunHasCollectionsSynced(t *testing.T) {
	t.Parallel()
	env, _ := startRun(t, 2)
	want := expectCompletion(env)
	var started []string
	env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		started = append(started, info.WorkflowExecution.ID)
	})
	env.ExecuteWorkflow(RunBilling, october)
	requireResult(t, env, want)
	assert.Equal(t, []string{"collections-sync/2026-11-22"}, started)
}

func TestARunDoesNotFailByTheSyncBehindIt(t *testing.T) {
	t.Parallel()
	env, book := newEnvironment(t), newFakeDB(1)
	want := expectCompletion(env)
	defect := temporal.NewNonRetryableApplicationError("a defect", "defect", nil)
	env.OnActivity(step.BusinessDay, mock.Anything, (*time.Time)(nil)).Return(calendar.Date{}, defect).Once()
	input, done := october, book.progress(1, false)
	input.Continued = &done
	env.ExecuteWorkflow(RunBilling, input)
	requireResult(t, env, want)
}
