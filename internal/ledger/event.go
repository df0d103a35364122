package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Event is what somebody enters by hand about one contract. Its values are checked.
type Event struct {
	Type        EventType
	Direction   Direction
	Amount      money.Amount
	Currency    string
	ContractID  uuid.UUID
	BookingDate calendar.Date
	DueDate     *calendar.Date
	// ExternalID is how another system names the event; no two have the same.
	ExternalID *string
	// Details are a JSON object of what is told of the event and no rule reads.
	Details json.RawMessage
}

// directions are those that follow from the type of an event. Of every other type the direction must be said.
var directions = map[EventType]Direction{
	TypeInstallment: Debit, TypeDunningFee: Debit, TypeInvoice: Debit, TypeFinalBill: Debit,
	TypePayment: Credit, TypeReimbursement: Credit, TypeBonus: Credit,
}

// DefaultDirection returns the direction that events of a type have unless another is said, and whether there is one.
func DefaultDirection(kind EventType) (direction Direction, known bool) {
	direction, known = directions[kind]
	return direction, known
}

// NeedsDueDate reports whether events of a type say when they are due.
func NeedsDueDate(kind EventType) bool { return kind == TypeInstallment || kind == TypeInvoice }

// CreateEvent enters an event in the given transaction and returns its id. It refuses with billing_event_contract_unknown,
// and the database with billing_event_external_id_taken.
func CreateEvent(ctx context.Context, tx pgx.Tx, event Event, act actor.Act) (uuid.UUID, error) {
	id := db.NewID()
	entered, err := event.entry(ctx, tx, id, act)
	if err != nil {
		return id, err
	}
	if err := entered.post(ctx, tx, act.Now); err != nil {
		return id, err
	}
	err = dbsqlc.New().LedgerEventInsert(ctx, tx, dbsqlc.LedgerEventInsertParams{
		ID: id, EntryID: &entered.id, ExternalID: event.ExternalID, Now: act.Now,
	})
	if err != nil {
		return id, fmt.Errorf("ledger: insert event: %w", err)
	}
	return id, nil
}

// ChangeEvent changes an event in the given transaction: what was entered is taken back, and the changed event
// entered under the same id. A change that leaves all as it is enters nothing. Beside what change refuses with, it refuses with
// billing_event_not_found, billing_event_read_only for an event that follows from an invoice or a payment, and as
// CreateEvent does.
func ChangeEvent(ctx context.Context, tx pgx.Tx, id uuid.UUID, change func(*Event) error, act actor.Act) error {
	head, current, err := lockEvent(ctx, tx, id)
	if err != nil {
		return err
	}
	before := newEvent(current, head.ExternalID)
	event := before
	if err := change(&event); err != nil {
		return err
	}
	if event.same(before) {
		return nil
	}
	entered, err := event.entry(ctx, tx, id, act)
	if err != nil {
		return err
	}
	// All accounts at once, so that two that are changed in turn are locked in order.
	accounts := append(storedAccounts(current), entered.accounts()...)
	if err := dbsqlc.New().LedgerAccountLock(ctx, tx, accounts); err != nil {
		return fmt.Errorf("ledger: lock accounts: %w", err)
	}
	if err := reverseEvent(ctx, tx, current, act); err != nil {
		return err
	}
	if err := entered.post(ctx, tx, act.Now); err != nil {
		return err
	}
	return updateEvent(ctx, tx, dbsqlc.LedgerEventUpdateParams{ID: id, EntryID: &entered.id, ExternalID: event.ExternalID, Now: act.Now})
}

