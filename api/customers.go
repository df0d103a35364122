package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) customerRoutes() {
	const tag = "Customers"
	register(s, operation{id: "createClient", access: writers, method: http.MethodPost, path: "/api/v1/customers", tag: tag,
		summary:     "Create a client",
		description: "A CIN is trimmed and upper-cased, and is one client's alone. Texts are trimmed, and empty ones are none.",
		success:     "The new client.", refusals: []refusal.Code{refusal.ClientCINConflict}}, s.createClient)
	register(s, operation{id: "listClients", access: readers, method: http.MethodGet, path: "/api/v1/customers", tag: tag,
		summary:     "List clients, newest first",
		description: "All clients, whatever their status.",
		success:     "A page of clients.", list: clientList.keys()}, s.listClients)
	register(s, operation{id: "getClient", access: readers, method: http.MethodGet, path: "/api/v1/customers/{client_id}", tag: tag,
		summary: "Get a client",
		description: "A client with what is known of their payments: `is_delinquent` is true while any of their invoices is " +
			"overdue.",
		success: "The client.", refusals: []refusal.Code{refusal.ClientNotFound}}, s.getClient)
	register(s, operation{id: "updateClient", access: writers, method: http.MethodPut, path: "/api/v1/customers/{client_id}", tag: tag,
		summary: "Change what is sent of a client",
		description: "Only what is sent changes. Null clears the CIN, address, e-mail or phone; the name and the status cannot " +
			"be cleared.",
		success:  "The client as it is now.",
		refusals: []refusal.Code{refusal.ClientNotFound, refusal.ClientCINConflict}}, s.updateClient)
	register(s, operation{id: "deleteClient", access: writers, method: http.MethodDelete, path: "/api/v1/customers/{client_id}", tag: tag,
		summary:     "Delete a client without history, with its subscribers",
		description: "A client that has contracts, invoices, payments or collection cases stays: these are accounting records.",
		success:     "The client is gone, and so are its subscribers.",
		refusals:    []refusal.Code{refusal.ClientNotFound, refusal.ClientDeleteBlocked}}, s.deleteClient)
}

// ClientCreate is the body of a new client.
type ClientCreate struct {
	CIN        *string `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40" example:"AB123456"`
	ClientType string  `json:"client_type" enum:"individual,business"`
	FullName   string  `json:"full_name" minLength:"2" maxLength:"150" example:"Leila Amrani"`
	Address    *string `json:"address,omitempty" nullable:"true" maxLength:"255" example:"12, rue Atlas, Rabat"`
	Email      *string `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Phone      *string `json:"phone,omitempty" nullable:"true" maxLength:"40" example:"+212 6 12 34 56 78"`
	Status     string  `json:"status,omitempty" enum:"active,suspended,terminated" default:"active"`
}

// ClientUpdate is the body of a change: only what is sent changes, null clears.
type ClientUpdate struct {
	CIN      Sent[string] `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40"`
	FullName Sent[string] `json:"full_name,omitempty" minLength:"2" maxLength:"150"`
	Address  Sent[string] `json:"address,omitempty" nullable:"true" maxLength:"255" example:"3, avenue Hassan II, Rabat"`
	Email    Sent[string] `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Phone    Sent[string] `json:"phone,omitempty" nullable:"true" maxLength:"40"`
	Status   Sent[string] `json:"status,omitempty" enum:"active,suspended,terminated"`
}

// ClientRead is a client as the API shows it.
type ClientRead struct {
	ID              uuid.UUID  `json:"id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	CIN             *string    `json:"cin" example:"AB123456"`
	ClientType      string     `json:"client_type" enum:"individual,business"`
	FullName        string     `json:"full_name" example:"Leila Amrani"`
	Address         *string    `json:"address" example:"12, rue Atlas, Rabat"`
	Email           *string    `json:"email" example:"leila.amrani@example.com"`
	Phone           *string    `json:"phone" example:"+212 6 12 34 56 78"`
	IsDelinquent    bool       `json:"is_delinquent"`
	DelinquentSince *Timestamp `json:"delinquent_since" nullable:"true"`
	Status          string     `json:"status" enum:"active,suspended,terminated"`
	CreatedAt       Timestamp  `json:"created_at"`
	UpdatedAt       Timestamp  `json:"updated_at"`
}

// ClientOutput answers with one client.
type ClientOutput struct{ Body ClientRead }

