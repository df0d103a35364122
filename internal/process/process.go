// Package process starts the workflows behind idempotent requests and waits for
// their answers.
//
// A request's key becomes its workflow's id, so one key has one workflow at a time;
// what it answered is in the database for good. Both are asked before anything is
// started, and a caller that comes while the workflow runs joins it.
package process

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

// DefaultWait is how long a caller waits for an answer unless it says otherwise.
const DefaultWait = 20 * time.Second

var (
	// ErrPending is returned when the process is still running after the wait. The
	// same request, sent again, joins it.
	ErrPending = errors.New("process: still running")

	// ErrUnavailable is returned when Temporal cannot be reached: nothing is known to
	// have been started, and the same request may be sent again.
	ErrUnavailable = errors.New("process: Temporal is unavailable")
)

// memoFingerprint is the memo field that tells whether a running workflow does the
// same as a request that wants to join it.
const memoFingerprint = "fingerprint"

// Starter starts workflows and waits for them.
type Starter struct {
	temporal client.Client
	pool     *pgxpool.Pool
	waiting  context.Context
	stop     context.CancelFunc
}

// NewStarter returns a starter on one Temporal namespace and one database.
func NewStarter(temporal client.Client, pool *pgxpool.Pool) *Starter {
	waiting, stop := context.WithCancel(context.Background())
	return &Starter{temporal: temporal, pool: pool, waiting: waiting, stop: stop}
}

// StopWaiting ends every wait with ErrPending, so that a stopping API does not hold
// on to callers whose processes go on without it.
func (s *Starter) StopWaiting() { s.stop() }

// Process is one process to be started.
type Process struct {
	Request  idempotency.Request
	Workflow any
	Input    any
	Queue    string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// Wait bounds the wait for the answer; zero means not to wait at all.
	Wait time.Duration
}

// Run carries out a process and reads its answer into answer.
//
// replayed reports that another request with this key caused the effect. Refusals
// of the process come back as such, with idempotency_key_payload_conflict when the
// key was used for another request. Other errors: ErrPending, ErrUnavailable, or a
// fault.
func (s *Starter) Run(ctx context.Context, p Process, answer any) (replayed bool, err error) {
	if found, err := idempotency.Load(ctx, s.pool, p.Request, answer); found || err != nil {
		return found, err
	}
	run, joined, err := s.start(ctx, p)
	if err != nil {
		return false, err
	}
	if p.Wait <= 0 {
		return joined, ErrPending
	}
	waiting, cancel := context.WithTimeout(ctx, p.Wait)
	defer cancel()
	defer context.AfterFunc(s.waiting, cancel)()
	return joined, s.outcome(waiting, run.Get(waiting, answer))
}

// start starts the workflow, or joins the one of the same request. The server's own
// way of joining would not compare the payloads, so a conflict fails here and the
// fingerprint in the running workflow's memo decides.
func (s *Starter) start(ctx context.Context, p Process) (run client.WorkflowRun, joined bool, err error) {
	id := workflows.ID(p.Request)
	run, err = s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                p.Queue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         true,
		Memo:                                     map[string]any{memoFingerprint: hex.EncodeToString(p.Request.Fingerprint)},
		StaticSummary:                            p.Summary,
	}, p.Workflow, p.Input)
	if err == nil {
		return run, false, nil
	}
	started, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	if !ok {
		return nil, false, unavailable(err)
	}
	if err := s.sameRequest(ctx, id, started.RunId, p.Request); err != nil {
		return nil, false, err
	}
	return s.temporal.GetWorkflow(ctx, id, started.RunId), true, nil
}

// sameRequest refuses to join a workflow that was started for another payload.
func (s *Starter) sameRequest(ctx context.Context, id, runID string, request idempotency.Request) error {
	described, err := s.temporal.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return unavailable(err)
	}
	var fingerprint string
	field := described.GetWorkflowExecutionInfo().GetMemo().GetFields()[memoFingerprint]
	if err := converter.GetDefaultDataConverter().FromPayload(field, &fingerprint); err != nil {
		return fmt.Errorf("process: read memo of %s: %w", id, err)
	}
	if fingerprint != hex.EncodeToString(request.Fingerprint) {
		return refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	return nil
}

// outcome translates how a wait ended.
func (s *Starter) outcome(waiting context.Context, err error) error {
	if err == nil {
		return nil
	}
	if refused := activities.Refusal(err); refused != nil {
		return refused
	}
	if _, failed := errors.AsType[*temporal.WorkflowExecutionError](err); failed {
		return err
	}
	if errors.Is(waiting.Err(), context.DeadlineExceeded) || s.waiting.Err() != nil {
		return ErrPending
	}
	return unavailable(err)
}

// unavailable marks the errors that say nothing about the process itself.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	switch err.(type) {
	case *serviceerror.Unavailable, *serviceerror.DeadlineExceeded, *serviceerror.ResourceExhausted, *serviceerror.Canceled:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
