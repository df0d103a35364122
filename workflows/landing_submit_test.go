package workflows

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/refusal"
)

var (
	documentID = uuid.UUID{15: 9}
	landingKey = idempotency.Request{Operation: idempotency.LandingNew, Key: "demo-key-12345678"}
	submitted  = landing.Submitted{
		Provisioned: contract.Provisioned{
			Contract: dbsqlc.Contract{ID: uuid.UUID{15: 1}, StartDate: calendar.MustParse("2026-10-01")}, Mode: contract.NewContract,
		},
		ClientCIN: "LA100001", ServiceIdentifier: "+212612345678", DocumentID: documentID,
	}
)

// submission is a workflow of the landing page with its first step.
type submission struct {
	workflow, first any
	input           any
}

func submissions() map[string]submission {
	return map[string]submission{
		"subscribe": {SubscribeNewService, step.Subscribe, activities.SubscribeInput{
			Request: landingKey, Subscription: landing.NewSubscription{CIN: "LA100001", StartDate: calendar.MustParse("2026-10-01")},
		}},
		"change plan": {ChangePlan, step.ChangePlan, activities.ChangePlanInput{
			Request: landingKey, Change: landing.PlanChange{CIN: "LA100001", StartDate: calendar.MustParse("2026-10-01")},
		}},
	}
}

func TestASubmissionIsStoredAndThenAnswered(t *testing.T) {
	t.Parallel()
	for name, s := range submissions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment(t)
			committed := env.OnActivity(s.first, mock.Anything, s.input).Return(submitted, nil).Once()
			stored := env.OnActivity(step.StoreContractDocument, mock.Anything, documentID).Return(nil).Once()
			env.InOrderMockCalls(committed, stored)
			env.ExecuteWorkflow(s.workflow, s.input)
			requireSubmitted(t, env)
		})
	}
}

func TestARefusedSubmissionStoresNothing(t *testing.T) {
	t.Parallel()
	for name, s := range submissions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment(t)
			env.OnActivity(s.first, mock.Anything, s.input).Return(landing.Submitted{}, refused(refusal.OfferNotActive)).Once()
			env.ExecuteWorkflow(s.workflow, s.input)
			requireRefusal(t, env, refusal.OfferNotActive)
			env.AssertActivityNotCalled(t, "StoreContractDocument", mock.Anything, mock.Anything)
		})
	}
}

func TestAFaultIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, s := range submissions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment(t)
			env.OnActivity(s.first, mock.Anything, s.input).Return(landing.Submitted{}, errors.New("connection lost")).Times(3)
			env.OnActivity(s.first, mock.Anything, s.input).Return(submitted, nil).Once()
			env.OnActivity(step.StoreContractDocument, mock.Anything, documentID).Return(errors.New("disk is full")).Twice()
			env.OnActivity(step.StoreContractDocument, mock.Anything, documentID).Return(nil).Once()
			env.ExecuteWorkflow(s.workflow, s.input)
			requireSubmitted(t, env)
		})
	}
}

func requireSubmitted(t *testing.T, env *testsuite.TestWorkflowEnvironment) {
	t.Helper()
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	var got landing.Submitted
	require.NoError(t, env.GetWorkflowResult(&got))
	require.Equal(t, submitted, got)
}

func TestADocumentIsRegisteredAndThenStored(t *testing.T) {
	t.Parallel()
	input := activities.IssueContractDocumentInput{ContractID: uuid.UUID{15: 1}, ActorID: "landing-flow"}
	env := newEnvironment(t)
	registered := env.OnActivity(step.IssueContractDocument, mock.Anything, input).Return(documentID, nil).Once()
	stored := env.OnActivity(step.StoreContractDocument, mock.Anything, documentID).Return(nil).Once()
	env.InOrderMockCalls(registered, stored)
	env.ExecuteWorkflow(IssueContractDocument, input)
	require.NoError(t, env.GetWorkflowError())
	var got uuid.UUID
	require.NoError(t, env.GetWorkflowResult(&got))
	assert.Equal(t, documentID, got)

	env = newEnvironment(t)
	env.OnActivity(step.IssueContractDocument, mock.Anything, input).Return(uuid.Nil, refused(refusal.ContractNotFound)).Once()
	env.ExecuteWorkflow(IssueContractDocument, input)
	requireRefusal(t, env, refusal.ContractNotFound)
	env.AssertActivityNotCalled(t, "StoreContractDocument", mock.Anything, mock.Anything)
}

func TestAProvisioningIsOneStep(t *testing.T) {
	t.Parallel()
	input := activities.ProvisionInput{
		Request: idempotency.Request{Operation: idempotency.Provision}, ActorID: "op-1",
		Provision: contract.ProvisionInput{Intent: contract.Auto, StartDate: calendar.MustParse("2026-10-01")},
	}
	env := newEnvironment(t)
	env.OnActivity(step.Provision, mock.Anything, mock.Anything).Return(
		func(_ context.Context, got activities.ProvisionInput) (contract.Provisioned, error) {
			assert.Equal(t, input, got)
			return submitted.Provisioned, nil
		}).Once()
	env.ExecuteWorkflow(ProvisionContract, input)
	require.NoError(t, env.GetWorkflowError())
	var got contract.Provisioned
	require.NoError(t, env.GetWorkflowResult(&got))
	assert.Equal(t, submitted.Provisioned, got)

	env = newEnvironment(t)
	env.OnActivity(step.Provision, mock.Anything, mock.Anything).Return(contract.Provisioned{}, refused(refusal.UpgradeTargetMissing)).Once()
	env.ExecuteWorkflow(ProvisionContract, input)
	requireRefusal(t, env, refusal.UpgradeTargetMissing)
}
