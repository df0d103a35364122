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

func (h *handlers) collectionCaseRoutes() {
	const tag = "Collections"
	rest.Register(h.API, rest.Operation{
		ID: "listCollectionCases", Method: http.MethodGet, Path: "/api/v1/collections/cases", Tag: tag, Access: rest.Readers,
		ReadsCases: true, List: collectionCaseList.Keys(),
		Summary: "List collection cases, latest updated first",
		Description: "All cases, current for the business day: listing opens the cases of invoices that became " +
			"overdue. The filters `status`, `aging_bucket`, and `client_id` combine.",
		Success: "A page of collection cases.",
	}, h.listCollectionCases)
	rest.Register(h.API, rest.Operation{
		ID: "exportCollectionCases", Method: http.MethodGet, Path: "/api/v1/collections/cases/export", Tag: tag,
		Access: rest.Readers,
		Export: true, ReadsCases: true, List: collectionCaseList.Keys(),
		Summary:     "Export collection cases as CSV",
		Description: rest.ExportDescription("collection cases"),
		Success:     "All matching collection cases.",
	}, h.exportCollectionCases)
	rest.Register(h.API, rest.Operation{
		ID: "listCollectionCaseActions", Method: http.MethodGet, Path: "/api/v1/collections/cases/{case_id}/actions", Tag: tag,
		Access:      rest.Readers,
		Summary:     "List the history of a collection case, newest first",
		Description: "Every action on the case: by the calendar, by payments, and by operators.",
		Success:     "All actions of the case.",
		Refusals:    []refusal.Code{refusal.CollectionCaseNotFound},
	}, h.listCollectionCaseActions)
}

// CollectionCaseRead is a collection case as the API shows it.
type CollectionCaseRead struct {
	ID                uuid.UUID       `json:"id" example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39" format:"uuid"`
	InvoiceID         uuid.UUID       `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ClientID          uuid.UUID       `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	Status            string          `json:"status" enum:"open,in_progress,resolved,closed"`
	Reason            string          `json:"reason" enum:"invoice_overdue"`
	DaysPastDue       int             `json:"days_past_due" doc:"As of this business day; for a resolved or closed case, as of the day on which it ended." example:"38"`
	AgingBucket       string          `json:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus" doc:"The bucket of days_past_due." example:"31_60"`
	OutstandingAmount money.Amount    `json:"outstanding_amount" example:"299.40" format:"decimal"`
	OpenedAt          rest.Timestamp  `json:"opened_at"`
	LastActionAt      rest.Timestamp  `json:"last_action_at"`
	ClosedAt          *rest.Timestamp `json:"closed_at" nullable:"true"`
	CreatedAt         rest.Timestamp  `json:"created_at"`
	UpdatedAt         rest.Timestamp  `json:"updated_at"`
}

// CollectionCaseActionRead is an entry of a case's history.
type CollectionCaseActionRead struct {
	ID         uuid.UUID      `json:"id" example:"01932d62-04e8-7b91-8c2a-f5d39e107b64" format:"uuid"`
	CaseID     uuid.UUID      `json:"case_id" example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39" format:"uuid"`
	ActionType string         `json:"action_type" enum:"case_opened,case_reopened,payment_recorded,payment_reversed,status_updated,reminder_sent,warning_sent,note,case_resolved,case_closed" example:"reminder_sent"`
	ActorID    string         `json:"actor_id" example:"op-1"`
	Note       *string        `json:"note" example:"Called, will pay on Friday"`
	Payload    string         `json:"payload" doc:"A JSON object as text, with sorted keys." example:"{\"invoice_id\":\"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5\"}"`
	CreatedAt  rest.Timestamp `json:"created_at"`
}

// CollectionCasePath names a collection case.
type CollectionCasePath struct {
	CaseID string `path:"case_id" doc:"The collection case." example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39"`
}

// collectionCaseList is the list of all collection cases.
var collectionCaseList = rest.List[dbsqlc.CollectionCase]{
	Name: "collection_cases", ID: func(row dbsqlc.CollectionCase) uuid.UUID { return row.ID },
	Sorts: []rest.SortKey[dbsqlc.CollectionCase]{
		{Name: "updated_at", Value: func(row dbsqlc.CollectionCase) string { return rest.SortedByTime(row.UpdatedAt) }},
		{Name: "due_date", Value: func(row dbsqlc.CollectionCase) string { return row.DueDate.String() }},
		{Name: "outstanding_amount", Value: func(row dbsqlc.CollectionCase) string { return rest.SortedByAmount(row.OutstandingAmount) }},
	},
	Filters: []rest.FilterKey{
		{Name: "status", Values: "open, in_progress, resolved or closed"},
		{Name: "aging_bucket", Values: "current, 1_30, 31_60, 61_90 or 90_plus"},
		{Name: "client_id", Values: "an id"},
	},
}

