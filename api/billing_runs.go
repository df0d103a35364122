package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/process"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

func (s *Server) billingRunRoutes() {
	const tag = "Billing"
	register(s, operation{id: "runBilling", access: billers, method: http.MethodPost, path: "/api/v1/billing/runs", tag: tag,
		summary:  "Bill a period",
		refusals: []refusal.Code{refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict}}, s.runBilling)
	register(s, operation{id: "listBillingRuns", access: readers, method: http.MethodGet, path: "/api/v1/billing/runs", tag: tag,
		summary: "List billing runs, newest first", list: billingRunList.keys()}, s.listBillingRuns)
	register(s, operation{id: "getBillingRun", access: readers, method: http.MethodGet, path: "/api/v1/billing/runs/{billing_run_id}", tag: tag,
		summary: "Where a billing run is", refusals: []refusal.Code{refusal.BillingRunNotFound}}, s.getBillingRun)
}

// BillingRunCreate asks for a run.
type BillingRunCreate struct {
	PeriodStart calendar.Date `json:"period_start" format:"date"`
	PeriodEnd   calendar.Date `json:"period_end" format:"date"`
	DueDays     int32         `json:"due_days,omitempty" default:"15" minimum:"1" maximum:"90"`
	TaxRate     RateInput     `json:"tax_rate,omitempty" doc:"0 to 1; 0 when absent."`
}

// BillingRunResult is what a run issued.
type BillingRunResult struct {
	BillingRunID        uuid.UUID     `json:"billing_run_id"`
	PeriodStart         calendar.Date `json:"period_start" format:"date"`
	PeriodEnd           calendar.Date `json:"period_end" format:"date"`
	InvoiceCount        int32         `json:"invoice_count"`
	SubtotalAmount      money.Amount  `json:"subtotal_amount"`
	TaxAmount           money.Amount  `json:"tax_amount"`
	TotalAmount         money.Amount  `json:"total_amount"`
	InvoiceIDs          []uuid.UUID   `json:"invoice_ids" nullable:"false" doc:"The first 1,000."`
	InvoiceIDsTruncated bool          `json:"invoice_ids_truncated"`
	Status              string        `json:"status"`
	SkippedCount        int32         `json:"skipped_count" doc:"Clients whose days were billed already."`
	FailedCount         int32         `json:"failed_count" doc:"Clients that could not be billed."`
	IdempotencyReplayed bool          `json:"idempotency_replayed"`
}

// BillingRunRead is a run as the API shows it while it runs and after.
type BillingRunRead struct {
	ID               uuid.UUID      `json:"id"`
	IdempotencyKey   string         `json:"idempotency_key"`
	WorkflowID       string         `json:"workflow_id" doc:"Where the Temporal UI shows the run."`
	PeriodStart      calendar.Date  `json:"period_start" format:"date"`
	PeriodEnd        calendar.Date  `json:"period_end" format:"date"`
	DueDays          int32          `json:"due_days"`
	TaxRate          money.Rate     `json:"tax_rate"`
	Currency         string         `json:"currency"`
	Status           string         `json:"status"`
	ClientCount      int32          `json:"client_count" doc:"Clients in the plan."`
	ChunkCount       int32          `json:"chunk_count"`
	Progress         BillingRunDone `json:"progress"`
	InvoiceCount     int32          `json:"invoice_count"`
	SkippedCount     int32          `json:"skipped_count"`
	FailedCount      int32          `json:"failed_count"`
	SubtotalAmount   money.Amount   `json:"subtotal_amount"`
	TaxAmount        money.Amount   `json:"tax_amount"`
	TotalAmount      money.Amount   `json:"total_amount"`
	PlannedAt        Timestamp      `json:"planned_at"`
	CompletedAt      *Timestamp     `json:"completed_at"`
	ElapsedSeconds   float64        `json:"elapsed_seconds"`
	ClientsPerSecond float64        `json:"clients_per_second"`
}

