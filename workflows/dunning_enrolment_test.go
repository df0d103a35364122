package workflows

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
)

func TestTheIDsOfDunningNameTheClientAndTheDay(t *testing.T) {
	t.Parallel()
	require.Equal(t, "dunning/01890000-0000-7000-8000-000000000000", DunningID(uuid.MustParse("01890000-0000-7000-8000-000000000000")))
	require.Equal(t, "dunning-enrolment/2026-11-22", EnrolmentID(calendar.MustParse("2026-11-22")))
}

func TestAnEnrolmentEndsWhenNobodyIsLeft(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	for _, moved := range []int{1000, 640, 12, 0} {
		env.OnActivity(step.EnrolDunning, mock.Anything).Return(moved, nil).Once()
	}
	env.ExecuteWorkflow(EnrolDunning, EnrolmentInput{})
	require.NoError(t, env.GetWorkflowError())
	var moved int
	require.NoError(t, env.GetWorkflowResult(&moved))
	require.Equal(t, 1652, moved)
}

func TestALongEnrolmentGoesOnAsANewExecution(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.OnActivity(step.EnrolDunning, mock.Anything).Return(10, nil).Times(3)
	env.ExecuteWorkflow(EnrolDunning, EnrolmentInput{Moved: 5, BatchesPerExecution: 3})
	continued, again := errors.AsType[*workflow.ContinueAsNewError](env.GetWorkflowError())
	require.True(t, again)
	require.Equal(t, "EnrolDunning", continued.WorkflowType.Name)
}

func TestAnEnrolmentThatIsAskedAgainLooksOnceMore(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	var times int
	env.OnActivity(step.EnrolDunning, mock.Anything).Return(0, nil).Run(func(mock.Arguments) {
		if times++; times == 1 {
			env.SignalWorkflow(rerunSignal, nil)
		}
	}).Twice()
	env.ExecuteWorkflow(EnrolDunning, EnrolmentInput{})
	require.NoError(t, env.GetWorkflowError())
}

func TestASyncDoesNotWaitForTheEnrolment(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.OnActivity(step.SyncCollections, mock.Anything, businessToday).Return(collections.Synced{}, nil)
	started := 0
	env.OnWorkflow(EnrolDunning, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, _ EnrolmentInput) (int, error) {
		info := workflow.GetInfo(ctx)
		require.Equal(t, "dunning-enrolment/2026-11-22", info.WorkflowExecution.ID)
		require.Equal(t, DunningQueue, info.TaskQueueName)
		started++
		return 0, nil
	})
	env.ExecuteWorkflow(SyncCollections, syncInput)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 1, started)
}
