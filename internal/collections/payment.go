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
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// PaymentInput is a checked payment.
type PaymentInput struct {
	InvoiceID   uuid.UUID     `json:"invoice_id"`
	Amount      money.Amount  `json:"amount"`
	PaymentDate calendar.Date `json:"payment_date"`
	Method      string        `json:"method"`
	Reference   *string       `json:"reference"`
	Note        *string       `json:"note"`
}

// AllocationState says whether a payment settled its invoice.
type AllocationState string

// The allocation states.
const (
	AllocationPartial AllocationState = "partial"
	AllocationFull    AllocationState = "full"
)

// Allocation is what a payment did.
type Allocation struct {
	Payment           dbsqlc.Payment  `json:"payment"`
	InvoiceStatus     string          `json:"invoice_status"`
	OutstandingAmount money.Amount    `json:"outstanding_amount"`
	State             AllocationState `json:"allocation_state"`
	CaseStatus        *string         `json:"collection_case_status"`
	// Delinquency is what the payment did to the client's. It is nil when it did nothing,
	// and of an answer that was stored before.
	Delinquency *Delinquency `json:"-"`
}

// Delinquency is that of a client before and after something that may have changed it.
type Delinquency struct{ Before, After bool }

// RecordPayment posts a payment against an invoice and brings the invoice, its
// case and the client's delinquency in line, all in the given transaction together
// with the answer under the request's key. replayed reports that the answer was
// stored before.
//
// The invoice's row is locked first, so payments of one invoice queue up and the
// outstanding amount that is checked is the one that is paid. It refuses with
// invoice_not_found, invoice_void, invoice_already_paid and payment_exceeds_outstanding.
func RecordPayment(ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, input PaymentInput, actorID string,
	today calendar.Date, now time.Time) (allocation Allocation, replayed bool, err error) {
	return post(ctx, tx, request, input, atMostOutstanding, actorID, today, now)
}

// ApprovePaid is RecordPayment of all that is outstanding, whatever the amount of
// the input. It never refuses with payment_exceeds_outstanding.
func ApprovePaid(ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, input PaymentInput, actorID string,
	today calendar.Date, now time.Time) (allocation Allocation, replayed bool, err error) {
	return post(ctx, tx, request, input, allOutstanding, actorID, today, now)
}

// amountRule finds the amount to post from the amount asked for and what is
// outstanding, once the invoice is locked.
type amountRule func(asked, outstanding money.Amount) (money.Amount, error)

func atMostOutstanding(asked, outstanding money.Amount) (money.Amount, error) {
	if asked > outstanding {
		return 0, refusal.New(refusal.PaymentExceedsOutstanding).
			With("outstanding_amount", outstanding).With("payment_amount", asked)
	}
	return asked, nil
}

func allOutstanding(_, outstanding money.Amount) (money.Amount, error) { return outstanding, nil }

func post(ctx context.Context, tx dbsqlc.DBTX, request idempotency.Request, input PaymentInput, amount amountRule, actorID string,
	today calendar.Date, now time.Time) (allocation Allocation, replayed bool, err error) {
	locked, lockErr := lockInvoice(ctx, tx, input.InvoiceID)
	if lockErr != nil && refusal.As(lockErr) == nil {
		return Allocation{}, false, lockErr
	}
	// Only now: while this transaction waited for the lock, the same request may have been answered.
	if replayed, err = idempotency.Load(ctx, tx, request, &allocation); replayed || err != nil {
		return allocation, replayed, err
	}
	if lockErr != nil {
		return Allocation{}, false, lockErr
	}
	if err := checkPayable(locked.Invoice); err != nil {
		return Allocation{}, false, err
	}
	if input.Amount, err = amount(input.Amount, outstandingOf(locked.Invoice)); err != nil {
		return Allocation{}, false, err
	}
	allocation, err = allocate(ctx, tx, locked, input, actorID, today, now)
	if err != nil {
		return Allocation{}, false, err
	}
	return allocation, false, idempotency.Save(ctx, tx, request, allocation, now)
}

func lockInvoice(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.InvoiceLockRow, error) {
	locked, err := dbsqlc.New().InvoiceLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return locked, refusal.New(refusal.InvoiceNotFound)
	}
	if err != nil {
		return locked, fmt.Errorf("collections: lock invoice: %w", err)
	}
	return locked, nil
}

