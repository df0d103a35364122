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

func (s *Server) collectionCaseRoutes() {
	const tag = "Collections"
	register(s, operation{id: "listCollectionCases", access: readers, method: http.MethodGet, path: "/api/v1/collections/cases", tag: tag,
		summary: "List collection cases, latest updated first",
		description: "All cases, in step with the business day: an invoice that became overdue has its case when they are listed. " +
			"`status`, `aging_bucket` and `client_id` narrow the list down, and combine.",
		success: "A page of collection cases.", inStep: true, list: collectionCaseList.keys(), csv: true}, s.listCollectionCases)
	register(s, operation{id: "exportCollectionCases", access: readers, method: http.MethodGet, path: "/api/v1/collections/cases/export", tag: tag,
		summary:     "Export collection cases as CSV",
		description: exportDescription("collection cases"),
		success:     "All collection cases that match.", inStep: true, list: collectionCaseList.keys(), csv: true, exports: "/api/v1/collections/cases"}, s.exportCollectionCases)
	register(s, operation{id: "listCollectionCaseActions", access: readers, method: http.MethodGet,
		path: "/api/v1/collections/cases/{case_id}/actions", tag: tag,
		summary:     "The history of a collection case, newest first",
		description: "What happened to a case: by the calendar, by payments, and by operators.",
		success:     "All actions of the case.",
		refusals:    []refusal.Code{refusal.CollectionCaseNotFound}}, s.listCollectionCaseActions)
}

// CollectionCaseRead is a collection case as the API shows it.
type CollectionCaseRead struct {
	ID                uuid.UUID    `json:"id" example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39" format:"uuid"`
	InvoiceID         uuid.UUID    `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ClientID          uuid.UUID    `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	Status            string       `json:"status" enum:"open,in_progress,resolved,closed"`
	Reason            string       `json:"reason" enum:"invoice_overdue"`
	DaysPastDue       int          `json:"days_past_due" doc:"On this business day; of a resolved or closed case, on the day when it stopped." example:"38"`
	AgingBucket       string       `json:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus" doc:"That of the days past due." example:"31_60"`
	OutstandingAmount money.Amount `json:"outstanding_amount" example:"299.40" format:"decimal"`
	OpenedAt          Timestamp    `json:"opened_at"`
	LastActionAt      Timestamp    `json:"last_action_at"`
	ClosedAt          *Timestamp   `json:"closed_at" nullable:"true"`
	CreatedAt         Timestamp    `json:"created_at"`
	UpdatedAt         Timestamp    `json:"updated_at"`
}

// CollectionCaseActionRead is an entry of a case's history.
type CollectionCaseActionRead struct {
	ID         uuid.UUID `json:"id" example:"01932d62-04e8-7b91-8c2a-f5d39e107b64" format:"uuid"`
	CaseID     uuid.UUID `json:"case_id" example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39" format:"uuid"`
	ActionType string    `json:"action_type" enum:"case_opened,case_reopened,payment_recorded,payment_reversed,status_updated,reminder_sent,warning_sent,note,case_resolved,case_closed" example:"reminder_sent"`
	ActorID    string    `json:"actor_id" example:"op-1"`
	Note       *string   `json:"note" example:"Called, will pay on Friday"`
	Payload    string    `json:"payload" doc:"A JSON object as text, with sorted keys." example:"{\"invoice_id\":\"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5\"}"`
	CreatedAt  Timestamp `json:"created_at"`
}

// CollectionCasePath names a collection case.
type CollectionCasePath struct {
	CaseID string `path:"case_id" doc:"The collection case." example:"01932d61-73bc-7e5d-9f14-ab62d07c8e39"`
}

// collectionCaseList is the list of all collection cases.
var collectionCaseList = list[dbsqlc.CollectionCase]{
	name: "collection_cases", id: func(row dbsqlc.CollectionCase) uuid.UUID { return row.ID },
	sorts: []sortKey[dbsqlc.CollectionCase]{
		{"updated_at", func(row dbsqlc.CollectionCase) string { return sortedByTime(row.UpdatedAt) }},
		{"due_date", func(row dbsqlc.CollectionCase) string { return row.DueDate.String() }},
		{"outstanding_amount", func(row dbsqlc.CollectionCase) string { return sortedByAmount(row.OutstandingAmount) }},
	},
	filters: []filterKey{
		{"status", "open, in_progress, resolved or closed"}, {"aging_bucket", "current, 1_30, 31_60, 61_90 or 90_plus"},
		{"client_id", "an id"},
	},
}