// BillingRunDone says how much of the plan is done.
type BillingRunDone struct {
	BilledChunks     int32 `json:"billed_chunks"`
	DocumentedChunks int32 `json:"documented_chunks"`
	BilledClients    int32 `json:"billed_clients"`
	Documents        int32 `json:"documents"`
}

// billingRunList is the list of all billing runs.
var billingRunList = list[dbsqlc.BillingRun]{
	name: "billing_runs", id: func(row dbsqlc.BillingRun) uuid.UUID { return row.ID },
	sorts: []sortKey[dbsqlc.BillingRun]{
		{"planned_at", func(row dbsqlc.BillingRun) string { return sortedByTime(row.PlannedAt) }},
		{"period_start", func(row dbsqlc.BillingRun) string { return row.PeriodStart.String() }},
	},
	filters: []filterKey{
		{"status", "planned, running, paused, completed, completed_with_failures, cancelled or failed"}, {"period_start", "a date"},
	},
}

func (s *Server) runBilling(ctx context.Context, input *struct {
	KeyParams
	Body BillingRunCreate
}) (*struct{ Body BillingRunResult }, error) {
	terms, err := input.Body.terms()
	if err != nil {
		return nil, err
	}
	request, err := keyedRequest(idempotency.BillingRun, input.Key, terms)
	if err != nil {
		return nil, err
	}
	runID, err := s.billingRunID(ctx, request)
	if err != nil {
		return nil, err
	}
	var result billing.Result
	replayed, err := s.run(ctx, process.Process{
		Request:  request,
		Workflow: workflows.RunBilling,
		Input: workflows.BillingRunInput{
			RunID: runID, Request: request, Terms: terms, ActorID: actorOf(ctx).ID,
			ChunkSize: s.Config.Billing.ChunkClients, Concurrency: s.Config.Billing.Concurrency,
		},
		Queue:    workflows.BillingQueue,
		Summary:  "Bill " + terms.Period.String() + ", tax rate " + terms.TaxRate.String(),
		Location: "/api/v1/billing/runs/" + runID.String(),
		Wait:     input.wait(),
	}, &result)
	if err != nil {
		return nil, err
	}
	return &struct{ Body BillingRunResult }{readBillingResult(result, replayed)}, nil
}

func (b BillingRunCreate) terms() (billing.Terms, error) {
	var checked fields
	terms := billing.Terms{
		Period: calendar.Period{Start: b.PeriodStart, End: b.PeriodEnd}, DueDays: b.DueDays, TaxRate: b.TaxRate.Rate,
	}
	if b.PeriodEnd.Before(b.PeriodStart) {
		checked.refuse("period_end", "period_end must not be before period_start")
	}
	if terms.DueDate().Year() > calendar.MaxYear {
		checked.refuse("period_end", "period_end leaves no due date")
	}
	if b.TaxRate.Rate < 0 || b.TaxRate.Rate > money.MaxRate {
		checked.refuse("tax_rate", "tax_rate must be from 0 to 1")
	}
	return terms, checked.err()
}

func readBillingResult(result billing.Result, replayed bool) BillingRunResult {
	return BillingRunResult{
		BillingRunID: result.RunID, PeriodStart: result.Period.Start, PeriodEnd: result.Period.End,
		InvoiceCount: result.InvoiceCount, SubtotalAmount: result.SubtotalAmount, TaxAmount: result.TaxAmount,
		TotalAmount: result.TotalAmount, InvoiceIDs: result.InvoiceIDs, InvoiceIDsTruncated: result.InvoicesTruncated,
		Status: result.Status, SkippedCount: result.SkippedCount, FailedCount: result.FailedCount,
		IdempotencyReplayed: replayed,
	}
}

