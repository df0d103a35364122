package billing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// MaxListedInvoices is how many invoice ids a run's answer lists.
const MaxListedInvoices = 1000

// Plan describes a planned run: what it will do and how much of it there is.
type Plan struct {
	RunID       uuid.UUID `json:"run_id"`
	Terms       Terms     `json:"terms"`
	ClientCount int32     `json:"client_count"`
	ChunkCount  int32     `json:"chunk_count"`
	// Status is that of the run; one whose key has a run already may be beyond planned.
	Status RunStatus `json:"status,omitempty"`
	// HoldReason says why the run waits for an operator's approval; empty when it does not.
	HoldReason string `json:"hold_reason,omitempty"`
}

// PlanInput is what a run is planned from.
type PlanInput struct {
	RunID     uuid.UUID           `json:"run_id"`
	Request   idempotency.Request `json:"request"`
	Terms     Terms               `json:"terms"`
	ActorID   string              `json:"actor_id"`
	ChunkSize int32               `json:"chunk_size"`
	Bounds    SafetyLimits        `json:"bounds"`
}

// PlanRun freezes the population of a run and cuts it into chunks, in the given
// transaction. A plan beyond the bounds is held. When the key has a run already, that
// run is what comes back: the same request goes on where it stopped, another one is
// refused with idempotency_key_payload_conflict.
func PlanRun(ctx context.Context, tx pgx.Tx, input PlanInput, now time.Time) (Plan, error) {
	queries := dbsqlc.New()
	run, err := queries.BillingRunInsert(ctx, tx, dbsqlc.BillingRunInsertParams{
		ID: input.RunID, IdempotencyKey: string(input.Request.Key), Fingerprint: input.Request.Fingerprint,
		PeriodStart: input.Terms.Period.Start, PeriodEnd: input.Terms.Period.End, DueDays: input.Terms.DueDays,
		TaxRate: input.Terms.TaxRate, Currency: Currency, Proration: input.Terms.Proration.String(), ActorID: input.ActorID, Now: now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return existingPlan(ctx, tx, input)
	}
	if err != nil {
		return Plan{}, fmt.Errorf("billing: insert run: %w", err)
	}
	sizes, err := queries.BillingRunChunkInsertPlan(ctx, tx, dbsqlc.BillingRunChunkInsertPlanParams{
		BillingRunID: run.ID, ChunkSize: input.ChunkSize,
		PeriodStart: run.PeriodStart, PeriodEnd: run.PeriodEnd, PlannedAt: run.PlannedAt,
	})
	if err != nil {
		return Plan{}, fmt.Errorf("billing: plan chunks: %w", err)
	}
	planned := dbsqlc.BillingRunUpdatePlanParams{ID: run.ID, ChunkCount: int32(len(sizes)), Now: now}
	for _, size := range sizes {
		planned.ClientCount += size
	}
	expected, err := estimate(ctx, tx, run)
	if err != nil {
		return Plan{}, err
	}
	planned.EstimatedInvoiceCount, planned.EstimatedTotalAmount = expected.InvoiceCount, expected.TotalAmount
	if reason := input.Bounds.holdReason(expected); reason != "" {
		planned.HoldReason = &reason
	}
	if run, err = queries.BillingRunUpdatePlan(ctx, tx, planned); err != nil {
		return Plan{}, fmt.Errorf("billing: record plan: %w", err)
	}
	return newPlan(run), nil
}

// estimate tells what a plan would issue. Tax is taken of the whole here, so the total
// may differ from the run's by a fraction of a centime for each invoice.
func estimate(ctx context.Context, tx dbsqlc.DBTX, run dbsqlc.BillingRun) (Estimate, error) {
	queries := dbsqlc.New()
	due, err := estimateDue(ctx, tx, run)
	if err != nil {
		return Estimate{}, fmt.Errorf("billing: expect invoices: %w", err)
	}
	largest, err := queries.BillingRunMaxRecentInvoiceCount(ctx, tx)
	if err != nil {
		return Estimate{}, fmt.Errorf("billing: largest recent run: %w", err)
	}
	return Estimate{InvoiceCount: due.ClientCount, TotalAmount: due.TotalAmount, LargestRecent: largest}, nil
}

// estimateDue counts the clients that owe something and adds it up with its tax.
func estimateDue(ctx context.Context, tx dbsqlc.DBTX, run dbsqlc.BillingRun) (dbsqlc.BillingRunEstimateRow, error) {
	if ProrationNamed(run.Proration) == ProrationDaily {
		due, err := dbsqlc.New().BillingRunEstimateDaily(ctx, tx, dbsqlc.BillingRunEstimateDailyParams{
			PeriodStart: run.PeriodStart, PeriodEnd: run.PeriodEnd, PlannedAt: run.PlannedAt, TaxRate: int32(run.TaxRate),
		})
		return dbsqlc.BillingRunEstimateRow(due), err
	}
	return dbsqlc.New().BillingRunEstimate(ctx, tx, dbsqlc.BillingRunEstimateParams{
		PeriodStart: run.PeriodStart, PeriodEnd: run.PeriodEnd, PlannedAt: run.PlannedAt, TaxRate: int32(run.TaxRate),
	})
}

func existingPlan(ctx context.Context, tx dbsqlc.DBTX, input PlanInput) (Plan, error) {
	run, err := dbsqlc.New().BillingRunGetByKey(ctx, tx, string(input.Request.Key))
	if err != nil {
		return Plan{}, fmt.Errorf("billing: find run: %w", err)
	}
	if !bytes.Equal(run.Fingerprint, input.Request.Fingerprint) {
		return Plan{}, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	return newPlan(run), nil
}

func newPlan(run dbsqlc.BillingRun) Plan {
	plan := Plan{
		RunID: run.ID, Terms: NewTerms(run), ClientCount: run.ClientCount, ChunkCount: run.ChunkCount, Status: run.Status,
	}
	if run.HoldReason != nil {
		plan.HoldReason = *run.HoldReason
	}
	return plan
}

// NewTerms returns the terms that a run was planned with.
func NewTerms(run dbsqlc.BillingRun) Terms {
	return Terms{
		Period:    calendar.Period{Start: run.PeriodStart, End: run.PeriodEnd},
		DueDays:   run.DueDays,
		TaxRate:   run.TaxRate,
		Proration: ProrationNamed(run.Proration),
	}
}

// Result is what a completed run answers, stored under its key.
type Result struct {
	RunID             uuid.UUID       `json:"billing_run_id"`
	Period            calendar.Period `json:"period"`
	Status            RunStatus       `json:"status"`
	InvoiceCount      int32           `json:"invoice_count"`
	SkippedCount      int32           `json:"skipped_count"`
	FailedCount       int32           `json:"failed_count"`
	SubtotalAmount    money.Amount    `json:"subtotal_amount"`
	TaxAmount         money.Amount    `json:"tax_amount"`
	TotalAmount       money.Amount    `json:"total_amount"`
	InvoiceIDs        []uuid.UUID     `json:"invoice_ids"`
	InvoicesTruncated bool            `json:"invoices_truncated"`
}

// EndRun adds up the chunks, moves the run to its end and stores the answer under its
// key, in one transaction. A run that was not cancelled has completed, with failures
// if clients are parked. The key keeps the first answer it was given: a retry tells
// what it did in the run itself.
func EndRun(ctx context.Context, tx pgx.Tx, runID uuid.UUID, request idempotency.Request, cancelled *Move, now time.Time) (Result, error) {
	queries := dbsqlc.New()
	run, err := lockRun(ctx, tx, runID)
	if err != nil {
		return Result{}, err
	}
	if run, err = queries.BillingRunSumChunks(ctx, tx, dbsqlc.BillingRunSumChunksParams{ID: runID, Now: now}); err != nil {
		return Result{}, fmt.Errorf("billing: add up run: %w", err)
	}
	move := Move{RunID: runID, To: RunCompleted, ActorID: RunActor}
	switch {
	case cancelled != nil:
		move = *cancelled
	case run.FailedCount > 0:
		move.To = RunCompletedWithFailures
	}
	// A pause that was written, but that the workflow never heard of, did not stop the run.
	if run.Status == RunPaused && cancelled == nil {
		if run, err = moveLocked(ctx, tx, run, Move{RunID: runID, To: RunRunning, ActorID: RunActor}, now); err != nil {
			return Result{}, err
		}
	}
	if run, err = moveLocked(ctx, tx, run, move, now); err != nil {
		return Result{}, err
	}
	ids, err := queries.BillingRunListInvoiceIDs(ctx, tx, dbsqlc.BillingRunListInvoiceIDsParams{
		BillingRunID: runID, MaxCount: MaxListedInvoices,
	})
	if err != nil {
		return Result{}, fmt.Errorf("billing: list invoices of run: %w", err)
	}
	result := Result{
		RunID: run.ID, Period: NewTerms(run).Period, Status: run.Status,
		InvoiceCount: run.InvoiceCount, SkippedCount: run.SkippedCount, FailedCount: run.FailedCount,
		SubtotalAmount: run.SubtotalAmount, TaxAmount: run.TaxAmount, TotalAmount: run.TotalAmount,
		InvoiceIDs: ids, InvoicesTruncated: int(run.InvoiceCount) > len(ids),
	}
	var stored Result
	if found, err := idempotency.Load(ctx, tx, request, &stored); found || err != nil {
		return result, err
	}
	return result, idempotency.Save(ctx, tx, request, result, now)
}
