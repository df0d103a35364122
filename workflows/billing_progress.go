package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// ProgressQuery reads the progress of a billing run.
const ProgressQuery = "progress"

// BillingRunProgress is the progress of a run: its plan, its counts, and the sums so far.
type BillingRunProgress struct {
	Plan   billing.Plan      `json:"plan"`
	Status billing.RunStatus `json:"status"`
	// Retried lists the chunks that a retry processes; nil means all chunks.
	Retried []int32 `json:"retried,omitempty"`
	// Started counts the chunks handed to a worker, Billed the chunks with committed rows, and
	// Documented the chunks with stored files.
	Started    int32               `json:"started"`
	Billed     int32               `json:"billed"`
	Documented int32               `json:"documented"`
	Documents  int32               `json:"documents"`
	Sums       billing.ChunkResult `json:"sums"`
}

// retry resets the progress to that of a reopened run.
func (p *BillingRunProgress) retry(reopened billing.Reopened) {
	p.Plan, p.Status, p.Retried = reopened.Plan, reopened.Plan.Status, reopened.Chunks
	if p.Retried == nil {
		p.Retried = []int32{}
	}
}

// chunkCount is the number of chunks to process.
func (p *BillingRunProgress) chunkCount() int32 {
	if p.Retried != nil {
		return int32(len(p.Retried))
	}
	return p.Plan.ChunkCount
}

// chunk returns the number of the nth chunk to process.
func (p *BillingRunProgress) chunk(nth int32) int32 {
	if p.Retried != nil {
		return p.Retried[nth-1]
	}
	return nth
}

// planned reports whether the plan of the run is known, and thus its row exists.
func (p *BillingRunProgress) planned() bool { return p.Plan.Status != "" }

func (p *BillingRunProgress) finished() bool { return p.Documented == p.chunkCount() }

func (p *BillingRunProgress) billed(chunk billing.ChunkResult) {
	p.Billed++
	p.Sums.ClientCount += chunk.ClientCount
	p.Sums.InvoiceCount += chunk.InvoiceCount
	p.Sums.SkippedCount += chunk.SkippedCount
	p.Sums.FailedCount += chunk.FailedCount
	p.Sums.SubtotalAmount += chunk.SubtotalAmount
	p.Sums.TaxAmount += chunk.TaxAmount
	p.Sums.TotalAmount += chunk.TotalAmount
}

func (p *BillingRunProgress) documented(documents int32) {
	p.Documented++
	p.Documents += documents
}

// state is the searchable state of the run: its status, or held while it waits for an approval.
func (p *BillingRunProgress) state() string {
	if p.Status == billing.RunPlanned && p.Plan.HoldReason != "" {
		return HeldStatus
	}
	return string(p.Status)
}

// show publishes the progress and the state to the Temporal UI.
func (r *billingRun) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, r.markdown())
	if state := r.progress.state(); state != r.searchStatus {
		r.searchStatus = state
		upsertSearchAttributes(ctx, searchattribute.Status.ValueSet(state))
	}
}

// markdown renders the state, progress, amounts, and failures of the run as tables for operators.
func (r *billingRun) markdown() string {
	p := &r.progress
	row := func(cells ...any) string { return "| " + strings.TrimSpace(fmt.Sprintln(cells...)) + " |\n" }
	tables := "| | |\n|---|---|\n" +
		row("Run |", "`"+p.Plan.RunID.String()+"`") +
		row("Period |", p.Plan.Terms.Period) +
		row("State |", "**"+strings.ReplaceAll(p.state(), "_", " ")+"**") +
		row("Progress |", p.share())
	if p.state() == HeldStatus {
		tables += row("Waiting for approval |", p.Plan.HoldReason)
	}
	tables += "\n| | done | of |\n|---|---:|---:|\n" +
		row("Chunks billed |", p.Billed, "|", p.chunkCount()) +
		row("Chunks finished |", p.Documented, "|", p.chunkCount()) +
		row("Clients |", p.Sums.ClientCount, "|", max(p.Sums.ClientCount, p.Plan.ClientCount)) +
		row("Documents stored |", p.Documents, "|", p.Sums.InvoiceCount) +
		"\n| Money so far | |\n|---|---:|\n" +
		row("Invoices |", p.Sums.InvoiceCount) +
		row("Subtotal |", inCurrency(p.Sums.SubtotalAmount)) +
		row("Tax |", inCurrency(p.Sums.TaxAmount)) +
		row("**Total** |", "**"+inCurrency(p.Sums.TotalAmount)+"**") +
		"\n| Not billed | clients | |\n|---|---:|---|\n" +
		row("Nothing to bill |", p.Sums.SkippedCount, "|") +
		row("Could not be billed |", p.Sums.FailedCount, "|", p.failuresPath())
	if r.fault != nil {
		tables += "\n| Stopped by a fault |\n|---|\n" + row(strings.NewReplacer("|", "/", "\n", " ").Replace(describe(r.fault)))
	}
	return tables
}

// failuresPath is the API operation that lists the clients that could not be billed, with reasons.
func (p *BillingRunProgress) failuresPath() string {
	if p.Sums.FailedCount == 0 {
		return ""
	}
	return "`GET /api/v1/billing/runs/" + p.Plan.RunID.String() + "/failures`"
}

// share is the percentage of finished chunks.
func (p *BillingRunProgress) share() string {
	if p.chunkCount() == 0 {
		return "nothing to bill"
	}
	return fmt.Sprintf("%d %%", 100*int64(p.Documented)/int64(p.chunkCount()))
}

func inCurrency(amount money.Amount) string { return amount.String() + " " + billing.Currency }
