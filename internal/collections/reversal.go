package collections

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ReversePayment is the command to reverse a payment. Its JSON is the fingerprint of the request.
type ReversePayment struct {
	Key       idempotency.Key `json:"-"`
	PaymentID uuid.UUID       `json:"payment_id"`
	Reason    string          `json:"reason"`
}

// Reversal is the result of reversing a payment.
type Reversal struct {
	Payment           Payment               `json:"payment"`
	InvoiceStatus     billing.InvoiceStatus `json:"invoice_status"`
	OutstandingAmount money.Amount          `json:"outstanding_amount"`
	Effect
}

// reverse reverses a payment, unless the request is answered already.
func reverse(ctx context.Context, tx pgx.Tx, request idempotency.Request, command ReversePayment, act actor.Act) (
	reversal Reversal, replayed bool, err error,
) {
	locked, lockErr := lockInvoiceOfPayment(ctx, tx, command.PaymentID)
	if replayed, err = loadAnswer(ctx, tx, request, lockErr, &reversal); replayed || err != nil {
		return reversal, replayed, err
	}
	row, err := dbsqlc.New().PaymentReverse(ctx, tx, dbsqlc.PaymentReverseParams{
		ID: command.PaymentID, ActorID: string(act.Actor), Reason: command.Reason, Now: act.Now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return reversal, false, refusal.New(refusal.PaymentAlreadyReversed)
	}
	if err != nil {
		return reversal, false, fmt.Errorf("collections: reverse payment: %w", err)
	}
	reversal.Payment = NewPayment(row)
	history := &historyEntry{ActionPaymentReversed, command.Reason, reversal.Payment}
	invoice, effect, err := applyPaidAmount(ctx, tx, locked, locked.Invoice.PaidAmount-row.Amount, history, act)
	if err != nil {
		return reversal, false, err
	}
	if err := ledger.PostReversal(ctx, tx, row, command.Reason, string(act.Actor), act.Today, act.Now); err != nil {
		return reversal, false, err
	}
	reversal.InvoiceStatus, reversal.OutstandingAmount, reversal.Effect = invoice.Status, outstanding(invoice), effect
	err = appendAuditEvent(ctx, tx, auditEvent{invoiceID: invoice.ID, paymentID: &row.ID, kind: auditPaymentReversed, details: map[string]any{
		"amount": row.Amount, "reason": command.Reason, "from_status": locked.Invoice.Status, "to_status": invoice.Status,
	}}, act)
	if err != nil {
		return reversal, false, err
	}
	return reversal, false, idempotency.Save(ctx, tx, request, reversal, act.Now)
}

// lockInvoiceOfPayment locks the invoice of a payment. It refuses with payment_not_found.
func lockInvoiceOfPayment(ctx context.Context, tx pgx.Tx, paymentID uuid.UUID) (dbsqlc.InvoiceLockRow, error) {
	payment, err := dbsqlc.New().PaymentGetByID(ctx, tx, paymentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return dbsqlc.InvoiceLockRow{}, refusal.New(refusal.PaymentNotFound)
	}
	if err != nil {
		return dbsqlc.InvoiceLockRow{}, fmt.Errorf("collections: find payment: %w", err)
	}
	return lockInvoice(ctx, tx, payment.InvoiceID)
}
