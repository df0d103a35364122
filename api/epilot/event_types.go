package epilot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// schemaBillingEvent is the schema of events.
const schemaBillingEvent = "billing_event"

// BillingEvent is an entry of the ledger.
type BillingEvent struct {
	ID                   string         `json:"_id" doc:"The event." example:"01932d60-1c2e-7b53-9f04-8d6a5e3c7b12"`
	Schema               string         `json:"_schema" example:"billing_event"`
	Org                  string         `json:"_org" doc:"The operator." example:"MTF"`
	CreatedAt            rest.Timestamp `json:"_created_at"`
	UpdatedAt            rest.Timestamp `json:"_updated_at"`
	Type                 string         `json:"type" doc:"Type of the event." example:"installment"`
	Direction            string         `json:"direction" enum:"debit,credit" doc:"A debit increases the balance, a credit decreases it." example:"debit"`
	BillingAmount        int64          `json:"billing_amount" doc:"In cents." example:"10000"`
	BillingAmountDecimal string         `json:"billing_amount_decimal" doc:"The amount with two decimals." example:"100.00"`
	BillingCurrency      string         `json:"billing_currency" doc:"ISO 4217." example:"MAD"`
	Contract             Relations      `json:"contract" doc:"The contracts of the event."`
	BookingDate          calendar.Date  `json:"booking_date" format:"date" doc:"Booking date of the event." example:"2025-06-15"`
	BillingEventDetails
	ExternalID *string        `json:"external_id,omitempty" doc:"The event's id in another system."`
	DueDate    *calendar.Date `json:"due_date,omitempty" format:"date" doc:"Due date of the amount." example:"2025-06-30"`
}

// BillingEventCreate is the body of a new event.
type BillingEventCreate struct {
	Type                 string         `json:"type" minLength:"1" maxLength:"100" doc:"Type of the event; custom types are allowed." example:"installment"`
	Direction            *string        `json:"direction,omitempty" enum:"debit,credit" doc:"Defaults to the direction of the type."`
	BillingAmount        *int64         `json:"billing_amount,omitempty" minimum:"1" maximum:"999999999999" doc:"In cents." example:"10000"`
	BillingAmountDecimal *string        `json:"billing_amount_decimal,omitempty" doc:"The amount with two decimals." example:"100.00"`
	BillingCurrency      *string        `json:"billing_currency,omitempty" doc:"ISO 4217; defaults to MAD." example:"MAD"`
	Contract             Relations      `json:"contract" doc:"The contract of the event."`
	BookingDate          calendar.Date  `json:"booking_date" format:"date" doc:"Booking date of the event." example:"2025-06-15"`
	ExternalID           *string        `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"The event's id in another system." example:"SAP-54321"`
	DueDate              *calendar.Date `json:"due_date,omitempty" format:"date" doc:"Due date of the amount." example:"2025-06-30"`
	BillingEventDetails
}

// BillingEventUpdate is the body of an update: only the fields sent change.
type BillingEventUpdate struct {
	Type                 *string        `json:"type,omitempty" minLength:"1" maxLength:"100" doc:"Type of the event."`
	Direction            *string        `json:"direction,omitempty" enum:"debit,credit" doc:"Defaults to the direction of the new type, if the type changes."`
	BillingAmount        *int64         `json:"billing_amount,omitempty" minimum:"1" maximum:"999999999999" doc:"In cents."`
	BillingAmountDecimal *string        `json:"billing_amount_decimal,omitempty" doc:"The amount with two decimals."`
	BillingCurrency      *string        `json:"billing_currency,omitempty" doc:"ISO 4217."`
	Contract             *Relations     `json:"contract,omitempty" doc:"The contract of the event."`
	BookingDate          *calendar.Date `json:"booking_date,omitempty" format:"date" doc:"Booking date of the event."`
	ExternalID           *string        `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"The event's id in another system."`
	DueDate              *calendar.Date `json:"due_date,omitempty" format:"date" doc:"Due date of the amount."`
	BillingEventDetails
}

// BillingEventDetails are descriptive fields that no rule reads.
type BillingEventDetails struct {
	Title        *string       `json:"_title,omitempty" maxLength:"500" doc:"Display title of the event."`
	Tags         []string      `json:"_tags,omitzero" nullable:"false" maxItems:"100" maxLength:"200" doc:"Labels for grouping and filtering."`
	PaidDate     *time.Time    `json:"paid_date,omitempty" doc:"When the payment was received."`
	Status       *string       `json:"status,omitempty" enum:"closed,open" doc:"Whether the event still requires action; defaults to closed." example:"closed"`
	RelatedEvent *string       `json:"related_event,omitempty" maxLength:"500" doc:"A related earlier event, for example an event that this event corrects."`
	ExternalLink *ExternalLink `json:"external_link,omitempty" doc:"Link to more information."`
	Attachments  *Attachments  `json:"attachments,omitempty" doc:"Files attached to the event."`
	Note         *string       `json:"note,omitempty" maxLength:"4000" doc:"Note for the customer." example:"Paid by bank transfer"`
	InternalNote *string       `json:"internal_note,omitempty" maxLength:"4000" doc:"Note for staff."`
}

