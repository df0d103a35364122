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
		success:     "A page of payments.", list: paymentList.keys()}, s.listPayments)
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

// paymentList is the list of all payments.
var paymentList = list[dbsqlc.PaymentListRow]{
	name: "payments", id: func(row dbsqlc.PaymentListRow) uuid.UUID { return row.Payment.ID },
	total: func(row dbsqlc.PaymentListRow) int64 { return row.ListTotal },
	sorts: []sortKey[dbsqlc.PaymentListRow]{
		{"created_at", func(row dbsqlc.PaymentListRow) string { return sortedByTime(row.Payment.CreatedAt) }},
		{"payment_date", func(row dbsqlc.PaymentListRow) string { return row.Payment.PaymentDate.String() }},
		{"amount", func(row dbsqlc.PaymentListRow) string { return sortedByAmount(row.Payment.Amount) }},
	},
	filters: []filterKey{
		{"invoice_id", "an id"}, {"client_id", "an id"}, {"method", "cash, card, bank_transfer, wallet or other"},
		{"status", "posted or reversed"},
	},
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
	if changed := allocation.Delinquency; changed != nil && (changed.Before || changed.After) {
		s.Processes.NudgeDunning(allocation.Payment.ClientID, changed.After)
	}
	return readAllocation(allocation, replayed), nil
}

func (s *Server) listPayments(ctx context.Context, input *struct {
	PageParams
	InvoiceID string `query:"invoice_id" doc:"Only of this invoice." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
	ClientID  string `query:"client_id" doc:"Only of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}) (*PageOutput[PaymentRead], error) {
	asked, err := ask(s, paymentList, input.PageParams,
		filter{"invoice_id", input.InvoiceID}, filter{"client_id", input.ClientID})
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.PaymentCountParams{
		InvoiceID: asked.id("invoice_id"), ClientID: asked.id("client_id"), Method: asked.text("method"), Status: asked.text("status"),
	}
	return answerList(ctx, s, asked, func(row dbsqlc.PaymentListRow) PaymentRead { return readPayment(row.Payment) }, func(at position) ([]dbsqlc.PaymentListRow, error) {
		if at.newest {
			rows, err := s.queries.PaymentNewest(ctx, s.Pool, dbsqlc.PaymentNewestParams{PageSize: at.limit, PageOffset: at.offset})
			return converted(rows, func(row dbsqlc.PaymentNewestRow) dbsqlc.PaymentListRow { return dbsqlc.PaymentListRow(row) }), err
		}
		return s.queries.PaymentList(ctx, s.Pool, dbsqlc.PaymentListParams{
			InvoiceID: filters.InvoiceID, ClientID: filters.ClientID, Method: filters.Method, Status: filters.Status,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
	}, func() (int64, error) { return s.queries.PaymentCount(ctx, s.Pool, filters) })
}
