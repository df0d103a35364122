package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// PostInvoices enters invoices that this transaction has written with their lines, one to a client at most: a debit
// each, of the client and of the contracts that it is about.
func PostInvoices(ctx context.Context, tx pgx.Tx, ids []uuid.UUID, actorID string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := dbsqlc.New().LedgerEntryPostInvoices(ctx, tx, dbsqlc.LedgerEntryPostInvoicesParams{IDS: ids, ActorID: actorID}); err != nil {
		return fmt.Errorf("ledger: post invoices: %w", err)
	}
	return nil
}

// PostPayment posts a payment of a locked invoice: a credit. It settles the contracts of the invoice one after the
// other, in the order of their ids.
func PostPayment(ctx context.Context, tx dbsqlc.DBTX, payment dbsqlc.Payment, now time.Time) error {
	owed, err := dbsqlc.New().LedgerEntryListOwedByContract(ctx, tx, payment.InvoiceID)
	if err != nil {
		return fmt.Errorf("ledger: owed by contract: %w", err)
	}
	parts, left := settle(payment.Amount, owed)
	if left > 0 {
		return fmt.Errorf("ledger: payment %s exceeds what the entries of invoice %s add up to by %s", payment.ID, payment.InvoiceID, left)
	}
	return entry{
		id: payment.ID, eventID: payment.ID, source: SourcePayment, invoiceID: &payment.InvoiceID, paymentID: &payment.ID,
		clientID: &payment.ClientID, kind: TypePayment, direction: Credit, amount: payment.Amount, currency: payment.Currency,
		parts: parts, booked: payment.PaymentDate, actorID: payment.ActorID,
	}.post(ctx, tx, now)
}

// settle spreads an amount over what is owed, in order, and returns what is left of it.
func settle(amount money.Amount, owed []dbsqlc.LedgerEntryListOwedByContractRow) (parts []part, left money.Amount) {
	for _, contract := range owed {
		if settled := min(amount, money.Amount(contract.Owed)); settled > 0 {
			parts = append(parts, part{contract.ContractID, settled})
			amount -= settled
		}
	}
	return parts, amount
}

// PostReversal enters that a payment was taken back: a debit where the payment was a credit.
func PostReversal(ctx context.Context, tx dbsqlc.DBTX, payment dbsqlc.Payment, reason, actorID string, today calendar.Date, now time.Time) error {
	return postReversing(ctx, tx, entry{
		source: SourceReversal, reverses: &payment.ID, invoiceID: &payment.InvoiceID, paymentID: &payment.ID, clientID: &payment.ClientID,
		kind: TypeChargeback, direction: Debit, amount: payment.Amount, currency: payment.Currency, booked: today, actorID: actorID,
	}, reason, now)
}

// PostVoid enters that an invoice became void: a credit where the invoice was a debit.
func PostVoid(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, reason, actorID string, today calendar.Date, now time.Time) error {
	return postReversing(ctx, tx, entry{
		source: SourceVoid, reverses: &invoice.ID, invoiceID: &invoice.ID, clientID: &invoice.ClientID,
		kind: TypeCorrection, direction: Credit, amount: invoice.TotalAmount, currency: invoice.Currency, booked: today, actorID: actorID,
	}, reason, now)
}

// postReversing posts the opposite of another entry, allocated to the same contracts.
func postReversing(ctx context.Context, tx dbsqlc.DBTX, e entry, reason string, now time.Time) error {
	taken, err := dbsqlc.New().LedgerEntryGet(ctx, tx, *e.reverses)
	if err != nil {
		return fmt.Errorf("ledger: find the entry to reverse: %w", err)
	}
	e.parts = storedParts(taken)
	e.id = db.NewID()
	e.eventID = e.id
	if e.details, err = json.Marshal(map[string]string{"internal_note": reason}); err != nil {
		return fmt.Errorf("ledger: encode reason: %w", err)
	}
	return e.post(ctx, tx, now)
}
