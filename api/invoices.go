package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/document"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) invoiceRoutes() {
	const tag = "Invoices"
	register(s, operation{id: "listInvoices", access: readers, method: http.MethodGet, path: "/api/v1/invoices", tag: tag,
		summary: "List invoices, newest first",
		description: "All invoices; `client_id`, `service` and `offer_id` narrow the list down, and combine. An id that names " +
			"nothing gives an empty list.",
		success: "A page of invoices.", list: invoiceList.keys(), csv: true}, s.listInvoices)
	register(s, operation{id: "exportInvoices", access: readers, method: http.MethodGet, path: "/api/v1/invoices/export", tag: tag,
		summary:     "Export invoices as CSV",
		description: exportDescription("invoices"),
		success:     "All invoices that match.", list: invoiceList.keys(), csv: true, exports: "/api/v1/invoices"}, s.exportInvoices)
	register(s, operation{id: "getInvoice", access: readers, method: http.MethodGet, path: "/api/v1/invoices/{invoice_id}", tag: tag,
		summary:     "Get an invoice with its lines",
		description: "An invoice with its lines and legal number.",
		success:     "The invoice.", refusals: []refusal.Code{refusal.InvoiceNotFound}}, s.getInvoice)
	register(s, operation{id: "getInvoicePDF", access: readers, method: http.MethodGet, path: "/api/v1/invoices/{invoice_id}/pdf", tag: tag,
		summary: "Download an invoice",
		description: "The document as it was issued. A lost file is made again from the invoice and must have the digest of " +
			"the first one.",
		file: true, success: "The invoice as a PDF.", refusals: []refusal.Code{refusal.InvoiceNotFound}}, s.getInvoicePDF)
}

// InvoiceRead is an invoice as the API shows it.
type InvoiceRead struct {
	ID             uuid.UUID     `json:"id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	Number         string        `json:"number" doc:"Legal number, without gaps in a year." example:"FA-2026-0000001"`
	BillingRunID   uuid.UUID     `json:"billing_run_id" example:"01932c01-2b6d-7a90-8c3f-e1d47b5a6f02" format:"uuid"`
	ClientID       uuid.UUID     `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	PeriodStart    calendar.Date `json:"period_start" format:"date" example:"2026-10-01"`
	PeriodEnd      calendar.Date `json:"period_end" format:"date" example:"2026-10-31"`
	DueDate        calendar.Date `json:"due_date" format:"date" example:"2026-11-15"`
	Status         string        `json:"status" enum:"issued,paid,overdue,void"`
	Currency       string        `json:"currency" example:"MAD"`
	SubtotalAmount money.Amount  `json:"subtotal_amount" example:"249.50" format:"decimal"`
	TaxAmount      money.Amount  `json:"tax_amount" example:"49.90" format:"decimal"`
	TotalAmount    money.Amount  `json:"total_amount" example:"299.40" format:"decimal"`
	IssuedAt       Timestamp     `json:"issued_at" example:"2026-11-22T15:29:17.901200Z"`
	PDFFileName    string        `json:"pdf_file_name" example:"invoice-01932c05-51aa-7d27-b8e6-3f90c4d1a7e5.pdf"`
	CreatedAt      Timestamp     `json:"created_at"`
	UpdatedAt      Timestamp     `json:"updated_at"`
}

