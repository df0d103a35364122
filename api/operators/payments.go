package operators

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) paymentRoutes() {
	const tag = "Collections"
	rest.Register(h.API, rest.Operation{
		ID: "recordPayment", Method: http.MethodPost, Path: "/api/v1/collections/payments", Tag: tag, Access: rest.Billers,
		Summary: "Record a payment of an invoice",
		Description: "The amount must not exceed the outstanding balance. The invoice becomes `paid` when the balance " +
			"reaches zero. Amounts with more than two decimals are rounded half up first.",
		Success: "The payment and the invoice's new balance.",
		Refusals: []refusal.Code{
			refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.InvoiceNotFound,
			refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid, refusal.PaymentExceedsOutstanding,
		},
	}, h.recordPayment)
	rest.Register(h.API, rest.Operation{
		ID: "listPayments", Method: http.MethodGet, Path: "/api/v1/collections/payments", Tag: tag, Access: rest.Readers,
		List:        paymentList.Keys(),
		Summary:     "List payments, newest first",
		Description: "All payments. The filters `invoice_id` and `client_id` combine.",
		Success:     "A page of payments.",
	}, h.listPayments)
	rest.Register(h.API, rest.Operation{
		ID: "exportPayments", Method: http.MethodGet, Path: "/api/v1/collections/payments/export", Tag: tag,
		Access: rest.Readers,
		Export: true, List: paymentList.Keys(),
		Summary:     "Export payments as CSV",
		Description: rest.ExportDescription("payments"),
		Success:     "All matching payments.",
	}, h.exportPayments)
}