// Relations are references to contracts.
type Relations struct {
	Relation []EntityRelation `json:"$relation,omitempty" nullable:"false" doc:"The related entities." example:"[{\"entity_id\": \"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4\"}]"`
}

// Attachments are references to files.
type Attachments struct {
	Relation []EntityRelation `json:"$relation,omitzero" nullable:"false" maxItems:"100" doc:"The attached files."`
}

// EntityRelation is a reference to another entity.
type EntityRelation struct {
	EntityID string `json:"entity_id,omitempty" maxLength:"200" doc:"The entity." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// ExternalLink is a link with its address under two names, of which one is required.
type ExternalLink struct {
	Href  *string `json:"href,omitempty" format:"uri" maxLength:"2000" doc:"The address."`
	Title *string `json:"title,omitempty" maxLength:"500" doc:"Title of the linked page."`
	URL   *string `json:"url,omitempty" format:"uri" maxLength:"2000" doc:"The same address under a second name."`
}

// isoCurrency matches currency codes.
var isoCurrency = regexp.MustCompile(`^[A-Z]{3}$`)

// event validates a new event.
func (c *BillingEventCreate) event() (event ledger.Event, err error) {
	change := BillingEventUpdate{
		Type: &c.Type, Direction: c.Direction, BillingAmount: c.BillingAmount, BillingAmountDecimal: c.BillingAmountDecimal,
		BillingCurrency: c.BillingCurrency, Contract: &c.Contract, BookingDate: &c.BookingDate, ExternalID: c.ExternalID,
		DueDate: c.DueDate, BillingEventDetails: c.BillingEventDetails,
	}
	event.Currency = ledger.Currency
	if change.Status == nil {
		change.Status = new("closed")
	}
	if c.BillingAmount == nil && c.BillingAmountDecimal == nil {
		return event, refusal.Invalid(refusal.Problem{Location: []any{"body", "billing_amount"}, Message: "Field required", Type: "missing"})
	}
	return event, change.apply(&event)
}

// check refuses an update without fields.
func (u *BillingEventUpdate) check() error {
	if sent, err := json.Marshal(u); err != nil || string(sent) != "{}" {
		return err
	}
	return refusal.Invalid(refusal.Problem{Location: []any{"body"}, Message: "At least one field is required", Type: "missing"})
}

// apply merges the fields sent into an event and validates the result.
func (u *BillingEventUpdate) apply(event *ledger.Event) error {
	var validator rest.Validator
	u.applyType(event, &validator)
	u.applyAmount(event, &validator)
	if u.Contract != nil {
		if len(u.Contract.Relation) != 1 {
			validator.Fail("contract", "$relation must name exactly one contract")
		} else {
			event.ContractID = rest.ParseID(u.Contract.Relation[0].EntityID)
		}
	}
	if u.BookingDate != nil {
		event.BookingDate = *u.BookingDate
	}
	if u.ExternalID != nil {
		event.ExternalID = new(validator.Trimmed("external_id", *u.ExternalID, 1))
	}
	if u.DueDate != nil {
		event.DueDate = u.DueDate
	}
	if event.DueDate == nil && ledger.NeedsDueDate(event.Type) {
		validator.Problems = append(validator.Problems, refusal.Problem{Location: []any{"body", "due_date"}, Message: "Field required", Type: "missing"})
	}
	if err := u.mergeInto(&event.Details, &validator); err != nil {
		return err
	}
	return validator.Err()
}

// applyType sets the type. A new type also sets its direction; an unchanged type leaves the direction
// as it is.
func (u *BillingEventUpdate) applyType(event *ledger.Event, validator *rest.Validator) {
	before := event.Type
	if u.Type != nil {
		event.Type = ledger.EventType(validator.Trimmed("type", *u.Type, 1))
	}
	direction, known := ledger.DefaultDirection(event.Type)
	switch {
	case u.Direction != nil:
		event.Direction = ledger.Direction(*u.Direction)
	case event.Type == before:
	case known:
		event.Direction = direction
	default:
		validator.Fail("direction", fmt.Sprintf("Field required for the type %q: debit or credit", event.Type))
	}
}

func (u *BillingEventUpdate) applyAmount(event *ledger.Event, validator *rest.Validator) {
	if u.BillingAmount != nil {
		event.Amount = money.Amount(*u.BillingAmount)
	}
	if u.BillingAmountDecimal != nil {
		amount, err := money.ParseAmount(*u.BillingAmountDecimal)
		switch {
		case err != nil:
			validator.Fail("billing_amount_decimal", "Input should be a decimal number within range")
		case u.BillingAmount != nil && amount != event.Amount:
			validator.Fail("billing_amount_decimal", fmt.Sprintf("Input does not match billing_amount, which is %s", event.Amount))
		case amount <= 0:
			validator.Fail("billing_amount_decimal", "Input should be greater than 0")
		default:
			event.Amount = amount
		}
	}
	if u.BillingCurrency != nil {
		event.Currency = *u.BillingCurrency
		if !isoCurrency.MatchString(event.Currency) {
			validator.Fail("billing_currency", "Input should be an ISO 4217 currency code, such as MAD")
		}
	}
}

// mergeInto merges the fields sent into the stored details.
func (d *BillingEventDetails) mergeInto(stored *json.RawMessage, validator *rest.Validator) error {
	if link := d.ExternalLink; link != nil {
		if link.Href == nil && link.URL == nil {
			validator.Fail("external_link", "Either href or url is required")
		}
		link.Href, link.URL = cmp.Or(link.Href, link.URL), cmp.Or(link.URL, link.Href)
	}
	return mergeDetails(d, stored)
}

// loadEvents returns the representations of entries.
func (h *handlers) loadEvents(ctx context.Context, tx dbsqlc.DBTX, entries []dbsqlc.LedgerEntry) ([]BillingEvent, error) {
	var eventIDs, invoiceIDs []uuid.UUID
	for _, entry := range entries {
		if entry.InvoiceID != nil {
			invoiceIDs = append(invoiceIDs, *entry.InvoiceID)
		} else {
			eventIDs = append(eventIDs, entry.EventID)
		}
	}
	made, err := h.Queries.LedgerEventListByID(ctx, tx, eventIDs)
	if err != nil {
		return nil, err
	}
	invoiced, err := h.Queries.LedgerInvoiceList(ctx, tx, invoiceIDs)
	if err != nil {
		return nil, err
	}
	heads, invoices := map[uuid.UUID]dbsqlc.LedgerEvent{}, map[uuid.UUID]dbsqlc.LedgerInvoiceListRow{}
	for _, head := range made {
		heads[head.ID] = head
	}
	for _, invoice := range invoiced {
		invoices[invoice.ID] = invoice
	}
	events := make([]BillingEvent, len(entries))
	for i, entry := range entries {
		events[i] = h.newBillingEvent(entry)
		if err := json.Unmarshal(entry.Details, &events[i].BillingEventDetails); err != nil {
			return nil, fmt.Errorf("api: details of an entry: %w", err)
		}
		if head, found := heads[entry.EventID]; found {
			events[i].CreatedAt, events[i].UpdatedAt, events[i].ExternalID = rest.Timestamp(head.CreatedAt), rest.Timestamp(head.UpdatedAt), head.ExternalID
		}
		if entry.InvoiceID != nil {
			h.addInvoiceDetails(&events[i], entry, invoices[*entry.InvoiceID])
		}
	}
	return events, nil
}

func (h *handlers) newBillingEvent(entry dbsqlc.LedgerEntry) BillingEvent {
	event := BillingEvent{
		ID: entry.EventID.String(), Schema: schemaBillingEvent, Org: h.Organisation, CreatedAt: rest.Timestamp(entry.CreatedAt),
		UpdatedAt: rest.Timestamp(entry.CreatedAt), Type: string(entry.Type), Direction: string(entry.Direction), BillingAmount: int64(entry.Amount),
		BillingAmountDecimal: entry.Amount.String(), BillingCurrency: entry.Currency, BookingDate: entry.BookingDate, DueDate: entry.DueDate,
	}
	for _, id := range entry.ContractIDS {
		event.Contract.Relation = append(event.Contract.Relation, EntityRelation{id.String()})
	}
	return event
}

// addInvoiceDetails adds the details of entries of an invoice and its payments, which are not stored.
func (h *handlers) addInvoiceDetails(event *BillingEvent, entry dbsqlc.LedgerEntry, invoice dbsqlc.LedgerInvoiceListRow) {
	event.Status = new("closed")
	switch entry.Source {
	case ledger.SourceInvoice:
		event.Title = new("Invoice " + invoice.Number)
		if invoice.Status == billing.InvoiceIssued || invoice.Status == billing.InvoiceOverdue {
			event.Status = new("open")
		}
	case ledger.SourcePayment:
		event.Title, event.RelatedEvent = new("Payment of "+invoice.Number), new(invoice.ID.String())
		event.PaidDate = new(h.Zone.At(entry.BookingDate, 0))
	case ledger.SourceReversal:
		event.Title, event.RelatedEvent = new("Reversed payment of "+invoice.Number), new(entry.ReversesID.String())
	case ledger.SourceVoid:
		event.Title, event.RelatedEvent = new("Void invoice "+invoice.Number), new(invoice.ID.String())
	}
}
