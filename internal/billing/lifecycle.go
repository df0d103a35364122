package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// RunStatus is a state of a billing run.
type RunStatus string

// The states of a billing run.
const (
	// RunPlanned is a run whose population is frozen and of which nothing is written
	// yet. One that is held waits here for an operator.
	RunPlanned RunStatus = "planned"
	RunRunning RunStatus = "running"
	RunPaused  RunStatus = "paused"
	// RunCompleted has billed all that it could; with failures, it has parked clients.
	RunCompleted             RunStatus = "completed"
	RunCompletedWithFailures RunStatus = "completed_with_failures"
	// RunCancelled keeps the invoices that it had issued.
	RunCancelled RunStatus = "cancelled"
	// RunFailed was stopped by a fault of the program; a retry goes on where it stopped.
	RunFailed RunStatus = "failed"
)

// RunStatuses are the states of a billing run, in the order of its life.
var RunStatuses = []RunStatus{RunPlanned, RunRunning, RunPaused, RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed}

// runMoves is the table of allowed moves; docs/billing-runs.md draws it.
var runMoves = map[RunStatus][]RunStatus{
	RunPlanned:               {RunRunning, RunCancelled, RunFailed},
	RunRunning:               {RunPaused, RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed},
	RunPaused:                {RunRunning, RunCancelled, RunFailed},
	RunCompletedWithFailures: {RunRunning},
	RunFailed:                {RunRunning},
	RunCompleted:             {},
	RunCancelled:             {},
}

// CanMoveTo reports whether a run in this state may go to another one.
func (s RunStatus) CanMoveTo(to RunStatus) bool { return slices.Contains(runMoves[s], to) }

// Ended reports whether nothing of the run is under way or will be by itself.
func (s RunStatus) Ended() bool {
	switch s {
	case RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed:
		return true
	}
	return false
}

// Move is a step of a run's life cycle and who takes it.
type Move struct {
	RunID   uuid.UUID `json:"run_id"`
	To      RunStatus `json:"to"`
	ActorID string    `json:"actor_id"`
	// Reason is what an operator says, or the fault; it carries no personal data.
	Reason string `json:"reason,omitempty"`
}

// RunActor is the actor of the moves that a run makes by itself.
const RunActor = "billing-run"

// MoveRun takes a run to a state and notes it in the run's history. A run that is
// there already stays as it is, so that a move can be repeated. It refuses with
// billing_run_not_found and billing_run_status_transition_invalid.
func MoveRun(ctx context.Context, tx dbsqlc.DBTX, move Move, now time.Time) (dbsqlc.BillingRun, error) {
	run, err := lockRun(ctx, tx, move.RunID)
	if err != nil {
		return run, err
	}
	return moveLocked(ctx, tx, run, move, now)
}

func lockRun(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.BillingRun, error) {
	run, err := dbsqlc.New().BillingRunLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return run, refusal.New(refusal.BillingRunNotFound)
	}
	if err != nil {
		return run, fmt.Errorf("billing: lock run: %w", err)
	}
	return run, nil
}

// moveLocked is MoveRun of a run that is locked already.
func moveLocked(ctx context.Context, tx dbsqlc.DBTX, run dbsqlc.BillingRun, move Move, now time.Time) (dbsqlc.BillingRun, error) {
	from := RunStatus(run.Status)
	if from == move.To {
		return run, nil
	}
	if !from.CanMoveTo(move.To) {
		return run, TransitionRefused(from, move.To)
	}
	params := dbsqlc.BillingRunUpdateStatusParams{ID: run.ID, Status: string(move.To), Now: now}
	if move.To == RunFailed {
		params.Fault = &move.Reason
	}
	if move.To.Ended() {
		params.CompletedAt = &now
	}
	run, err := dbsqlc.New().BillingRunUpdateStatus(ctx, tx, params)
	if err != nil {
		return run, fmt.Errorf("billing: move run: %w", err)
	}
	return run, noteMove(ctx, tx, from, move, now)
}

// TransitionRefused is the refusal of a move that the table of moves does not have.
func TransitionRefused(from, to RunStatus) error {
	return refusal.New(refusal.BillingRunStatusTransition).With("from", from).With("to", to)
}

func noteMove(ctx context.Context, tx dbsqlc.DBTX, from RunStatus, move Move, now time.Time) error {
	params := dbsqlc.BillingRunEventInsertParams{
		ID: db.NewID(), BillingRunID: move.RunID, FromStatus: string(from), ToStatus: string(move.To), ActorID: move.ActorID, Now: now,
	}
	if move.Reason != "" {
		params.Reason = &move.Reason
	}
	if err := dbsqlc.New().BillingRunEventInsert(ctx, tx, params); err != nil {
		return fmt.Errorf("billing: note move: %w", err)
	}
	return nil
}

// Reopened is a run that goes on after its end.
type Reopened struct {
	Plan Plan `json:"plan"`
	// Chunks are those that are not documented or have parked clients.
	Chunks []int32 `json:"chunks"`
}

// ReopenRun takes a run that has failed, that has parked clients, or whose process was
// lost, back to running. One that is held goes on waiting for its approval. Refusals
// are those of MoveRun.
func ReopenRun(ctx context.Context, tx dbsqlc.DBTX, move Move, now time.Time) (Reopened, error) {
	run, err := lockRun(ctx, tx, move.RunID)
	if err != nil {
		return Reopened{}, err
	}
	if run.HoldReason == nil || RunStatus(run.Status) != RunPlanned {
		if run, err = moveLocked(ctx, tx, run, move, now); err != nil {
			return Reopened{}, err
		}
	}
	chunks, err := dbsqlc.New().BillingRunChunkListUnfinished(ctx, tx, run.ID)
	if err != nil {
		return Reopened{}, fmt.Errorf("billing: unfinished chunks: %w", err)
	}
	return Reopened{Plan: planOf(run), Chunks: chunks}, nil
}
