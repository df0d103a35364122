package collections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ReversalInput is a checked request to take a payment back.
type ReversalInput struct {
	PaymentID uuid.UUID `json:"payment_id"`
	Reason    string    `json:"reason"`
}

// Reversal is what taking a payment back did.
type Reversal struct {
	Payment           dbsqlc.Payment        `json:"payment"`
	InvoiceStatus     billing.InvoiceStatus `json:"invoice_status"`
	OutstandingAmount money.Amount          `json:"outstanding_amount"`
	Effect
}

// Moved is the amount of the payment, as a negative one.
func (r Reversal) Moved() money.Amount { return -r.Payment.Amount }

// ReversePayment takes a payment back: its amount is outstanding again, the case of an
// invoice that is overdue for it is opened again, and the client's delinquency follows,
// all in the given transaction together with the answer under the request's key.
// replayed reports that the answer was stored before.
//
// The invoice is locked first, as for a payment. It refuses with payment_not_found and
// payment_already_reversed: a payment is reversed once, and its row stays.
func ReversePayment(ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, input ReversalInput, actorID string,
	today calendar.Date, now time.Time) (reversal Reversal, replayed bool, err error) {
	lock := func() (dbsqlc.InvoiceLockRow, error) { return lockInvoiceOfPayment(ctx, tx, input.PaymentID) }
	return once(ctx, tx, request, now, lock, func(locked dbsqlc.InvoiceLockRow) (Reversal, error) {
		return reverse(ctx, tx, locked, input, actorID, today, now)
	})
}

func reverse(ctx context.Context, tx dbsqlc.DBTX, locked dbsqlc.InvoiceLockRow, input ReversalInput, actorID string,
	today calendar.Date, now time.Time) (reversal Reversal, err error) {
	payment, err := dbsqlc.New().PaymentReverse(ctx, tx, dbsqlc.PaymentReverseParams{
		ID: input.PaymentID, ActorID: actorID, Reason: input.Reason, Now: now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return reversal, refusal.New(refusal.PaymentAlreadyReversed)
	}
	if err != nil {
		return reversal, fmt.Errorf("collections: reverse payment: %w", err)
	}
	paid := locked.Invoice.PaidAmount - payment.Amount
	invoice, effect, err := rebalance(ctx, tx, locked, paid, &entry{ActionPaymentReversed, input.Reason, payment}, actorID, today, now)
	if err != nil {
		return reversal, err
	}
	if err := ledger.PostReversal(ctx, tx, payment, input.Reason, actorID, today, now); err != nil {
		return reversal, err
	}
	reversal = Reversal{
		Payment: payment, InvoiceStatus: invoice.Status, OutstandingAmount: outstandingOf(invoice), Effect: effect,
	}
	return reversal, audit(ctx, tx, auditEvent{invoiceID: invoice.ID, paymentID: &payment.ID, kind: auditPaymentReversed, actorID: actorID, details: map[string]any{
		"amount": payment.Amount, "reason": input.Reason, "from_status": locked.Invoice.Status, "to_status": invoice.Status,
	}}, now)
}

func lockInvoiceOfPayment(ctx context.Context, tx dbsqlc.DBTX, paymentID uuid.UUID) (dbsqlc.InvoiceLockRow, error) {
	payment, err := dbsqlc.New().PaymentGetByID(ctx, tx, paymentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return dbsqlc.InvoiceLockRow{}, refusal.New(refusal.PaymentNotFound)
	}
	if err != nil {
		return dbsqlc.InvoiceLockRow{}, fmt.Errorf("collections: find payment: %w", err)
	}
	return lockInvoice(ctx, tx, payment.InvoiceID)
}
