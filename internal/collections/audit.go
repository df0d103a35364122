package collections

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
)

// The events of an invoice's audit trail: corrections of the invoice or of one of its payments.
const (
	auditPaymentReversed = "payment_reversed"
	auditInvoiceVoided   = "invoice_voided"
)

// auditEvent is one correction.
type auditEvent struct {
	invoiceID uuid.UUID
	// paymentID is the corrected payment; nil for a correction of the invoice.
	paymentID *uuid.UUID
	kind      string
	details   map[string]any
}

// appendAuditEvent appends an event to an invoice's audit trail, in the transaction of the correction.
func appendAuditEvent(ctx context.Context, tx pgx.Tx, event auditEvent, act actor.Act) error {
	details, err := json.Marshal(event.details)
	if err != nil {
		return fmt.Errorf("collections: encode audit details: %w", err)
	}
	err = dbsqlc.New().InvoiceAuditEventInsert(ctx, tx, dbsqlc.InvoiceAuditEventInsertParams{
		ID: db.NewID(), InvoiceID: event.invoiceID, PaymentID: event.paymentID, EventType: event.kind, ActorID: string(act.Actor),
		Details: details, Now: act.Now,
	})
	if err != nil {
		return fmt.Errorf("collections: append to the audit trail: %w", err)
	}
	return nil
}
