package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// ProgressQuery asks a billing run where it is.
const ProgressQuery = "progress"

// BillingRunProgress is where a run is: its plan, how far it has come, and the
// sums so far.
type BillingRunProgress struct {
	Plan   billing.Plan      `json:"plan"`
	Status billing.RunStatus `json:"status"`
	// Retried lists the chunks that a retry works on; without it all are worked on.
	Retried []int32 `json:"retried,omitempty"`
	// Started counts the chunks that were given to a worker, Billed those whose rows
	// are committed, Documented those whose files are stored too.
	Started    int32               `json:"started"`
	Billed     int32               `json:"billed"`
	Documented int32               `json:"documented"`
	Documents  int32               `json:"documents"`
	Sums       billing.ChunkResult `json:"sums"`
}

// retry makes this the progress of a run that is taken up again.
func (p *BillingRunProgress) retry(reopened billing.Reopened) {
	p.Plan, p.Status, p.Retried = reopened.Plan, reopened.Plan.Status, reopened.Chunks
	if p.Retried == nil {
		p.Retried = []int32{}
	}
}

// chunkCount is how many chunks there are to work on.
func (p *BillingRunProgress) chunkCount() int32 {
	if p.Retried != nil {
		return int32(len(p.Retried))
	}
	return p.Plan.ChunkCount
}

// chunk is the number of the chunk that is worked on as the nth.
func (p *BillingRunProgress) chunk(nth int32) int32 {
	if p.Retried != nil {
		return p.Retried[nth-1]
	}
	return nth
}

// planned reports whether the run has a row, as far as is known here.
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

// state is what operators search runs by: the state of the run, and whether it waits
// for an approval.
func (p *BillingRunProgress) state() string {
	if p.Status == billing.RunPlanned && p.Plan.HoldReason != "" {
		return HeldStatus
	}
	return string(p.Status)
}

// show puts the progress where the Temporal UI displays it, and the state where it
// finds the run.
func (r *billingRun) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, r.markdown())
	if state := r.progress.state(); state != r.searched {
		r.searched = state
		attributes(ctx, searchattribute.Status.ValueSet(state))
	}
}

// markdown renders the run as tables for operators: where it is, how far it has come,
// the money so far, and what went wrong.
func (r *billingRun) markdown() string {
	p := &r.progress
	row := func(cells ...any) string { return "| " + strings.TrimSpace(fmt.Sprintln(cells...)) + " |\n" }
	tables := "| | |\n|---|---|\n" +
		row("Run |", "`"+p.Plan.RunID.String()+"`") +
		row("Period |", p.Plan.Terms.Period) +
		row("State |", "**"+strings.ReplaceAll(p.state(), "_", " ")+"**") +
		row("Progress |", p.share())
	if p.state() == HeldStatus {
		tables += row("Waits for approval |", p.Plan.HoldReason)
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
		row("Nothing left to bill |", p.Sums.SkippedCount, "|") +
		row("Could not be billed |", p.Sums.FailedCount, "|", p.failuresPath())
	if r.fault != nil {
		tables += "\n| Stopped by a fault |\n|---|\n" + row(strings.NewReplacer("|", "/", "\n", " ").Replace(describe(r.fault)))
	}
	return tables
}

// failuresPath is where the API lists the clients that could not be billed, and why.
func (p *BillingRunProgress) failuresPath() string {
	if p.Sums.FailedCount == 0 {
		return ""
	}
	return "`GET /api/v1/billing/runs/" + p.Plan.RunID.String() + "/failures`"
}

// share is the part of the chunks that is done with, in per cent.
func (p *BillingRunProgress) share() string {
	if p.chunkCount() == 0 {
		return "nothing to bill"
	}
	return fmt.Sprintf("%d %%", 100*int64(p.Documented)/int64(p.chunkCount()))
}

func inCurrency(amount money.Amount) string { return amount.String() + " " + billing.Currency }
