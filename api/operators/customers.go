package operators

import (
	"context"
	"errors"
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

func (h *handlers) customerRoutes() {
	const tag = "Customers"
	rest.Register(h.API, rest.Operation{
		ID: "createClient", Method: http.MethodPost, Path: "/api/v1/customers", Tag: tag, Access: rest.Writers,
		Summary: "Create a client",
		Description: "The CIN is trimmed and converted to upper case, and must be unique. Other texts are trimmed; an " +
			"empty text counts as absent.",
		Success:  "The new client.",
		Refusals: []refusal.Code{refusal.ClientCINConflict},
	}, h.createClient)
	rest.Register(h.API, rest.Operation{
		ID: "listClients", Method: http.MethodGet, Path: "/api/v1/customers", Tag: tag, Access: rest.Readers,
		List:        clientList.Keys(),
		Summary:     "List clients, newest first",
		Description: "Clients of all statuses.",
		Success:     "A page of clients.",
	}, h.listClients)
	rest.Register(h.API, rest.Operation{
		ID: "getClient", Method: http.MethodGet, Path: "/api/v1/customers/{client_id}", Tag: tag, Access: rest.Readers,
		Summary: "Get a client",
		Description: "The client with their payment state: `is_delinquent` is true while any of their invoices is " +
			"overdue.",
		Success:  "The client.",
		Refusals: []refusal.Code{refusal.ClientNotFound},
	}, h.getClient)
	rest.Register(h.API, rest.Operation{
		ID: "updateClient", Method: http.MethodPut, Path: "/api/v1/customers/{client_id}", Tag: tag, Access: rest.Writers,
		Summary: "Update a client",
		Description: "Only the fields sent change. Null clears the CIN, address, e-mail, or phone; name and status " +
			"cannot be cleared.",
		Success:  "The updated client.",
		Refusals: []refusal.Code{refusal.ClientNotFound, refusal.ClientCINConflict},
	}, h.updateClient)
	rest.Register(h.API, rest.Operation{
		ID: "deleteClient", Method: http.MethodDelete, Path: "/api/v1/customers/{client_id}", Tag: tag, Access: rest.Writers,
		Summary: "Delete a client without history, with its subscribers",
		Description: "A client with contracts, invoices, payments, or collection cases cannot be deleted: these are " +
			"accounting records.",
		Success:  "The client and their subscribers were deleted.",
		Refusals: []refusal.Code{refusal.ClientNotFound, refusal.ClientDeleteBlocked},
	}, h.deleteClient)
}

// ClientCreate is the body of a new client.
type ClientCreate struct {
	CIN        *string                 `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40" example:"AB123456"`
	ClientType vocabulary.ClientType   `json:"client_type" enum:"individual,business"`
	FullName   string                  `json:"full_name" minLength:"2" maxLength:"150" example:"Leila Amrani"`
	Address    *string                 `json:"address,omitempty" nullable:"true" maxLength:"255" example:"12, rue Atlas, Rabat"`
	Email      *string                 `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Phone      *string                 `json:"phone,omitempty" nullable:"true" maxLength:"40" example:"+212 6 12 34 56 78"`
	Status     vocabulary.ClientStatus `json:"status,omitempty" enum:"active,suspended,terminated" default:"active"`
}

// ClientUpdate is the body of an update: only the fields sent change, and null clears.
type ClientUpdate struct {
	CIN      rest.Optional[string]                  `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40"`
	FullName rest.Optional[string]                  `json:"full_name,omitempty" minLength:"2" maxLength:"150"`
	Address  rest.Optional[string]                  `json:"address,omitempty" nullable:"true" maxLength:"255" example:"3, avenue Hassan II, Rabat"`
	Email    rest.Optional[string]                  `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Phone    rest.Optional[string]                  `json:"phone,omitempty" nullable:"true" maxLength:"40"`
	Status   rest.Optional[vocabulary.ClientStatus] `json:"status,omitempty" enum:"active,suspended,terminated"`
}

// ClientRead is a client as the API shows it.
type ClientRead struct {
	ID              uuid.UUID               `json:"id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	CIN             *string                 `json:"cin" example:"AB123456"`
	ClientType      vocabulary.ClientType   `json:"client_type" enum:"individual,business"`
	FullName        string                  `json:"full_name" example:"Leila Amrani"`
	Address         *string                 `json:"address" example:"12, rue Atlas, Rabat"`
	Email           *string                 `json:"email" example:"leila.amrani@example.com"`
	Phone           *string                 `json:"phone" example:"+212 6 12 34 56 78"`
	IsDelinquent    bool                    `json:"is_delinquent"`
	DelinquentSince *rest.Timestamp         `json:"delinquent_since" nullable:"true"`
	Status          vocabulary.ClientStatus `json:"status" enum:"active,suspended,terminated"`
	CreatedAt       rest.Timestamp          `json:"created_at"`
	UpdatedAt       rest.Timestamp          `json:"updated_at"`
}

// ClientOutput answers with one client.
type ClientOutput struct{ Body ClientRead }

// ClientPath names a client.
type ClientPath struct {
	ClientID string `path:"client_id" doc:"The client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

// clientList is the list of all clients.
var clientList = rest.Listing[dbsqlc.ClientListRow, dbsqlc.ClientCountParams, ClientRead]{
	List: rest.List[dbsqlc.ClientListRow]{
		Name: "clients", ID: func(row dbsqlc.ClientListRow) uuid.UUID { return row.Client.ID },
		Total: func(row dbsqlc.ClientListRow) int64 { return row.ListTotal },
		Sorts: []rest.SortKey[dbsqlc.ClientListRow]{
			{Name: "created_at", Value: func(row dbsqlc.ClientListRow) string { return rest.SortedByTime(row.Client.CreatedAt) }},
			{Name: "full_name", Value: func(row dbsqlc.ClientListRow) string { return row.Client.FullName }},
		},
		Filters: []rest.FilterKey{
			{Name: "status", Values: "active, suspended or terminated"},
			{Name: "client_type", Values: "individual or business"},
			{Name: "is_delinquent", Values: "true or false"},
			{Name: "cin", Values: "a whole CIN"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.ClientListRow]) dbsqlc.ClientCountParams {
		filters := dbsqlc.ClientCountParams{
			Status: request.Text("status"), ClientType: request.Text("client_type"),
			IsDelinquent: request.Boolean("is_delinquent"), CIN: request.Text("cin"),
		}
		if filters.CIN != nil {
			*filters.CIN = client.NormaliseCIN(*filters.CIN)
		}
		return filters
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.ClientCountParams, at rest.ListPosition) ([]dbsqlc.ClientListRow, error) {
		if at.Newest {
			before, err := rest.NewestStart(ctx, tx, at, queries.ClientNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := queries.ClientNewest(ctx, tx, dbsqlc.ClientNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.Limit,
			})
			return rest.Convert(rows, func(row dbsqlc.ClientNewestRow) dbsqlc.ClientListRow { return dbsqlc.ClientListRow(row) }), err
		}
		return queries.ClientList(ctx, tx, dbsqlc.ClientListParams{
			Status: filters.Status, ClientType: filters.ClientType, IsDelinquent: filters.IsDelinquent, CIN: filters.CIN,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: (*dbsqlc.Queries).ClientCount,
	Read:  func(row dbsqlc.ClientListRow) ClientRead { return newClientRead(row.Client) },
}

func newClientRead(row dbsqlc.Client) ClientRead {
	return ClientRead{
		ID: row.ID, CIN: row.CIN, ClientType: row.ClientType, FullName: row.FullName, Address: row.Address,
		Email: row.Email, Phone: row.Phone, IsDelinquent: row.DelinquentSince != nil,
		DelinquentSince: rest.OptionalTimestamp(row.DelinquentSince), Status: row.Status,
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}

func (h *handlers) createClient(ctx context.Context, input *struct{ Body ClientCreate }) (*ClientOutput, error) {
	var validator rest.Validator
	created := newClient(input.Body, &validator)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	var row dbsqlc.Client
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) (err error) {
		row, err = client.Create(ctx, tx, created, h.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &ClientOutput{Body: newClientRead(row)}, nil
}

// newClient normalises the client in a request.
func newClient(body ClientCreate, validator *rest.Validator) client.New {
	return client.New{
		CIN: rest.OptionalCIN(body.CIN, validator), ClientType: body.ClientType,
		FullName: validator.Trimmed("full_name", body.FullName, 2), Address: rest.OptionalText(body.Address),
		Email: rest.OptionalText(body.Email), Phone: rest.OptionalText(body.Phone), Status: body.Status,
	}
}

func (h *handlers) listClients(ctx context.Context, input *rest.PageParams) (*rest.PageOutput[ClientRead], error) {
	return clientList.Serve(ctx, h.API, *input)
}

func (h *handlers) getClient(ctx context.Context, input *ClientPath) (*ClientOutput, error) {
	row, err := h.Queries.ClientGetByID(ctx, h.Pool, rest.ParseID(input.ClientID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ClientNotFound)
	}
	return &ClientOutput{Body: newClientRead(row)}, nil
}

func (h *handlers) updateClient(ctx context.Context, input *struct {
	ClientPath
	Body ClientUpdate
},
) (*ClientOutput, error) {
	var validator rest.Validator
	input.Body.FullName.RefuseNull("full_name", &validator)
	input.Body.Status.RefuseNull("status", &validator)
	input.Body.FullName.Normalise(func(name string) string { return validator.Trimmed("full_name", name, 2) })
	input.Body.CIN.Normalise(validator.CIN)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	var updated dbsqlc.Client
	err := db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		row, err := h.Queries.ClientLock(ctx, tx, rest.ParseID(input.ClientID))
		if err != nil {
			return rest.OrNotFound(err, refusal.ClientNotFound)
		}
		input.Body.apply(&row)
		updated, err = h.Queries.ClientUpdate(ctx, tx, dbsqlc.ClientUpdateParams{
			ID: row.ID, CIN: row.CIN, FullName: row.FullName, Address: row.Address, Email: row.Email, Phone: row.Phone,
			Status: row.Status, Now: h.Now(),
		})
		return err
	})
	if errors.Is(err, refusal.New(refusal.ClientCINConflict)) {
		return nil, client.Conflict(ctx, h.Pool, input.Body.CIN.Value)
	}
	if err != nil {
		return nil, err
	}
	return &ClientOutput{Body: newClientRead(updated)}, nil
}

func (u *ClientUpdate) apply(row *dbsqlc.Client) {
	u.CIN.SetOptional(&row.CIN)
	u.FullName.Set(&row.FullName)
	u.Address.SetOptional(&row.Address)
	u.Email.SetOptional(&row.Email)
	u.Phone.SetOptional(&row.Phone)
	u.Status.Set(&row.Status)
	row.Address, row.Email, row.Phone = rest.OptionalText(row.Address), rest.OptionalText(row.Email), rest.OptionalText(row.Phone)
}

func (h *handlers) deleteClient(ctx context.Context, input *ClientPath) (*struct{}, error) {
	deleted, err := h.Queries.ClientDelete(ctx, h.Pool, rest.ParseID(input.ClientID))
	if err != nil {
		return nil, db.Translate(err)
	}
	if deleted == 0 {
		return nil, refusal.New(refusal.ClientNotFound)
	}
	return nil, nil
}
