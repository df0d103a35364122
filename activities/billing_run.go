package activities

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// PlanBillingRun freezes the run's population and cuts it into chunks.
func (a *Activities) PlanBillingRun(ctx context.Context, input billing.PlanInput) (billing.Plan, error) {
	stop := heartbeat(ctx)
	defer stop()
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Plan, error) {
		return billing.PlanRun(ctx, tx, input, now)
	})
}

// ChunkInput names one chunk of a run.
type ChunkInput struct {
	RunID  uuid.UUID `json:"run_id"`
	Number int32     `json:"number"`
}

// BillChunk issues the invoices of one chunk in one transaction.
func (a *Activities) BillChunk(ctx context.Context, chunk ChunkInput) (billing.ChunkResult, error) {
	stop := heartbeat(ctx)
	defer stop()
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.ChunkResult, error) {
		return billing.BillChunk(ctx, tx, billing.ChunkInput{
			RunID: chunk.RunID, Number: chunk.Number, Seller: a.Seller, IssuedAt: now, IssueDate: a.Zone.DateAt(now),
		})
	})
}

// CompleteInput names the run to complete and the key that its answer is stored under.
type CompleteInput struct {
	RunID   uuid.UUID           `json:"run_id"`
	Request idempotency.Request `json:"request"`
}

// CompleteBillingRun adds up the chunks and stores the run's answer.
func (a *Activities) CompleteBillingRun(ctx context.Context, input CompleteInput) (billing.Result, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (billing.Result, error) {
		return billing.CompleteRun(ctx, tx, input.RunID, input.Request, now)
	})
}
