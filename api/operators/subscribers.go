package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) subscriberRoutes() {
	const tag = "Customers"
	rest.Register(h.API, rest.Operation{
		ID: "createSubscriber", Method: http.MethodPost, Path: "/api/v1/customers/{client_id}/subscribers", Tag: tag,
		Access:  rest.Writers,
		Summary: "Create a subscriber of a client",
		Description: "A subscriber is a line or an access that a service runs on. Its identifier is unique across all " +
			"clients.",
		Success:  "The new subscriber.",
		Refusals: []refusal.Code{refusal.ClientNotFound, refusal.SubscriberTaken},
	}, h.createSubscriber)
	rest.Register(h.API, rest.Operation{
		ID: "listSubscribers", Method: http.MethodGet, Path: "/api/v1/customers/{client_id}/subscribers", Tag: tag,
		Access:      rest.Readers,
		List:        subscriberList.Keys(),
		Summary:     "List the subscribers of a client, newest first",
		Description: "The client's subscribers of all statuses.",
		Success:     "A page of subscribers.",
		Refusals:    []refusal.Code{refusal.ClientNotFound},
	}, h.listSubscribers)
	rest.Register(h.API, rest.Operation{
		ID: "getSubscriber", Method: http.MethodGet, Path: "/api/v1/subscribers/{subscriber_id}", Tag: tag, Access: rest.Readers,
		Summary:     "Get a subscriber",
		Description: "A subscriber with its identifier and status.",
		Success:     "The subscriber.",
		Refusals:    []refusal.Code{refusal.SubscriberNotFound},
	}, h.getSubscriber)
	rest.Register(h.API, rest.Operation{
		ID: "updateSubscriber", Method: http.MethodPut, Path: "/api/v1/subscribers/{subscriber_id}", Tag: tag,
		Access:      rest.Writers,
		Summary:     "Update a subscriber",
		Description: "Only the status can change.",
		Success:     "The updated subscriber.",
		Refusals:    []refusal.Code{refusal.SubscriberNotFound},
	}, h.updateSubscriber)
}

// SubscriberCreate is the body of a new subscriber. Its identifier is unique across all clients.
type SubscriberCreate struct {
	ServiceType       vocabulary.ServiceType      `json:"service_type" enum:"mobile,fiber,adsl,tv,addon,landline" example:"mobile"`
	ServiceIdentifier string                      `json:"service_identifier" minLength:"3" maxLength:"100" example:"+212600000001"`
	Status            vocabulary.SubscriberStatus `json:"status,omitempty" enum:"active,suspended,terminated" default:"active"`
}

// SubscriberUpdate is the body of an update: only the fields sent change.
type SubscriberUpdate struct {
	Status rest.Optional[vocabulary.SubscriberStatus] `json:"status,omitempty" enum:"active,suspended,terminated" example:"suspended"`
}

// SubscriberRead is a subscriber as the API shows it.
type SubscriberRead struct {
	ID                uuid.UUID                   `json:"id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36" format:"uuid"`
	ClientID          uuid.UUID                   `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ServiceType       vocabulary.ServiceType      `json:"service_type" enum:"mobile,fiber,adsl,tv,addon,landline" example:"mobile"`
	ServiceIdentifier string                      `json:"service_identifier" example:"+212612345678"`
	Status            vocabulary.SubscriberStatus `json:"status" enum:"active,suspended,terminated"`
	CreatedAt         rest.Timestamp              `json:"created_at"`
	UpdatedAt         rest.Timestamp              `json:"updated_at"`
}

// SubscriberOutput answers with one subscriber.
type SubscriberOutput struct{ Body SubscriberRead }

// SubscriberPath names a subscriber.
type SubscriberPath struct {
	SubscriberID string `path:"subscriber_id" doc:"The subscriber." example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36"`
}