// ClientPath names a client.
type ClientPath struct {
	ClientID string `path:"client_id" doc:"The client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

// clientList is the list of all clients.
var clientList = list[dbsqlc.ClientListRow]{
	name: "clients", id: func(row dbsqlc.ClientListRow) uuid.UUID { return row.Client.ID },
	total: func(row dbsqlc.ClientListRow) int64 { return row.ListTotal },
	sorts: []sortKey[dbsqlc.ClientListRow]{
		{"created_at", func(row dbsqlc.ClientListRow) string { return sortedByTime(row.Client.CreatedAt) }},
		{"full_name", func(row dbsqlc.ClientListRow) string { return row.Client.FullName }},
	},
	filters: []filterKey{
		{"status", "active, suspended or terminated"}, {"client_type", "individual or business"},
		{"is_delinquent", "true or false"}, {"cin", "a whole CIN"},
	},
}

func readClient(row dbsqlc.Client) ClientRead {
	return ClientRead{
		ID: row.ID, CIN: row.CIN, ClientType: row.ClientType, FullName: row.FullName, Address: row.Address,
		Email: row.Email, Phone: row.Phone, IsDelinquent: row.DelinquentSince != nil,
		DelinquentSince: optionalTimestamp(row.DelinquentSince), Status: row.Status,
		CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func (s *Server) createClient(ctx context.Context, input *struct{ Body ClientCreate }) (*ClientOutput, error) {
	var checked fields
	created := newClient(input.Body, &checked)
	if err := checked.err(); err != nil {
		return nil, err
	}
	row, err := client.Create(ctx, s.Pool, created, s.Now())
	if err != nil {
		return nil, err
	}
	return &ClientOutput{Body: readClient(row)}, nil
}

// newClient normalises a client that comes with a request.
func newClient(body ClientCreate, checked *fields) client.New {
	return client.New{
		CIN: normalisedCIN(body.CIN, checked), ClientType: body.ClientType,
		FullName: checked.trimmed("full_name", body.FullName, 2), Address: optionalText(body.Address),
		Email: optionalText(body.Email), Phone: optionalText(body.Phone), Status: body.Status,
	}
}

func normalisedCIN(cin *string, checked *fields) *string {
	if cin == nil {
		return nil
	}
	normalised := checked.cin(*cin)
	return &normalised
}

func (s *Server) listClients(ctx context.Context, input *PageParams) (*PageOutput[ClientRead], error) {
	asked, err := ask(s, clientList, *input)
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.ClientCountParams{
		Status: asked.text("status"), ClientType: asked.text("client_type"), IsDelinquent: asked.boolean("is_delinquent"), CIN: asked.text("cin"),
	}
	if filters.CIN != nil {
		*filters.CIN = client.NormaliseCIN(*filters.CIN)
	}
	return answerList(ctx, s, asked, func(row dbsqlc.ClientListRow) ClientRead { return readClient(row.Client) }, func(at position) ([]dbsqlc.ClientListRow, error) {
		if at.newest {
			before, err := behind(ctx, s, at, s.queries.ClientNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := s.queries.ClientNewest(ctx, s.Pool, dbsqlc.ClientNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.limit,
			})
			return converted(rows, func(row dbsqlc.ClientNewestRow) dbsqlc.ClientListRow { return dbsqlc.ClientListRow(row) }), err
		}
		return s.queries.ClientList(ctx, s.Pool, dbsqlc.ClientListParams{
			Status: filters.Status, ClientType: filters.ClientType, IsDelinquent: filters.IsDelinquent, CIN: filters.CIN,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
	}, func() (int64, error) { return s.queries.ClientCount(ctx, s.Pool, filters) })
}

func (s *Server) getClient(ctx context.Context, input *ClientPath) (*ClientOutput, error) {
	row, err := s.queries.ClientGetByID(ctx, s.Pool, parseID(input.ClientID))
	if err != nil {
		return nil, orNotFound(err, refusal.ClientNotFound)
	}
	return &ClientOutput{Body: readClient(row)}, nil
}

func (s *Server) updateClient(ctx context.Context, input *struct {
	ClientPath
	Body ClientUpdate
}) (*ClientOutput, error) {
	var checked fields
	input.Body.FullName.notNull("full_name", &checked)
	input.Body.Status.notNull("status", &checked)
	input.Body.FullName.normalise(func(name string) string { return checked.trimmed("full_name", name, 2) })
	input.Body.CIN.normalise(checked.cin)
	if err := checked.err(); err != nil {
		return nil, err
	}
	var updated dbsqlc.Client
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) error {
		row, err := s.queries.ClientLock(ctx, tx, parseID(input.ClientID))
		if err != nil {
			return orNotFound(err, refusal.ClientNotFound)
		}
		input.Body.apply(&row)
		updated, err = s.queries.ClientUpdate(ctx, tx, dbsqlc.ClientUpdateParams{
			ID: row.ID, CIN: row.CIN, FullName: row.FullName, Address: row.Address, Email: row.Email, Phone: row.Phone,
			Status: row.Status, Now: s.Now(),
		})
		return err
	})
	if errors.Is(err, refusal.New(refusal.ClientCINConflict)) {
		return nil, client.Conflict(ctx, s.Pool, input.Body.CIN.Value)
	}
	if err != nil {
		return nil, err
	}
	return &ClientOutput{Body: readClient(updated)}, nil
}

func (u *ClientUpdate) apply(row *dbsqlc.Client) {
	u.CIN.setOptional(&row.CIN)
	u.FullName.set(&row.FullName)
	u.Address.setOptional(&row.Address)
	u.Email.setOptional(&row.Email)
	u.Phone.setOptional(&row.Phone)
	u.Status.set(&row.Status)
	row.Address, row.Email, row.Phone = optionalText(row.Address), optionalText(row.Email), optionalText(row.Phone)
}

func (s *Server) deleteClient(ctx context.Context, input *ClientPath) (*struct{}, error) {
	deleted, err := s.queries.ClientDelete(ctx, s.Pool, parseID(input.ClientID))
	if err != nil {
		return nil, db.Translate(err)
	}
	if deleted == 0 {
		return nil, refusal.New(refusal.ClientNotFound)
	}
	return nil, nil
}

// orNotFound turns a missing row into its refusal.
func orNotFound(err error, code refusal.Code) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal.New(code)
	}
	return err
}
