package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) subscriberRoutes() {
	const tag = "Customers"
	register(s, operation{id: "createSubscriber", access: writers, method: http.MethodPost, path: "/api/v1/customers/{client_id}/subscribers", tag: tag,
		summary:     "Give a client a subscriber",
		description: "A subscriber is a line or an access that a service runs on. Its identifier is unique among all clients.",
		success:     "The new subscriber.",
		refusals:    []refusal.Code{refusal.ClientNotFound, refusal.SubscriberTaken}}, s.createSubscriber)
	register(s, operation{id: "listSubscribers", access: readers, method: http.MethodGet, path: "/api/v1/customers/{client_id}/subscribers", tag: tag,
		summary:     "List the subscribers of a client, newest first",
		description: "All subscribers of one client, whatever their status.",
		success:     "A page of subscribers.", list: subscriberList.keys(), refusals: []refusal.Code{refusal.ClientNotFound}}, s.listSubscribers)
	register(s, operation{id: "getSubscriber", access: readers, method: http.MethodGet, path: "/api/v1/subscribers/{subscriber_id}", tag: tag,
		summary:     "Get a subscriber",
		description: "A subscriber with its identifier and status.",
		success:     "The subscriber.", refusals: []refusal.Code{refusal.SubscriberNotFound}}, s.getSubscriber)
	register(s, operation{id: "updateSubscriber", access: writers, method: http.MethodPut, path: "/api/v1/subscribers/{subscriber_id}", tag: tag,
		summary:     "Change what is sent of a subscriber",
		description: "The status is all that can change.",
		success:     "The subscriber as it is now.", refusals: []refusal.Code{refusal.SubscriberNotFound}}, s.updateSubscriber)
}

// SubscriberCreate is the body of a new subscriber. Its identifier is its own among
// all clients.
type SubscriberCreate struct {
	ServiceType       string `json:"service_type" enum:"mobile,fiber,adsl,tv,addon,landline" example:"mobile"`
	ServiceIdentifier string `json:"service_identifier" minLength:"3" maxLength:"100" example:"+212600000001"`
	Status            string `json:"status,omitempty" enum:"active,suspended,terminated" default:"active"`
}

// SubscriberUpdate is the body of a change: only what is sent changes.
type SubscriberUpdate struct {
	Status Sent[string] `json:"status,omitempty" enum:"active,suspended,terminated" example:"suspended"`
}

// SubscriberRead is a subscriber as the API shows it.
type SubscriberRead struct {
	ID                uuid.UUID `json:"id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36" format:"uuid"`
	ClientID          uuid.UUID `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ServiceType       string    `json:"service_type" enum:"mobile,fiber,adsl,tv,addon,landline" example:"mobile"`
	ServiceIdentifier string    `json:"service_identifier" example:"+212612345678"`
	Status            string    `json:"status" enum:"active,suspended,terminated"`
	CreatedAt         Timestamp `json:"created_at"`
	UpdatedAt         Timestamp `json:"updated_at"`
}

// SubscriberOutput answers with one subscriber.
type SubscriberOutput struct{ Body SubscriberRead }

// SubscriberPath names a subscriber.
type SubscriberPath struct {
	SubscriberID string `path:"subscriber_id" doc:"The subscriber." example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36"`
}

// subscriberList is the list of a client's subscribers.
var subscriberList = list[dbsqlc.Subscriber]{
	name: "subscribers", id: func(row dbsqlc.Subscriber) uuid.UUID { return row.ID },
	sorts: []sortKey[dbsqlc.Subscriber]{
		{"created_at", func(row dbsqlc.Subscriber) string { return sortedByTime(row.CreatedAt) }},
		{"service_identifier", func(row dbsqlc.Subscriber) string { return row.ServiceIdentifier }},
	},
	filters: []filterKey{
		{"status", "active, suspended or terminated"}, {"service_type", "mobile, fiber, adsl, tv, addon or landline"},
	},
}

func readSubscriber(row dbsqlc.Subscriber) SubscriberRead {
	return SubscriberRead{
		ID: row.ID, ClientID: row.ClientID, ServiceType: row.ServiceType, ServiceIdentifier: row.ServiceIdentifier,
		Status: row.Status, CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func (s *Server) createSubscriber(ctx context.Context, input *struct {
	ClientPath
	Body SubscriberCreate
}) (*SubscriberOutput, error) {
	var checked fields
	subscriber := client.NewSubscriber{
		ClientID: parseID(input.ClientID), ServiceType: input.Body.ServiceType, Status: input.Body.Status,
		ServiceIdentifier: checked.trimmed("service_identifier", input.Body.ServiceIdentifier, client.MinServiceIdentifierLength),
	}
	if err := checked.err(); err != nil {
		return nil, err
	}
	var row dbsqlc.Subscriber
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		row, err = client.CreateSubscriber(ctx, tx, subscriber, s.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &SubscriberOutput{Body: readSubscriber(row)}, nil
}

func (s *Server) listSubscribers(ctx context.Context, input *struct {
	ClientPath
	PageParams
}) (*PageOutput[SubscriberRead], error) {
	owner, err := s.queries.ClientGetByID(ctx, s.Pool, parseID(input.ClientID))
	if err != nil {
		return nil, orNotFound(err, refusal.ClientNotFound)
	}
	asked, err := ask(s, subscriberList, input.PageParams, filter{"client_id", owner.ID.String()})
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.SubscriberCountByClientParams{
		ClientID: owner.ID, Status: asked.text("status"), ServiceType: asked.text("service_type"),
	}
	return answerList(ctx, s, asked, readSubscriber, func(at position) ([]dbsqlc.Subscriber, error) {
		return s.queries.SubscriberListByClient(ctx, s.Pool, dbsqlc.SubscriberListByClientParams{
			ClientID: filters.ClientID, Status: filters.Status, ServiceType: filters.ServiceType,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
	}, func() (int64, error) { return s.queries.SubscriberCountByClient(ctx, s.Pool, filters) })
}

func (s *Server) getSubscriber(ctx context.Context, input *SubscriberPath) (*SubscriberOutput, error) {
	row, err := s.queries.SubscriberGetByID(ctx, s.Pool, parseID(input.SubscriberID))
	if err != nil {
		return nil, orNotFound(err, refusal.SubscriberNotFound)
	}
	return &SubscriberOutput{Body: readSubscriber(row)}, nil
}

func (s *Server) updateSubscriber(ctx context.Context, input *struct {
	SubscriberPath
	Body SubscriberUpdate
}) (*SubscriberOutput, error) {
	var checked fields
	input.Body.Status.notNull("status", &checked)
	if err := checked.err(); err != nil {
		return nil, err
	}
	row, err := s.queries.SubscriberUpdate(ctx, s.Pool, dbsqlc.SubscriberUpdateParams{
		ID: parseID(input.SubscriberID), Status: input.Body.Status.pointer(), Now: s.Now(),
	})
	if err != nil {
		return nil, orNotFound(err, refusal.SubscriberNotFound)
	}
	return &SubscriberOutput{Body: readSubscriber(row)}, nil
}
