package starter

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Singleton describes a workflow whose input does not differ between callers: all callers that want its effect
// join the running execution. After the execution ends, the workflow may be started again.
type Singleton struct {
	ID       string
	Workflow any
	Input    any
	Queue    string
	// Summary is the line that the Temporal UI shows. It contains no personal data.
	Summary string
	// Attributes are the search attributes: ids and states only.
	Attributes temporal.SearchAttributes
}

// Join starts a singleton, or joins the running one, and waits for its end until ctx ends. It
// occupies no slot of a queue. Errors: ErrPending; ErrUnavailable if the start was not acknowledged;
// or a fault.
func (s *Starter) Join(ctx context.Context, singleton Singleton) error {
	starting, cancelStart := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancelStart()
	run, err := s.temporal.ExecuteWorkflow(starting, client.StartWorkflowOptions{
		ID:                       singleton.ID,
		TaskQueue:                singleton.Queue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		EnableEagerStart:         true,
		StaticSummary:            singleton.Summary,
		TypedSearchAttributes:    singleton.Attributes,
	}, singleton.Workflow, singleton.Input)
	if err != nil {
		return unavailable(err)
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.waiting, cancel)()
	return s.waitError(waiting, run.Get(waiting, nil))
}
