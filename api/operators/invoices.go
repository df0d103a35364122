package operators

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

func (h *handlers) invoiceRoutes() {
	const tag = "Invoices"
	rest.Register(h.API, rest.Operation{
		ID: "listInvoices", Method: http.MethodGet, Path: "/api/v1/invoices", Tag: tag, Access: rest.Readers,
		List:    invoiceList.Keys(),
		Summary: "List invoices, newest first",
		Description: "All invoices. The filters `client_id`, `service`, and `offer_id` combine. An unknown id gives an " +
			"empty list.",
		Success: "A page of invoices.",
	}, h.listInvoices)
	rest.Register(h.API, rest.Operation{
		ID: "exportInvoices", Method: http.MethodGet, Path: "/api/v1/invoices/export", Tag: tag, Access: rest.Readers,
		Export: true, List: invoiceList.Keys(),
		Summary:     "Export invoices as CSV",
		Description: rest.ExportDescription("invoices"),
		Success:     "All matching invoices.",
	}, h.exportInvoices)
	rest.Register(h.API, rest.Operation{
		ID: "getInvoice", Method: http.MethodGet, Path: "/api/v1/invoices/{invoice_id}", Tag: tag, Access: rest.Readers,
		Summary:     "Get an invoice with its lines",
		Description: "The invoice with its legal number and its lines.",
		Success:     "The invoice.",
		Refusals:    []refusal.Code{refusal.InvoiceNotFound},
	}, h.getInvoice)
	rest.Register(h.API, rest.Operation{
		ID: "getInvoicePDF", Method: http.MethodGet, Path: "/api/v1/invoices/{invoice_id}/pdf", Tag: tag, Access: rest.Readers,
		File:    true,
		Summary: "Download an invoice",
		Description: "The document as issued. A lost file is restored from the invoice and must have the digest of the " +
			"original.",
		Success:  "The invoice as a PDF.",
		Refusals: []refusal.Code{refusal.InvoiceNotFound},
	}, h.getInvoicePDF)
}

// InvoiceRead is an invoice as the API shows it.
type InvoiceRead struct {
	ID             uuid.UUID                `json:"id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	Number         string                   `json:"number" doc:"Legal number, gap-free within a year." example:"FA-2026-0000001"`
	BillingRunID   uuid.UUID                `json:"billing_run_id" example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02" format:"uuid"`
	ClientID       uuid.UUID                `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	PeriodStart    calendar.Date            `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd      calendar.Date            `json:"period_end" format:"date" example:"2026-10-31"`
	DueDate        calendar.Date            `json:"due_date" format:"date" example:"2026-11-15"`
	Status         vocabulary.InvoiceStatus `json:"status" enum:"issued,paid,overdue,void"`
	Currency       string                   `json:"currency" example:"MAD"`
	SubtotalAmount money.Amount             `json:"subtotal_amount" example:"249.50" format:"decimal"`
	TaxAmount      money.Amount             `json:"tax_amount" example:"49.90" format:"decimal"`
	TotalAmount    money.Amount             `json:"total_amount" example:"299.40" format:"decimal"`
	IssuedAt       rest.Timestamp           `json:"issued_at" example:"2026-11-22T15:29:17.901200Z"`
	PDFFileName    string                   `json:"pdf_file_name" example:"invoice-01932c05-51aa-7d27-b8e6-3f90c4d1a7e5.pdf"`
	CreatedAt      rest.Timestamp           `json:"created_at"`
	UpdatedAt      rest.Timestamp           `json:"updated_at"`
}

// InvoiceLineRead is a line of an invoice.
type InvoiceLineRead struct {
	ID          uuid.UUID           `json:"id" example:"01932c05-51b0-7342-a1f7-6d8e09b2c453" format:"uuid"`
	InvoiceID   uuid.UUID           `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ContractID  uuid.UUID           `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	LineType    vocabulary.LineType `json:"line_type" enum:"recurring,activation"`
	Description string              `json:"description" example:"Mobile 20GB monthly recurring fee"`
	Quantity    int32               `json:"quantity" example:"1"`
	UnitAmount  money.Amount        `json:"unit_amount" example:"199.00" format:"decimal"`
	LineTotal   money.Amount        `json:"line_total" example:"199.00" format:"decimal"`
	CreatedAt   rest.Timestamp      `json:"created_at"`
}

// InvoiceDetailRead is an invoice with its lines.
type InvoiceDetailRead struct {
	InvoiceRead
	Lines []InvoiceLineRead `json:"lines" nullable:"false"`
}

