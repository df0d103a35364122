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

// PlanBillingRun freezes the clients of a run and divides them into chunks.
func (a *Activities) PlanBillingRun(ctx context.Context, input billing.PlanInput) (billing.Plan, error) {
	stop := heartbeat(ctx)
	defer stop()
	plan, err := inTransactionRaw(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Plan, error) {
		return billing.PlanRun(ctx, tx, input, now)
	})
	return plan, a.stopRetryingPermanentFault(ctx, err)
}

// ReopenBillingRun sets a run that failed or has failed clients to running again, and returns its plan
// and the chunks left to process.
func (a *Activities) ReopenBillingRun(ctx context.Context, move billing.Move) (billing.Reopened, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Reopened, error) {
		return billing.ReopenRun(ctx, tx, move, now)
	})
}

// MoveBillingRun changes the status of a run.
func (a *Activities) MoveBillingRun(ctx context.Context, move billing.Move) error {
	_, err := inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (struct{}, error) {
		_, err := billing.MoveRun(ctx, tx, move, now)
		return struct{}{}, err
	})
	return err
}

// ChunkInput identifies one chunk of a run.
type ChunkInput struct {
	RunID  uuid.UUID `json:"run_id"`
	Number int32     `json:"number"`
	// RetryParked has the clients billed that the chunk had to park.
	RetryParked bool `json:"retry_parked,omitempty"`
}

// BillChunk issues the invoices of one chunk in one transaction. If the database rejects some rows,
// BillChunk bills the clients one by one and records the failed ones.
func (a *Activities) BillChunk(ctx context.Context, chunk ChunkInput) (billing.ChunkResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	bill := func(oneByOne bool) (billing.ChunkResult, error) {
		return inTransactionRaw(ctx, a, func(tx pgx.Tx, now time.Time) (billing.ChunkResult, error) {
			return billing.BillChunk(ctx, tx, billing.ChunkInput{
				RunID: chunk.RunID, Number: chunk.Number, Seller: a.Seller, IssuedAt: now, IssueDate: a.Zone.DateAt(now),
				RetryParked: chunk.RetryParked, OneByOne: oneByOne,
			})
		})
	}
	result, err := bill(false)
	// A violated constraint with its own error code is returned as a refusal.
	if billing.Poisonous(err) || refusal.As(err) != nil {
		result, err = bill(true)
	}
	return result, a.stopRetryingPermanentFault(ctx, err)
}

// EndInput identifies the run to end and the request whose answer is stored.
type EndInput struct {
	RunID   uuid.UUID           `json:"run_id"`
	Request idempotency.Request `json:"request"`
	// Cancelled is the cancellation by an operator, if any.
	Cancelled *billing.Move `json:"cancelled,omitempty"`
}

// EndBillingRun sums up the chunks, ends the run, and stores its answer.
func (a *Activities) EndBillingRun(ctx context.Context, input EndInput) (billing.Result, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Result, error) {
		return billing.EndRun(ctx, tx, input.RunID, input.Request, input.Cancelled, now)
	})
}
