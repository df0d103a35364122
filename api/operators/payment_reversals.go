package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) paymentReversalRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "reversePayment", Method: http.MethodPost, Path: "/api/v1/collections/payments/{payment_id}/reverse",
		Tag: "Collections", Access: rest.Billers,
		Summary: "Reverse a payment",
		Description: "For a payment that bounced or was recorded on the wrong invoice: the payment stays in the list " +
			"as `reversed`, its amount becomes outstanding again, and the case of an invoice that is overdue as a result is " +
			"reopened. A payment can be reversed once.",
		Success: "The reversed payment and the invoice's new balance.",
		Refusals: []refusal.Code{
			refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.PaymentNotFound,
			refusal.PaymentAlreadyReversed,
		},
	}, h.reversePayment)
}

// PaymentPath names a payment.
type PaymentPath struct {
	PaymentID string `path:"payment_id" doc:"The payment." example:"01932d44-8e17-7f6c-8a25-b0d3e9c71f64"`
}

// PaymentReversal is the body of a reversal.
type PaymentReversal struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1200" doc:"Recorded in the invoice's audit trail and in the history of its case." example:"The cheque bounced"`
}

// PaymentReversalResult is the effect of a reversal.
type PaymentReversalResult struct {
	Payment              PaymentRead              `json:"payment"`
	ReversedAt           rest.Timestamp           `json:"reversed_at" example:"2026-11-22T15:29:17.901200Z"`
	ReversedBy           string                   `json:"reversed_by" example:"op-1"`
	Reason               string                   `json:"reason" example:"The cheque bounced"`
	InvoiceStatus        vocabulary.InvoiceStatus `json:"invoice_status" enum:"issued,overdue" example:"overdue"`
	OutstandingAmount    money.Amount             `json:"outstanding_amount" example:"299.40" format:"decimal"`
	CollectionCaseStatus *string                  `json:"collection_case_status" enum:"open,in_progress,resolved,closed"`
	IdempotencyReplayed  bool                     `json:"idempotency_replayed"`
}

// PaymentReversalOutput answers a reversal.
type PaymentReversalOutput struct{ Body PaymentReversalResult }

func newPaymentReversalResult(reversal collections.Reversal, replayed bool) *PaymentReversalOutput {
	payment := reversal.Payment
	return &PaymentReversalOutput{Body: PaymentReversalResult{
		Payment: newPaymentRead(payment), ReversedAt: rest.Timestamp(*payment.ReversedAt), ReversedBy: *payment.ReversedBy,
		Reason: *payment.ReversalReason, InvoiceStatus: reversal.InvoiceStatus, OutstandingAmount: reversal.OutstandingAmount,
		CollectionCaseStatus: (*string)(reversal.CaseStatus), IdempotencyReplayed: replayed,
	}}
}

func (h *handlers) reversePayment(ctx context.Context, input *struct {
	PaymentPath
	rest.KeyParams
	Body PaymentReversal
},
) (*PaymentReversalOutput, error) {
	var validator rest.Validator
	command := collections.ReversePayment{PaymentID: rest.ParseID(input.PaymentID), Reason: validator.Trimmed("reason", input.Body.Reason, 1)}
	err := validator.Err()
	if err != nil {
		return nil, err
	}
	if command.Key, err = idempotency.ParseKey(input.Key); err != nil {
		return nil, err
	}
	reversal, replayed, err := h.collections.ReversePayment(ctx, command, h.Act(ctx))
	if err != nil {
		return nil, err
	}
	return newPaymentReversalResult(reversal, replayed), nil
}
