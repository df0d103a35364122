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
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
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

// Effect is what a change of a client's balance did besides to the invoice.
type Effect struct {
	// CaseStatus is the status of the invoice's case, nil when it has none.
	CaseStatus *string `json:"collection_case_status"`
	// Delinquency is not part of the stored answer: a replay does nothing.
	Delinquency Delinquency `json:"-"`
}

// Affected says whose delinquency is concerned, and how.
func (e Effect) Affected() Delinquency { return e.Delinquency }

// Moved is what was paid, negative when it was taken back, zero when no money moved.
func (e Effect) Moved() money.Amount { return 0 }

// Delinquency is that of a client before and after a change of their balance. The zero
// value stands for a change that has nothing to do with it.
type Delinquency struct {
	ClientID      uuid.UUID
	Before, After bool
}

// once carries out a change of an invoice that is locked, and stores its answer under
// the request's key. Where the answer is stored already, it is returned: while the
// transaction waited for the lock, the same request may have been answered. A lock that was
// refused counts after that.
func once[Answer any](ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, now time.Time,
	lock func() (dbsqlc.InvoiceLockRow, error), change func(dbsqlc.InvoiceLockRow) (Answer, error)) (answer Answer, replayed bool, err error) {
	var none Answer
	locked, lockErr := lock()
	if lockErr != nil && refusal.As(lockErr) == nil {
		return none, false, lockErr
	}
	if replayed, err = idempotency.Load(ctx, tx, request, &answer); replayed || err != nil {
		return answer, replayed, err
	}
	if lockErr != nil {
		return none, false, lockErr
	}
	if answer, err = change(locked); err != nil {
		return none, false, err
	}
	return answer, false, idempotency.Save(ctx, tx, request, answer, now)
}

// rebalance writes what is paid of a locked invoice and moves everything that depends
// on it. It returns the invoice, and what followed.
func rebalance(ctx context.Context, tx dbsqlc.DBTX, locked dbsqlc.InvoiceLockRow, paid money.Amount, told *entry, actorID string,
	today calendar.Date, now time.Time) (dbsqlc.Invoice, Effect, error) {
	before := locked.Invoice
	invoice, err := dbsqlc.New().InvoiceUpdatePayment(ctx, tx, dbsqlc.InvoiceUpdatePaymentParams{
		ID: before.ID, PaidAmount: paid, Now: now,
		Status: InvoiceStatus(before.Status, before.TotalAmount-paid, wasOverdue(locked), before.DueDate, today),
	})
	if err != nil {
		return invoice, Effect{}, fmt.Errorf("collections: update invoice: %w", err)
	}
	effect, err := follow(ctx, tx, locked, invoice, told, actorID, today, now)
	return invoice, effect, err
}

// wasOverdue reports whether an invoice is overdue or ever was: each one that was has a case.
func wasOverdue(locked dbsqlc.InvoiceLockRow) bool {
	return locked.HasCase || locked.Invoice.Status == billing.InvoiceOverdue
}

// follow brings the case of an invoice that has changed and the client's delinquency
// in line. What is told is noted on the case that the invoice has, or on the one that it
// gets; nil tells nothing.
func follow(ctx context.Context, tx dbsqlc.DBTX, before dbsqlc.InvoiceLockRow, invoice dbsqlc.Invoice, told *entry, actorID string,
	today calendar.Date, now time.Time) (effect Effect, err error) {
	// An invoice that is not overdue and never was has no case, and makes nobody delinquent.
	if !wasOverdue(before) && invoice.Status != billing.InvoiceOverdue {
		return effect, nil
	}
	known, err := lockCase(ctx, tx, invoice.ID)
	if err != nil {
		return effect, err
	}
	if known != nil {
		now = notBefore(*known, now)
	}
	if known != nil && told != nil {
		// What a payment causes comes after it in the case's history.
		if err := told.write(ctx, tx, known.ID, actorID, now); err != nil {
			return effect, err
		}
		known.LastActionAt = now
	}
	about, err := syncCase(ctx, tx, known, invoice, today, actorID, now)
	if err != nil {
		return effect, err
	}
	if effect.Delinquency, err = syncDelinquency(ctx, tx, invoice.ClientID, now); err != nil || about == nil {
		return effect, err
	}
	effect.CaseStatus = &about.Status
	if known == nil && told != nil {
		err = told.write(ctx, tx, about.ID, actorID, now)
	}
	return effect, err
}

// syncDelinquency sets or clears a client's delinquency by the state of their
// invoices, and returns what it was and is. The client is locked first: of two payments
// that settle the last two overdue invoices at once, the second must see what the first did.
func syncDelinquency(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, now time.Time) (Delinquency, error) {
	owner, err := client.Lock(ctx, tx, clientID)
	if err != nil {
		return Delinquency{}, err
	}
	was := owner.DelinquentSince != nil
	changed, err := dbsqlc.New().ClientUpdateDelinquency(ctx, tx, dbsqlc.ClientUpdateDelinquencyParams{ID: clientID, Now: now})
	if err != nil {
		return Delinquency{}, fmt.Errorf("collections: update delinquency: %w", err)
	}
	return Delinquency{ClientID: clientID, Before: was, After: was != (changed > 0)}, nil
}
