package workflows

import (
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// chunksPerExecution bounds the history: a chunk takes two activities, some ten
// events with the tasks between them, and a history should stay under 2,000.
const chunksPerExecution = 150

// BillingRunInput starts a billing run, or continues one.
type BillingRunInput struct {
	RunID   uuid.UUID           `json:"run_id"`
	Request idempotency.Request `json:"request"`
	Terms   billing.Terms       `json:"terms"`
	ActorID string              `json:"actor_id"`
	// ChunkSize is the number of clients that are billed in one transaction.
	ChunkSize int32 `json:"chunk_size"`
	// Concurrency is the number of chunks that are worked on at once.
	Concurrency int `json:"concurrency"`
	// Continued carries the run over to a new execution with an empty history.
	Continued *BillingRunProgress `json:"continued,omitempty"`
}

// RunBilling bills a period: it plans the run, works through its chunks, and adds
// them up. Every step can be repeated, so a run survives whatever stops it.
func RunBilling(ctx workflow.Context, input BillingRunInput) (billing.Result, error) {
	run := billingRun{input: input}
	run.progress.Plan = billing.Plan{RunID: input.RunID, Terms: input.Terms}
	if input.Continued != nil {
		run.progress = *input.Continued
	}
	if err := workflow.SetQueryHandler(ctx, ProgressQuery, func() (BillingRunProgress, error) { return run.progress, nil }); err != nil {
		return billing.Result{}, err
	}
	if err := run.plan(ctx); err != nil {
		return billing.Result{}, err
	}
	if err := run.workThroughChunks(ctx); err != nil {
		return billing.Result{}, err
	}
	if !run.progress.finished() {
		input.Continued = &run.progress
		return billing.Result{}, workflow.NewContinueAsNewError(ctx, RunBilling, input)
	}
	return run.complete(ctx)
}

// billingRun is one execution's part of a run.
type billingRun struct {
	input    BillingRunInput
	progress BillingRunProgress
}

func (r *billingRun) plan(ctx workflow.Context) error {
	var a *activities.Activities
	if r.input.Continued == nil {
		err := workflow.ExecuteActivity(batch(ctx, BillingQueue, "Plan the run"), a.PlanBillingRun, billing.PlanInput{
			RunID: r.input.RunID, Request: r.input.Request, Terms: r.input.Terms, ActorID: r.input.ActorID, ChunkSize: r.input.ChunkSize,
		}).Get(ctx, &r.progress.Plan)
		if err != nil {
			return err
		}
	}
	r.progress.show(ctx)
	return nil
}

// workThroughChunks bills and documents chunks, some at a time, until none is left
// or this execution's share is done. It returns when nothing is under way any more.
func (r *billingRun) workThroughChunks(ctx workflow.Context) error {
	last := min(r.progress.Plan.ChunkCount, r.progress.Started+chunksPerExecution)
	group := workflow.NewWaitGroup(ctx)
	var failure error
	for range max(1, r.input.Concurrency) {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			for r.progress.Started < last && failure == nil {
				r.progress.Started++
				if err := r.workOn(ctx, r.progress.Started); err != nil {
					failure = err
				}
			}
		})
	}
	group.Wait(ctx)
	return failure
}

// workOn bills one chunk and then makes its documents.
func (r *billingRun) workOn(ctx workflow.Context, number int32) error {
	var a *activities.Activities
	chunk := activities.ChunkInput{RunID: r.progress.Plan.RunID, Number: number}
	name := fmt.Sprintf("chunk %d of %d", number, r.progress.Plan.ChunkCount)

	var billed billing.ChunkResult
	err := workflow.ExecuteActivity(batch(ctx, BillingQueue, "Bill "+name), a.BillChunk, chunk).Get(ctx, &billed)
	if err != nil {
		return err
	}
	r.progress.billed(billed)
	r.progress.show(ctx)

	var documents int32
	err = workflow.ExecuteActivity(batch(ctx, DocumentsQueue, "Documents of "+name), a.IssueChunkDocuments, chunk).Get(ctx, &documents)
	if err != nil {
		return err
	}
	r.progress.documented(documents)
	r.progress.show(ctx)
	return nil
}

func (r *billingRun) complete(ctx workflow.Context) (billing.Result, error) {
	var a *activities.Activities
	var result billing.Result
	err := workflow.ExecuteLocalActivity(transaction(ctx, "Complete the run"), a.CompleteBillingRun, activities.CompleteInput{
		RunID: r.progress.Plan.RunID, Request: r.input.Request,
	}).Get(ctx, &result)
	if err != nil {
		return result, err
	}
	r.progress.completed()
	r.progress.show(ctx)
	return result, nil
}
