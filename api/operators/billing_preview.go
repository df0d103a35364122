package operators

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// previewTimeout bounds a preview; one million clients take less.
const previewTimeout = 60 * time.Second

// maxPreviews is the number of concurrent previews. Each occupies a database connection.
const maxPreviews = 2

func (h *handlers) billingPreviewRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "previewBilling", Method: http.MethodPost, Path: "/api/v1/billing/runs/preview", Tag: tagBilling,
		Access:  rest.Billers,
		Summary: "Preview a billing run",
		Description: "Computes a run without writing anything: the totals of the whole run, and the lines of a page of " +
			"clients ordered by id. A preview takes up to 60 h.",
		Success: "The invoices that the run would issue now.",
	}, h.previewBilling)
}

// BillingPreviewCreate is the body of a preview.
type BillingPreviewCreate struct {
	BillingRunCreate
	Page int32 `json:"page,omitempty" default:"1" minimum:"1" maximum:"10000000" doc:"Page of clients, from 1." example:"1"`
	Size int32 `json:"size,omitempty" default:"20" minimum:"1" maximum:"100" doc:"Clients per page." example:"20"`
}

// BillingPreviewRead is the result of a preview.
type BillingPreviewRead struct {
	PeriodStart     calendar.Date          `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd       calendar.Date          `json:"period_end" format:"date" example:"2026-10-31"`
	DueDate         calendar.Date          `json:"due_date" format:"date" example:"2026-11-15"`
	ClientCount     int32                  `json:"client_count" doc:"Clients that the run would plan." example:"3"`
	InvoiceCount    int32                  `json:"invoice_count" example:"2"`
	SkippedCount    int32                  `json:"skipped_count" doc:"Clients whose days were already billed." example:"1"`
	UnbillableCount int32                  `json:"unbillable_count" doc:"Clients whose amounts are out of range." example:"0"`
	SubtotalAmount  money.Amount           `json:"subtotal_amount" example:"448.50" format:"decimal"`
	TaxAmount       money.Amount           `json:"tax_amount" example:"89.70" format:"decimal"`
	TotalAmount     money.Amount           `json:"total_amount" example:"538.20" format:"decimal"`
	Currency        string                 `json:"currency" example:"MAD"`
	Data            []BillingPreviewClient `json:"data" nullable:"false" doc:"The clients on the page."`
	Meta            rest.PageMeta          `json:"meta"`
}

// BillingPreviewClient is the previewed invoice of a client.
type BillingPreviewClient struct {
	ClientID       uuid.UUID            `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ClientName     string               `json:"client_name" example:"Amina El Fassi"`
	SubtotalAmount money.Amount         `json:"subtotal_amount" example:"249.50" format:"decimal"`
	TaxAmount      money.Amount         `json:"tax_amount" example:"49.90" format:"decimal"`
	TotalAmount    money.Amount         `json:"total_amount" example:"299.40" format:"decimal"`
	Lines          []BillingPreviewLine `json:"lines" nullable:"false"`
}

// BillingPreviewLine is a line of a previewed invoice.
type BillingPreviewLine struct {
	ContractID        uuid.UUID                  `json:"contract_id" example:"01932b80-6f43-7c15-8e0d-25a4c9d7b318" format:"uuid"`
	OfferID           uuid.UUID                  `json:"offer_id" example:"01932b7f-03d5-7b61-b4ad-93e7f1508c2e" format:"uuid"`
	ServiceCategory   vocabulary.ServiceCategory `json:"service_category" example:"mobile"`
	ServiceIdentifier string                     `json:"service_identifier" example:"0612345678"`
	LineType          vocabulary.LineType        `json:"line_type" enum:"recurring,activation" example:"recurring"`
	Description       string                     `json:"description" example:"Mobile 20 Go monthly recurring fee"`
	Quantity          int32                      `json:"quantity" example:"1"`
	UnitAmount        money.Amount               `json:"unit_amount" example:"199.00" format:"decimal"`
	LineTotal         money.Amount               `json:"line_total" example:"199.00" format:"decimal"`
}

func (h *handlers) previewBilling(ctx context.Context, input *struct {
	Body BillingPreviewCreate
},
) (*struct{ Body BillingPreviewRead }, error) {
	terms, err := input.Body.terms()
	if err != nil {
		return nil, err
	}
	computing, cancel := context.WithTimeout(rest.WithoutDeadline(ctx), previewTimeout)
	defer cancel()
	select {
	case h.previews <- struct{}{}:
		defer func() { <-h.previews }()
	case <-computing.Done():
		return nil, computing.Err()
	}
	page, size := input.Body.Page, input.Body.Size
	var preview billing.Preview
	err = pgx.BeginTxFunc(computing, h.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		preview, err = billing.PreviewRun(computing, tx, terms, int(page-1)*int(size), int(size), h.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &struct{ Body BillingPreviewRead }{BillingPreviewRead{
		PeriodStart: terms.Period.Start, PeriodEnd: terms.Period.End, DueDate: terms.DueDate(),
		ClientCount: preview.ClientCount, InvoiceCount: preview.InvoiceCount, SkippedCount: preview.SkippedCount,
		UnbillableCount: preview.UnbillableCount, SubtotalAmount: preview.Subtotal, TaxAmount: preview.Tax, TotalAmount: preview.Total,
		Currency: billing.Currency, Data: rest.Convert(preview.Clients, newBillingPreviewClient),
		Meta: rest.PageMeta{Page: page, Size: size, Total: int64(preview.InvoiceCount)},
	}}, nil
}

func newBillingPreviewClient(client billing.PreviewClient) BillingPreviewClient {
	return BillingPreviewClient{
		ClientID: client.ClientID, ClientName: client.ClientName, SubtotalAmount: client.Statement.Subtotal,
		TaxAmount: client.Statement.Tax, TotalAmount: client.Statement.Total, Lines: rest.Convert(client.Statement.Lines, newBillingPreviewLine),
	}
}

func newBillingPreviewLine(line billing.Line) BillingPreviewLine {
	return BillingPreviewLine{
		ContractID: line.Contract.ID, OfferID: line.Contract.OfferID, ServiceCategory: line.Contract.ServiceCategory,
		ServiceIdentifier: line.Contract.ServiceIdentifier, LineType: line.Type, Description: line.Description,
		Quantity: line.Quantity(), UnitAmount: line.UnitAmount, LineTotal: line.Total(),
	}
}
