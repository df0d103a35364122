package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// approvalNote is the default note of an approval.
const approvalNote = "Invoice marked as paid by operator approval"

func (h *handlers) paymentApprovalRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "approveInvoicePaid", Method: http.MethodPost, Path: "/api/v1/collections/invoices/{invoice_id}/approve-paid",
		Tag: "Collections", Access: rest.Billers,
		Summary: "Mark an invoice as paid",
		Description: "Records a payment of the whole outstanding balance, for an operator who has confirmed receipt of " +
			"the money. The payment date defaults to today.",
		Success: "The payment and the invoice's new balance.",
		Refusals: []refusal.Code{
			refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.InvoiceNotFound,
			refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid,
		},
	}, h.approvePaid)
}

// InvoiceApproval is the body of an approval.
type InvoiceApproval struct {
	PaymentDate *calendar.Date `json:"payment_date,omitempty" nullable:"true" format:"date" doc:"Defaults to today." example:"2026-11-20"`
	Method      string         `json:"method,omitempty" enum:"cash,card,bank_transfer,wallet,other" default:"other" example:"bank_transfer"`
	Reference   *string        `json:"reference,omitempty" nullable:"true" maxLength:"120" example:"VIR-2026-1120"`
	Note        *string        `json:"note,omitempty" nullable:"true" maxLength:"1200"`
}

func (h *handlers) approvePaid(ctx context.Context, input *struct {
	resource.InvoicePath
	rest.KeyParams
	Body InvoiceApproval
},
) (*PaymentAllocationOutput, error) {
	key, err := idempotency.ParseKey(input.Key)
	if err != nil {
		return nil, err
	}
	command := collections.ApprovePaid{
		Key: key, InvoiceID: rest.ParseID(input.InvoiceID), PaymentDate: input.Body.PaymentDate, Method: input.Body.Method,
		Reference: rest.OptionalText(input.Body.Reference), Note: approvalNote,
	}
	if note := rest.OptionalText(input.Body.Note); note != nil {
		command.Note = *note
	}
	allocation, replayed, err := h.collections.ApprovePaid(ctx, command, h.Act(ctx))
	if err != nil {
		return nil, err
	}
	return newPaymentAllocationResult(allocation, replayed), nil
}
