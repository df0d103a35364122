package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// VoidInput is a checked request to void an invoice.
type VoidInput struct {
	InvoiceID uuid.UUID `json:"invoice_id"`
	Reason    string    `json:"reason"`
}

// Voided is what voiding an invoice did.
type Voided struct {
	Invoice dbsqlc.Invoice `json:"invoice"`
	Effect
}

// VoidInvoice makes an invoice of which nothing is paid void for good: nothing is owed on
// it any more, its case is closed, and the client's delinquency follows, all in the given
// transaction together with the answer under the request's key. The database releases the
// days that it charged, so that another run can bill them; its number and its document
// stay. replayed reports that the answer was stored before.
//
// The invoice is locked first, as for a payment. It refuses with invoice_not_found,
// invoice_void, and invoice_not_voidable when a payment of it is not reversed.
func VoidInvoice(ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, input VoidInput, actorID string,
	today calendar.Date, now time.Time) (voided Voided, replayed bool, err error) {
	lock := func() (dbsqlc.InvoiceLockRow, error) { return lockInvoice(ctx, tx, input.InvoiceID) }
	return once(ctx, tx, request, now, lock, func(locked dbsqlc.InvoiceLockRow) (Voided, error) {
		return void(ctx, tx, locked, input, actorID, today, now)
	})
}

func void(ctx context.Context, tx dbsqlc.DBTX, locked dbsqlc.InvoiceLockRow, input VoidInput, actorID string,
	today calendar.Date, now time.Time) (voided Voided, err error) {
	before := locked.Invoice
	if before.Status == billing.InvoiceVoid {
		return voided, refusal.New(refusal.InvoiceVoid)
	}
	if before.PaidAmount > 0 {
		return voided, refusal.New(refusal.InvoiceNotVoidable).With("paid_amount", before.PaidAmount)
	}
	voided.Invoice, err = dbsqlc.New().InvoiceVoid(ctx, tx, dbsqlc.InvoiceVoidParams{ID: before.ID, ActorID: actorID, Reason: input.Reason, Now: now})
	if err != nil {
		return voided, fmt.Errorf("collections: void invoice: %w", err)
	}
	if voided.Effect, err = follow(ctx, tx, locked, voided.Invoice, nil, actorID, today, now); err != nil {
		return voided, err
	}
	if err := ledger.PostVoid(ctx, tx, voided.Invoice, input.Reason, actorID, today, now); err != nil {
		return voided, err
	}
	return voided, audit(ctx, tx, auditEvent{invoiceID: before.ID, kind: auditInvoiceVoided, actorID: actorID, details: map[string]any{
		"number": before.Number, "total_amount": before.TotalAmount, "reason": input.Reason, "from_status": before.Status,
	}}, now)
}
