package api

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) paymentReversalRoutes() {
	register(s, operation{id: "reversePayment", access: billers, method: http.MethodPost,
		path: "/api/v1/collections/payments/{payment_id}/reverse", tag: "Collections",
		summary: "Take a payment back",
		description: "For money that did not come or was not meant for this invoice: the payment stays in the list as `reversed`, its " +
			"amount is outstanding again, and an invoice that is overdue for it gets its case back. A payment is reversed once.",
		success: "The reversed payment, and how the invoice stands.",
		refusals: []refusal.Code{refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.PaymentNotFound,
			refusal.PaymentAlreadyReversed}}, s.reversePayment)
}

// PaymentPath names a payment.
type PaymentPath struct {
	PaymentID string `path:"payment_id" doc:"The payment." example:"01932d44-8e17-7f6c-8a25-b0d3e9c71f64"`
}

// PaymentReversal is the body of a reversal.
type PaymentReversal struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1200" doc:"Kept in the audit trail of the invoice and in the history of its case." example:"The cheque bounced"`
}

// PaymentReversalResult is what a reversal did.
type PaymentReversalResult struct {
	Payment              PaymentRead  `json:"payment"`
	ReversedAt           Timestamp    `json:"reversed_at" example:"2026-11-22T15:29:17.901200Z"`
	ReversedBy           string       `json:"reversed_by" example:"op-1"`
	Reason               string       `json:"reason" example:"The cheque bounced"`
	InvoiceStatus        string       `json:"invoice_status" enum:"issued,overdue" example:"overdue"`
	OutstandingAmount    money.Amount `json:"outstanding_amount" example:"299.40" format:"decimal"`
	CollectionCaseStatus *string      `json:"collection_case_status" enum:"open,in_progress,resolved,closed"`
	IdempotencyReplayed  bool         `json:"idempotency_replayed"`
}

// PaymentReversalOutput answers a reversal.
type PaymentReversalOutput struct{ Body PaymentReversalResult }

func readReversal(reversal collections.Reversal, replayed bool) *PaymentReversalOutput {
	payment := reversal.Payment
	return &PaymentReversalOutput{Body: PaymentReversalResult{
		Payment: readPayment(payment), ReversedAt: Timestamp(*payment.ReversedAt), ReversedBy: *payment.ReversedBy,
		Reason: *payment.ReversalReason, InvoiceStatus: reversal.InvoiceStatus, OutstandingAmount: reversal.OutstandingAmount,
		CollectionCaseStatus: reversal.CaseStatus, IdempotencyReplayed: replayed,
	}}
}

func (s *Server) reversePayment(ctx context.Context, input *struct {
	PaymentPath
	KeyParams
	Body PaymentReversal
}) (*PaymentReversalOutput, error) {
	var checked fields
	asked := collections.ReversalInput{PaymentID: parseID(input.PaymentID), Reason: checked.trimmed("reason", input.Body.Reason, 1)}
	if err := checked.err(); err != nil {
		return nil, err
	}
	request, err := keyedRequest(idempotency.PaymentReversal, input.Key, asked)
	if err != nil {
		return nil, err
	}
	reversal, replayed, err := changeBalance(ctx, s, func(tx pgx.Tx) (collections.Reversal, bool, error) {
		return collections.ReversePayment(ctx, tx, request, asked, actorOf(ctx).ID, s.today(), s.Now())
	})
	if err != nil {
		return nil, err
	}
	return readReversal(reversal, replayed), nil
}
