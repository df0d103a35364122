package collections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
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
	Payment           dbsqlc.Payment        `json:"payment"`
	InvoiceStatus     billing.InvoiceStatus `json:"invoice_status"`
	OutstandingAmount money.Amount          `json:"outstanding_amount"`
	State             AllocationState       `json:"allocation_state"`
	Effect
}

// Moved is the amount of the payment.
func (a Allocation) Moved() money.Amount { return a.Payment.Amount }

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
	lock := func() (dbsqlc.InvoiceLockRow, error) { return lockInvoice(ctx, tx, input.InvoiceID) }
	return once(ctx, tx, request, now, lock, func(locked dbsqlc.InvoiceLockRow) (allocation Allocation, err error) {
		if err := checkPayable(locked.Invoice); err != nil {
			return allocation, err
		}
		if input.Amount, err = amount(input.Amount, outstandingOf(locked.Invoice)); err != nil {
			return allocation, err
		}
		return allocate(ctx, tx, locked, input, actorID, today, now)
	})
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
	payment, err := queries.PaymentInsert(ctx, tx, dbsqlc.PaymentInsertParams{
		ID: db.NewID(), InvoiceID: invoice.ID, ClientID: invoice.ClientID, Amount: input.Amount, Currency: invoice.Currency,
		PaymentDate: input.PaymentDate, Method: input.Method, Reference: input.Reference, Note: input.Note,
		ActorID: actorID, Now: now,
	})
	if err != nil {
		return Allocation{}, fmt.Errorf("collections: insert payment: %w", err)
	}
	paid := invoice.PaidAmount + input.Amount
	invoice, effect, err := rebalance(ctx, tx, locked, paid, &entry{ActionPaymentRecorded, "Payment recorded", payment}, actorID, today, now)
	if err != nil {
		return Allocation{}, err
	}
	if err := ledger.PostPayment(ctx, tx, payment, now); err != nil {
		return Allocation{}, err
	}
	allocation := Allocation{
		Payment: payment, InvoiceStatus: invoice.Status, OutstandingAmount: outstandingOf(invoice), State: AllocationPartial,
		Effect: effect,
	}
	if allocation.OutstandingAmount == 0 {
		allocation.State = AllocationFull
	}
	return allocation, nil
}
