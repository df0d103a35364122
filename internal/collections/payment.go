package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// RecordPayment is the command to post a payment against an invoice. Its JSON is the fingerprint of
// the request.
type RecordPayment struct {
	Key         idempotency.Key `json:"-"`
	InvoiceID   uuid.UUID       `json:"invoice_id"`
	Amount      money.Amount    `json:"amount"`
	PaymentDate calendar.Date   `json:"payment_date"`
	Method      string          `json:"method"`
	Reference   *string         `json:"reference"`
	Note        *string         `json:"note"`
}

func (c RecordPayment) payment() newPayment {
	return newPayment{c.InvoiceID, &c.Amount, c.PaymentDate, c.Method, c.Reference, c.Note}
}

// ApprovePaid is the command to post a payment of all that is outstanding of an invoice. Its JSON is
// the fingerprint of the request: an absent date stays absent, so that the request can be repeated
// on another day.
type ApprovePaid struct {
	Key       idempotency.Key `json:"-"`
	InvoiceID uuid.UUID       `json:"invoice_id"`
	// PaymentDate is the business day of the command when it is nil.
	PaymentDate *calendar.Date `json:"payment_date"`
	Method      string         `json:"method"`
	Reference   *string        `json:"reference"`
	Note        string         `json:"note"`
}

func (c ApprovePaid) payment(today calendar.Date) newPayment {
	if c.PaymentDate != nil {
		today = *c.PaymentDate
	}
	return newPayment{c.InvoiceID, nil, today, c.Method, c.Reference, &c.Note}
}

// newPayment is a payment to be posted.
type newPayment struct {
	invoiceID uuid.UUID
	// amount is all that is outstanding when it is nil.
	amount          *money.Amount
	paymentDate     calendar.Date
	method          string
	reference, note *string
}

// Payment is a payment of an invoice. What concerns its reversal is nil for a posted payment.
type Payment struct {
	ID             uuid.UUID     `json:"id"`
	InvoiceID      uuid.UUID     `json:"invoice_id"`
	ClientID       uuid.UUID     `json:"client_id"`
	Amount         money.Amount  `json:"amount"`
	Currency       string        `json:"currency"`
	PaymentDate    calendar.Date `json:"payment_date"`
	Method         string        `json:"method"`
	Reference      *string       `json:"reference"`
	Note           *string       `json:"note"`
	Status         string        `json:"status"`
	ReversedAt     *time.Time    `json:"reversed_at"`
	ReversedBy     *string       `json:"reversed_by"`
	ReversalReason *string       `json:"reversal_reason"`
	CreatedAt      time.Time     `json:"created_at"`
}

// NewPayment returns the payment that a row holds.
func NewPayment(row dbsqlc.Payment) Payment {
	return Payment{
		ID: row.ID, InvoiceID: row.InvoiceID, ClientID: row.ClientID, Amount: row.Amount, Currency: row.Currency, PaymentDate: row.PaymentDate,
		Method: row.Method, Reference: row.Reference, Note: row.Note, Status: row.Status, ReversedAt: row.ReversedAt,
		ReversedBy: row.ReversedBy, ReversalReason: row.ReversalReason, CreatedAt: row.CreatedAt,
	}
}

// AllocationState says whether a payment settled its invoice.
type AllocationState string

// The allocation states.
const (
	AllocationPartial AllocationState = "partial"
	AllocationFull    AllocationState = "full"
)

// Allocation is the result of a payment.
type Allocation struct {
	Payment           Payment               `json:"payment"`
	InvoiceStatus     billing.InvoiceStatus `json:"invoice_status"`
	OutstandingAmount money.Amount          `json:"outstanding_amount"`
	State             AllocationState       `json:"allocation_state"`
	Effect
}

// pay posts a payment, unless the request is answered already.
func pay(ctx context.Context, tx pgx.Tx, request idempotency.Request, input newPayment, act actor.Act) (
	allocation Allocation, replayed bool, err error,
) {
	locked, lockErr := lockInvoice(ctx, tx, input.invoiceID)
	if replayed, err = loadAnswer(ctx, tx, request, lockErr, &allocation); replayed || err != nil {
		return allocation, replayed, err
	}
	invoice := locked.Invoice
	amount, err := payable(invoice, input.amount)
	if err != nil {
		return allocation, false, err
	}
	row, err := dbsqlc.New().PaymentInsert(ctx, tx, dbsqlc.PaymentInsertParams{
		ID: db.NewID(), InvoiceID: invoice.ID, ClientID: invoice.ClientID, Amount: amount, Currency: invoice.Currency,
		PaymentDate: input.paymentDate, Method: input.method, Reference: input.reference, Note: input.note,
		ActorID: string(act.Actor), Now: act.Now,
	})
	if err != nil {
		return allocation, false, fmt.Errorf("collections: insert payment: %w", err)
	}
	allocation.Payment, allocation.State = NewPayment(row), AllocationPartial
	history := &historyEntry{ActionPaymentRecorded, "Payment recorded", allocation.Payment}
	invoice, allocation.Effect, err = applyPaidAmount(ctx, tx, locked, invoice.PaidAmount+amount, history, act)
	if err != nil {
		return allocation, false, err
	}
	if err := ledger.PostPayment(ctx, tx, row, act.Now); err != nil {
		return allocation, false, err
	}
	allocation.InvoiceStatus, allocation.OutstandingAmount = invoice.Status, outstanding(invoice)
	if allocation.OutstandingAmount == 0 {
		allocation.State = AllocationFull
	}
	return allocation, false, idempotency.Save(ctx, tx, request, allocation, act.Now)
}

// payable returns the amount to post against a locked invoice: the amount asked for, or all that is
// outstanding when that is nil. It refuses with invoice_void, invoice_already_paid and payment_exceeds_outstanding.
func payable(invoice dbsqlc.Invoice, asked *money.Amount) (money.Amount, error) {
	owed := outstanding(invoice)
	switch {
	case invoice.Status == billing.InvoiceVoid:
		return 0, refusal.New(refusal.InvoiceVoid)
	case owed == 0:
		return 0, refusal.New(refusal.InvoiceAlreadyPaid)
	case asked == nil:
		return owed, nil
	case *asked > owed:
		return 0, refusal.New(refusal.PaymentExceedsOutstanding).With("outstanding_amount", owed).With("payment_amount", *asked)
	}
	return *asked, nil
}

// outstanding is what is owed on an invoice: nothing once it is void.
func outstanding(invoice dbsqlc.Invoice) money.Amount {
	if invoice.Status == billing.InvoiceVoid {
		return 0
	}
	return invoice.TotalAmount - invoice.PaidAmount
}
