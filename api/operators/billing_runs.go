package operators

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
	"github.com/mtfacturation/mtf/workflows"
	"github.com/mtfacturation/mtf/workflows/starter"
)

const tagBilling = "Billing"

func (h *handlers) billingRunRoutes() {
	const tag = tagBilling
	rest.Register(h.API, rest.Operation{
		ID: "runBilling", Method: http.MethodPost, Path: "/api/v1/billing/runs", Tag: tag, Access: rest.Billers,
		Waits:   true,
		Summary: "Bill a period",
		Description: "Bills every contract that is active on any day of the period, with one invoice per client: a " +
			"recurring fee per contract, and an activation fee for contracts that start within the period. Contracts with " +
			"days that were already billed are skipped, so a second run only bills what was missed. With daily proration the " +
			"fee covers the days on which the contract is active, and only days already billed are left out. A client that " +
			"cannot be billed does not stop the run and is counted in `failed_count`.",
		Success:  "The result of the run.",
		Refusals: []refusal.Code{refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict},
	}, h.runBilling)
	rest.Register(h.API, rest.Operation{
		ID: "listBillingRuns", Method: http.MethodGet, Path: "/api/v1/billing/runs", Tag: tag, Access: rest.Readers,
		List:        billingRunList.Keys(),
		Summary:     "List billing runs, newest first",
		Description: "All runs with their current totals and progress.",
		Success:     "A page of runs.",
	}, h.listBillingRuns)
	rest.Register(h.API, rest.Operation{
		ID: "getBillingRun", Method: http.MethodGet, Path: "/api/v1/billing/runs/{billing_run_id}", Tag: tag,
		Access:      rest.Readers,
		Summary:     "Get a billing run",
		Description: "The run's current totals and progress, during the run and afterwards.",
		Success:     "The run.",
		Refusals:    []refusal.Code{refusal.BillingRunNotFound},
	}, h.getBillingRun)
}

// BillingRunCreate is the body of a new run.
type BillingRunCreate struct {
	PeriodStart calendar.Date  `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd   calendar.Date  `json:"period_end" format:"date" example:"2026-10-31"`
	DueDays     int32          `json:"due_days,omitempty" default:"15" minimum:"1" maximum:"90" example:"15"`
	TaxRate     rest.RateInput `json:"tax_rate,omitempty" doc:"0 to 1; defaults to 0." example:"\"0.20\""`
	Proration   string         `json:"proration,omitempty" enum:"none,daily" default:"none" doc:"Whether a contract that is active for part of the period is charged its whole monthly fee (none) or its active days (daily)." example:"none"`
}

// BillingRunResult is the result of a run.
type BillingRunResult struct {
	BillingRunID        uuid.UUID            `json:"billing_run_id" example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02" format:"uuid"`
	PeriodStart         calendar.Date        `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd           calendar.Date        `json:"period_end" format:"date" example:"2026-10-31"`
	InvoiceCount        int32                `json:"invoice_count" example:"2"`
	SubtotalAmount      money.Amount         `json:"subtotal_amount" example:"448.50" format:"decimal"`
	TaxAmount           money.Amount         `json:"tax_amount" example:"89.70" format:"decimal"`
	TotalAmount         money.Amount         `json:"total_amount" example:"538.20" format:"decimal"`
	InvoiceIDs          []uuid.UUID          `json:"invoice_ids" nullable:"false" doc:"The first 1,000." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5,01932c05-51ab-7e16-93d4-c7a82f0b6e15"`
	InvoiceIDsTruncated bool                 `json:"invoice_ids_truncated"`
	InvoicesURL         *string              `json:"invoices_url,omitempty" doc:"The list of all invoices; present if invoice_ids is truncated." example:"/api/v1/invoices?filters=billing_run_id%3D01932c01-2b6d-7a90-8c3f-e1d47b5a6f02"`
	Status              vocabulary.RunStatus `json:"status" enum:"completed,completed_with_failures,cancelled" example:"completed"`
	SkippedCount        int32                `json:"skipped_count" doc:"Clients whose days were already billed." example:"1"`
	FailedCount         int32                `json:"failed_count" doc:"Clients that could not be billed." example:"0"`
	IdempotencyReplayed bool                 `json:"idempotency_replayed"`
}

