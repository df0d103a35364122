package workflows

import (
	"cmp"
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// chunksPerExecution limits the history: a chunk takes two activities, about ten events with the
// workflow tasks between them, and a history should stay below 2,000 events.
const chunksPerExecution = 150

// BillingRunInput starts a billing run, or continues one.
type BillingRunInput struct {
	RunID   uuid.UUID           `json:"run_id"`
	Request idempotency.Request `json:"request"`
	Terms   billing.Terms       `json:"terms"`
	ActorID string              `json:"actor_id"`
	// ChunkSize is the number of clients billed in one transaction.
	ChunkSize int32 `json:"chunk_size"`
	// Concurrency is the number of chunks processed at once.
	Concurrency int `json:"concurrency"`
	// ChunksPerExecution limits the chunks of one execution; 0 means chunksPerExecution.
	ChunksPerExecution int32 `json:"chunks_per_execution,omitempty"`
	// Bounds are the limits beyond which the run waits for an operator's approval.
	Bounds billing.SafetyLimits `json:"bounds"`
	// Retry reopens a run that failed or has failed clients.
	Retry *billing.Move `json:"retry,omitempty"`
	// Continued is the progress that a new execution with an empty history continues from.
	Continued *BillingRunProgress `json:"continued,omitempty"`
}

// RunBilling bills a period: it plans the run, processes its chunks, and sums them up. Every step is
// repeatable, so a run survives any interruption. Operators pause, resume, cancel, and approve a run
// by updates.
func RunBilling(ctx workflow.Context, input BillingRunInput) (billing.Result, error) {
	run := newBillingRun(ctx, input)
	if err := run.registerHandlers(ctx); err != nil {
		return billing.Result{}, err
	}
	if err := run.begin(ctx); err != nil {
		// A run that was cancelled in Temporal while waiting for approval already has a row.
		if run.progress.planned() && temporal.IsCanceledError(err) {
			run.fault = err
			return billing.Result{}, run.fail(ctx)
		}
		return billing.Result{}, run.finish(ctx, err)
	}
	run.processChunks(ctx)
	if run.fault != nil {
		return billing.Result{}, run.fail(ctx)
	}
	if !run.progress.finished() && run.mayContinueAsNew(ctx) {
		input.Continued = &run.progress
		return billing.Result{}, workflow.NewContinueAsNewError(ctx, RunBilling, input)
	}
	return run.end(ctx)
}

// billingRun is one execution of a run.
type billingRun struct {
	input    BillingRunInput
	progress BillingRunProgress
	// moving serializes status changes: one is written before the next is decided.
	moving workflow.Mutex
	// cancelled is set as soon as an operator cancels the run.
	cancelled *billing.Move
	// searched is the state that the run is found by in the Temporal UI.
	searchStatus string
	// fault stops the run: no further chunk is started.
	fault error
	// over is set once the status is final.
	over bool
}

func newBillingRun(ctx workflow.Context, input BillingRunInput) *billingRun {
	run := &billingRun{input: input, moving: workflow.NewMutex(ctx)}
	run.progress.Plan = billing.Plan{RunID: input.RunID, Terms: input.Terms}
	run.progress.Status = billing.RunPlanned
	if input.Continued != nil {
		run.progress = *input.Continued
	}
	run.searchStatus = run.progress.state()
	return run
}

// begin plans or reopens the run, and waits for approval if the plan is held.
func (r *billingRun) begin(ctx workflow.Context) error {
	var a *activities.Activities
	switch {
	case r.input.Continued != nil:
		r.show(ctx)
		return nil
	case r.input.Retry != nil:
		var reopened billing.Reopened
		err := workflow.ExecuteLocalActivity(withTransaction(ctx, "Reopen the run"), a.ReopenBillingRun, *r.input.Retry).Get(ctx, &reopened)
		if err != nil {
			return err
		}
		r.progress.retry(reopened)
		return r.start(ctx)
	}
	err := workflow.ExecuteActivity(withBatch(ctx, BillingQueue, "Plan the run"), a.PlanBillingRun, billing.PlanInput{
		RunID: r.input.RunID, Request: r.input.Request, Terms: r.input.Terms, ActorID: r.input.ActorID,
		ChunkSize: r.input.ChunkSize, Bounds: r.input.Bounds,
	}).Get(ctx, &r.progress.Plan)
	if err != nil {
		return err
	}
	// The plan may belong to a run whose workflow was lost while the run was paused.
	if r.progress.Plan.Status == billing.RunPaused {
		r.progress.Status = billing.RunPaused
	}
	return r.start(ctx)
}

// start moves a planned run to running; a held run first waits for an operator's approval.
func (r *billingRun) start(ctx workflow.Context) error {
	r.show(ctx)
	planned := func() bool { return r.progress.Status == billing.RunPlanned && r.cancelled == nil }
	if r.progress.Plan.HoldReason != "" {
		return workflow.Await(ctx, func() bool { return !planned() })
	}
	if !planned() {
		return nil
	}
	err := r.move(ctx, billing.Move{To: billing.RunRunning, ActorID: billing.RunActor})
	if r.cancelled != nil {
		return nil // The cancellation came first; the run only has to end.
	}
	return err
}

// processChunks bills and documents chunks concurrently until no chunk is left, the share of this
// execution is done, a fault stops the run, or an operator cancels it. It returns when no chunk is in
// progress.
func (r *billingRun) processChunks(ctx workflow.Context) {
	last := min(r.progress.chunkCount(), r.progress.Started+cmp.Or(r.input.ChunksPerExecution, chunksPerExecution))
	group := workflow.NewWaitGroup(ctx)
	for range max(1, r.input.Concurrency) {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			for r.awaitGo(ctx) && r.progress.Started < last {
				r.progress.Started++
				if err := r.processChunk(ctx, r.progress.chunk(r.progress.Started)); err != nil {
					r.fault = err
				}
			}
		})
	}
	group.Wait(ctx)
}

