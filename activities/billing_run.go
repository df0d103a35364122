package activities

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// PlanBillingRun freezes the run's population and cuts it into chunks.
func (a *Activities) PlanBillingRun(ctx context.Context, input billing.PlanInput) (billing.Plan, error) {
	stop := heartbeat(ctx)
	defer stop()
	plan, err := inTransactionAsIs(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Plan, error) {
		return billing.PlanRun(ctx, tx, input, now)
	})
	return plan, a.lasting(ctx, err)
}

// ReopenBillingRun takes a run that has failed or has parked clients back to running,
// and returns its plan and the chunks that are left to work on.
func (a *Activities) ReopenBillingRun(ctx context.Context, move billing.Move) (billing.Reopened, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Reopened, error) {
		return billing.ReopenRun(ctx, tx, move, now)
	})
}

// MoveBillingRun takes a run to another state of its life cycle.
func (a *Activities) MoveBillingRun(ctx context.Context, move billing.Move) error {
	_, err := inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (struct{}, error) {
		_, err := billing.MoveRun(ctx, tx, move, now)
		return struct{}{}, err
	})
	return err
}

// ChunkInput names one chunk of a run.
type ChunkInput struct {
	RunID  uuid.UUID `json:"run_id"`
	Number int32     `json:"number"`
	// RetryParked has the clients billed that the chunk had to park.
	RetryParked bool `json:"retry_parked,omitempty"`
}

// BillChunk issues the invoices of one chunk in one transaction. Where the database
// refuses some of the rows, their clients are found and parked.
func (a *Activities) BillChunk(ctx context.Context, chunk ChunkInput) (billing.ChunkResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	bill := func(oneByOne bool) (billing.ChunkResult, error) {
		return inTransactionAsIs(ctx, a, func(tx pgx.Tx, now time.Time) (billing.ChunkResult, error) {
			return billing.BillChunk(ctx, tx, billing.ChunkInput{
				RunID: chunk.RunID, Number: chunk.Number, Seller: a.Seller, IssuedAt: now, IssueDate: a.Zone.DateAt(now),
				RetryParked: chunk.RetryParked, OneByOne: oneByOne,
			})
		})
	}
	result, err := bill(false)
	// A violated constraint that has a code of its own comes as a refusal.
	if billing.Poisonous(err) || refusal.As(err) != nil {
		result, err = bill(true)
	}
	return result, a.lasting(ctx, err)
}

// EndInput names the run that is at its end and the key that its answer is stored under.
type EndInput struct {
	RunID   uuid.UUID           `json:"run_id"`
	Request idempotency.Request `json:"request"`
	// Cancelled is the move of a run that an operator cancelled.
	Cancelled *billing.Move `json:"cancelled,omitempty"`
}

// EndBillingRun adds up the chunks, ends the run and stores its answer.
func (a *Activities) EndBillingRun(ctx context.Context, input EndInput) (billing.Result, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Result, error) {
		return billing.EndRun(ctx, tx, input.RunID, input.Request, input.Cancelled, now)
	})
}
