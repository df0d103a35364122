package starter

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
	"github.com/mtfacturation/mtf/workflows"
)

// The memo of a workflow decides whether a request may join it.
const (
	memoFingerprint = "fingerprint"
	memoLocation    = "location"
	// memoCaller lets a caller whose start was not acknowledged recognize its own workflow.
	memoCaller = "caller"
)

// Execution describes one workflow execution of a request.
type Execution struct {
	Request  idempotency.Request
	Workflow any
	Input    any
	Queue    string
	// Location is the path where the caller finds the outcome.
	Location string
	// Summary is the line that the Temporal UI shows. It contains no personal data.
	Summary string
	// Attributes are the search attributes besides the operation: ids and states only.
	Attributes []temporal.SearchAttributeUpdate
	// Wait limits the wait for the answer; zero means not to wait.
	Wait time.Duration
	// Admit may refuse the start; nil admits it. It is not called if the answer is already stored.
	Admit func() error
	// Rerun starts a workflow that already ended and ignores its stored answer. A running workflow
	// is not joined: Run returns ErrRunning.
	Rerun bool
}

// Outcome describes an execution besides its answer.
type Outcome struct {
	// Replayed reports that another request with this key caused the effect.
	Replayed bool
	// Location belongs to the running workflow: a joined workflow keeps its own.
	Location string
}

// Run executes a workflow and decodes its answer into answer.
//
// A refusal of the workflow is returned as such. Run refuses with
// idempotency_key_payload_conflict if the key belongs to a different request. Other errors:
// ErrPending, ErrOverloaded, ErrUnavailable, ErrRunning, or a fault.
//
// A stored answer is returned at any load: it costs one short read, and a caller that retries must
// not be asked to retry again. Any other call occupies a slot of its queue until Run returns.
func (s *Starter) Run(ctx context.Context, execution Execution, answer any) (Outcome, error) {
	if !execution.Rerun {
		if found, err := s.loadAnswer(ctx, execution.Request, answer); found || err != nil {
			return Outcome{Replayed: found, Location: execution.Location}, err
		}
	}
	leave, err := s.settings.Admission.enter(execution.Queue)
	if err != nil {
		return Outcome{}, err
	}
	defer leave()
	if execution.Admit != nil {
		if err := execution.Admit(); err != nil {
			return Outcome{}, err
		}
	}
	run, outcome, err := s.startWithRetry(ctx, execution)
	if err != nil {
		return Outcome{}, err
	}
	if execution.Wait <= 0 {
		return outcome, s.awaitRefusal(ctx, run)
	}
	waiting, cancel := context.WithTimeout(ctx, execution.Wait)
	defer cancel()
	defer context.AfterFunc(s.waiting, cancel)()
	return outcome, s.waitError(waiting, run.Get(waiting, answer))
}

// loadAnswer reads the stored answer of a request, if there is one.
func (s *Starter) loadAnswer(ctx context.Context, request idempotency.Request, answer any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancel()
	return idempotency.Load(ctx, s.pool, request, answer)
}

// refusalWait is many times the duration of a refusal on a machine that is not overloaded.
const refusalWait = 300 * time.Millisecond

// awaitRefusal waits briefly for a refusal although the caller does not wait for the answer. A
// refusal is not stored, so a caller that polls with the same key would never learn of it. Any other
// outcome is ErrPending.
func (s *Starter) awaitRefusal(ctx context.Context, run client.WorkflowRun) error {
	waiting, cancel := context.WithTimeout(ctx, refusalWait)
	defer cancel()
	if refused := activities.Refusal(run.Get(waiting, nil)); refused != nil {
		return refused
	}
	return ErrPending
}

// startRetryInterval is the pause between two attempts to start a workflow.
const startRetryInterval = 50 * time.Millisecond

// startWithRetry retries start until StartTimeout: the SDK gives one call only a part of that time,
// which a busy machine may exceed. A lost call may have started the workflow; the next attempt joins
// it.
func (s *Starter) startWithRetry(ctx context.Context, execution Execution) (client.WorkflowRun, Outcome, error) {
	starting, cancel := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancel()
	caller := uuid.NewString()
	for {
		run, outcome, err := s.start(starting, execution, caller)
		if !errors.Is(err, ErrUnavailable) {
			return run, outcome, err
		}
		select {
		case <-starting.Done():
			return nil, Outcome{}, err
		case <-time.After(startRetryInterval):
		}
	}
}

// start starts the workflow or joins the running workflow of the same request. The server's conflict
// policy "use existing" would not compare payloads. Therefore a conflict fails here, and the
// fingerprint in the memo of the running workflow decides.
func (s *Starter) start(ctx context.Context, execution Execution, caller string) (client.WorkflowRun, Outcome, error) {
	id := workflows.ID(execution.Request)
	reuse := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	if execution.Rerun {
		reuse = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	}
	run, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                execution.Queue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    reuse,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         true,
		Memo: map[string]any{
			memoFingerprint: hex.EncodeToString(execution.Request.Fingerprint),
			memoLocation:    execution.Location,
			memoCaller:      caller,
		},
		StaticSummary:         execution.Summary,
		TypedSearchAttributes: searchattribute.Of(string(execution.Request.Operation), execution.Attributes...),
	}, execution.Workflow, execution.Input)
	if err == nil {
		return run, Outcome{Location: execution.Location}, nil
	}
	started, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	if !ok {
		return nil, Outcome{}, unavailable(err)
	}
	if execution.Rerun {
		return nil, Outcome{}, ErrRunning
	}
	outcome, err := s.joinRunning(ctx, id, started.RunId, execution.Request, caller)
	if err != nil {
		return nil, Outcome{}, err
	}
	return s.temporal.GetWorkflow(ctx, id, started.RunId), outcome, nil
}

// joinRunning returns the outcome of the running workflow of the same request, and refuses a
// workflow that was started with a different payload.
func (s *Starter) joinRunning(ctx context.Context, id, runID string, request idempotency.Request, caller string) (Outcome, error) {
	described, err := s.temporal.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return Outcome{}, unavailable(err)
	}
	var fingerprint, location, startedBy string
	memo := described.GetWorkflowExecutionInfo().GetMemo().GetFields()
	for name, value := range map[string]*string{memoFingerprint: &fingerprint, memoLocation: &location, memoCaller: &startedBy} {
		if err := s.settings.Converter.FromPayload(memo[name], value); err != nil {
			return Outcome{}, fmt.Errorf("starter: read memo of %s: %w", id, err)
		}
	}
	if fingerprint != hex.EncodeToString(request.Fingerprint) {
		return Outcome{}, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	return Outcome{Replayed: startedBy != caller, Location: location}, nil
}
