package epilot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	tagBillingEvents = "Billing Events"
	eventsPath       = "/v1/billing/events"
)

func (h *handlers) ledgerEventRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "getBillingEvents", Method: http.MethodGet, Path: eventsPath, Tag: tagBillingEvents, Access: rest.Readers,
		Limits:  h.limits,
		Summary: "List billing events, newest booking date first",
		Description: "The ledger's entries: those of invoices, payments, reversals, and voids, and those created " +
			"manually. Filters combine; `hits` counts all matching events. A booking date is compared as midnight UTC.",
		Success: "A page of events.",
	}, h.getBillingEvents)
	rest.Register(h.API, rest.Operation{
		ID: "createBillingEvent", Method: http.MethodPost, Path: eventsPath, Tag: tagBillingEvents, Access: rest.Billers,
		Creates: true, Limits: h.limits,
		Summary: "Create a billing event",
		Description: "The event is posted to one contract and changes the balance of the contract and its client. Send " +
			"at least one of the two amounts; if both are sent, they must agree. The direction follows from the types " +
			"installment, dunning_fee, invoice, final_bill (debit), payment, reimbursement, and bonus (credit). All other " +
			"types require a direction. An installment and an invoice require a due date.",
		Success:  "The new event.",
		Refusals: []refusal.Code{refusal.BillingEventContractUnknown, refusal.BillingEventExternalIDTaken},
	}, h.createBillingEvent)
	rest.Register(h.API, rest.Operation{
		ID: "getBillingEvent", Method: http.MethodGet, Path: eventsPath + "/{id}", Tag: tagBillingEvents, Access: rest.Readers,
		Limits:      h.limits,
		Summary:     "Get a billing event",
		Description: "The current state of the event. A deleted event is not found.",
		Success:     "The event.",
		Refusals:    []refusal.Code{refusal.BillingEventNotFound},
	}, h.getBillingEvent)
	rest.Register(h.API, rest.Operation{
		ID: "updateBillingEvent", Method: http.MethodPatch, Path: eventsPath + "/{id}", Tag: tagBillingEvents,
		Access:  rest.Billers,
		Limits:  h.limits,
		Summary: "Update a billing event",
		Description: "Only events created manually can be updated. The ledger reverses the previous entry and posts " +
			"the updated event, so that every balance remains traceable. Events of invoices and payments are read-only.",
		Success: "The updated event.",
		Refusals: []refusal.Code{
			refusal.BillingEventNotFound, refusal.BillingEventReadOnly, refusal.BillingEventContractUnknown,
			refusal.BillingEventExternalIDTaken,
		},
	}, h.updateBillingEvent)
	rest.Register(h.API, rest.Operation{
		ID: "deleteBillingEvent", Method: http.MethodDelete, Path: eventsPath + "/{id}", Tag: tagBillingEvents,
		Access:  rest.Billers,
		Limits:  h.limits,
		Summary: "Delete a billing event",
		Description: "Only events created manually can be deleted. The ledger reverses the event's entry and hides the " +
			"event; the entries remain. Events of invoices and payments are read-only.",
		Success:  "The event was reversed.",
		Refusals: []refusal.Code{refusal.BillingEventNotFound, refusal.BillingEventReadOnly},
	}, h.deleteBillingEvent)
	rest.Register(h.API, rest.Operation{
		ID: "getBillingEventByExternalId", Method: http.MethodGet, Path: "/v1/billing/external/{external_id}",
		Tag: tagBillingEvents, Access: rest.Readers,
		Limits:      h.limits,
		Summary:     "Get a billing event by its external id",
		Description: "An external id belongs to at most one event.",
		Success:     "The event.",
		Refusals:    []refusal.Code{refusal.BillingEventNotFound},
	}, h.getBillingEventByExternalID)
}

// BillingEventPath names an event.
type BillingEventPath struct {
	ID string `path:"id" doc:"The event." example:"01932d60-1c2e-7b53-9f04-8d6a5e3c7b12"`
}

// BillingEventOutput answers one event.
type BillingEventOutput struct{ Body BillingEvent }

// BillingEventFilter are the parameters of the list of events.
type BillingEventFilter struct {
	From       int32     `query:"from" minimum:"0" default:"0" doc:"Number of events to skip." example:"0"`
	Size       int32     `query:"size" minimum:"1" maximum:"1000" default:"100" doc:"Maximum number of events to return." example:"100"`
	EntityID   []string  `query:"entity_id,explode" doc:"One or more contracts; an event of any of them matches." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
	ContactID  string    `query:"contact_id" doc:"A client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	EventType  string    `query:"event_type" doc:"An event type, such as installment, payment, or invoice." example:"installment"`
	DateAfter  time.Time `query:"date_after" doc:"Booked at or after this instant." example:"2025-01-01T00:00:00Z"`
	DateBefore time.Time `query:"date_before" doc:"Booked at or before this instant." example:"2026-12-31T23:59:59Z"`
}