// checkPayable refuses when an invoice takes no payment.
func checkPayable(invoice dbsqlc.Invoice) error {
	switch {
	case invoice.Status == billing.InvoiceVoid:
		return refusal.New(refusal.InvoiceVoid)
	case outstandingOf(invoice) == 0:
		return refusal.New(refusal.InvoiceAlreadyPaid)
	}
	return nil
}

// allocate posts the payment and moves everything that depends on the balance.
func allocate(ctx context.Context, tx dbsqlc.DBTX, locked dbsqlc.InvoiceLockRow, input PaymentInput, actorID string,
	today calendar.Date, now time.Time) (Allocation, error) {
	queries, invoice := dbsqlc.New(), locked.Invoice
	id, err := uuid.NewV7()
	if err != nil {
		return Allocation{}, fmt.Errorf("collections: new id: %w", err)
	}
	payment, err := queries.PaymentInsert(ctx, tx, dbsqlc.PaymentInsertParams{
		ID: id, InvoiceID: invoice.ID, ClientID: invoice.ClientID, Amount: input.Amount, Currency: invoice.Currency,
		PaymentDate: input.PaymentDate, Method: input.Method, Reference: input.Reference, Note: input.Note,
		ActorID: actorID, Now: now,
	})
	if err != nil {
		return Allocation{}, fmt.Errorf("collections: insert payment: %w", err)
	}
	paid := invoice.PaidAmount + input.Amount
	invoice, err = queries.InvoiceUpdatePayment(ctx, tx, dbsqlc.InvoiceUpdatePaymentParams{
		ID: invoice.ID, PaidAmount: paid, Now: now,
		Status: InvoiceStatus(invoice.Status, invoice.TotalAmount-paid, invoice.DueDate, today),
	})
	if err != nil {
		return Allocation{}, fmt.Errorf("collections: update invoice: %w", err)
	}
	allocation := Allocation{
		Payment: payment, InvoiceStatus: invoice.Status, OutstandingAmount: outstandingOf(invoice), State: AllocationPartial,
	}
	if allocation.OutstandingAmount == 0 {
		allocation.State = AllocationFull
	}
	// An invoice that is not overdue and never was has no case, and makes nobody delinquent.
	if locked.HasCase || locked.Invoice.Status == billing.InvoiceOverdue || invoice.Status == billing.InvoiceOverdue {
		allocation.CaseStatus, allocation.Delinquency, err = followPayment(ctx, tx, invoice, payment, today, actorID, now)
	}
	return allocation, err
}

// followPayment notes the payment on the invoice's case, if it has one or gets one,
// syncs the case and the client's delinquency, and returns the case's status.
func followPayment(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, payment dbsqlc.Payment,
	today calendar.Date, actorID string, now time.Time) (*string, *Delinquency, error) {
	known, err := lockCase(ctx, tx, invoice.ID)
	if err != nil {
		return nil, nil, err
	}
	if known != nil {
		now = notBefore(*known, now)
		// What the payment causes comes after it in the case's history.
		if err := notePayment(ctx, tx, known.ID, payment, actorID, now); err != nil {
			return nil, nil, err
		}
		known.LastActionAt = now
	}
	about, err := syncCase(ctx, tx, known, invoice, today, actorID, now)
	if err != nil {
		return nil, nil, err
	}
	delinquency, err := syncDelinquency(ctx, tx, invoice.ClientID, now)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case about == nil:
		return nil, &delinquency, nil
	case known == nil:
		err = notePayment(ctx, tx, about.ID, payment, actorID, now)
	}
	return &about.Status, &delinquency, err
}

func notePayment(ctx context.Context, tx dbsqlc.DBTX, caseID uuid.UUID, payment dbsqlc.Payment, actorID string, now time.Time) error {
	return appendActionWith(ctx, tx, caseID, ActionPaymentRecorded, "Payment recorded", actorID, map[string]any{
		"payment_id": payment.ID, "amount": payment.Amount, "invoice_id": payment.InvoiceID,
	}, now)
}

// syncDelinquency sets or clears a client's delinquency by the state of their
// invoices, and returns what it was and is. The client is locked first: of two payments that settle the last two
// overdue invoices at once, the second must see what the first did.
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
	return Delinquency{Before: was, After: was != (changed > 0)}, nil
}