// BillingRunRead is a run during and after its execution.
type BillingRunRead struct {
	ID               uuid.UUID            `json:"id" example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02" format:"uuid"`
	IdempotencyKey   string               `json:"idempotency_key" example:"billing-2026-10"`
	WorkflowID       string               `json:"workflow_id" doc:"The run's workflow id, for the Temporal UI." example:"billing-run/billing-2026-10"`
	PeriodStart      calendar.Date        `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd        calendar.Date        `json:"period_end" format:"date" example:"2026-10-31"`
	DueDays          int32                `json:"due_days" example:"15"`
	TaxRate          money.Rate           `json:"tax_rate" example:"0.200000" format:"decimal"`
	Currency         string               `json:"currency" example:"MAD"`
	Proration        string               `json:"proration" enum:"none,daily" example:"none"`
	Status           vocabulary.RunStatus `json:"status" example:"completed"`
	ClientCount      int32                `json:"client_count" doc:"Planned clients, plus clients whose contracts became active before their chunk was billed." example:"3"`
	ChunkCount       int32                `json:"chunk_count" example:"1"`
	Progress         BillingRunDone       `json:"progress"`
	InvoiceCount     int32                `json:"invoice_count" example:"2"`
	SkippedCount     int32                `json:"skipped_count" example:"1"`
	FailedCount      int32                `json:"failed_count" example:"0"`
	SubtotalAmount   money.Amount         `json:"subtotal_amount" example:"448.50" format:"decimal"`
	TaxAmount        money.Amount         `json:"tax_amount" example:"89.70" format:"decimal"`
	TotalAmount      money.Amount         `json:"total_amount" example:"538.20" format:"decimal"`
	PlannedAt        rest.Timestamp       `json:"planned_at" example:"2026-11-22T15:29:17.640100Z"`
	CompletedAt      *rest.Timestamp      `json:"completed_at" example:"2026-11-22T15:29:18.102300Z" nullable:"true"`
	ElapsedSeconds   float64              `json:"elapsed_seconds" example:"0.4622"`
	HoldReason       *string              `json:"hold_reason" doc:"Why a planned run waits for an operator to approve or cancel it."`
	Fault            *string              `json:"fault" doc:"Why the run failed."`
	ExpectedInvoices int32                `json:"expected_invoice_count" doc:"Number of invoices that the plan estimated." example:"2"`
	ExpectedTotal    money.Amount         `json:"expected_total_amount" example:"478.80"`
	RemainingSeconds *float64             `json:"remaining_seconds" doc:"Estimated time until the last document of a running run, based on its speed so far."`
	ClientsPerSecond float64              `json:"clients_per_second" doc:"Clients billed per second, not counting time on hold or paused." example:"6.49"`
}

// BillingRunDetail is a run with its history.
type BillingRunDetail struct {
	BillingRunRead
	Events      []BillingRunEventRead `json:"events" nullable:"false" doc:"The status changes of the run, oldest first."`
	InvoicesURL string                `json:"invoices_url" doc:"The invoices of the run." example:"/api/v1/invoices?filters=billing_run_id%3D01932c01-2b6d-7a90-8c3f-e1d47b5a6f02"`
	FailuresURL string                `json:"failures_url" doc:"The clients that could not be billed." example:"/api/v1/billing/runs/01932c01-2b6d-7a90-8c3f-e1d47b5a6f02/failures"`
	SkippedURL  string                `json:"skipped_url" doc:"The contracts skipped because another run billed them." example:"/api/v1/billing/runs/01932c01-2b6d-7a90-8c3f-e1d47b5a6f02/skipped"`
}

// BillingRunEventRead is a status change of a run.
type BillingRunEventRead struct {
	FromStatus vocabulary.RunStatus `json:"from_status" example:"planned"`
	ToStatus   vocabulary.RunStatus `json:"to_status" example:"running"`
	ActorID    string               `json:"actor_id" example:"billing-run"`
	Reason     *string              `json:"reason"`
	CreatedAt  rest.Timestamp       `json:"created_at"`
}

// BillingRunOutput answers with one run.
type BillingRunOutput struct{ Body BillingRunDetail }

// BillingRunPath names a run.
type BillingRunPath struct {
	BillingRunID string `path:"billing_run_id" doc:"The billing run." example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02"`
}

// BillingRunDone is the progress of a run.
type BillingRunDone struct {
	BilledChunks     int32 `json:"billed_chunks" example:"1"`
	DocumentedChunks int32 `json:"documented_chunks" example:"1"`
	BilledClients    int32 `json:"billed_clients" example:"3"`
	Documents        int32 `json:"documents" example:"2"`
}