// BillingEventList is a page of events.
type BillingEventList struct {
	Hits    int64          `json:"hits" doc:"Number of matching events." example:"42"`
	Results []BillingEvent `json:"results" nullable:"false"`
}

// BillingEventListOutput answers a page of events.
type BillingEventListOutput struct{ Body BillingEventList }

func (h *handlers) getBillingEvents(ctx context.Context, input *BillingEventFilter) (*BillingEventListOutput, error) {
	filter := ledger.Filter{Limit: input.Size, Offset: input.From}
	for _, id := range input.EntityID {
		filter.ContractIDs = append(filter.ContractIDs, rest.ParseID(id))
	}
	if input.ContactID != "" {
		filter.ClientID = new(rest.ParseID(input.ContactID))
	}
	if input.EventType != "" {
		filter.Type = &input.EventType
	}
	if !input.DateAfter.IsZero() {
		filter.From = new(dayAtOrAfter(input.DateAfter))
	}
	if !input.DateBefore.IsZero() {
		filter.To = new(utcDay(input.DateBefore))
	}
	entries, hits, err := ledger.List(ctx, h.Pool, filter)
	if err != nil {
		return nil, err
	}
	events, err := h.loadEvents(ctx, h.Pool, entries)
	if err != nil {
		return nil, err
	}
	return &BillingEventListOutput{Body: BillingEventList{Hits: hits, Results: events}}, nil
}

// utcDay returns the day of an instant in UTC.
func utcDay(instant time.Time) calendar.Date {
	year, month, day := instant.UTC().Date()
	return calendar.NewDate(max(1, year), month, day)
}

// dayAtOrAfter returns the first day whose midnight in UTC is not before an instant.
func dayAtOrAfter(instant time.Time) calendar.Date {
	day := utcDay(instant)
	if midnight := instant.UTC().Truncate(24 * time.Hour); midnight.Equal(instant.UTC()) {
		return day
	}
	return day.AddDays(1)
}

func (h *handlers) getBillingEvent(ctx context.Context, input *BillingEventPath) (*BillingEventOutput, error) {
	return h.answerEvent(ctx, h.Pool, rest.ParseID(input.ID))
}

func (h *handlers) getBillingEventByExternalID(ctx context.Context, input *struct {
	ExternalID string `path:"external_id" doc:"The event's id in the other system." example:"SAP-54321"`
},
) (*BillingEventOutput, error) {
	found, err := h.Queries.LedgerEventGetByExternalID(ctx, h.Pool, &input.ExternalID)
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.BillingEventNotFound)
	}
	return h.answerEvent(ctx, h.Pool, found.ID)
}

func (h *handlers) createBillingEvent(ctx context.Context, input *struct{ Body BillingEventCreate }) (*BillingEventOutput, error) {
	event, err := input.Body.event()
	if err != nil {
		return nil, err
	}
	return h.writeEvent(ctx, func(tx pgx.Tx) (uuid.UUID, error) {
		return ledger.CreateEvent(ctx, tx, event, h.Act(ctx))
	})
}

func (h *handlers) updateBillingEvent(ctx context.Context, input *struct {
	BillingEventPath
	Body BillingEventUpdate
},
) (*BillingEventOutput, error) {
	if err := input.Body.check(); err != nil {
		return nil, err
	}
	return h.writeEvent(ctx, func(tx pgx.Tx) (uuid.UUID, error) {
		id := rest.ParseID(input.ID)
		return id, ledger.ChangeEvent(ctx, tx, id, input.Body.apply, h.Act(ctx))
	})
}

func (h *handlers) deleteBillingEvent(ctx context.Context, input *BillingEventPath) (*struct{}, error) {
	return nil, db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		return ledger.DeleteEvent(ctx, tx, rest.ParseID(input.ID), h.Act(ctx))
	})
}

// writeEvent runs write in a transaction and answers with the resulting event.
func (h *handlers) writeEvent(ctx context.Context, write func(pgx.Tx) (uuid.UUID, error)) (answer *BillingEventOutput, err error) {
	err = db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		id, err := write(tx)
		if err != nil {
			return err
		}
		answer, err = h.answerEvent(ctx, tx, id)
		return err
	})
	return answer, err
}

func (h *handlers) answerEvent(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (*BillingEventOutput, error) {
	entry, err := ledger.CurrentEntry(ctx, tx, id)
	if err != nil {
		return nil, withID(err, refusal.BillingEventNotFound, "Billing event with ID '%s' not found", id)
	}
	events, err := h.loadEvents(ctx, tx, []dbsqlc.LedgerEntry{entry})
	if err != nil {
		return nil, err
	}
	return &BillingEventOutput{Body: events[0]}, nil
}

// withID adds the id to the message of a refusal.
func withID(err error, code refusal.Code, message string, id uuid.UUID) error {
	if !errors.Is(err, refusal.New(code)) || id == uuid.Nil {
		return err
	}
	return &refusal.Error{Code: code, Message: fmt.Sprintf(message, id)}
}
