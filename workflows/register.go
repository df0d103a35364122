package workflows

import (
	"go.temporal.io/sdk/worker"

	"github.com/mtfacturation/mtf/activities"
)

// Register adds every workflow and activity to a worker. All workers know all of
// them; the task queue decides which work reaches which worker.
func Register(registry worker.Registry, a *activities.Activities) {
	registry.RegisterWorkflow(ProvisionContract)
	registry.RegisterWorkflow(SubscribeNewService)
	registry.RegisterWorkflow(ChangePlan)
	registry.RegisterWorkflow(IssueContractDocument)
	registry.RegisterWorkflow(RunBilling)
	registry.RegisterActivity(a)
}
