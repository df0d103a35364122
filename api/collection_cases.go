package api

import (
	"context"
	"net/http"

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
		summary: "List collection cases in step with the business day, latest updated first"}, s.listCollectionCases)
	register(s, operation{id: "listCollectionCaseActions", access: readers, method: http.MethodGet,
		path: "/api/v1/collections/cases/{case_id}/actions", tag: tag, summary: "The history of a collection case, newest first",
		refusals: []refusal.Code{refusal.CollectionCaseNotFound}}, s.listCollectionCaseActions)
}

// CollectionCaseRead is a collection case as the API shows it.
type CollectionCaseRead struct {
	ID                uuid.UUID    `json:"id"`
	InvoiceID         uuid.UUID    `json:"invoice_id"`
	ClientID          uuid.UUID    `json:"client_id"`
	Status            string       `json:"status" enum:"open,in_progress,resolved,closed"`
	Reason            string       `json:"reason" enum:"invoice_overdue"`
	DaysPastDue       int          `json:"days_past_due" doc:"On this business day; of a resolved or closed case, on the day when it stopped."`
	AgingBucket       string       `json:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus"`
	OutstandingAmount money.Amount `json:"outstanding_amount"`
	OpenedAt          Timestamp    `json:"opened_at"`
	LastActionAt      Timestamp    `json:"last_action_at"`
	ClosedAt          *Timestamp   `json:"closed_at"`
	CreatedAt         Timestamp    `json:"created_at"`
	UpdatedAt         Timestamp    `json:"updated_at"`
}

// CollectionCaseActionRead is an entry of a case's history.
type CollectionCaseActionRead struct {
	ID         uuid.UUID `json:"id"`
	CaseID     uuid.UUID `json:"case_id"`
	ActionType string    `json:"action_type" enum:"case_opened,case_reopened,payment_recorded,status_updated,reminder_sent,warning_sent,note,case_resolved,case_closed"`
	ActorID    string    `json:"actor_id"`
	Note       *string   `json:"note"`
	Payload    string    `json:"payload" doc:"A JSON object as text, with sorted keys."`
	CreatedAt  Timestamp `json:"created_at"`
}

// CollectionCasePath names a collection case.
type CollectionCasePath struct {
	CaseID string `path:"case_id"`
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

func (s *Server) listCollectionCases(ctx context.Context, input *struct {
	PageParams
	Status      string `query:"status" enum:"open,in_progress,resolved,closed"`
	AgingBucket string `query:"aging_bucket" enum:"current,1_30,31_60,61_90,90_plus"`
	ClientID    string `query:"client_id"`
}) (*PageOutput[CollectionCaseRead], error) {
	today := s.today()
	if err := s.overdue.Pass(ctx, today, s.Now()); err != nil {
		return nil, err
	}
	filter := collections.Filter{
		Status: echoed(input.Status), AgingBucket: echoed(input.AgingBucket), ClientID: optionalID(echoed(input.ClientID)),
	}
	rows, total, err := collections.List(ctx, s.Pool, filter, today, input.Size, (input.Page-1)*input.Size)
	if err != nil {
		return nil, err
	}
	page := Page[CollectionCaseRead]{Data: make([]CollectionCaseRead, len(rows)), Meta: input.meta()}
	page.Meta.Total = total
	for i, row := range rows {
		page.Data[i] = readCollectionCase(row, today)
	}
	return &PageOutput[CollectionCaseRead]{Body: page}, nil
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