// awaitGo waits while the run is paused, and reports whether the run may continue.
func (r *billingRun) awaitGo(ctx workflow.Context) bool {
	stopped := func() bool { return r.cancelled != nil || r.fault != nil }
	if err := workflow.Await(ctx, func() bool { return r.progress.Status != billing.RunPaused || stopped() }); err != nil {
		r.fault = err
	}
	return !stopped()
}

// processChunk bills one chunk and then issues its documents.
func (r *billingRun) processChunk(ctx workflow.Context, number int32) error {
	var a *activities.Activities
	chunk := activities.ChunkInput{RunID: r.progress.Plan.RunID, Number: number, RetryParked: r.input.Retry != nil}
	name := fmt.Sprintf("chunk %d of %d", number, r.progress.Plan.ChunkCount)

	var billed billing.ChunkResult
	err := workflow.ExecuteActivity(withBatch(ctx, BillingQueue, "Bill "+name), a.BillChunk, chunk).Get(ctx, &billed)
	if err != nil {
		return err
	}
	r.progress.billed(billed)
	r.show(ctx)

	var documents int32
	err = workflow.ExecuteActivity(withBatch(ctx, DocumentsQueue, "Documents of "+name), a.IssueChunkDocuments, chunk).Get(ctx, &documents)
	if err != nil {
		return err
	}
	r.progress.documented(documents)
	r.show(ctx)
	return nil
}

// mayContinueAsNew waits until every command is answered, and reports whether the run continues. A
// cancellation is answered at the end of the run.
func (r *billingRun) mayContinueAsNew(ctx workflow.Context) bool {
	err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) || r.cancelled != nil })
	return err == nil && r.cancelled == nil
}

// end sums up the chunks and ends the run.
func (r *billingRun) end(ctx workflow.Context) (billing.Result, error) {
	var a *activities.Activities
	var result billing.Result
	if r.fault = r.lockForEnd(ctx); r.fault != nil {
		return result, r.fail(ctx)
	}
	err := workflow.ExecuteLocalActivity(withTransaction(ctx, "End the run"), a.EndBillingRun, activities.EndInput{
		RunID: r.progress.Plan.RunID, Request: r.input.Request, Cancelled: r.cancelled,
	}).Get(ctx, &result)
	if err == nil {
		r.progress.Status = result.Status
		r.show(ctx)
	}
	r.over = true
	r.moving.Unlock()
	if err == nil {
		r.syncCollections(ctx)
	}
	return result, r.finish(ctx, err)
}

// lockForEnd takes the lock that keeps operators from changing the run's status. It waits while the
// run is paused: a paused run does not complete, even if all its chunks are done.
func (r *billingRun) lockForEnd(ctx workflow.Context) error {
	for {
		if !r.awaitGo(ctx) && r.fault != nil {
			return r.fault
		}
		if err := r.moving.Lock(ctx); err != nil {
			return err
		}
		if r.progress.Status != billing.RunPaused || r.cancelled != nil {
			return nil
		}
		r.moving.Unlock()
	}
}

// fail ends the run with the fault that stopped it. A retry continues from there. The status is
// written even if the workflow itself is cancelled through Temporal.
func (r *billingRun) fail(ctx workflow.Context) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	err := r.move(ctx, billing.Move{To: billing.RunFailed, ActorID: billing.RunActor, Reason: describe(r.fault)})
	if err == nil {
		err = r.fault
		r.syncCollections(ctx)
	}
	return r.finish(ctx, err)
}

// syncCollections syncs collections after the run, because the invoices of a past period can be
// overdue at their issue. The run already has its result, so a fault here does not fail the run.
// The next sync catches up.
func (r *billingRun) syncCollections(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	day, err := businessDay(ctx, nil)
	if err == nil {
		err = startCollectionsSync(ctx, day)
	}
	if err != nil {
		workflow.GetLogger(ctx).Error("no sync of collections after the run", "error", err)
	}
}

// finish lets operators who wait have their answers.
func (r *billingRun) finish(ctx workflow.Context, err error) error {
	r.over = true
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if waiting := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); waiting != nil {
		return waiting
	}
	return err
}