// billingRunList is the list of all billing runs.
var billingRunList = rest.List[dbsqlc.BillingRun]{
	Name: "billing_runs", ID: func(row dbsqlc.BillingRun) uuid.UUID { return row.ID },
	Sorts: []rest.SortKey[dbsqlc.BillingRun]{
		{Name: "planned_at", Value: func(row dbsqlc.BillingRun) string { return rest.SortedByTime(row.PlannedAt) }},
		{Name: "period_start", Value: func(row dbsqlc.BillingRun) string { return row.PeriodStart.String() }},
	},
	Filters: []rest.FilterKey{
		{Name: "status", Values: "planned, running, paused, completed, completed_with_failures, cancelled or failed"}, {Name: "period_start", Values: "a date"},
	},
}

func (h *handlers) runBilling(ctx context.Context, input *struct {
	rest.KeyParams
	Body BillingRunCreate
},
) (*struct{ Body BillingRunResult }, error) {
	terms, err := input.Body.terms()
	if err != nil {
		return nil, err
	}
	key, err := idempotency.ParseKey(input.Key)
	if err != nil {
		return nil, err
	}
	run, err := h.Starter.BillingRun(ctx, starter.BillingRun{Key: key, Terms: terms, ActorID: rest.Caller(ctx).ID, Wait: input.Wait()})
	if err != nil {
		return nil, err
	}
	var result billing.Result
	replayed, err := h.Run(ctx, run, &result)
	if err != nil {
		return nil, err
	}
	return &struct{ Body BillingRunResult }{newBillingRunResult(result, replayed)}, nil
}

func (b BillingRunCreate) terms() (billing.Terms, error) {
	var validator rest.Validator
	terms := billing.Terms{
		Period: calendar.Period{Start: b.PeriodStart, End: b.PeriodEnd}, DueDays: b.DueDays, TaxRate: b.TaxRate.Rate,
		Proration: billing.ProrationNamed(b.Proration),
	}
	if b.PeriodEnd.Before(b.PeriodStart) {
		validator.Fail("period_end", "period_end must not be before period_start")
	}
	if terms.DueDate().Year() > calendar.MaxYear {
		validator.Fail("period_end", "period_end is too late for a due date")
	}
	if b.TaxRate.Rate < 0 || b.TaxRate.Rate > money.MaxRate {
		validator.Fail("tax_rate", "tax_rate must be between 0 and 1")
	}
	return terms, validator.Err()
}

func newBillingRunResult(result billing.Result, replayed bool) BillingRunResult {
	read := BillingRunResult{
		BillingRunID: result.RunID, PeriodStart: result.Period.Start, PeriodEnd: result.Period.End,
		InvoiceCount: result.InvoiceCount, SubtotalAmount: result.SubtotalAmount, TaxAmount: result.TaxAmount,
		TotalAmount: result.TotalAmount, InvoiceIDs: result.InvoiceIDs, InvoiceIDsTruncated: result.InvoicesTruncated,
		Status: result.Status, SkippedCount: result.SkippedCount, FailedCount: result.FailedCount,
		IdempotencyReplayed: replayed,
	}
	if result.InvoicesTruncated {
		read.InvoicesURL = new(runInvoicesPath(result.RunID))
	}
	return read
}

// runInvoicesPath returns the path of the list of a run's invoices.
func runInvoicesPath(id uuid.UUID) string {
	return "/api/v1/invoices?filters=" + url.QueryEscape("billing_run_id="+id.String())
}