func newCollectionCaseRead(row dbsqlc.CollectionCase, today calendar.Date) CollectionCaseRead {
	days, bucket := collections.Age(row, today)
	return CollectionCaseRead{
		ID: row.ID, InvoiceID: row.InvoiceID, ClientID: row.ClientID, Status: string(row.Status), Reason: row.Reason,
		DaysPastDue: days, AgingBucket: bucket, OutstandingAmount: row.OutstandingAmount,
		OpenedAt: rest.Timestamp(row.OpenedAt), LastActionAt: rest.Timestamp(row.LastActionAt), ClosedAt: rest.OptionalTimestamp(row.ClosedAt),
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}

func newCollectionCaseActionRead(row dbsqlc.CollectionCaseAction) CollectionCaseActionRead {
	return CollectionCaseActionRead{
		ID: row.ID, CaseID: row.CaseID, ActionType: string(row.ActionType), ActorID: string(row.ActorID), Note: row.Note,
		Payload: rest.SortedJSON(row.Payload), CreatedAt: rest.Timestamp(row.CreatedAt),
	}
}

// CollectionCaseFilters are the filters of the list of collection cases.
type CollectionCaseFilters struct {
	Status      string `query:"status" enum:"open,in_progress,resolved,closed" doc:"Only cases with this status." example:"open"`
	AgingBucket string `query:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus" doc:"Only cases in this aging bucket." example:"31_60"`
	ClientID    string `query:"client_id" doc:"Only items of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

// parseCaseList reads what is request of the list of collection cases on this
// business day.
func (h *handlers) parseCaseList(params rest.PageParams, given CollectionCaseFilters) (*rest.ListRequest[dbsqlc.CollectionCase], collections.Filter, error) {
	request, err := rest.ParseList(h.API, collectionCaseList, params,
		rest.Filter{Name: "status", Value: given.Status}, rest.Filter{Name: "aging_bucket", Value: given.AgingBucket}, rest.Filter{Name: "client_id", Value: given.ClientID})
	if err != nil {
		return nil, collections.Filter{}, err
	}
	return request, collections.Filter{
		Status: (*collections.CaseStatus)(request.Text("status")), AgingBucket: request.Text("aging_bucket"), ClientID: request.ID("client_id"), Today: h.Today(),
	}, nil
}

// inCollections is a position in the terms of package collections.
func casePosition(p rest.ListPosition) collections.Position {
	return collections.Position{
		Sort: p.Sort, After: p.After, AfterValue: p.AfterValue, AfterID: p.AfterID, Limit: p.Limit, Offset: p.Offset,
	}
}

func (h *handlers) exportCollectionCases(ctx context.Context, input *struct {
	rest.ExportParams
	CollectionCaseFilters
},
) (*huma.StreamResponse, error) {
	request, chosen, err := h.parseCaseList(input.All(), input.CollectionCaseFilters)
	if err != nil {
		return nil, err
	}
	if err := h.syncGate.EnsureCurrent(ctx, chosen.Today, h.Now()); err != nil {
		return nil, err
	}
	read := func(row dbsqlc.CollectionCase) CollectionCaseRead { return newCollectionCaseRead(row, chosen.Today) }
	return rest.AnswerExport(ctx, h.API, "collection-cases-"+chosen.Today.String(), request, read,
		func(ctx context.Context, tx dbsqlc.DBTX, at rest.ListPosition) ([]dbsqlc.CollectionCase, error) {
			return collections.List(ctx, tx, chosen, casePosition(at))
		})
}

func (h *handlers) listCollectionCases(ctx context.Context, input *struct {
	rest.PageParams
	CollectionCaseFilters
},
) (*rest.PageOutput[CollectionCaseRead], error) {
	request, chosen, err := h.parseCaseList(input.PageParams, input.CollectionCaseFilters)
	if err != nil {
		return nil, err
	}
	read := func(row dbsqlc.CollectionCase) CollectionCaseRead { return newCollectionCaseRead(row, chosen.Today) }
	var total int64
	return rest.AnswerList(ctx, h.API, request, read, func(at rest.ListPosition) ([]dbsqlc.CollectionCase, error) {
		page, err := h.syncGate.ReadPage(ctx, chosen, casePosition(at), h.Now())
		total = page.Total
		return page.Cases, err
	}, func() (int64, error) { return total, nil })
}

func (h *handlers) listCollectionCaseActions(ctx context.Context, input *CollectionCasePath) (*struct {
	Body []CollectionCaseActionRead `nullable:"false"`
}, error,
) {
	about, err := h.Queries.CollectionCaseGetByID(ctx, h.Pool, rest.ParseID(input.CaseID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.CollectionCaseNotFound)
	}
	rows, err := h.Queries.CollectionCaseActionListByCase(ctx, h.Pool, about.ID)
	if err != nil {
		return nil, err
	}
	output := &struct {
		Body []CollectionCaseActionRead `nullable:"false"`
	}{Body: make([]CollectionCaseActionRead, len(rows))}
	for i, row := range rows {
		output.Body[i] = newCollectionCaseActionRead(row)
	}
	return output, nil
}