// DeleteEvent takes an event back in the given transaction and hides it; what was entered stays. It refuses
// with billing_event_not_found and billing_event_read_only. Another event may have its external id from then on.
func DeleteEvent(ctx context.Context, tx pgx.Tx, id uuid.UUID, act actor.Act) error {
	_, current, err := lockEvent(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := reverseEvent(ctx, tx, current, act); err != nil {
		return err
	}
	return updateEvent(ctx, tx, dbsqlc.LedgerEventUpdateParams{ID: id, Now: act.Now})
}

// CurrentEntry returns the entry that is valid of an event, or refuses with billing_event_not_found.
func CurrentEntry(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.LedgerEntry, error) {
	found, err := dbsqlc.New().LedgerEntryGetByEvent(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return dbsqlc.LedgerEntry{}, refusal.New(refusal.BillingEventNotFound)
	}
	if err != nil {
		return dbsqlc.LedgerEntry{}, fmt.Errorf("ledger: find event: %w", err)
	}
	return found, nil
}

// lockEvent locks an event that was made by hand, and returns its valid entry.
func lockEvent(ctx context.Context, tx pgx.Tx, id uuid.UUID) (dbsqlc.LedgerEvent, dbsqlc.LedgerEntry, error) {
	head, err := dbsqlc.New().LedgerEventLock(ctx, tx, id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return head, dbsqlc.LedgerEntry{}, fmt.Errorf("ledger: lock event: %w", err)
	}
	made := err == nil
	current, err := CurrentEntry(ctx, tx, id)
	if err != nil {
		return head, current, err
	}
	if !made {
		return head, current, readOnly(current)
	}
	return head, current, nil
}

// readOnly refuses to change an entry that the system posted. The details source and id name the invoice,
// payment, reversal, or void invoice that the entry follows from.
func readOnly(stored dbsqlc.LedgerEntry) error {
	refused := refusal.New(refusal.BillingEventReadOnly)
	switch stored.Source {
	case SourceInvoice:
		refused.Message = "The event belongs to an invoice and is read-only. Void the invoice to reverse it"
	case SourcePayment:
		refused.Message = "The event belongs to a payment and is read-only. Reverse the payment to reverse it"
	case SourceReversal:
		refused.Message = "The event is the reversal of a payment and is read-only. Record another payment instead"
	case SourceVoid:
		refused.Message = "The event belongs to a void invoice and is read-only. Bill its days again with a billing run"
	}
	return refused.With("source", stored.Source).With("id", stored.ID)
}

// entry is the event as it is to be entered under its id. The contract stays while the transaction lasts.
func (e Event) entry(ctx context.Context, tx pgx.Tx, eventID uuid.UUID, act actor.Act) (entry, error) {
	owner, err := dbsqlc.New().BillingProfileGetOwner(ctx, tx, e.ContractID)
	if errors.Is(err, pgx.ErrNoRows) {
		return entry{}, refusal.New(refusal.BillingEventContractUnknown)
	}
	if err != nil {
		return entry{}, fmt.Errorf("ledger: find contract: %w", err)
	}
	id := db.NewID()
	return entry{
		id: id, eventID: eventID, source: SourceAPI, clientID: owner.ClientID, kind: e.Type, direction: e.Direction, amount: e.Amount,
		currency: e.Currency, parts: []part{{e.ContractID, e.Amount}}, booked: e.BookingDate, due: e.DueDate, details: e.Details, actorID: string(act.Actor),
	}, nil
}

// accounts are those that the entry is posted to.
func (e entry) accounts() (ids []uuid.UUID) {
	for _, part := range e.parts {
		ids = append(ids, part.contractID)
	}
	if e.clientID != nil {
		ids = append(ids, *e.clientID)
	}
	return ids
}

func storedAccounts(stored dbsqlc.LedgerEntry) []uuid.UUID {
	return entry{clientID: stored.ClientID, parts: storedParts(stored)}.accounts()
}

func newEvent(stored dbsqlc.LedgerEntry, externalID *string) Event {
	return Event{
		Type: stored.Type, Direction: stored.Direction, Amount: stored.Amount, Currency: stored.Currency, ContractID: stored.ContractIDS[0],
		BookingDate: stored.BookingDate, DueDate: stored.DueDate, ExternalID: externalID, Details: stored.Details,
	}
}

// same reports whether two events say the same.
func (e Event) same(other Event) bool {
	var mine, theirs any
	if json.Unmarshal(e.Details, &mine) != nil || json.Unmarshal(other.Details, &theirs) != nil {
		return bytes.Equal(e.Details, other.Details)
	}
	e.Details, other.Details = nil, nil
	return reflect.DeepEqual(mine, theirs) && reflect.DeepEqual(e, other)
}

// reverseEvent enters the opposite of a version of an event.
func reverseEvent(ctx context.Context, tx pgx.Tx, current dbsqlc.LedgerEntry, act actor.Act) error {
	id := db.NewID()
	return entry{
		id: id, eventID: current.EventID, source: SourceReversedEvent, reverses: &current.ID, clientID: current.ClientID, kind: current.Type,
		direction: opposite(current.Direction), amount: current.Amount, currency: current.Currency, parts: storedParts(current),
		booked: current.BookingDate, actorID: string(act.Actor),
	}.post(ctx, tx, act.Now)
}

func updateEvent(ctx context.Context, tx pgx.Tx, params dbsqlc.LedgerEventUpdateParams) error {
	if err := dbsqlc.New().LedgerEventUpdate(ctx, tx, params); err != nil {
		return fmt.Errorf("ledger: update event: %w", err)
	}
	return nil
}
