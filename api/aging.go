package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) agingRoutes() {
	const tag, path = "Collections", "/api/v1/collections/aging"
	register(s, operation{id: "getAgingReport", access: readers, method: http.MethodGet, path: path, tag: tag,
		summary: "What clients owed on a day, by aging bucket",
		description: "The sums of all clients that the filters choose, and a page of these clients, those that owed most first. An invoice " +
			"counts from its issue date on, a payment from its payment date on, whenever it was recorded. What is not yet due is in the bucket " +
			"`current`. A day after today is refused. A cursor belongs to one `as_of`.",
		success: "The report, with a page of clients.", list: agingList.keys(), csv: true}, s.getAgingReport)
	register(s, operation{id: "exportAgingReport", access: readers, method: http.MethodGet, path: path + "/export", tag: tag,
		summary:     "Export the aging report as CSV",
		description: exportDescription("clients of the aging report"),
		success:     "All clients that match.", list: agingList.keys(), csv: true, exports: path}, s.exportAgingReport)
}

// AgingReportRead is what clients owed on a day.
type AgingReportRead struct {
	AsOf calendar.Date `json:"as_of" format:"date" example:"2026-11-22"`
	AgingSumRead
	Buckets AgingBucketSums   `json:"buckets" doc:"A client with invoices in several buckets counts in each of them."`
	Data    []AgingClientRead `json:"data" nullable:"false" doc:"The clients of the page."`
	Meta    PageMeta          `json:"meta"`
}

// AgingSumRead is what several clients owed together.
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

// AgingClientRead is what one client owed, by aging bucket.
type AgingClientRead struct {
	ClientID          uuid.UUID    `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	OutstandingAmount money.Amount `json:"outstanding_amount" example:"299.40" format:"decimal"`
	InvoiceCount      int64        `json:"invoice_count" example:"1"`
	AgingBucketAmounts
}

// AgingDay is the day of an aging report.
type AgingDay struct {
	AsOf string `query:"as_of" format:"date" doc:"The business day, today when it is absent." example:"2026-11-22"`
}

// agingList is the list of the clients that owed something.
var agingList = list[collections.AgingClient]{
	name: "aging", id: func(row collections.AgingClient) uuid.UUID { return row.ClientID },
	sorts: []sortKey[collections.AgingClient]{
		{"outstanding_amount", func(row collections.AgingClient) string { return sortedByAmount(row.Outstanding) }},
		{"client_id", func(row collections.AgingClient) string { return row.ClientID.String() }},
	},
	filters: []filterKey{{"client_id", "an id"}, {"aging_bucket", "current, 1_30, 31_60, 61_90 or 90_plus"}},
}

func readAgingSum(sum collections.AgingSum) AgingSumRead {
	return AgingSumRead{OutstandingAmount: sum.Outstanding, InvoiceCount: sum.Invoices, ClientCount: sum.Clients}
}

func readAgingClient(row collections.AgingClient) AgingClientRead {
	return AgingClientRead{
		ClientID: row.ClientID, OutstandingAmount: row.Outstanding, InvoiceCount: row.Invoices,
		AgingBucketAmounts: AgingBucketAmounts{
			Current: row.Buckets[0], To30: row.Buckets[1], To60: row.Buckets[2], To90: row.Buckets[3], Beyond90: row.Buckets[4],
		},
	}
}

// askAging reads what is asked of the report.
func (s *Server) askAging(params PageParams, day AgingDay) (*listRequest[collections.AgingClient], collections.AgingFilter, error) {
	filter, today := collections.AgingFilter{AsOf: s.today()}, s.today()
	if day.AsOf != "" {
		asOf, err := calendar.Parse(day.AsOf)
		if err != nil || asOf.After(today) {
			return nil, filter, refusal.Invalid(refusal.Problem{
				Location: []any{"query", "as_of"}, Type: "value_error", Message: "Input should be a day that is not after today",
			})
		}
		filter.AsOf = asOf
	}
	filter.Ended = s.Zone.At(filter.AsOf.AddDays(1), 0)
	// A cursor continues the report of its day alone.
	ofDay := agingList
	ofDay.name += " " + filter.AsOf.String()
	asked, err := ask(s, ofDay, params)
	if err != nil {
		return nil, filter, err
	}
	filter.ClientID, filter.Bucket = asked.id("client_id"), asked.text("aging_bucket")
	return asked, filter, nil
}

func (s *Server) getAgingReport(ctx context.Context, input *struct {
	PageParams
	AgingDay
}) (*struct{ Body AgingReportRead }, error) {
	asked, filter, err := s.askAging(input.PageParams, input.AgingDay)
	if err != nil {
		return nil, err
	}
	var report collections.Aging
	page, err := answerList(ctx, s, asked, readAgingClient, func(at position) ([]collections.AgingClient, error) {
		report, err = collections.AgingOn(ctx, s.Pool, filter, at.inCollections())
		return report.Clients, err
	}, func() (int64, error) { return report.Total.Clients, nil })
	if err != nil {
		return nil, err
	}
	sums := report.Buckets
	return &struct{ Body AgingReportRead }{AgingReportRead{
		AsOf: filter.AsOf, AgingSumRead: readAgingSum(report.Total),
		Buckets: AgingBucketSums{
			Current: readAgingSum(sums[0]), To30: readAgingSum(sums[1]), To60: readAgingSum(sums[2]), To90: readAgingSum(sums[3]),
			Beyond90: readAgingSum(sums[4]),
		},
		Data: page.Body.Data, Meta: page.Body.Meta,
	}}, nil
}

func (s *Server) exportAgingReport(ctx context.Context, input *struct {
	ExportParams
	AgingDay
}) (*huma.StreamResponse, error) {
	asked, filter, err := s.askAging(input.all(), input.AgingDay)
	if err != nil {
		return nil, err
	}
	return answerExport(ctx, s, "aging-"+filter.AsOf.String(), asked, readAgingClient,
		func(ctx context.Context, tx dbsqlc.DBTX, at position) ([]collections.AgingClient, error) {
			report, err := collections.AgingOn(ctx, tx, filter, at.inCollections())
			return report.Clients, err
		})
}
