package temporal

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// noLimit is a rate per second or a count that the machine cannot reach.
const noLimit = 1_000_000

// settings are the server's dynamic configuration: quick timers and namespaces for development, no throttling on one
// machine, and no call to anyone about newer versions.
func settings() dynamicconfig.StaticClient {
	values := dynamicconfig.StaticClient{
		// Timers fire up to this much late: with the default of 1 s, one of 100 ms takes a second.
		dynamicconfig.TimerProcessorMaxTimeShift.Key(): time.Millisecond,
		// A namespace that a test has just registered works within this time.
		dynamicconfig.NamespaceCacheRefreshInterval.Key():           time.Second,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,

		dynamicconfig.EnableEagerWorkflowStart.Key():                           true,
		dynamicconfig.EnableActivityEagerExecution.Key():                       true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,
		dynamicconfig.EnableServerVersionCheck.Key():                           false,
	}
	for _, limit := range []dynamicconfig.Key{
		dynamicconfig.FrontendRPS.Key(),
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(),
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(),
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(),
		dynamicconfig.FrontendNamespaceReplicationInducingAPIsRPS.Key(),
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(),
		dynamicconfig.FrontendGlobalNamespaceNamespaceReplicationInducingAPIsRPS.Key(),
		dynamicconfig.FrontendPersistenceMaxQPS.Key(),
		dynamicconfig.HistoryRPS.Key(),
		dynamicconfig.HistoryPersistenceMaxQPS.Key(),
		dynamicconfig.MatchingRPS.Key(),
		dynamicconfig.MatchingPersistenceMaxQPS.Key(),
		dynamicconfig.WorkerPersistenceMaxQPS.Key(),
	} {
		values[limit] = noLimit
	}
	return values
}