// invoiceList is the list of all invoices.
var invoiceList = rest.Listing[dbsqlc.InvoiceListRow, dbsqlc.InvoiceCountParams, InvoiceRead]{
	List: rest.List[dbsqlc.InvoiceListRow]{
		Name: "invoices", ID: func(row dbsqlc.InvoiceListRow) uuid.UUID { return row.Invoice.ID },
		Total: func(row dbsqlc.InvoiceListRow) int64 { return row.ListTotal },
		Sorts: []rest.SortKey[dbsqlc.InvoiceListRow]{
			{Name: "created_at", Value: func(row dbsqlc.InvoiceListRow) string { return rest.SortedByTime(row.Invoice.CreatedAt) }},
			{Name: "due_date", Value: func(row dbsqlc.InvoiceListRow) string { return row.Invoice.DueDate.String() }},
			{Name: "total_amount", Value: func(row dbsqlc.InvoiceListRow) string { return rest.SortedByAmount(row.Invoice.TotalAmount) }},
			{Name: "number", Value: func(row dbsqlc.InvoiceListRow) string { return row.Invoice.Number }},
		},
		Filters: []rest.FilterKey{
			{Name: "client_id", Values: "an id"},
			{Name: "status", Values: "issued, paid, overdue or void"},
			{Name: "billing_run_id", Values: "an id"},
			{Name: "period_start", Values: "a date"},
			{Name: "service", Values: "mobile, internet or landline"},
			{Name: "offer_id", Values: "an id"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.InvoiceListRow]) dbsqlc.InvoiceCountParams {
		return dbsqlc.InvoiceCountParams{
			ClientID: request.ID("client_id"), Status: request.Text("status"), BillingRunID: request.ID("billing_run_id"),
			PeriodStart: request.Date("period_start"), ServiceCategory: request.Text("service"), OfferID: request.ID("offer_id"),
		}
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.InvoiceCountParams, at rest.ListPosition) ([]dbsqlc.InvoiceListRow, error) {
		if at.Newest {
			before, err := rest.NewestStart(ctx, tx, at, queries.InvoiceNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := queries.InvoiceNewest(ctx, tx, dbsqlc.InvoiceNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.Limit,
			})
			return rest.Convert(rows, func(row dbsqlc.InvoiceNewestRow) dbsqlc.InvoiceListRow { return dbsqlc.InvoiceListRow(row) }), err
		}
		return queries.InvoiceList(ctx, tx, dbsqlc.InvoiceListParams{
			ClientID: filters.ClientID, Status: filters.Status, BillingRunID: filters.BillingRunID,
			PeriodStart: filters.PeriodStart, ServiceCategory: filters.ServiceCategory, OfferID: filters.OfferID,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: countInvoices,
	Read:  func(row dbsqlc.InvoiceListRow) InvoiceRead { return newInvoiceRead(row.Invoice) },
}

func newInvoiceRead(row dbsqlc.Invoice) InvoiceRead {
	return InvoiceRead{
		ID: row.ID, Number: row.Number, BillingRunID: row.BillingRunID, ClientID: row.ClientID, PeriodStart: row.PeriodStart,
		PeriodEnd: row.PeriodEnd, DueDate: row.DueDate, Status: row.Status, Currency: row.Currency,
		SubtotalAmount: row.SubtotalAmount, TaxAmount: row.TaxAmount, TotalAmount: row.TotalAmount,
		IssuedAt: rest.Timestamp(row.IssuedAt), PDFFileName: filestore.InvoiceFileName(row.ID),
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}

func newInvoiceLineRead(row dbsqlc.InvoiceLine) InvoiceLineRead {
	return InvoiceLineRead{
		ID: row.ID, InvoiceID: row.InvoiceID, ContractID: row.ContractID, LineType: row.LineType, Description: row.Description,
		Quantity: row.Quantity, UnitAmount: row.UnitAmount, LineTotal: row.LineTotal, CreatedAt: rest.Timestamp(row.CreatedAt),
	}
}

// InvoiceFilters are the filters of the list of invoices.
type InvoiceFilters struct {
	ClientID string `query:"client_id" doc:"Only items of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	Service  string `query:"service" enum:"mobile,internet,landline" doc:"Only invoices with a line of this service category." example:"mobile"`
	OfferID  string `query:"offer_id" doc:"Only invoices with a line of this offer." example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
}

func (f InvoiceFilters) filters() []rest.Filter {
	return []rest.Filter{{Name: "client_id", Value: f.ClientID}, {Name: "service", Value: f.Service}, {Name: "offer_id", Value: f.OfferID}}
}

// countInvoices counts the matching invoices. A filter by either service or offer has a faster statement.
func countInvoices(queries *dbsqlc.Queries, ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.InvoiceCountParams) (int64, error) {
	if (filters.ServiceCategory == nil) != (filters.OfferID == nil) {
		return queries.InvoiceCountByLine(ctx, tx, dbsqlc.InvoiceCountByLineParams(filters))
	}
	return queries.InvoiceCount(ctx, tx, filters)
}

func (h *handlers) exportInvoices(ctx context.Context, input *struct {
	rest.ExportParams
	InvoiceFilters
},
) (*huma.StreamResponse, error) {
	return invoiceList.Export(ctx, h.API, input.ExportParams, input.filters()...)
}

func (h *handlers) listInvoices(ctx context.Context, input *struct {
	rest.PageParams
	InvoiceFilters
},
) (*rest.PageOutput[InvoiceRead], error) {
	return invoiceList.Serve(ctx, h.API, input.PageParams, input.filters()...)
}

func (h *handlers) getInvoice(ctx context.Context, input *resource.InvoicePath) (*struct{ Body InvoiceDetailRead }, error) {
	row, err := h.Queries.InvoiceGetByID(ctx, h.Pool, rest.ParseID(input.InvoiceID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.InvoiceNotFound)
	}
	lines, err := h.Queries.InvoiceLineListByInvoices(ctx, h.Pool, []uuid.UUID{row.ID})
	if err != nil {
		return nil, err
	}
	read := func(line dbsqlc.InvoiceLineListByInvoicesRow) InvoiceLineRead {
		return newInvoiceLineRead(line.InvoiceLine)
	}
	return &struct{ Body InvoiceDetailRead }{InvoiceDetailRead{InvoiceRead: newInvoiceRead(row), Lines: rest.Convert(lines, read)}}, nil
}

func (h *handlers) getInvoicePDF(ctx context.Context, input *resource.InvoicePath) (*huma.StreamResponse, error) {
	file, err := h.Documents.InvoiceFile(ctx, rest.ParseID(input.InvoiceID), h.Now())
	if err != nil {
		return nil, err
	}
	return rest.SendFile(file), nil
}
