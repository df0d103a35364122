package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
		Refusals: []refusal.Code{refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.InvoiceNotFound,
			refusal.InvoiceVoid, refusal.InvoiceAlreadyPaid},
	}, h.approvePaid)
}

// InvoiceApproval is the body of an approval.
type InvoiceApproval struct {
	PaymentDate *calendar.Date `json:"payment_date,omitempty" nullable:"true" format:"date" doc:"Defaults to today." example:"2026-11-20"`
	Method      string         `json:"method,omitempty" enum:"cash,card,bank_transfer,wallet,other" default:"other" example:"bank_transfer"`
	Reference   *string        `json:"reference,omitempty" nullable:"true" maxLength:"120" example:"VIR-2026-1120"`
	Note        *string        `json:"note,omitempty" nullable:"true" maxLength:"1200"`
}

// approval is the payload that identifies an approval. An omitted date stays absent, so that the
// request repeated on another day is still the same.
type approval struct {
	InvoiceID   uuid.UUID      `json:"invoice_id"`
	PaymentDate *calendar.Date `json:"payment_date"`
	Method      string         `json:"method"`
	Reference   *string        `json:"reference"`
	Note        string         `json:"note"`
}

func (h *handlers) approvePaid(ctx context.Context, input *struct {
	resource.InvoicePath
	rest.KeyParams
	Body InvoiceApproval
}) (*PaymentAllocationOutput, error) {
	command := approval{
		InvoiceID: rest.ParseID(input.InvoiceID), PaymentDate: input.Body.PaymentDate, Method: input.Body.Method,
		Reference: rest.OptionalText(input.Body.Reference), Note: approvalNote,
	}
	if note := rest.OptionalText(input.Body.Note); note != nil {
		command.Note = *note
	}
	request, err := rest.NewRequest(idempotency.ApprovePaid, input.Key, command)
	if err != nil {
		return nil, err
	}
	today := h.Today()
	payment := collections.PaymentInput{
		InvoiceID: command.InvoiceID, PaymentDate: today, Method: command.Method, Reference: command.Reference, Note: &command.Note,
	}
	if command.PaymentDate != nil {
		payment.PaymentDate = *command.PaymentDate
	}
	return h.allocate(ctx, func(tx pgx.Tx) (collections.Allocation, bool, error) {
		return collections.ApprovePaid(ctx, tx, request, payment, rest.Caller(ctx).ID, today, h.Now())
	})
}
