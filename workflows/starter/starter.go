// Package starter starts the workflows behind idempotent requests and waits for
// their answers.
//
// A request's key becomes its workflow's id, so one key has one workflow at a time;
// what it answered is in the database for good. Both are asked before anything is
// started, and a caller that comes while the workflow runs joins it.
package starter

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/semaphore"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
	"github.com/mtfacturation/mtf/workflows"
)

// DefaultWait is how long a caller waits for an answer unless it says otherwise.
const DefaultWait = 20 * time.Second

// refusalWait is many times what a refusal takes on a machine that is not overloaded.
const refusalWait = 300 * time.Millisecond

var (
	// ErrPending is returned when the process is still running after the wait. The
	// same request, sent again, joins it.
	ErrPending = errors.New("process: still running")

	// ErrUnavailable is returned when Temporal cannot be reached: nothing is known to
	// have been started, and the same request may be sent again.
	ErrUnavailable = errors.New("process: Temporal is unavailable")
)

// The memo of a workflow: whether it does the same as a request that wants to join
// it, and where its outcome is found.
const (
	memoFingerprint = "fingerprint"
	memoLocation    = "location"
	// memoCaller tells a caller whose start was not acknowledged that the workflow is its own.
	memoCaller = "caller"
)

// Starter starts workflows and waits for them.
type Starter struct {
	temporal client.Client
	pool     *pgxpool.Pool
	settings Settings
	waiting  context.Context
	stop     context.CancelFunc
	nudges   *semaphore.Weighted
}

// Settings bound what a Starter takes on.
type Settings struct {
	Admission Admission
	// StartTimeout bounds the look for a stored answer, and the start of a workflow,
	// whatever the wait for its answer.
	StartTimeout time.Duration
	// Converter reads what the client has written; nil stands for the SDK's own.
	Converter converter.DataConverter
	// WithoutDunning has no dunning begin; what is under way is still told.
	WithoutDunning bool
	Billing        Billing
}

// New returns a starter on one Temporal namespace and one database.
func New(temporal client.Client, pool *pgxpool.Pool, settings Settings) *Starter {
	waiting, stop := context.WithCancel(context.Background())
	if settings.Converter == nil {
		settings.Converter = converter.GetDefaultDataConverter()
	}
	return &Starter{temporal: temporal, pool: pool, settings: settings, waiting: waiting, stop: stop,
		nudges: semaphore.NewWeighted(maxNudges)}
}

// StopWaiting ends every wait with ErrPending, so that a stopping API does not hold
// on to callers whose processes go on without it.
func (s *Starter) StopWaiting() { s.stop() }

// Execution is one process to be started.
type Execution struct {
	Request  idempotency.Request
	Workflow any
	Input    any
	Queue    string
	// Location is the path under which the outcome is found.
	Location string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// Attributes are what the workflow is found by besides its operation: ids and states alone.
	Attributes []temporal.SearchAttributeUpdate
	// Wait bounds the wait for the answer; zero means not to wait at all.
	Wait time.Duration
	// Admit refuses what may not be started now, nil for nothing. A stored answer is given without asking it.
	Admit func() error
	// Rerun starts a process anew that has ended and was answered. One that is under
	// way is not joined: Run returns ErrRunning.
	Rerun bool
}

// Outcome tells about a process besides its answer.
type Outcome struct {
	// Replayed reports that another request with this key caused the effect.
	Replayed bool
	// Location is that of the workflow that runs, which a joined one has chosen.
	Location string
}

// Run carries out a process and reads its answer into answer.
//
// Refusals of the process come back as such, with idempotency_key_payload_conflict
// when the key was used for another request. Other errors: ErrPending,
// ErrOverloaded, ErrUnavailable, ErrRunning, or a fault.
//
// A stored answer is given whatever the load: it costs one short read, and a caller
// that asks again must not be told to ask again once more. All else takes a slot of
// its queue from the start until Run returns.
func (s *Starter) Run(ctx context.Context, p Execution, answer any) (Outcome, error) {
	if !p.Rerun {
		if found, err := s.loadAnswer(ctx, p.Request, answer); found || err != nil {
			return Outcome{Replayed: found, Location: p.Location}, err
		}
	}
	leave, err := s.settings.Admission.enter(p.Queue)
	if err != nil {
		return Outcome{}, err
	}
	defer leave()
	if p.Admit != nil {
		if err := p.Admit(); err != nil {
			return Outcome{}, err
		}
	}
	run, outcome, err := s.startWithRetry(ctx, p)
	if err != nil {
		return Outcome{}, err
	}
	if p.Wait <= 0 {
		return outcome, s.awaitRefusal(ctx, run)
	}
	waiting, cancel := context.WithTimeout(ctx, p.Wait)
	defer cancel()
	defer context.AfterFunc(s.waiting, cancel)()
	return outcome, s.waitError(waiting, run.Get(waiting, answer))
}

