// Package ledger keeps the book of what clients owe: entries that are only ever added, with the balance of the
// client and of each contract after every one of them.
//
// An invoice, a payment and what takes them back are entered in the transaction that writes them, and exist
// once, in their own tables; the ledger says what they did to which account. Events that somebody makes by hand
// exist here alone. A change of one takes its entry back and enters it anew, and a deletion takes it back.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Currency is that of invoices and payments.
const Currency = "MAD"

// Direction is the side of an entry.
type Direction = vocabulary.EntryDirection

// The directions of an entry. A debit raises what the client owes, a credit lowers it.
const (
	Debit  = vocabulary.Debit
	Credit = vocabulary.Credit
)

// EventType is the kind of an event.
type EventType = vocabulary.EventType

// The event types that rules know. Events that callers create may have other types.
const (
	TypeInstallment   = vocabulary.EventInstallment
	TypePayment       = vocabulary.EventPayment
	TypeReimbursement = vocabulary.EventReimbursement
	TypeDunningFee    = vocabulary.EventDunningFee
	TypeInvoice       = vocabulary.EventInvoice
	TypeFinalBill     = vocabulary.EventFinalBill
	TypeBonus         = vocabulary.EventBonus
	TypeCorrection    = vocabulary.EventCorrection
	TypeChargeback    = vocabulary.EventChargeback
)

// Source is the origin of an entry.
type Source = vocabulary.EntrySource

// The sources of an entry.
const (
	SourceInvoice  = vocabulary.SourceInvoice
	SourcePayment  = vocabulary.SourcePayment
	SourceReversal = vocabulary.SourcePaymentReversal
	SourceVoid     = vocabulary.SourceInvoiceVoid
	SourceAPI      = vocabulary.SourceAPI
	// SourceReversedEvent is an entry that reverses an entry of SourceAPI. It is not an event.
	SourceReversedEvent = vocabulary.SourceAPIReversal
)

// part is what an entry is about one contract.
type part struct {
	contractID uuid.UUID
	amount     money.Amount
}

// entry is one entry before it is posted.
type entry struct {
	id, eventID uuid.UUID
	source      Source
	reverses    *uuid.UUID
	invoiceID   *uuid.UUID
	paymentID   *uuid.UUID
	clientID    *uuid.UUID
	kind        EventType
	direction   Direction
	amount      money.Amount
	currency    string
	parts       []part
	booked      calendar.Date
	due         *calendar.Date
	details     json.RawMessage
	actorID     string
}

// post writes an entry with its postings, in one statement. It locks the accounts of the client and of the
// contracts until the transaction ends, so a caller takes its other locks before.
func (e entry) post(ctx context.Context, tx dbsqlc.DBTX, now time.Time) error {
	params := dbsqlc.LedgerEntryPostParams{
		ID: e.id, EventID: e.eventID, Source: e.source, ReversesID: e.reverses, InvoiceID: e.invoiceID, PaymentID: e.paymentID,
		ClientID: e.clientID, Type: e.kind, Direction: e.direction, Amount: e.amount, Currency: e.currency,
		ContractIDS: make([]uuid.UUID, len(e.parts)), ContractAmounts: make([]int64, len(e.parts)),
		BookingDate: e.booked, DueDate: e.due, Details: e.details, ActorID: e.actorID, Now: now,
	}
	for i, part := range e.parts {
		params.ContractIDS[i], params.ContractAmounts[i] = part.contractID, int64(part.amount)
	}
	if params.Details == nil {
		params.Details = json.RawMessage("{}")
	}
	if err := dbsqlc.New().LedgerEntryPost(ctx, tx, params); err != nil {
		return fmt.Errorf("ledger: post %s: %w", e.source, err)
	}
	return nil
}

// storedParts are the parts of an entry that is stored.
func storedParts(stored dbsqlc.LedgerEntry) []part {
	parts := make([]part, len(stored.ContractIDS))
	for i := range parts {
		parts[i] = part{stored.ContractIDS[i], money.Amount(stored.ContractAmounts[i])}
	}
	return parts
}

// opposite is the direction that takes one back.
func opposite(direction Direction) Direction {
	if direction == Debit {
		return Credit
	}
	return Debit
}

// Balance is what is owed in one currency; less than nothing is owed to the client.
type Balance struct {
	Amount   money.Amount
	Currency string
}

// BalanceOf returns what an account answers for: a client's, over all contracts, or that of a contract. Amounts of
// different currencies are never added up: the balance is that of home, or of the only currency that there is.
func BalanceOf(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID, home string) (Balance, error) {
	balances, err := BalancesOf(ctx, tx, map[uuid.UUID]string{id: home})
	return balances[id], err
}

// BalancesOf is BalanceOf for several accounts, each with the currency that is home to it.
func BalancesOf(ctx context.Context, tx dbsqlc.DBTX, homes map[uuid.UUID]string) (map[uuid.UUID]Balance, error) {
	accounts, err := dbsqlc.New().LedgerAccountList(ctx, tx, slices.Collect(maps.Keys(homes)))
	if err != nil {
		return nil, fmt.Errorf("ledger: balances: %w", err)
	}
	balances, currencies := map[uuid.UUID]Balance{}, map[uuid.UUID]int{}
	for _, account := range accounts {
		currencies[account.ID]++
	}
	for id, home := range homes {
		balances[id] = Balance{Currency: home}
	}
	for _, account := range accounts {
		if account.Currency == homes[account.ID] || currencies[account.ID] == 1 {
			balances[account.ID] = Balance{account.Balance, account.Currency}
		}
	}
	return balances, nil
}
