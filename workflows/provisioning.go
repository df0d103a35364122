package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// ProvisionContract creates a contract or upgrades an existing one.
func ProvisionContract(ctx workflow.Context, input activities.ProvisionInput) (contract.Provisioned, error) {
	var a *activities.Activities
	var provisioned contract.Provisioned
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Provision the contract"), a.Provision, input).Get(ctx, &provisioned)
	if err != nil {
		return provisioned, err
	}
	upsertSearchAttributes(ctx, searchattribute.Client(provisioned.Contract.ClientID), searchattribute.Contract(provisioned.Contract.ID))
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("| | |\n|---|---|\n| Mode | %s |\n| Contract | `%s` |\n| Offer | `%s` |\n| Client | `%s` |\n",
		provisioned.Mode, provisioned.Contract.ID, provisioned.Contract.OfferID, provisioned.Contract.ClientID))
	return provisioned, nil
}
