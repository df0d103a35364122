package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) paymentRoutes() {
	const tag = "Collections"
	register(s, operation{id: "recordPayment", access: billers, method: http.MethodPost, path: "/api/v1/collections/payments", tag: tag,
		summary: "Record a payment of an invoice",
		description: "A payment is at most what is outstanding of the invoice, which is paid once nothing is. More than two " +
			"decimals are rounded half up first.",
		success: "The payment, and how the invoice stands.",
		refusals: []refusal.Code{refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.InvoiceNotFound,
			refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid, refusal.PaymentExceedsOutstanding}}, s.recordPayment)
	register(s, operation{id: "listPayments", access: readers, method: http.MethodGet, path: "/api/v1/collections/payments", tag: tag,
		summary:     "List payments, newest first",
		description: "All payments; `invoice_id` and `client_id` narrow the list down, and combine.",
		success:     "A page of payments."}, s.listPayments)
}

// PaymentCreate is the body of a payment.
type PaymentCreate struct {
	InvoiceID   string        `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
	Amount      AmountInput   `json:"amount" doc:"Above 0, at most what is outstanding." example:"\"299.40\""`
	PaymentDate calendar.Date `json:"payment_date" format:"date" example:"2026-11-20"`
	Method      string        `json:"method,omitempty" enum:"cash,card,bank_transfer,wallet,other" default:"other" example:"bank_transfer"`
	Reference   *string       `json:"reference,omitempty" nullable:"true" maxLength:"120" example:"VIR-2026-1120"`
	Note        *string       `json:"note,omitempty" nullable:"true" maxLength:"1200"`
}

// PaymentRead is a payment as the API shows it.
type PaymentRead struct {
	ID          uuid.UUID     `json:"id" example:"01932d44-8e17-7f6c-8a25-b0d3e9c71f64" format:"uuid"`
	InvoiceID   uuid.UUID     `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ClientID    uuid.UUID     `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	Amount      money.Amount  `json:"amount" example:"299.40" format:"decimal"`
	Currency    string        `json:"currency" example:"MAD"`
	PaymentDate calendar.Date `json:"payment_date" format:"date" example:"2026-11-20"`
	Method      string        `json:"method" enum:"cash,card,bank_transfer,wallet,other" example:"bank_transfer"`
	Reference   *string       `json:"reference" example:"VIR-2026-1120"`
	Note        *string       `json:"note"`
	Status      string        `json:"status" enum:"posted,reversed"`
	CreatedAt   Timestamp     `json:"created_at"`
}

// PaymentAllocationResult is what a payment did.
type PaymentAllocationResult struct {
	Payment              PaymentRead  `json:"payment"`
	InvoiceStatus        string       `json:"invoice_status" enum:"issued,paid,overdue" example:"paid"`
	OutstandingAmount    money.Amount `json:"outstanding_amount" example:"0.00" format:"decimal"`
	AllocationState      string       `json:"allocation_state" enum:"partial,full" example:"full"`
	CollectionCaseStatus *string      `json:"collection_case_status" enum:"open,in_progress,resolved,closed"`
	IdempotencyReplayed  bool         `json:"idempotency_replayed"`
}

// PaymentAllocationOutput answers what posts a payment.
type PaymentAllocationOutput struct{ Body PaymentAllocationResult }

func readAllocation(allocation collections.Allocation, replayed bool) *PaymentAllocationOutput {
	return &PaymentAllocationOutput{Body: PaymentAllocationResult{
		Payment: readPayment(allocation.Payment), InvoiceStatus: allocation.InvoiceStatus,
		OutstandingAmount: allocation.OutstandingAmount, AllocationState: string(allocation.State),
		CollectionCaseStatus: allocation.CaseStatus, IdempotencyReplayed: replayed,
	}}
}

func readPayment(row dbsqlc.Payment) PaymentRead {
	return PaymentRead{
		ID: row.ID, InvoiceID: row.InvoiceID, ClientID: row.ClientID, Amount: row.Amount, Currency: row.Currency,
		PaymentDate: row.PaymentDate, Method: row.Method, Reference: row.Reference, Note: row.Note, Status: row.Status,
		CreatedAt: Timestamp(row.CreatedAt),
	}
}

// recordPayment is one transaction and has no steps after it, so it needs no workflow.
func (s *Server) recordPayment(ctx context.Context, input *struct {
	KeyParams
	Body PaymentCreate
}) (*PaymentAllocationOutput, error) {
	var checked fields
	if input.Body.Amount.Amount <= 0 {
		checked.refuse("amount", "amount must be greater than 0")
	}
	if err := checked.err(); err != nil {
		return nil, err
	}
	payment := collections.PaymentInput{
		InvoiceID: parseID(input.Body.InvoiceID), Amount: input.Body.Amount.Amount, PaymentDate: input.Body.PaymentDate,
		Method: input.Body.Method, Reference: optionalText(input.Body.Reference), Note: optionalText(input.Body.Note),
	}
	request, err := keyedRequest(idempotency.Payment, input.Key, payment)
	if err != nil {
		return nil, err
	}
	today := s.today()
	output, err := s.allocate(ctx, func(tx pgx.Tx) (collections.Allocation, bool, error) {
		return collections.RecordPayment(ctx, tx, request, payment, actorOf(ctx).ID, today, s.Now())
	})
	if errors.Is(err, refusal.New(refusal.PaymentExceedsOutstanding)) {
		return nil, refusal.As(err).With("payment_amount", input.Body.Amount.Text)
	}
	return output, err
}

// allocate answers with what a payment did, in one transaction.
func (s *Server) allocate(ctx context.Context, post func(pgx.Tx) (collections.Allocation, bool, error)) (*PaymentAllocationOutput, error) {
	var allocation collections.Allocation
	var replayed bool
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		allocation, replayed, err = post(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return readAllocation(allocation, replayed), nil
}

func (s *Server) listPayments(ctx context.Context, input *struct {
	PageParams
	InvoiceID string `query:"invoice_id" doc:"Only of this invoice." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
	ClientID  string `query:"client_id" doc:"Only of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}) (*PageOutput[PaymentRead], error) {
	filter := dbsqlc.PaymentCountParams{InvoiceID: optionalID(echoed(input.InvoiceID)), ClientID: optionalID(echoed(input.ClientID))}
	total, err := s.queries.PaymentCount(ctx, s.Pool, filter)
	if err != nil {
		return nil, err
	}
	rows, err := s.queries.PaymentList(ctx, s.Pool, dbsqlc.PaymentListParams{
		InvoiceID: filter.InvoiceID, ClientID: filter.ClientID, PageSize: input.Size, PageOffset: input.offset(),
	})
	if err != nil {
		return nil, err
	}
	return newPage(input.PageParams, total, rows, readPayment), nil
}
