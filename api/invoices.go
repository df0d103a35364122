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
		summary: "List invoices, newest first", list: invoiceList.keys()}, s.listInvoices)
	register(s, operation{id: "getInvoice", access: readers, method: http.MethodGet, path: "/api/v1/invoices/{invoice_id}", tag: tag,
		summary: "Get an invoice with its lines", refusals: []refusal.Code{refusal.InvoiceNotFound}}, s.getInvoice)
	register(s, operation{id: "getInvoicePDF", access: readers, method: http.MethodGet, path: "/api/v1/invoices/{invoice_id}/pdf", tag: tag,
		summary: "Download an invoice", refusals: []refusal.Code{refusal.InvoiceNotFound}}, s.getInvoicePDF)
}

// InvoiceRead is an invoice as the API shows it.
type InvoiceRead struct {
	ID             uuid.UUID     `json:"id"`
	Number         string        `json:"number" doc:"Legal number, without gaps in a year." example:"FA-2026-0000001"`
	BillingRunID   uuid.UUID     `json:"billing_run_id"`
	ClientID       uuid.UUID     `json:"client_id"`
	PeriodStart    calendar.Date `json:"period_start" format:"date"`
	PeriodEnd      calendar.Date `json:"period_end" format:"date"`
	DueDate        calendar.Date `json:"due_date" format:"date"`
	Status         string        `json:"status" enum:"issued,paid,overdue,void"`
	Currency       string        `json:"currency"`
	SubtotalAmount money.Amount  `json:"subtotal_amount"`
	TaxAmount      money.Amount  `json:"tax_amount"`
	TotalAmount    money.Amount  `json:"total_amount"`
	IssuedAt       Timestamp     `json:"issued_at"`
	PDFFileName    string        `json:"pdf_file_name"`
	CreatedAt      Timestamp     `json:"created_at"`
	UpdatedAt      Timestamp     `json:"updated_at"`
}

// InvoiceLineRead is a line of an invoice.
type InvoiceLineRead struct {
	ID          uuid.UUID    `json:"id"`
	InvoiceID   uuid.UUID    `json:"invoice_id"`
	ContractID  uuid.UUID    `json:"contract_id"`
	LineType    string       `json:"line_type" enum:"recurring,activation"`
	Description string       `json:"description"`
	Quantity    int32        `json:"quantity"`
	UnitAmount  money.Amount `json:"unit_amount"`
	LineTotal   money.Amount `json:"line_total"`
	CreatedAt   Timestamp    `json:"created_at"`
}

// InvoiceDetailRead is an invoice with its lines.
type InvoiceDetailRead struct {
	InvoiceRead
	Lines []InvoiceLineRead `json:"lines" nullable:"false"`
}

// InvoicePath names an invoice.
type InvoicePath struct {
	InvoiceID string `path:"invoice_id"`
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

func (s *Server) listInvoices(ctx context.Context, input *struct {
	PageParams
	ClientID string `query:"client_id"`
	Service  string `query:"service" enum:"mobile,internet,landline"`
	OfferID  string `query:"offer_id"`
}) (*PageOutput[InvoiceRead], error) {
	asked, err := ask(s, invoiceList, input.PageParams,
		filter{"client_id", input.ClientID}, filter{"service", input.Service}, filter{"offer_id", input.OfferID})
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.InvoiceCountParams{
		ClientID: asked.id("client_id"), Status: asked.text("status"), BillingRunID: asked.id("billing_run_id"),
		PeriodStart: asked.date("period_start"), ServiceCategory: asked.text("service"), OfferID: asked.id("offer_id"),
	}
	return answerList(ctx, s, asked, func(row dbsqlc.InvoiceListRow) InvoiceRead { return readInvoice(row.Invoice) }, func(at position) ([]dbsqlc.InvoiceListRow, error) {
		if at.newest {
			rows, err := s.queries.InvoiceNewest(ctx, s.Pool, dbsqlc.InvoiceNewestParams{PageSize: at.limit, PageOffset: at.offset})
			return converted(rows, func(row dbsqlc.InvoiceNewestRow) dbsqlc.InvoiceListRow { return dbsqlc.InvoiceListRow(row) }), err
		}
		return s.queries.InvoiceList(ctx, s.Pool, dbsqlc.InvoiceListParams{
			ClientID: filters.ClientID, Status: filters.Status, BillingRunID: filters.BillingRunID,
			PeriodStart: filters.PeriodStart, ServiceCategory: filters.ServiceCategory, OfferID: filters.OfferID,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
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
	detail := InvoiceDetailRead{InvoiceRead: readInvoice(row), Lines: make([]InvoiceLineRead, len(lines))}
	for i, line := range lines {
		detail.Lines[i] = readInvoiceLine(line)
	}
	return &struct{ Body InvoiceDetailRead }{detail}, nil
}

func (s *Server) getInvoicePDF(ctx context.Context, input *InvoicePath) (*huma.StreamResponse, error) {
	file, err := s.Archive.InvoiceFile(ctx, parseID(input.InvoiceID), s.Now())
	if err != nil {
		return nil, err
	}
	return sendFile(file), nil
}
