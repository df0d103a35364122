package operators

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) agingRoutes() {
	const tag, path = "Collections", "/api/v1/collections/aging"
	rest.Register(h.API, rest.Operation{
		ID: "getAgingReport", Method: http.MethodGet, Path: path, Tag: tag, Access: rest.Readers,
		List:    agingList.Keys(),
		Summary: "Report the outstanding amounts on a day by aging bucket",
		Description: "The totals of all clients that match the filters, and a page of these clients, highest " +
			"outstanding amount first. An invoice counts from its issue date and a payment from its payment date, regardless " +
			"of when the payment was recorded. Amounts not yet due are in the bucket `current`. A future day is refused. A " +
			"cursor is valid for one `as_of` only.",
		Success: "The report with a page of clients.",
	}, h.getAgingReport)
	rest.Register(h.API, rest.Operation{
		ID: "exportAgingReport", Method: http.MethodGet, Path: path + "/export", Tag: tag, Access: rest.Readers,
		Export: true, List: agingList.Keys(),
		Summary:     "Export the aging report as CSV",
		Description: rest.ExportDescription("clients of the aging report"),
		Success:     "All matching clients.",
	}, h.exportAgingReport)
}

// AgingReportRead is the outstanding amounts on a day.
type AgingReportRead struct {
	AsOf calendar.Date `json:"as_of" format:"date" example:"2026-11-22"`
	AgingSumRead
	Buckets AgingBucketSums   `json:"buckets" doc:"A client with invoices in several buckets counts in each."`
	Data    []AgingClientRead `json:"data" nullable:"false" doc:"The clients on the page."`
	Meta    rest.PageMeta     `json:"meta"`
}

// AgingSumRead is the total of several clients.
type AgingSumRead struct {
	OutstandingAmount money.Amount `json:"outstanding_amount" example:"299.40" format:"decimal"`
	InvoiceCount      int64        `json:"invoice_count" example:"1"`
	ClientCount       int64        `json:"client_count" example:"1"`
}

// AgingBucketSums are the sums of each aging bucket.
type AgingBucketSums struct {
	Current  AgingSumRead `json:"current" doc:"Not yet due."`
	To30     AgingSumRead `json:"1_30"`
	To60     AgingSumRead `json:"31_60"`
	To90     AgingSumRead `json:"61_90"`
	Beyond90 AgingSumRead `json:"90_plus"`
}

// AgingClientRead is the outstanding amount of a client by aging bucket.
type AgingClientRead struct {
	ClientID          uuid.UUID    `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	OutstandingAmount money.Amount `json:"outstanding_amount" example:"299.40" format:"decimal"`
	InvoiceCount      int64        `json:"invoice_count" example:"1"`
	AgingBucketAmounts
}

// AgingDay is the day of an aging report.
type AgingDay struct {
	AsOf string `query:"as_of" format:"date" doc:"The business day; defaults to today." example:"2026-11-22"`
}

// agingList is the list of clients with an outstanding amount.
var agingList = rest.List[collections.AgingClient]{
	Name: "aging", ID: func(row collections.AgingClient) uuid.UUID { return row.ClientID },
	Sorts: []rest.SortKey[collections.AgingClient]{
		{Name: "outstanding_amount", Value: func(row collections.AgingClient) string { return rest.SortedByAmount(row.Outstanding) }},
		{Name: "client_id", Value: func(row collections.AgingClient) string { return row.ClientID.String() }},
	},
	Filters: []rest.FilterKey{{Name: "client_id", Values: "an id"}, {Name: "aging_bucket", Values: "current, 1_30, 31_60, 61_90 or 90_plus"}},
}

func newAgingSumRead(sum collections.AgingSum) AgingSumRead {
	return AgingSumRead{OutstandingAmount: sum.Outstanding, InvoiceCount: sum.Invoices, ClientCount: sum.Clients}
}

func newAgingClientRead(row collections.AgingClient) AgingClientRead {
	return AgingClientRead{
		ClientID: row.ClientID, OutstandingAmount: row.Outstanding, InvoiceCount: row.Invoices,
		AgingBucketAmounts: AgingBucketAmounts{
			Current: row.Buckets[0], To30: row.Buckets[1], To60: row.Buckets[2], To90: row.Buckets[3], Beyond90: row.Buckets[4],
		},
	}
}

// parseAgingList parses the parameters of the report.
func (h *handlers) parseAgingList(params rest.PageParams, day AgingDay) (*rest.ListRequest[collections.AgingClient], collections.AgingFilter, error) {
	filter, today := collections.AgingFilter{AsOf: h.Today()}, h.Today()
	if day.AsOf != "" {
		asOf, err := calendar.Parse(day.AsOf)
		if err != nil || asOf.After(today) {
			return nil, filter, refusal.Invalid(refusal.Problem{
				Location: []any{"query", "as_of"}, Type: "value_error", Message: "Input should be a day that is not after today",
			})
		}
		filter.AsOf = asOf
	}
	filter.Ended = h.Zone.At(filter.AsOf.AddDays(1), 0)
	// A cursor is only valid for the report of its day.
	ofDay := agingList
	ofDay.Name += " " + filter.AsOf.String()
	request, err := rest.ParseList(h.API, ofDay, params)
	if err != nil {
		return nil, filter, err
	}
	filter.ClientID, filter.Bucket = request.ID("client_id"), request.Text("aging_bucket")
	return request, filter, nil
}

func (h *handlers) getAgingReport(ctx context.Context, input *struct {
	rest.PageParams
	AgingDay
},
) (*struct{ Body AgingReportRead }, error) {
	request, filter, err := h.parseAgingList(input.PageParams, input.AgingDay)
	if err != nil {
		return nil, err
	}
	var report collections.Aging
	page, err := rest.AnswerList(ctx, h.API, request, newAgingClientRead, func(at rest.ListPosition) ([]collections.AgingClient, error) {
		report, err = collections.AgingOn(ctx, h.Pool, filter, casePosition(at))
		return report.Clients, err
	}, func() (int64, error) { return report.Total.Clients, nil })
	if err != nil {
		return nil, err
	}
	sums := report.Buckets
	return &struct{ Body AgingReportRead }{AgingReportRead{
		AsOf: filter.AsOf, AgingSumRead: newAgingSumRead(report.Total),
		Buckets: AgingBucketSums{
			Current: newAgingSumRead(sums[0]), To30: newAgingSumRead(sums[1]), To60: newAgingSumRead(sums[2]), To90: newAgingSumRead(sums[3]),
			Beyond90: newAgingSumRead(sums[4]),
		},
		Data: page.Body.Data, Meta: page.Body.Meta,
	}}, nil
}

func (h *handlers) exportAgingReport(ctx context.Context, input *struct {
	rest.ExportParams
	AgingDay
},
) (*huma.StreamResponse, error) {
	request, filter, err := h.parseAgingList(input.All(), input.AgingDay)
	if err != nil {
		return nil, err
	}
	return rest.AnswerExport(ctx, h.API, "aging-"+filter.AsOf.String(), request, newAgingClientRead,
		func(ctx context.Context, tx dbsqlc.DBTX, at rest.ListPosition) ([]collections.AgingClient, error) {
			report, err := collections.AgingOn(ctx, tx, filter, casePosition(at))
			return report.Clients, err
		})
}
