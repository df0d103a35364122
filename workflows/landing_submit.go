package workflows

import (
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// SubscribeNewService executes a new subscription from the landing page: client, number, and contract in
// one transaction, then the file of the contract document.
func SubscribeNewService(ctx workflow.Context, input activities.SubscribeInput) (landing.Submitted, error) {
	var a *activities.Activities
	var submitted landing.Submitted
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Subscribe the client"), a.Subscribe, input).Get(ctx, &submitted)
	if err != nil {
		return submitted, err
	}
	return submitted, finishSubmit(ctx, submitted)
}

// ChangePlan executes a plan change from the landing page: the upgrade in one transaction, then the file
// of the new contract document.
func ChangePlan(ctx workflow.Context, input activities.ChangePlanInput) (landing.Submitted, error) {
	var a *activities.Activities
	var submitted landing.Submitted
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Change the plan"), a.ChangePlan, input).Get(ctx, &submitted)
	if err != nil {
		return submitted, err
	}
	return submitted, finishSubmit(ctx, submitted)
}

// finishSubmit stores the file of the contract document and shows the outcome in the Temporal UI.
func finishSubmit(ctx workflow.Context, submitted landing.Submitted) error {
	upsertSearchAttributes(ctx, searchattribute.Client(submitted.ClientID), searchattribute.Contract(submitted.Contract.ID))
	table := fmt.Sprintf("| | |\n|---|---|\n| Mode | %s |\n| Contract | `%s` |\n| Offer | `%s` |\n| Client | `%s` |\n| Document | `%s` |\n",
		submitted.Mode, submitted.Contract.ID, submitted.Contract.OfferID, submitted.ClientID, submitted.DocumentID)
	workflow.SetCurrentDetails(ctx, "Provisioned; storing the document.\n\n"+table)
	if err := storeContractDocument(ctx, submitted.DocumentID); err != nil {
		return err
	}
	workflow.SetCurrentDetails(ctx, "Done.\n\n"+table)
	return nil
}

// storeContractDocument writes the file before the request is answered, so that the link in the answer
// works at once.
func storeContractDocument(ctx workflow.Context, documentID uuid.UUID) error {
	var a *activities.Activities
	return workflow.ExecuteLocalActivity(withTransaction(ctx, "Store the contract document"), a.StoreContractDocument, documentID).Get(ctx, nil)
}
