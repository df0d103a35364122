package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/money"
)

func (h *handlers) collectionOverviewRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "getCollectionsOverview", Method: http.MethodGet, Path: "/api/v1/collections/overview", Tag: "Collections",
		Access:     rest.Readers,
		ReadsCases: true,
		Summary:    "Get the totals of overdue invoices",
		Description: "The active cases, current for the business day: their number, and their outstanding amounts by " +
			"aging bucket.",
		Success: "The totals as of this business day.",
	}, h.getCollectionsOverview)
}

// CollectionsOverview is what is overdue: how many cases are worked on and what they owe.
type CollectionsOverview struct {
	OpenCases              int64              `json:"open_cases" example:"2"`
	InProgressCases        int64              `json:"in_progress_cases" example:"1"`
	OverdueInvoices        int64              `json:"overdue_invoices" example:"3"`
	TotalOutstandingAmount money.Amount       `json:"total_outstanding_amount" example:"898.20" format:"decimal"`
	BucketTotals           AgingBucketAmounts `json:"bucket_totals"`
}

// AgingBucketAmounts is what the cases of each aging bucket owe.
type AgingBucketAmounts struct {
	Current  money.Amount `json:"current" example:"0.00" format:"decimal"`
	To30     money.Amount `json:"1_30" example:"299.40" format:"decimal"`
	To60     money.Amount `json:"31_60" example:"598.80" format:"decimal"`
	To90     money.Amount `json:"61_90" example:"0.00" format:"decimal"`
	Beyond90 money.Amount `json:"90_plus" example:"0.00" format:"decimal"`
}

// CollectionsOverviewOutput answers with the overview.
type CollectionsOverviewOutput struct{ Body CollectionsOverview }

func (h *handlers) getCollectionsOverview(ctx context.Context, _ *struct{}) (*CollectionsOverviewOutput, error) {
	overview, err := h.syncGate.ReadOverview(ctx, h.Today(), h.Now())
	if err != nil {
		return nil, err
	}
	owed := overview.Buckets
	return &CollectionsOverviewOutput{Body: CollectionsOverview{
		OpenCases: overview.OpenCases, InProgressCases: overview.InProgressCases, OverdueInvoices: overview.OverdueInvoices(),
		TotalOutstandingAmount: overview.Outstanding,
		BucketTotals: AgingBucketAmounts{
			Current: owed["current"], To30: owed["1_30"], To60: owed["31_60"], To90: owed["61_90"], Beyond90: owed["90_plus"],
		},
	}}, nil
}