func (h *handlers) listBillingRuns(ctx context.Context, input *rest.PageParams) (*rest.PageOutput[BillingRunRead], error) {
	request, err := rest.ParseList(h.API, billingRunList, *input)
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.BillingRunCountParams{Status: request.Text("status"), PeriodStart: request.Date("period_start")}
	var done map[uuid.UUID]dbsqlc.BillingRunProgressListRow
	read := func(row dbsqlc.BillingRun) BillingRunRead { return newBillingRunRead(row, done[row.ID], h.Now()) }
	return rest.AnswerList(ctx, h.API, request, read, func(at rest.ListPosition) ([]dbsqlc.BillingRun, error) {
		rows, err := h.Queries.BillingRunList(ctx, h.Pool, dbsqlc.BillingRunListParams{
			Status: filters.Status, PeriodStart: filters.PeriodStart,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
		if err != nil {
			return nil, err
		}
		done, err = h.loadProgress(ctx, rows...)
		return rows, err
	}, func() (int64, error) { return h.Queries.BillingRunCount(ctx, h.Pool, filters) })
}

func (h *handlers) getBillingRun(ctx context.Context, input *BillingRunPath) (*BillingRunOutput, error) {
	return h.loadBillingRun(ctx, input.BillingRunID)
}

func (h *handlers) findBillingRun(ctx context.Context, id string) (dbsqlc.BillingRun, error) {
	run, err := h.Queries.BillingRunGetByID(ctx, h.Pool, rest.ParseID(id))
	return run, rest.OrNotFound(err, refusal.BillingRunNotFound)
}

// loadBillingRun returns a run with its current progress and history.
func (h *handlers) loadBillingRun(ctx context.Context, id string) (*BillingRunOutput, error) {
	row, err := h.findBillingRun(ctx, id)
	if err != nil {
		return nil, err
	}
	done, err := h.loadProgress(ctx, row)
	if err != nil {
		return nil, err
	}
	events, err := h.Queries.BillingRunEventList(ctx, h.Pool, row.ID)
	if err != nil {
		return nil, err
	}
	detail := BillingRunDetail{
		BillingRunRead: newBillingRunRead(row, done[row.ID], h.Now()), Events: rest.Convert(events, newBillingRunEventRead),
		InvoicesURL: runInvoicesPath(row.ID), FailuresURL: starter.BillingRunLocation(row.ID) + "/failures", SkippedURL: starter.BillingRunLocation(row.ID) + "/skipped",
	}
	return &BillingRunOutput{Body: detail}, nil
}

func newBillingRunEventRead(row dbsqlc.BillingRunEvent) BillingRunEventRead {
	return BillingRunEventRead{
		FromStatus: row.FromStatus, ToStatus: row.ToStatus, ActorID: row.ActorID, Reason: row.Reason,
		CreatedAt: rest.Timestamp(row.CreatedAt),
	}
}

// loadProgress sums the chunks of runs, for current counts and totals.
func (h *handlers) loadProgress(ctx context.Context, runs ...dbsqlc.BillingRun) (map[uuid.UUID]dbsqlc.BillingRunProgressListRow, error) {
	ids := make([]uuid.UUID, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	rows, err := h.Queries.BillingRunProgressList(ctx, h.Pool, dbsqlc.BillingRunProgressListParams{BillingRunIDS: ids, Now: h.Now()})
	if err != nil {
		return nil, err
	}
	progress := make(map[uuid.UUID]dbsqlc.BillingRunProgressListRow, len(rows))
	for _, row := range rows {
		progress[row.BillingRunID] = row
	}
	return progress, nil
}

func newBillingRunRead(row dbsqlc.BillingRun, done dbsqlc.BillingRunProgressListRow, now time.Time) BillingRunRead {
	if row.CompletedAt != nil {
		now = *row.CompletedAt
	}
	elapsed := now.Sub(row.PlannedAt).Seconds()
	read := BillingRunRead{
		ID: row.ID, IdempotencyKey: row.IdempotencyKey,
		WorkflowID:  workflows.ID(idempotency.Request{Operation: idempotency.BillingRun, Key: idempotency.Key(row.IdempotencyKey)}),
		PeriodStart: row.PeriodStart, PeriodEnd: row.PeriodEnd, DueDays: row.DueDays, TaxRate: row.TaxRate,
		Currency: row.Currency, Proration: row.Proration, Status: row.Status, ClientCount: done.ClientCount, ChunkCount: row.ChunkCount,
		Progress: BillingRunDone{
			BilledChunks: done.BilledChunks, DocumentedChunks: done.DocumentedChunks,
			BilledClients: done.BilledClients, Documents: done.DocumentCount,
		},
		InvoiceCount: done.InvoiceCount, SkippedCount: done.SkippedCount, FailedCount: done.FailedCount,
		SubtotalAmount: done.SubtotalAmount, TaxAmount: done.TaxAmount, TotalAmount: done.TotalAmount,
		PlannedAt: rest.Timestamp(row.PlannedAt), CompletedAt: rest.OptionalTimestamp(row.CompletedAt), ElapsedSeconds: elapsed,
		HoldReason: row.HoldReason, Fault: row.Fault, ExpectedInvoices: row.EstimatedInvoiceCount, ExpectedTotal: row.EstimatedTotalAmount,
	}
	if done.RunningSeconds > 0 {
		read.ClientsPerSecond = float64(done.BilledClients) / done.RunningSeconds
	}
	if row.Status == billing.RunRunning && done.DocumentedClients > 0 {
		read.RemainingSeconds = new(done.RunningSeconds * float64(done.ClientCount-done.DocumentedClients) / float64(done.DocumentedClients))
	}
	return read
}