// awaitRefusal gives a process that nobody waits for the moment that a refusal takes: it stores nothing, so that the
// same request sent again would never be told. All else is ErrPending.
func (s *Starter) awaitRefusal(ctx context.Context, run client.WorkflowRun) error {
	waiting, cancel := context.WithTimeout(ctx, refusalWait)
	defer cancel()
	if refused := activities.Refusal(run.Get(waiting, nil)); refused != nil {
		return refused
	}
	return ErrPending
}

// Singleton is a process that has no payload of its own: whoever wants its effect joins
// the one that runs, and one that has ended may be started again.
type Singleton struct {
	ID       string
	Workflow any
	Input    any
	Queue    string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// Attributes are what the workflow is found by.
	Attributes temporal.SearchAttributes
}

// Join starts a shared process, or joins the one that runs, and waits for its end until
// ctx ends. It takes no slot of a queue. Errors: ErrPending, ErrUnavailable when the start
// was not acknowledged, or a fault.
func (s *Starter) Join(ctx context.Context, p Singleton) error {
	starting, cancelStart := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancelStart()
	run, err := s.temporal.ExecuteWorkflow(starting, client.StartWorkflowOptions{
		ID:                       p.ID,
		TaskQueue:                p.Queue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		EnableEagerStart:         true,
		StaticSummary:            p.Summary,
		TypedSearchAttributes:    p.Attributes,
	}, p.Workflow, p.Input)
	if err != nil {
		return unavailable(err)
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.waiting, cancel)()
	return s.waitError(waiting, run.Get(waiting, nil))
}

// load reads the stored answer of a request, if there is one.
func (s *Starter) loadAnswer(ctx context.Context, request idempotency.Request, answer any) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancel()
	return idempotency.Load(ctx, s.pool, request, answer)
}

// startRetryInterval is between two calls that start one workflow.
const startRetryInterval = 50 * time.Millisecond

// startWithRetry is start for as long as the start may take. The SDK gives one call a
// part of the time only, and on a busy machine that may not do. A call that went lost
// may have started the workflow all the same: then the next one joins it.
func (s *Starter) startWithRetry(ctx context.Context, p Execution) (client.WorkflowRun, Outcome, error) {
	starting, cancel := context.WithTimeout(ctx, s.settings.StartTimeout)
	defer cancel()
	caller := uuid.NewString()
	for {
		run, outcome, err := s.start(starting, p, caller)
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

// start starts the workflow, or joins the one of the same request. The server's own
// way of joining would not compare the payloads, so a conflict fails here and the
// fingerprint in the running workflow's memo decides.
func (s *Starter) start(ctx context.Context, p Execution, caller string) (client.WorkflowRun, Outcome, error) {
	id := workflows.ID(p.Request)
	reuse := enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	if p.Rerun {
		reuse = enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	}
	run, err := s.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                p.Queue,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowIDReusePolicy:                    reuse,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		EnableEagerStart:                         true,
		Memo: map[string]any{
			memoFingerprint: hex.EncodeToString(p.Request.Fingerprint),
			memoLocation:    p.Location,
			memoCaller:      caller,
		},
		StaticSummary:         p.Summary,
		TypedSearchAttributes: searchattribute.Of(string(p.Request.Operation), p.Attributes...),
	}, p.Workflow, p.Input)
	if err == nil {
		return run, Outcome{Location: p.Location}, nil
	}
	started, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err)
	if !ok {
		return nil, Outcome{}, unavailable(err)
	}
	if p.Rerun {
		return nil, Outcome{}, ErrRunning
	}
	outcome, err := s.joinRunning(ctx, id, started.RunId, p.Request, caller)
	if err != nil {
		return nil, Outcome{}, err
	}
	return s.temporal.GetWorkflow(ctx, id, started.RunId), outcome, nil
}

// join tells about a workflow of the same request, and refuses to join one that was started for another payload.
func (s *Starter) joinRunning(ctx context.Context, id, runID string, request idempotency.Request, caller string) (Outcome, error) {
	described, err := s.temporal.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return Outcome{}, unavailable(err)
	}
	var fingerprint, location, starter string
	memo := described.GetWorkflowExecutionInfo().GetMemo().GetFields()
	for name, value := range map[string]*string{memoFingerprint: &fingerprint, memoLocation: &location, memoCaller: &starter} {
		if err := s.settings.Converter.FromPayload(memo[name], value); err != nil {
			return Outcome{}, fmt.Errorf("process: read memo of %s: %w", id, err)
		}
	}
	if fingerprint != hex.EncodeToString(request.Fingerprint) {
		return Outcome{}, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	return Outcome{Replayed: starter != caller, Location: location}, nil
}

// ending translates how a wait for a process that was started ended.
func (s *Starter) waitError(waiting context.Context, err error) error {
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
	// The process was started, whatever keeps its answer from arriving.
	if err = unavailable(err); errors.Is(err, ErrUnavailable) {
		return ErrPending
	}
	return err
}

// unavailable marks the errors that say nothing about the process itself.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	switch err.(type) {
	case *serviceerror.Unavailable, *serviceerror.DeadlineExceeded, *serviceerror.ResourceExhausted, *serviceerror.Canceled,
		*serviceerror.WorkflowNotReady: // Its tasks fail, for want of a payload key perhaps, until a worker can do them.
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
