package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) billingRunListRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "listBillingRunFailures", Method: http.MethodGet, Path: "/api/v1/billing/runs/{billing_run_id}/failures",
		Tag: tagBilling, Access: rest.Readers,
		List:    billingRunFailureList.Keys(),
		Summary: "List the failed clients of a billing run",
		Description: "Each client with the reason. Once the reason is resolved, a retry of the run bills the client. " +
			"`resolved=true` includes clients that a retry has billed.",
		Success:  "A page of clients.",
		Refusals: []refusal.Code{refusal.BillingRunNotFound},
	}, h.listBillingRunFailures)
	rest.Register(h.API, rest.Operation{
		ID: "listBillingRunSkipped", Method: http.MethodGet, Path: "/api/v1/billing/runs/{billing_run_id}/skipped",
		Tag: tagBilling, Access: rest.Readers,
		List:    billingRunSkippedList.Keys(),
		Summary: "List the contracts that a billing run skipped",
		Description: "Contracts whose recurring fee was already invoiced by another run for days of this run's period, " +
			"with that invoice and those days.",
		Success:  "A page of contracts.",
		Refusals: []refusal.Code{refusal.BillingRunNotFound},
	}, h.listBillingRunSkipped)
}

// BillingRunFailureRead is a client that a run could not bill.
type BillingRunFailureRead struct {
	ClientID    uuid.UUID       `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ChunkNumber int32           `json:"chunk_number" example:"1"`
	Code        string          `json:"code" doc:"The reason: amount_out_of_range, or constraint_violated if the database rejected the invoice." example:"amount_out_of_range"`
	Message     string          `json:"message" example:"Amount is out of range"`
	Attempts    int32           `json:"attempts" doc:"Number of attempts to bill the client." example:"1"`
	CreatedAt   rest.Timestamp  `json:"created_at"`
	ResolvedAt  *rest.Timestamp `json:"resolved_at" nullable:"true" doc:"When a retry billed the client or found nothing left to bill."`
}

// billingRunFailureList is the list of the failed clients of one run.
var billingRunFailureList = rest.List[dbsqlc.BillingRunFailure]{
	Name: "billing_run_failures", ID: func(row dbsqlc.BillingRunFailure) uuid.UUID { return row.ClientID },
	Sorts: []rest.SortKey[dbsqlc.BillingRunFailure]{
		{Name: "created_at", Value: func(row dbsqlc.BillingRunFailure) string { return rest.SortedByTime(row.CreatedAt) }},
	},
	Filters: []rest.FilterKey{{Name: "code", Values: "a reason"}, {Name: "resolved", Values: "true or false"}},
}

func (h *handlers) listBillingRunFailures(ctx context.Context, input *struct {
	BillingRunPath
	rest.PageParams
	Resolved string `query:"resolved" enum:"true,false," doc:"true includes clients that a retry has billed." example:"true"`
},
) (*rest.PageOutput[BillingRunFailureRead], error) {
	run, err := h.findBillingRun(ctx, input.BillingRunID)
	if err != nil {
		return nil, err
	}
	request, err := rest.ParseList(h.API, billingRunFailureList, input.PageParams, rest.Filter{Name: "resolved", Value: input.Resolved}, rest.Filter{Name: filterBillingRun, Value: run.ID.String()})
	if err != nil {
		return nil, err
	}
	resolved := request.Boolean("resolved")
	filters := dbsqlc.BillingRunFailureCountParams{
		BillingRunID: run.ID, IncludeResolved: resolved != nil && *resolved, Code: request.Text("code"),
	}
	read := func(row dbsqlc.BillingRunFailure) BillingRunFailureRead {
		return BillingRunFailureRead{
			ClientID: row.ClientID, ChunkNumber: row.ChunkNumber, Code: row.Code, Message: row.Message, Attempts: row.Attempts,
			CreatedAt: rest.Timestamp(row.CreatedAt), ResolvedAt: rest.OptionalTimestamp(row.ResolvedAt),
		}
	}
	return rest.AnswerList(ctx, h.API, request, read, func(at rest.ListPosition) ([]dbsqlc.BillingRunFailure, error) {
		return h.Queries.BillingRunFailureList(ctx, h.Pool, dbsqlc.BillingRunFailureListParams{
			BillingRunID: filters.BillingRunID, IncludeResolved: filters.IncludeResolved, Code: filters.Code,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}, func() (int64, error) { return h.Queries.BillingRunFailureCount(ctx, h.Pool, filters) })
}

// filterBillingRun keeps the cursors of one run's lists apart from another run'h.
const filterBillingRun = "billing_run_id"

// BillingRunSkippedRead is a contract that a run left out, and the invoice that is why.
type BillingRunSkippedRead struct {
	ClientID      uuid.UUID     `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ContractID    uuid.UUID     `json:"contract_id" example:"01932b80-6f43-7c15-8e0d-25a4c9d7b318" format:"uuid"`
	BillingRunID  uuid.UUID     `json:"billing_run_id" doc:"The run that billed the days." example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02" format:"uuid"`
	InvoiceID     uuid.UUID     `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	InvoiceNumber string        `json:"invoice_number" example:"FA-2026-0000001"`
	FirstDay      calendar.Date `json:"first_day" format:"date" example:"2026-10-01"`
	LastDay       calendar.Date `json:"last_day" format:"date" example:"2026-10-31"`
}

// billingRunSkippedList is the list of what one run left out.
var billingRunSkippedList = rest.List[dbsqlc.BillingRunSkippedLineListRow]{
	Name: "billing_run_skipped", ID: func(row dbsqlc.BillingRunSkippedLineListRow) uuid.UUID { return row.LineID },
	Sorts: []rest.SortKey[dbsqlc.BillingRunSkippedLineListRow]{
		{Name: "client_id", Value: func(row dbsqlc.BillingRunSkippedLineListRow) string { return row.ClientID.String() }},
	},
}

func (h *handlers) listBillingRunSkipped(ctx context.Context, input *struct {
	BillingRunPath
	rest.PageParams
},
) (*rest.PageOutput[BillingRunSkippedRead], error) {
	run, err := h.findBillingRun(ctx, input.BillingRunID)
	if err != nil {
		return nil, err
	}
	request, err := rest.ParseList(h.API, billingRunSkippedList, input.PageParams, rest.Filter{Name: filterBillingRun, Value: run.ID.String()})
	if err != nil {
		return nil, err
	}
	read := func(row dbsqlc.BillingRunSkippedLineListRow) BillingRunSkippedRead {
		return BillingRunSkippedRead{
			ClientID: row.ClientID, ContractID: row.ContractID, BillingRunID: row.OtherRunID, InvoiceID: row.InvoiceID,
			InvoiceNumber: row.InvoiceNumber, FirstDay: row.FirstDay, LastDay: row.LastDay,
		}
	}
	return rest.AnswerList(ctx, h.API, request, read, func(at rest.ListPosition) ([]dbsqlc.BillingRunSkippedLineListRow, error) {
		return h.Queries.BillingRunSkippedLineList(ctx, h.Pool, dbsqlc.BillingRunSkippedLineListParams{
			BillingRunID: run.ID,
			Sort:         at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}, func() (int64, error) { return h.Queries.BillingRunSkippedLineCount(ctx, h.Pool, run.ID) })
}