// InvoiceLineRead is a line of an invoice.
type InvoiceLineRead struct {
	ID          uuid.UUID    `json:"id" example:"01932c05-51b0-7342-a1f7-6d8e09b2c453" format:"uuid"`
	InvoiceID   uuid.UUID    `json:"invoice_id" example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5" format:"uuid"`
	ContractID  uuid.UUID    `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	LineType    string       `json:"line_type" enum:"recurring,activation"`
	Description string       `json:"description" example:"Mobile 20GB monthly recurring fee"`
	Quantity    int32        `json:"quantity" example:"1"`
	UnitAmount  money.Amount `json:"unit_amount" example:"199.00" format:"decimal"`
	LineTotal   money.Amount `json:"line_total" example:"199.00" format:"decimal"`
	CreatedAt   Timestamp    `json:"created_at"`
}

// InvoiceDetailRead is an invoice with its lines.
type InvoiceDetailRead struct {
	InvoiceRead
	Lines []InvoiceLineRead `json:"lines" nullable:"false"`
}

// InvoicePath names an invoice.
type InvoicePath struct {
	InvoiceID string `path:"invoice_id" doc:"The invoice." example:"01932c05-51aa-7d27-b8e6-3f90c4d1a7e5"`
}

// invoiceList is the list of all invoices.
var invoiceList = list[dbsqlc.InvoiceListRow]{
	name: "invoices", id: func(row dbsqlc.InvoiceListRow) uuid.UUID { return row.Invoice.ID },
	total: func(row dbsqlc.InvoiceListRow) int64 { return row.ListTotal },
	sorts: []sortKey[dbsqlc.InvoiceListRow]{
		{"created_at", func(row dbsqlc.InvoiceListRow) string { return sortedByTime(row.Invoice.CreatedAt) }},
		{"due_date", func(row dbsqlc.InvoiceListRow) string { return row.Invoice.DueDate.String() }},
		{"total_amount", func(row dbsqlc.InvoiceListRow) string { return sortedByAmount(row.Invoice.TotalAmount) }},
		{"number", func(row dbsqlc.InvoiceListRow) string { return row.Invoice.Number }},
	},
	filters: []filterKey{
		{"client_id", "an id"}, {"status", "issued, paid, overdue or void"}, {"billing_run_id", "an id"},
		{"period_start", "a date"}, {"service", "mobile, internet or landline"}, {"offer_id", "an id"},
	},
}

func readInvoice(row dbsqlc.Invoice) InvoiceRead {
	return InvoiceRead{
		ID: row.ID, Number: row.Number, BillingRunID: row.BillingRunID, ClientID: row.ClientID, PeriodStart: row.PeriodStart,
		PeriodEnd: row.PeriodEnd, DueDate: row.DueDate, Status: row.Status, Currency: row.Currency,
		SubtotalAmount: row.SubtotalAmount, TaxAmount: row.TaxAmount, TotalAmount: row.TotalAmount,
		IssuedAt: Timestamp(row.IssuedAt), PDFFileName: document.InvoiceFileName(row.ID),
		CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func readInvoiceLine(row dbsqlc.InvoiceLine) InvoiceLineRead {
	return InvoiceLineRead{
		ID: row.ID, InvoiceID: row.InvoiceID, ContractID: row.ContractID, LineType: row.LineType, Description: row.Description,
		Quantity: row.Quantity, UnitAmount: row.UnitAmount, LineTotal: row.LineTotal, CreatedAt: Timestamp(row.CreatedAt),
	}
}

// InvoiceFilters narrow the list of invoices down.
type InvoiceFilters struct {
	ClientID string `query:"client_id" doc:"Only of this client." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	Service  string `query:"service" enum:"mobile,internet,landline" doc:"Only invoices with a line of this service category." example:"mobile"`
	OfferID  string `query:"offer_id" doc:"Only with a line of this offer." example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
}

// askInvoices reads what is asked of the list of invoices.
func (s *Server) askInvoices(params PageParams, given InvoiceFilters) (*listRequest[dbsqlc.InvoiceListRow], dbsqlc.InvoiceCountParams, error) {
	asked, err := ask(s, invoiceList, params,
		filter{"client_id", given.ClientID}, filter{"service", given.Service}, filter{"offer_id", given.OfferID})
	if err != nil {
		return nil, dbsqlc.InvoiceCountParams{}, err
	}
	return asked, dbsqlc.InvoiceCountParams{
		ClientID: asked.id("client_id"), Status: asked.text("status"), BillingRunID: asked.id("billing_run_id"),
		PeriodStart: asked.date("period_start"), ServiceCategory: asked.text("service"), OfferID: asked.id("offer_id"),
	}, nil
}

// invoicesAt reads the invoices that match from a position on.
func (s *Server) invoicesAt(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.InvoiceCountParams, at position) ([]dbsqlc.InvoiceListRow, error) {
	return s.queries.InvoiceList(ctx, tx, dbsqlc.InvoiceListParams{
		ClientID: filters.ClientID, Status: filters.Status, BillingRunID: filters.BillingRunID,
		PeriodStart: filters.PeriodStart, ServiceCategory: filters.ServiceCategory, OfferID: filters.OfferID,
		Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
	})
}

func readListedInvoice(row dbsqlc.InvoiceListRow) InvoiceRead { return readInvoice(row.Invoice) }

func (s *Server) exportInvoices(ctx context.Context, input *struct {
	ExportParams
	InvoiceFilters
}) (*huma.StreamResponse, error) {
	asked, filters, err := s.askInvoices(input.all(), input.InvoiceFilters)
	if err != nil {
		return nil, err
	}
	return answerExport(ctx, s, "invoices-"+s.today().String(), asked, readListedInvoice,
		func(ctx context.Context, tx dbsqlc.DBTX, at position) ([]dbsqlc.InvoiceListRow, error) {
			return s.invoicesAt(ctx, tx, filters, at)
		})
}

func (s *Server) listInvoices(ctx context.Context, input *struct {
	PageParams
	InvoiceFilters
}) (*PageOutput[InvoiceRead], error) {
	asked, filters, err := s.askInvoices(input.PageParams, input.InvoiceFilters)
	if err != nil {
		return nil, err
	}
	return answerList(ctx, s, asked, readListedInvoice, func(at position) ([]dbsqlc.InvoiceListRow, error) {
		if at.newest {
			before, err := behind(ctx, s, at, s.queries.InvoiceNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := s.queries.InvoiceNewest(ctx, s.Pool, dbsqlc.InvoiceNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.limit,
			})
			return converted(rows, func(row dbsqlc.InvoiceNewestRow) dbsqlc.InvoiceListRow { return dbsqlc.InvoiceListRow(row) }), err
		}
		return s.invoicesAt(ctx, s.Pool, filters, at)
	}, func() (int64, error) {
		if (filters.ServiceCategory == nil) != (filters.OfferID == nil) {
			return s.queries.InvoiceCountByLine(ctx, s.Pool, dbsqlc.InvoiceCountByLineParams(filters))
		}
		return s.queries.InvoiceCount(ctx, s.Pool, filters)
	})
}

func (s *Server) getInvoice(ctx context.Context, input *InvoicePath) (*struct{ Body InvoiceDetailRead }, error) {
	row, err := s.queries.InvoiceGetByID(ctx, s.Pool, parseID(input.InvoiceID))
	if err != nil {
		return nil, orNotFound(err, refusal.InvoiceNotFound)
	}
	lines, err := s.queries.InvoiceLineListByInvoices(ctx, s.Pool, []uuid.UUID{row.ID})
	if err != nil {
		return nil, err
	}
	read := func(line dbsqlc.InvoiceLineListByInvoicesRow) InvoiceLineRead {
		return readInvoiceLine(line.InvoiceLine)
	}
	return &struct{ Body InvoiceDetailRead }{InvoiceDetailRead{InvoiceRead: readInvoice(row), Lines: converted(lines, read)}}, nil
}

func (s *Server) getInvoicePDF(ctx context.Context, input *InvoicePath) (*huma.StreamResponse, error) {
	file, err := s.Archive.InvoiceFile(ctx, parseID(input.InvoiceID), s.Now())
	if err != nil {
		return nil, err
	}
	return sendFile(file), nil
}
