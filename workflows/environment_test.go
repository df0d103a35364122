package workflows

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// step refers to the activities by method, as workflows do.
var step *activities.Activities

// businessToday is the business day of these tests.
var businessToday = calendar.MustParse("2026-11-22")

// newEnvironment returns a silent test environment that knows every workflow and
// activity; the activities are to be mocked.
func newEnvironment(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(ProvisionContract)
	env.RegisterWorkflow(SubscribeNewService)
	env.RegisterWorkflow(ChangePlan)
	env.RegisterWorkflow(IssueContractDocument)
	env.RegisterWorkflow(RunBilling)
	env.RegisterWorkflow(SyncCollections)
	env.RegisterWorkflow(BeginCollectionsDay)
	env.RegisterWorkflow(DunClient)
	env.RegisterWorkflow(EnrolDunning)
	env.RegisterWorkflow(BillLastMonth)
	env.RegisterWorkflow(CheckDocuments)
	env.RegisterActivity(&activities.Activities{})
	t.Cleanup(func() { env.AssertExpectations(t) })
	return env
}

// refused is what an activity returns for a refusal.
func refused(code refusal.Code) error {
	cause := refusal.New(code)
	return temporal.NewApplicationErrorWithOptions(cause.Message, string(code), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{cause},
	})
}

// requireRefusal checks that the workflow ended with a refusal.
func requireRefusal(t *testing.T, env *testsuite.TestWorkflowEnvironment, code refusal.Code) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	err := env.GetWorkflowError()
	require.Error(t, err)
	require.Equal(t, refusal.New(code), activities.Refusal(err), "%v", err)
}
