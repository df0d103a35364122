package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// RunStatus is the state of a billing run.
type RunStatus = vocabulary.RunStatus

// The states of a billing run; see package vocabulary for their meaning and the moves between them.
const (
	RunPlanned               = vocabulary.RunPlanned
	RunRunning               = vocabulary.RunRunning
	RunPaused                = vocabulary.RunPaused
	RunCompleted             = vocabulary.RunCompleted
	RunCompletedWithFailures = vocabulary.RunCompletedWithFailures
	RunCancelled             = vocabulary.RunCancelled
	RunFailed                = vocabulary.RunFailed
)

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
func MoveRun(ctx context.Context, tx pgx.Tx, move Move, now time.Time) (dbsqlc.BillingRun, error) {
	run, err := lockRun(ctx, tx, move.RunID)
	if err != nil {
		return run, err
	}
	return moveLocked(ctx, tx, run, move, now)
}

func lockRun(ctx context.Context, tx pgx.Tx, id uuid.UUID) (dbsqlc.BillingRun, error) {
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
func moveLocked(ctx context.Context, tx pgx.Tx, run dbsqlc.BillingRun, move Move, now time.Time) (dbsqlc.BillingRun, error) {
	from := run.Status
	if from == move.To {
		return run, nil
	}
	if !from.CanMoveTo(move.To) {
		return run, TransitionRefused(from, move.To)
	}
	params := dbsqlc.BillingRunUpdateStatusParams{ID: run.ID, Status: move.To, Now: now}
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

func noteMove(ctx context.Context, tx pgx.Tx, from RunStatus, move Move, now time.Time) error {
	params := dbsqlc.BillingRunEventInsertParams{
		ID: db.NewID(), BillingRunID: move.RunID, FromStatus: from, ToStatus: move.To, ActorID: move.ActorID, Now: now,
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
func ReopenRun(ctx context.Context, tx pgx.Tx, move Move, now time.Time) (Reopened, error) {
	run, err := lockRun(ctx, tx, move.RunID)
	if err != nil {
		return Reopened{}, err
	}
	if run.HoldReason == nil || run.Status != RunPlanned {
		if run, err = moveLocked(ctx, tx, run, move, now); err != nil {
			return Reopened{}, err
		}
	}
	chunks, err := dbsqlc.New().BillingRunChunkListUnfinished(ctx, tx, run.ID)
	if err != nil {
		return Reopened{}, fmt.Errorf("billing: unfinished chunks: %w", err)
	}
	return Reopened{Plan: newPlan(run), Chunks: chunks}, nil
}
