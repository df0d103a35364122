package workflows

import (
	"go.temporal.io/sdk/worker"

	"github.com/mtfacturation/mtf/activities"
)

// all lists every workflow.
var all = []any{ProvisionContract, SubscribeNewService, ChangePlan, IssueContractDocument, RunBilling, DunClient, EnrolDunning}

// Register adds every workflow and activity to a worker. All workers know all of
// them; the task queue decides which work reaches which worker.
func Register(registry worker.Registry, a *activities.Activities) {
	for _, workflow := range all {
		registry.RegisterWorkflow(workflow)
	}
	registry.RegisterActivity(a)
}