// subscriberList is the list of a client's subscribers.
var subscriberList = rest.Listing[dbsqlc.Subscriber, dbsqlc.SubscriberCountByClientParams, SubscriberRead]{
	List: rest.List[dbsqlc.Subscriber]{
		Name: "subscribers", ID: func(row dbsqlc.Subscriber) uuid.UUID { return row.ID },
		Sorts: []rest.SortKey[dbsqlc.Subscriber]{
			{Name: "created_at", Value: func(row dbsqlc.Subscriber) string { return rest.SortedByTime(row.CreatedAt) }},
			{Name: "service_identifier", Value: func(row dbsqlc.Subscriber) string { return row.ServiceIdentifier }},
		},
		Filters: []rest.FilterKey{
			{Name: "status", Values: "active, suspended or terminated"}, {Name: "service_type", Values: "mobile, fiber, adsl, tv, addon or landline"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.Subscriber]) dbsqlc.SubscriberCountByClientParams {
		return dbsqlc.SubscriberCountByClientParams{
			ClientID: *request.ID("client_id"), Status: request.Text("status"), ServiceType: request.Text("service_type"),
		}
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.SubscriberCountByClientParams, at rest.ListPosition) ([]dbsqlc.Subscriber, error) {
		return queries.SubscriberListByClient(ctx, tx, dbsqlc.SubscriberListByClientParams{
			ClientID: filters.ClientID, Status: filters.Status, ServiceType: filters.ServiceType,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: (*dbsqlc.Queries).SubscriberCountByClient,
	Read:  newSubscriberRead,
}

func newSubscriberRead(row dbsqlc.Subscriber) SubscriberRead {
	return SubscriberRead{
		ID: row.ID, ClientID: row.ClientID, ServiceType: row.ServiceType, ServiceIdentifier: row.ServiceIdentifier,
		Status: row.Status, CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}

func (h *handlers) createSubscriber(ctx context.Context, input *struct {
	ClientPath
	Body SubscriberCreate
},
) (*SubscriberOutput, error) {
	var validator rest.Validator
	subscriber := client.NewSubscriber{
		ClientID: rest.ParseID(input.ClientID), ServiceType: input.Body.ServiceType, Status: input.Body.Status,
		ServiceIdentifier: validator.Trimmed("service_identifier", input.Body.ServiceIdentifier, client.MinServiceIdentifierLength),
	}
	if err := validator.Err(); err != nil {
		return nil, err
	}
	var row dbsqlc.Subscriber
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) (err error) {
		row, err = client.CreateSubscriber(ctx, tx, subscriber, h.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &SubscriberOutput{Body: newSubscriberRead(row)}, nil
}

func (h *handlers) listSubscribers(ctx context.Context, input *struct {
	ClientPath
	rest.PageParams
},
) (*rest.PageOutput[SubscriberRead], error) {
	owner, err := h.Queries.ClientGetByID(ctx, h.Pool, rest.ParseID(input.ClientID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ClientNotFound)
	}
	return subscriberList.Serve(ctx, h.API, input.PageParams, rest.Filter{Name: "client_id", Value: owner.ID.String()})
}

func (h *handlers) getSubscriber(ctx context.Context, input *SubscriberPath) (*SubscriberOutput, error) {
	row, err := h.Queries.SubscriberGetByID(ctx, h.Pool, rest.ParseID(input.SubscriberID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.SubscriberNotFound)
	}
	return &SubscriberOutput{Body: newSubscriberRead(row)}, nil
}

func (h *handlers) updateSubscriber(ctx context.Context, input *struct {
	SubscriberPath
	Body SubscriberUpdate
},
) (*SubscriberOutput, error) {
	var validator rest.Validator
	input.Body.Status.RefuseNull("status", &validator)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	row, err := h.Queries.SubscriberUpdate(ctx, h.Pool, dbsqlc.SubscriberUpdateParams{
		ID: rest.ParseID(input.SubscriberID), Status: (*string)(input.Body.Status.Pointer()), Now: h.Now(),
	})
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.SubscriberNotFound)
	}
	return &SubscriberOutput{Body: newSubscriberRead(row)}, nil
}
