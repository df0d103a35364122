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
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Effect is what a change of a client's balance did beyond the invoice.
type Effect struct {
	// CaseStatus is the status of the invoice's case; nil without a case.
	CaseStatus *CaseStatus `json:"collection_case_status"`
	// Delinquency is not part of the stored answer, because a replay changes nothing.
	Delinquency DelinquencyChange `json:"-"`
}

// historyEntry describes a payment, or its reversal, in the history of a case.
type historyEntry struct {
	action  ActionType
	note    string
	payment Payment
}

func (e *historyEntry) write(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, act actor.Act) error {
	_, err := insertAction(ctx, tx, caseID, e.action, &e.note, map[string]any{
		"payment_id": e.payment.ID, "amount": e.payment.Amount, "invoice_id": e.payment.InvoiceID,
	}, act)
	return err
}

// loadAnswer reads the answer that is stored under the request's key into answer, and reports
// whether there is one. The caller has tried to lock the invoice: while the transaction waited for
// that lock, the same request may have been answered. lockErr is the error of the lock; a refusal
// counts only when no answer is stored.
func loadAnswer(ctx context.Context, tx pgx.Tx, request idempotency.Request, lockErr error, answer any) (found bool, err error) {
	if lockErr != nil && refusal.As(lockErr) == nil {
		return false, lockErr
	}
	if found, err = idempotency.Load(ctx, tx, request, answer); found || err != nil {
		return found, err
	}
	return false, lockErr
}

// lockInvoice locks an invoice. It refuses with invoice_not_found.
func lockInvoice(ctx context.Context, tx pgx.Tx, id uuid.UUID) (dbsqlc.InvoiceLockRow, error) {
	locked, err := dbsqlc.New().InvoiceLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return locked, refusal.New(refusal.InvoiceNotFound)
	}
	if err != nil {
		return locked, fmt.Errorf("collections: lock invoice: %w", err)
	}
	return locked, nil
}

// applyPaidAmount sets the paid amount of a locked invoice and updates everything that depends on it.
func applyPaidAmount(ctx context.Context, tx pgx.Tx, locked dbsqlc.InvoiceLockRow, paid money.Amount, history *historyEntry,
	act actor.Act,
) (dbsqlc.Invoice, Effect, error) {
	before := locked.Invoice
	invoice, err := dbsqlc.New().InvoiceUpdatePayment(ctx, tx, dbsqlc.InvoiceUpdatePaymentParams{
		ID: before.ID, PaidAmount: paid, Now: act.Now,
		Status: InvoiceStatus(before.Status, before.TotalAmount-paid, wasOverdue(locked), before.DueDate, act.Today),
	})
	if err != nil {
		return invoice, Effect{}, fmt.Errorf("collections: update invoice: %w", err)
	}
	effect, err := updateCaseAndDelinquency(ctx, tx, locked, invoice, history, act)
	return invoice, effect, err
}

// wasOverdue reports whether an invoice is or ever was overdue. Every invoice that was overdue has a case.
func wasOverdue(locked dbsqlc.InvoiceLockRow) bool {
	return locked.HasCase || locked.Invoice.Status == billing.InvoiceOverdue
}

// updateCaseAndDelinquency updates the case of an invoice that has changed, and the client's
// delinquency. It writes history, unless that is nil, to the invoice's case, old or new.
func updateCaseAndDelinquency(ctx context.Context, tx pgx.Tx, before dbsqlc.InvoiceLockRow, invoice dbsqlc.Invoice,
	history *historyEntry, act actor.Act,
) (effect Effect, err error) {
	// An invoice that never was overdue has no case, and makes no client delinquent.
	if !wasOverdue(before) && invoice.Status != billing.InvoiceOverdue {
		return effect, nil
	}
	existing, err := lockCase(ctx, tx, invoice.ID)
	if err != nil {
		return effect, err
	}
	if existing != nil {
		act = act.At(notBefore(*existing, act.Now))
	}
	if existing != nil && history != nil {
		// The history lists a payment before its consequences.
		if err := history.write(ctx, tx, existing.ID, act); err != nil {
			return effect, err
		}
		existing.LastActionAt = act.Now
	}
	current, err := syncCase(ctx, tx, existing, invoice, act)
	if err != nil {
		return effect, err
	}
	if effect.Delinquency, err = updateDelinquency(ctx, tx, invoice.ClientID, act); err != nil || current == nil {
		return effect, err
	}
	effect.CaseStatus = &current.Status
	if existing == nil && history != nil {
		err = history.write(ctx, tx, current.ID, act)
	}
	return effect, err
}

// updateDelinquency sets or clears a client's delinquency by the state of the client's invoices. It
// locks the client first: of two payments that settle the last two overdue invoices concurrently,
// the second sees the effect of the first.
func updateDelinquency(ctx context.Context, tx pgx.Tx, clientID uuid.UUID, act actor.Act) (DelinquencyChange, error) {
	owner, err := client.Lock(ctx, tx, clientID)
	if err != nil {
		return DelinquencyChange{}, err
	}
	before := owner.DelinquentSince != nil
	changed, err := dbsqlc.New().ClientUpdateDelinquency(ctx, tx, dbsqlc.ClientUpdateDelinquencyParams{ID: clientID, Now: act.Now})
	if err != nil {
		return DelinquencyChange{}, fmt.Errorf("collections: update delinquency: %w", err)
	}
	return DelinquencyChange{Before: before, After: before != (changed > 0)}, nil
}
