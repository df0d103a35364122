package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/contract"
)

// ProvisionContract makes a new contract or upgrades an existing one.
func ProvisionContract(ctx workflow.Context, input activities.ProvisionInput) (contract.Provisioned, error) {
	var a *activities.Activities
	var provisioned contract.Provisioned
	err := workflow.ExecuteLocalActivity(transaction(ctx, "Provision the contract"), a.Provision, input).Get(ctx, &provisioned)
	if err != nil {
		return provisioned, err
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Done: %s, contract `%s`, client `%s`.",
		provisioned.Mode, provisioned.Contract.ID, provisioned.Contract.ClientID))
	return provisioned, nil
}
