package billing

import (
	"fmt"

	"github.com/mtfacturation/mtf/internal/money"
)

// SafetyLimits keep a run from issuing far more than intended. A planned run beyond them is
// held, with nothing written, until an operator approves it.
type SafetyLimits struct {
	// MaxGrowth limits the number of invoices to a multiple of the largest recent run's
	// number; 0 means no limit.
	MaxGrowth float64 `json:"max_growth,omitempty"`
	// MinInvoices is the number of invoices up to which growth is not checked, because
	// small runs differ by large factors.
	MinInvoices int32 `json:"min_invoices,omitempty"`
	// MaxTotal limits the sum of the totals; 0 means no limit.
	MaxTotal money.Amount `json:"max_total,omitempty"`
}

// Estimate is what a plan would issue.
type Estimate struct {
	InvoiceCount int32        `json:"invoice_count"`
	TotalAmount  money.Amount `json:"total_amount"`
	// LargestRecent is the number of invoices of the largest of the latest runs; 0 if
	// there was none.
	LargestRecent int32 `json:"largest_recent"`
}

// holdReason names the bound that a plan exceeds; empty if it exceeds none.
func (b SafetyLimits) holdReason(expected Estimate) string {
	if b.MaxTotal > 0 && expected.TotalAmount > b.MaxTotal {
		return fmt.Sprintf("the plan totals %s %s, the bound is %s %s", expected.TotalAmount, Currency, b.MaxTotal, Currency)
	}
	growthMatters := b.MaxGrowth > 0 && expected.LargestRecent > 0 && expected.InvoiceCount > b.MinInvoices
	if growthMatters && float64(expected.InvoiceCount) > b.MaxGrowth*float64(expected.LargestRecent) {
		return fmt.Sprintf("the plan has %d invoices, more than %g times the %d of the largest recent run",
			expected.InvoiceCount, b.MaxGrowth, expected.LargestRecent)
	}
	return ""
}
