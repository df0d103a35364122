package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) invoiceVoidRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "voidInvoice", Method: http.MethodPost, Path: "/api/v1/invoices/{invoice_id}/void", Tag: "Invoices",
		Access:  rest.Billers,
		Summary: "Void an unpaid invoice",
		Description: "For an invoice issued in error: nothing is owed on it any more, its case is closed, and its days " +
			"can be billed again by the next run of their period, under a new number. The void invoice keeps its number and " +
			"its document. Payments must be reversed first. Voiding is final.",
		Success: "The void invoice.",
		Refusals: []refusal.Code{
			refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict, refusal.InvoiceNotFound,
			refusal.InvoiceVoid, refusal.InvoiceNotVoidable,
		},
	}, h.voidInvoice)
}

// InvoiceVoid is the body of voiding an invoice.
type InvoiceVoid struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1200" doc:"Recorded in the invoice's audit trail." example:"Billed at the wrong tariff"`
}

// InvoiceVoidResult is the effect of voiding an invoice.
type InvoiceVoidResult struct {
	Invoice              InvoiceRead    `json:"invoice"`
	VoidedAt             rest.Timestamp `json:"voided_at" example:"2026-11-22T15:29:17.901200Z"`
	VoidedBy             string         `json:"voided_by" example:"op-1"`
	Reason               string         `json:"reason" example:"Billed at the wrong tariff"`
	CollectionCaseStatus *string        `json:"collection_case_status" enum:"resolved,closed"`
	IdempotencyReplayed  bool           `json:"idempotency_replayed"`
}

// InvoiceVoidOutput answers the voiding of an invoice.
type InvoiceVoidOutput struct{ Body InvoiceVoidResult }

func newInvoiceVoidResult(voided collections.Voided, replayed bool) *InvoiceVoidOutput {
	invoice := voided.Invoice
	return &InvoiceVoidOutput{Body: InvoiceVoidResult{
		Invoice: InvoiceRead{
			ID: invoice.ID, Number: invoice.Number, BillingRunID: invoice.BillingRunID, ClientID: invoice.ClientID,
			PeriodStart: invoice.PeriodStart, PeriodEnd: invoice.PeriodEnd, DueDate: invoice.DueDate, Status: invoice.Status,
			Currency: invoice.Currency, SubtotalAmount: invoice.SubtotalAmount, TaxAmount: invoice.TaxAmount, TotalAmount: invoice.TotalAmount,
			IssuedAt: rest.Timestamp(invoice.IssuedAt), PDFFileName: filestore.InvoiceFileName(invoice.ID),
			CreatedAt: rest.Timestamp(invoice.CreatedAt), UpdatedAt: rest.Timestamp(invoice.UpdatedAt),
		},
		VoidedAt: rest.Timestamp(invoice.VoidedAt), VoidedBy: invoice.VoidedBy, Reason: invoice.VoidReason,
		CollectionCaseStatus: (*string)(voided.CaseStatus), IdempotencyReplayed: replayed,
	}}
}

func (h *handlers) voidInvoice(ctx context.Context, input *struct {
	resource.InvoicePath
	rest.KeyParams
	Body InvoiceVoid
},
) (*InvoiceVoidOutput, error) {
	var validator rest.Validator
	command := collections.VoidInvoice{InvoiceID: rest.ParseID(input.InvoiceID), Reason: validator.Trimmed("reason", input.Body.Reason, 1)}
	err := validator.Err()
	if err != nil {
		return nil, err
	}
	if command.Key, err = idempotency.ParseKey(input.Key); err != nil {
		return nil, err
	}
	voided, replayed, err := h.collections.VoidInvoice(ctx, command, h.Act(ctx))
	if err != nil {
		return nil, err
	}
	return newInvoiceVoidResult(voided, replayed), nil
}
