package workflows

import (
	"reflect"
	"runtime"
	"strings"

	"go.temporal.io/sdk/worker"

	"github.com/mtfacturation/mtf/activities"
)

// all lists every workflow.
var all = []any{
	ProvisionContract, SubscribeNewService, ChangePlan, IssueContractDocument, RunBilling, SyncCollections, BeginCollectionsDay,
	DunClient, EnrolDunning, BillLastMonth, CheckDocuments,
}

// NameOf returns the registered name of a workflow.
func NameOf(workflow any) string {
	name := runtime.FuncForPC(reflect.ValueOf(workflow).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

// Register registers every workflow and activity with a worker. All workers know all of them; the task
// queue decides which worker receives which work.
func Register(registry worker.Registry, a *activities.Activities) {
	for _, workflow := range all {
		registry.RegisterWorkflow(workflow)
	}
	registry.RegisterActivity(a)
}
