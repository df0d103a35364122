package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) invoiceAuditRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "listInvoiceAudit", Method: http.MethodGet, Path: "/api/v1/invoices/{invoice_id}/audit", Tag: "Invoices",
		Access:  rest.Readers,
		Summary: "List the audit trail of an invoice, oldest first",
		Description: "Every correction with its actor, time, and reason: reversals of the invoice's payments, and its " +
			"voiding. Events are never changed or removed. The payments themselves are in the list of payments.",
		Success:  "The events.",
		Refusals: []refusal.Code{refusal.InvoiceNotFound},
	}, h.listInvoiceAudit)
}

// InvoiceAuditEventRead is an event of an invoice's audit trail.
type InvoiceAuditEventRead struct {
	ID        uuid.UUID      `json:"id" example:"01932d70-1f4a-7c83-9b65-d2e80a7f4c19" format:"uuid"`
	InvoiceID uuid.UUID      `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	PaymentID *uuid.UUID     `json:"payment_id" nullable:"true" doc:"The reversed payment." example:"01932d44-8e17-7f6c-8a25-b0d3e9c71f64" format:"uuid"`
	EventType string         `json:"event_type" enum:"payment_reversed,invoice_voided" example:"payment_reversed"`
	ActorID   string         `json:"actor_id" example:"op-1"`
	Details   string         `json:"details" doc:"A JSON object as text, with sorted keys." example:"{\"amount\": \"299.40\", \"from_status\": \"paid\", \"reason\": \"The cheque bounced\", \"to_status\": \"overdue\"}"`
	CreatedAt rest.Timestamp `json:"created_at"`
}

func newInvoiceAuditEventRead(row dbsqlc.InvoiceAuditEvent) InvoiceAuditEventRead {
	return InvoiceAuditEventRead{
		ID: row.ID, InvoiceID: row.InvoiceID, PaymentID: row.PaymentID, EventType: row.EventType, ActorID: row.ActorID,
		Details: rest.SortedJSON(row.Details), CreatedAt: rest.Timestamp(row.CreatedAt),
	}
}

func (h *handlers) listInvoiceAudit(ctx context.Context, input *resource.InvoicePath) (*struct {
	Body []InvoiceAuditEventRead `nullable:"false"`
}, error,
) {
	invoice, err := h.Queries.InvoiceGetByID(ctx, h.Pool, rest.ParseID(input.InvoiceID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.InvoiceNotFound)
	}
	rows, err := h.Queries.InvoiceAuditEventListByInvoice(ctx, h.Pool, invoice.ID)
	if err != nil {
		return nil, err
	}
	return &struct {
		Body []InvoiceAuditEventRead `nullable:"false"`
	}{Body: rest.Convert(rows, newInvoiceAuditEventRead)}, nil
}