// PaymentCreate is the body of a payment.
type PaymentCreate struct {
	InvoiceID   string           `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
	Amount      rest.AmountInput `json:"amount" doc:"Greater than 0, at most the outstanding balance." example:"\"299.40\""`
	PaymentDate calendar.Date    `json:"payment_date" format:"date" example:"2026-11-20"`
	Method      string           `json:"method,omitempty" enum:"cash,card,bank_transfer,wallet,other" default:"other" example:"bank_transfer"`
	Reference   *string          `json:"reference,omitempty" nullable:"true" maxLength:"120" example:"VIR-2026-1120"`
	Note        *string          `json:"note,omitempty" nullable:"true" maxLength:"1200"`
}

// PaymentRead is a payment as the API shows it.
type PaymentRead struct {
	ID          uuid.UUID      `json:"id" example:"01932d44-8e17-7f6c-8a25-b0d3e9c71f64" format:"uuid"`
	InvoiceID   uuid.UUID      `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ClientID    uuid.UUID      `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	Amount      money.Amount   `json:"amount" example:"299.40" format:"decimal"`
	Currency    string         `json:"currency" example:"MAD"`
	PaymentDate calendar.Date  `json:"payment_date" format:"date" example:"2026-11-20"`
	Method      string         `json:"method" enum:"cash,card,bank_transfer,wallet,other" example:"bank_transfer"`
	Reference   *string        `json:"reference" example:"VIR-2026-1120"`
	Note        *string        `json:"note"`
	Status      string         `json:"status" enum:"posted,reversed"`
	CreatedAt   rest.Timestamp `json:"created_at"`
}

// PaymentAllocationResult is the effect of a payment.
type PaymentAllocationResult struct {
	Payment              PaymentRead              `json:"payment"`
	InvoiceStatus        vocabulary.InvoiceStatus `json:"invoice_status" enum:"issued,paid,overdue" example:"paid"`
	OutstandingAmount    money.Amount             `json:"outstanding_amount" example:"0.00" format:"decimal"`
	AllocationState      string                   `json:"allocation_state" enum:"partial,full" example:"full"`
	CollectionCaseStatus *string                  `json:"collection_case_status" enum:"open,in_progress,resolved,closed"`
	IdempotencyReplayed  bool                     `json:"idempotency_replayed"`
}

// PaymentAllocationOutput answers operations that post a payment.
type PaymentAllocationOutput struct{ Body PaymentAllocationResult }

func newPaymentAllocationResult(allocation collections.Allocation, replayed bool) *PaymentAllocationOutput {
	return &PaymentAllocationOutput{Body: PaymentAllocationResult{
		Payment: newPaymentRead(allocation.Payment), InvoiceStatus: allocation.InvoiceStatus,
		OutstandingAmount: allocation.OutstandingAmount, AllocationState: string(allocation.State),
		CollectionCaseStatus: (*string)(allocation.CaseStatus), IdempotencyReplayed: replayed,
	}}
}

// paymentList is the list of all payments.
var paymentList = rest.Listing[dbsqlc.PaymentListRow, dbsqlc.PaymentCountParams, PaymentRead]{
	List: rest.List[dbsqlc.PaymentListRow]{
		Name: "payments", ID: func(row dbsqlc.PaymentListRow) uuid.UUID { return row.Payment.ID },
		Total: func(row dbsqlc.PaymentListRow) int64 { return row.ListTotal },
		Sorts: []rest.SortKey[dbsqlc.PaymentListRow]{
			{Name: "created_at", Value: func(row dbsqlc.PaymentListRow) string { return rest.SortedByTime(row.Payment.CreatedAt) }},
			{Name: "payment_date", Value: func(row dbsqlc.PaymentListRow) string { return row.Payment.PaymentDate.String() }},
			{Name: "amount", Value: func(row dbsqlc.PaymentListRow) string { return rest.SortedByAmount(row.Payment.Amount) }},
		},
		Filters: []rest.FilterKey{
			{Name: "invoice_id", Values: "an id"},
			{Name: "client_id", Values: "an id"},
			{Name: "method", Values: "cash, card, bank_transfer, wallet or other"},
			{Name: "status", Values: "posted or reversed"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.PaymentListRow]) dbsqlc.PaymentCountParams {
		return dbsqlc.PaymentCountParams{
			InvoiceID: request.ID("invoice_id"), ClientID: request.ID("client_id"), Method: request.Text("method"), Status: request.Text("status"),
		}
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.PaymentCountParams, at rest.ListPosition) ([]dbsqlc.PaymentListRow, error) {
		if at.Newest {
			before, err := rest.NewestStart(ctx, tx, at, queries.PaymentNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := queries.PaymentNewest(ctx, tx, dbsqlc.PaymentNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.Limit,
			})
			return rest.Convert(rows, func(row dbsqlc.PaymentNewestRow) dbsqlc.PaymentListRow { return dbsqlc.PaymentListRow(row) }), err
		}
		return queries.PaymentList(ctx, tx, dbsqlc.PaymentListParams{
			InvoiceID: filters.InvoiceID, ClientID: filters.ClientID, Method: filters.Method, Status: filters.Status,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: (*dbsqlc.Queries).PaymentCount,
	Read: func(row dbsqlc.PaymentListRow) PaymentRead {
		return newPaymentRead(collections.NewPayment(row.Payment))
	},
}

func newPaymentRead(payment collections.Payment) PaymentRead {
	return PaymentRead{
		ID: payment.ID, InvoiceID: payment.InvoiceID, ClientID: payment.ClientID, Amount: payment.Amount, Currency: payment.Currency,
		PaymentDate: payment.PaymentDate, Method: payment.Method, Reference: payment.Reference, Note: payment.Note, Status: payment.Status,
		CreatedAt: rest.Timestamp(payment.CreatedAt),
	}
}

func (h *handlers) recordPayment(ctx context.Context, input *struct {
	rest.KeyParams
	Body PaymentCreate
},
) (*PaymentAllocationOutput, error) {
	var validator rest.Validator
	if input.Body.Amount.Amount <= 0 {
		validator.Fail("amount", "amount must be greater than 0")
	}
	if err := validator.Err(); err != nil {
		return nil, err
	}
	key, err := idempotency.ParseKey(input.Key)
	if err != nil {
		return nil, err
	}
	allocation, replayed, err := h.collections.RecordPayment(ctx, collections.RecordPayment{
		Key: key, InvoiceID: rest.ParseID(input.Body.InvoiceID), Amount: input.Body.Amount.Amount, PaymentDate: input.Body.PaymentDate,
		Method: input.Body.Method, Reference: rest.OptionalText(input.Body.Reference), Note: rest.OptionalText(input.Body.Note),
	}, h.Act(ctx))
	if errors.Is(err, refusal.New(refusal.PaymentExceedsOutstanding)) {
		return nil, refusal.As(err).With("payment_amount", input.Body.Amount.Text)
	}
	if err != nil {
		return nil, err
	}
	return newPaymentAllocationResult(allocation, replayed), nil
}

// PaymentFilters are the filters of the list of payments.
type PaymentFilters struct {
	InvoiceID string `query:"invoice_id" doc:"Only payments of this invoice." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
	ClientID  string `query:"client_id" doc:"Only items of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
}

func (f PaymentFilters) filters() []rest.Filter {
	return []rest.Filter{{Name: "invoice_id", Value: f.InvoiceID}, {Name: "client_id", Value: f.ClientID}}
}

func (h *handlers) exportPayments(ctx context.Context, input *struct {
	rest.ExportParams
	PaymentFilters
},
) (*huma.StreamResponse, error) {
	return paymentList.Export(ctx, h.API, input.ExportParams, input.filters()...)
}

func (h *handlers) listPayments(ctx context.Context, input *struct {
	rest.PageParams
	PaymentFilters
},
) (*rest.PageOutput[PaymentRead], error) {
	return paymentList.Serve(ctx, h.API, input.PageParams, input.filters()...)
}
