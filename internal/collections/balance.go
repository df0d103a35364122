package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/money"
)

// entry is what the history of a case tells of a payment, or of its reversal.
type entry struct {
	action, note string
	payment      dbsqlc.Payment
}

func (e *entry) write(ctx context.Context, tx dbsqlc.DBTX, caseID uuid.UUID, actorID string, now time.Time) error {
	return appendActionWith(ctx, tx, caseID, e.action, e.note, actorID, map[string]any{
		"payment_id": e.payment.ID, "amount": e.payment.Amount, "invoice_id": e.payment.InvoiceID,
	}, now)
}

// rebalance writes what is paid of a locked invoice and moves everything that depends
// on it. It returns the invoice, and the status of its case if it has one.
func rebalance(ctx context.Context, tx dbsqlc.DBTX, locked dbsqlc.InvoiceLockRow, paid money.Amount, told *entry, actorID string,
	today calendar.Date, now time.Time) (dbsqlc.Invoice, *string, error) {
	before := locked.Invoice
	invoice, err := dbsqlc.New().InvoiceUpdatePayment(ctx, tx, dbsqlc.InvoiceUpdatePaymentParams{
		ID: before.ID, PaidAmount: paid, Now: now,
		Status: InvoiceStatus(before.Status, before.TotalAmount-paid, before.DueDate, today),
	})
	if err != nil {
		return invoice, nil, fmt.Errorf("collections: update invoice: %w", err)
	}
	caseStatus, err := follow(ctx, tx, locked, invoice, told, actorID, today, now)
	return invoice, caseStatus, err
}

// follow brings the case of an invoice that has changed and the client's delinquency
// in line, and returns the status of the case. What is told is noted on the case that
// the invoice has, or on the one that it gets; nil tells nothing.
func follow(ctx context.Context, tx dbsqlc.DBTX, before dbsqlc.InvoiceLockRow, invoice dbsqlc.Invoice, told *entry, actorID string,
	today calendar.Date, now time.Time) (*string, error) {
	// An invoice that is not overdue and never was has no case, and makes nobody delinquent.
	if !before.HasCase && before.Invoice.Status != billing.InvoiceOverdue && invoice.Status != billing.InvoiceOverdue {
		return nil, nil
	}
	known, err := lockCase(ctx, tx, invoice.ID)
	if err != nil {
		return nil, err
	}
	if known != nil {
		now = notBefore(*known, now)
	}
	if known != nil && told != nil {
		// What a payment causes comes after it in the case's history.
		if err := told.write(ctx, tx, known.ID, actorID, now); err != nil {
			return nil, err
		}
		known.LastActionAt = now
	}
	about, err := syncCase(ctx, tx, known, invoice, today, actorID, now)
	if err != nil {
		return nil, err
	}
	if err := syncDelinquency(ctx, tx, invoice.ClientID, now); err != nil {
		return nil, err
	}
	if about == nil {
		return nil, nil
	}
	if known == nil && told != nil {
		err = told.write(ctx, tx, about.ID, actorID, now)
	}
	return &about.Status, err
}

// syncDelinquency sets or clears a client's delinquency by the state of their
// invoices. The client is locked first: of two payments that settle the last two
// overdue invoices at once, the second must see what the first did.
func syncDelinquency(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, now time.Time) error {
	if _, err := client.Lock(ctx, tx, clientID); err != nil {
		return err
	}
	if err := dbsqlc.New().ClientUpdateDelinquency(ctx, tx, dbsqlc.ClientUpdateDelinquencyParams{ID: clientID, Now: now}); err != nil {
		return fmt.Errorf("collections: update delinquency: %w", err)
	}
	return nil
}