func readCollectionCase(row dbsqlc.CollectionCase, today calendar.Date) CollectionCaseRead {
	days, bucket := collections.Age(row, today)
	return CollectionCaseRead{
		ID: row.ID, InvoiceID: row.InvoiceID, ClientID: row.ClientID, Status: row.Status, Reason: row.Reason,
		DaysPastDue: days, AgingBucket: bucket, OutstandingAmount: row.OutstandingAmount,
		OpenedAt: Timestamp(row.OpenedAt), LastActionAt: Timestamp(row.LastActionAt), ClosedAt: optionalTimestamp(row.ClosedAt),
		CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func readCollectionCaseAction(row dbsqlc.CollectionCaseAction) CollectionCaseActionRead {
	return CollectionCaseActionRead{
		ID: row.ID, CaseID: row.CaseID, ActionType: row.ActionType, ActorID: row.ActorID, Note: row.Note,
		Payload: sortedJSON(row.Payload), CreatedAt: Timestamp(row.CreatedAt),
	}
}

// CollectionCaseFilters narrow the list of collection cases down.
type CollectionCaseFilters struct {
	Status      string `query:"status" enum:"open,in_progress,resolved,closed" doc:"Only of this status." example:"open"`
	AgingBucket string `query:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus" doc:"Only of this aging bucket." example:"31_60"`
	ClientID    string `query:"client_id" doc:"Only of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

// askCollectionCases reads what is asked of the list of collection cases on this
// business day.
func (s *Server) askCollectionCases(params PageParams, given CollectionCaseFilters) (*listRequest[dbsqlc.CollectionCase], collections.Filter, error) {
	asked, err := ask(s, collectionCaseList, params,
		filter{"status", given.Status}, filter{"aging_bucket", given.AgingBucket}, filter{"client_id", given.ClientID})
	if err != nil {
		return nil, collections.Filter{}, err
	}
	return asked, collections.Filter{
		Status: asked.text("status"), AgingBucket: asked.text("aging_bucket"), ClientID: asked.id("client_id"), Today: s.today(),
	}, nil
}

// inCollections is a position in the terms of package collections.
func (p position) inCollections() collections.Position {
	return collections.Position{
		Sort: p.sort, After: p.after, AfterValue: p.afterValue, AfterID: p.afterID, Limit: p.limit, Offset: p.offset,
	}
}

func (s *Server) exportCollectionCases(ctx context.Context, input *struct {
	ExportParams
	CollectionCaseFilters
}) (*huma.StreamResponse, error) {
	asked, chosen, err := s.askCollectionCases(input.all(), input.CollectionCaseFilters)
	if err != nil {
		return nil, err
	}
	if err := s.overdue.Pass(ctx, chosen.Today, s.Now()); err != nil {
		return nil, err
	}
	read := func(row dbsqlc.CollectionCase) CollectionCaseRead { return readCollectionCase(row, chosen.Today) }
	return answerExport(ctx, s, "collection-cases-"+chosen.Today.String(), asked, read,
		func(ctx context.Context, tx dbsqlc.DBTX, at position) ([]dbsqlc.CollectionCase, error) {
			return collections.List(ctx, tx, chosen, at.inCollections())
		})
}

func (s *Server) listCollectionCases(ctx context.Context, input *struct {
	PageParams
	CollectionCaseFilters
}) (*PageOutput[CollectionCaseRead], error) {
	asked, chosen, err := s.askCollectionCases(input.PageParams, input.CollectionCaseFilters)
	if err != nil {
		return nil, err
	}
	read := func(row dbsqlc.CollectionCase) CollectionCaseRead { return readCollectionCase(row, chosen.Today) }
	var total int64
	return answerList(ctx, s, asked, read, func(at position) (rows []dbsqlc.CollectionCase, err error) {
		rows, total, err = s.overdue.Page(ctx, chosen, at.inCollections(), s.Now())
		return rows, err
	}, func() (int64, error) { return total, nil })
}

func (s *Server) listCollectionCaseActions(ctx context.Context, input *CollectionCasePath) (*struct {
	Body []CollectionCaseActionRead `nullable:"false"`
}, error) {
	about, err := s.queries.CollectionCaseGetByID(ctx, s.Pool, parseID(input.CaseID))
	if err != nil {
		return nil, orNotFound(err, refusal.CollectionCaseNotFound)
	}
	rows, err := s.queries.CollectionCaseActionListByCase(ctx, s.Pool, about.ID)
	if err != nil {
		return nil, err
	}
	output := &struct {
		Body []CollectionCaseActionRead `nullable:"false"`
	}{Body: make([]CollectionCaseActionRead, len(rows))}
	for i, row := range rows {
		output.Body[i] = readCollectionCaseAction(row)
	}
	return output, nil
}
