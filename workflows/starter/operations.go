package starter

import (
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
	"github.com/mtfacturation/mtf/workflows"
)

// Call holds what the caller of an operation decides about its execution.
type Call struct {
	// Location is the path where the caller finds the outcome.
	Location string
	// Wait limits the wait for the answer; zero means not to wait.
	Wait time.Duration
	// Admit may refuse the start; nil admits it. It is not called if the answer is already stored.
	Admit func() error
}

// Subscribe returns the execution of a new subscription; its answer is a landing.Submitted.
func Subscribe(request idempotency.Request, subscription landing.NewSubscription, call Call) Execution {
	return call.interactive(Execution{
		Request:  request,
		Workflow: workflows.SubscribeNewService,
		Input:    activities.SubscribeInput{Request: request, Subscription: subscription},
		Summary:  "New " + string(subscription.Category) + " subscription on offer " + subscription.OfferID.String(),
	})
}

// ChangePlan returns the execution of a plan change; its answer is a landing.Submitted.
func ChangePlan(request idempotency.Request, change landing.PlanChange, call Call) Execution {
	return call.interactive(Execution{
		Request:  request,
		Workflow: workflows.ChangePlan,
		Input:    activities.ChangePlanInput{Request: request, Change: change},
		Summary:  "Contract " + change.SourceContractID.String() + " to offer " + change.TargetOfferID.String(),
	})
}

// Provision returns the execution of a provisioning; its answer is a contract.Provisioned.
func Provision(request idempotency.Request, provision contract.ProvisionInput, actorID string, call Call) Execution {
	return call.interactive(Execution{
		Request:  request,
		Workflow: workflows.ProvisionContract,
		Input:    activities.ProvisionInput{Request: request, Provision: provision, ActorID: actorID},
		Summary:  "Provision a contract on offer " + provision.OfferID.String() + ", intent " + string(provision.Intent),
	})
}

// IssueContractDocument returns the execution that issues the document of a contract, unless the
// contract has one; its answer is the id of the document. The contract's id is the key.
func IssueContractDocument(contractID uuid.UUID, actorID string, call Call) (Execution, error) {
	request, err := idempotency.NewRequest(idempotency.ContractDocument, idempotency.Key(contractID.String()), contractID)
	if err != nil {
		return Execution{}, err
	}
	return call.interactive(Execution{
		Request:    request,
		Workflow:   workflows.IssueContractDocument,
		Input:      activities.IssueContractDocumentInput{ContractID: contractID, ActorID: actorID},
		Summary:    "Document of contract " + contractID.String(),
		Attributes: []temporal.SearchAttributeUpdate{searchattribute.Contract(contractID)},
	}), nil
}

// interactive puts an execution on the queue of the work that a person waits for.
func (c Call) interactive(execution Execution) Execution {
	execution.Queue, execution.Location, execution.Wait, execution.Admit = workflows.InteractiveQueue, c.Location, c.Wait, c.Admit
	return execution
}
