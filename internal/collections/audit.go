package collections

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// The events of an invoice's audit trail: what corrects it or one of its payments.
const (
	auditPaymentReversed = "payment_reversed"
	auditInvoiceVoided   = "invoice_voided"
)

// auditEvent is one correction, by whom and why.
type auditEvent struct {
	invoiceID uuid.UUID
	// paymentID is the payment that was corrected, if it was one.
	paymentID     *uuid.UUID
	kind, actorID string
	details       map[string]any
}

// audit appends an event to an invoice's audit trail, in the transaction of what it tells about.
func audit(ctx context.Context, tx dbsqlc.DBTX, event auditEvent, now time.Time) error {
	details, err := json.Marshal(event.details)
	if err != nil {
		return fmt.Errorf("collections: encode audit details: %w", err)
	}
	err = dbsqlc.New().InvoiceAuditEventInsert(ctx, tx, dbsqlc.InvoiceAuditEventInsertParams{
		ID: db.NewID(), InvoiceID: event.invoiceID, PaymentID: event.paymentID, EventType: event.kind, ActorID: event.actorID,
		Details: details, Now: now,
	})
	if err != nil {
		return fmt.Errorf("collections: append to the audit trail: %w", err)
	}
	return nil
}