func (s *Server) listBillingRuns(ctx context.Context, input *PageParams) (*PageOutput[BillingRunRead], error) {
	asked, err := ask(s, billingRunList, *input)
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.BillingRunCountParams{Status: asked.text("status"), PeriodStart: asked.date("period_start")}
	var done map[uuid.UUID]dbsqlc.BillingRunProgressListRow
	read := func(row dbsqlc.BillingRun) BillingRunRead { return readBillingRun(row, done[row.ID], s.Now()) }
	return answerList(ctx, s, asked, read, func(at position) ([]dbsqlc.BillingRun, error) {
		rows, err := s.queries.BillingRunList(ctx, s.Pool, dbsqlc.BillingRunListParams{
			Status: filters.Status, PeriodStart: filters.PeriodStart,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
		if err != nil {
			return nil, err
		}
		done, err = s.progressOf(ctx, rows...)
		return rows, err
	}, func() (int64, error) { return s.queries.BillingRunCount(ctx, s.Pool, filters) })
}

func (s *Server) getBillingRun(ctx context.Context, input *struct {
	BillingRunID string `path:"billing_run_id"`
}) (*struct{ Body BillingRunRead }, error) {
	row, err := s.queries.BillingRunGetByID(ctx, s.Pool, parseID(input.BillingRunID))
	if err != nil {
		return nil, orNotFound(err, refusal.BillingRunNotFound)
	}
	done, err := s.progressOf(ctx, row)
	if err != nil {
		return nil, err
	}
	return &struct{ Body BillingRunRead }{readBillingRun(row, done[row.ID], s.Now())}, nil
}

// progressOf adds up the chunks of runs, so that counts and sums are those of this moment.
func (s *Server) progressOf(ctx context.Context, runs ...dbsqlc.BillingRun) (map[uuid.UUID]dbsqlc.BillingRunProgressListRow, error) {
	ids := make([]uuid.UUID, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	rows, err := s.queries.BillingRunProgressList(ctx, s.Pool, ids)
	if err != nil {
		return nil, err
	}
	progress := make(map[uuid.UUID]dbsqlc.BillingRunProgressListRow, len(rows))
	for _, row := range rows {
		progress[row.BillingRunID] = row
	}
	return progress, nil
}

func readBillingRun(row dbsqlc.BillingRun, done dbsqlc.BillingRunProgressListRow, now time.Time) BillingRunRead {
	if row.CompletedAt != nil {
		now = *row.CompletedAt
	}
	elapsed := now.Sub(row.PlannedAt).Seconds()
	read := BillingRunRead{
		ID: row.ID, IdempotencyKey: row.IdempotencyKey,
		WorkflowID:  workflows.ID(idempotency.Request{Operation: idempotency.BillingRun, Key: idempotency.Key(row.IdempotencyKey)}),
		PeriodStart: row.PeriodStart, PeriodEnd: row.PeriodEnd, DueDays: row.DueDays, TaxRate: row.TaxRate,
		Currency: row.Currency, Status: row.Status, ClientCount: row.ClientCount, ChunkCount: row.ChunkCount,
		Progress: BillingRunDone{
			BilledChunks: done.BilledChunks, DocumentedChunks: done.DocumentedChunks,
			BilledClients: done.BilledClients, Documents: done.DocumentCount,
		},
		InvoiceCount: done.InvoiceCount, SkippedCount: done.SkippedCount, FailedCount: done.FailedCount,
		SubtotalAmount: done.SubtotalAmount, TaxAmount: done.TaxAmount, TotalAmount: done.TotalAmount,
		PlannedAt: Timestamp(row.PlannedAt), CompletedAt: optionalTimestamp(row.CompletedAt), ElapsedSeconds: elapsed,
	}
	if elapsed > 0 {
		read.ClientsPerSecond = float64(done.BilledClients) / elapsed
	}
	return read
}

// billingRunID is the id of the run of this key when there is one, else a new id.
func (s *Server) billingRunID(ctx context.Context, request idempotency.Request) (uuid.UUID, error) {
	run, err := s.queries.BillingRunGetByKey(ctx, s.Pool, string(request.Key))
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.NewV7()
	}
	return run.ID, err
}
