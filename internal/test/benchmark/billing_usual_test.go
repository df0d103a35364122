package benchmark_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-pdf/fpdf"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/ledger"
)

// billAsUsual bills some clients as most programs do: one transaction for all, a
// query for each client and an INSERT for each row, and a PDF drawn with fpdf as its
// manual shows. It returns the invoices per second, which for more clients would be the same at best.
func billAsUsual(b *testing.B, pool *pgxpool.Pool, directory string, clients int) float64 {
	ctx := context.Background()
	begun := time.Now()
	loop := newBareLoop(b, pool, directory)
	loop.plan(b)
	require.NoError(b, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT client_id FROM contracts
			WHERE status = 'active' AND start_date <= $2 AND (end_date IS NULL OR end_date >= $1) ORDER BY client_id LIMIT $3`,
			billedMonth.Start, billedMonth.End, clients)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		for _, id := range ids {
			if err == nil {
				err = loop.billClient(ctx, tx, id)
			}
		}
		return err
	}))
	return perSecond(b, pool, directory, time.Since(begun))
}

func (l *bareLoop) billClient(ctx context.Context, tx pgx.Tx, client uuid.UUID) error {
	queries := dbsqlc.New()
	contracts, err := queries.BillableContractList(ctx, tx, dbsqlc.BillableContractListParams{
		FirstClientID: client, LastClientID: client, PeriodStart: billedMonth.Start, PeriodEnd: billedMonth.End, PlannedAt: l.run.PlannedAt,
	})
	if err != nil {
		return err
	}
	invoices, lines := l.compute(contracts)
	for _, invoice := range invoices {
		reserved, err := queries.InvoiceNumberReserve(ctx, tx, dbsqlc.InvoiceNumberReserveParams{
			SellerCode: l.seller.Code, Year: 2026, Count: 1, IssueDate: invoice.IssueDate,
		})
		if err != nil {
			return err
		}
		invoice.NumberYear, invoice.NumberSequence = 2026, reserved.LastNumber
		invoice.Number = l.seller.Number(2026, invoice.NumberSequence)
		_, err = tx.Exec(ctx, `INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start,
				period_end, issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type,
				client_cin, client_address, issued_at, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $22, $22)`,
			invoice.ID, invoice.Number, invoice.SellerCode, invoice.NumberYear, invoice.NumberSequence, invoice.BillingRunID, invoice.ClientID,
			invoice.PeriodStart, invoice.PeriodEnd, invoice.IssueDate, invoice.DueDate, invoice.Status, invoice.Currency, invoice.SubtotalAmount,
			invoice.TaxRate, invoice.TaxAmount, invoice.TotalAmount, invoice.ClientName, invoice.ClientType, invoice.ClientCIN,
			invoice.ClientAddress, invoice.IssuedAt)
		if err != nil {
			return err
		}
		if err := insertLines(ctx, tx, lines); err != nil {
			return err
		}
		if err := ledger.PostInvoices(ctx, tx, []uuid.UUID{invoice.ID}, l.run.ActorID); err != nil {
			return err
		}
		if err := l.fileAsUsual(ctx, tx, invoice, lines); err != nil {
			return err
		}
	}
	return nil
}

// insertLines inserts the lines of one invoice. The database takes them in one
// statement only, since their sum must be the invoice's.
func insertLines(ctx context.Context, tx pgx.Tx, lines []dbsqlc.InvoiceLineInsertManyParams) error {
	var values []string
	var arguments []any
	for _, line := range lines {
		row := []any{
			line.ID, line.InvoiceID, line.Position, line.ContractID, line.OfferID, line.ServiceCategory, line.ServiceIdentifier,
			line.LineType, line.Description, line.Quantity, line.UnitAmount, line.LineTotal, line.BilledDays, line.CreatedAt,
		}
		places := make([]string, len(row))
		for i := range row {
			places[i] = fmt.Sprintf("$%d", len(arguments)+i+1)
		}
		values, arguments = append(values, "("+strings.Join(places, ", ")+")"), append(arguments, row...)
	}
	_, err := tx.Exec(ctx, `INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier,
		line_type, description, quantity, unit_amount, line_total, billed_days, created_at) VALUES `+strings.Join(values, ", "), arguments...)
	return err
}

func (l *bareLoop) fileAsUsual(ctx context.Context, tx pgx.Tx, invoice dbsqlc.InvoiceInsertManyParams, lines []dbsqlc.InvoiceLineInsertManyParams) error {
	content, err := drawAsUsual(invoice, lines)
	if err != nil {
		return err
	}
	key, sum := filestore.InvoiceKey(invoice.ID), sha256.Sum256(content)
	if err := l.store.Put(ctx, key, content); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO documents (id, document_type, invoice_id, letterhead_id, file_name, storage_key, sha256, size_bytes, created_at)
		VALUES ($1, 'invoice_pdf', $2, $3, $4, $5, $6, $7, $8)`, db.NewID(), invoice.ID, l.letterhead,
		filestore.InvoiceFileName(invoice.ID), key, sum[:], len(content), invoice.IssuedAt)
	return err
}

func drawAsUsual(invoice dbsqlc.InvoiceInsertManyParams, lines []dbsqlc.InvoiceLineInsertManyParams) ([]byte, error) {
	pdf := fpdf.New("P", "mm", "A4", "")
	translate := pdf.UnicodeTranslatorFromDescriptor("")
	pdf.AddPage()
	pdf.SetFont("Helvetica", "B", 16)
	pdf.CellFormat(0, 10, translate("Facture N° "+invoice.Number), "", 1, "", false, 0, "")
	pdf.SetFont("Helvetica", "", 10)
	for _, text := range []string{
		"Opérateur d'essai", "Date d'émission : " + invoice.IssueDate.String(), "Échéance : " + invoice.DueDate.String(),
		"Période : " + invoice.PeriodStart.String() + " - " + invoice.PeriodEnd.String(), "Client : " + invoice.ClientName,
	} {
		pdf.CellFormat(0, 6, translate(text), "", 1, "", false, 0, "")
	}
	row := func(style string, cells ...string) {
		pdf.SetFont("Helvetica", style, 10)
		for i, width := range []float64{100, 20, 35, 35} {
			align := "R"
			if i == 0 {
				align = ""
			}
			pdf.CellFormat(width, 7, translate(cells[i]), "1", 0, align, false, 0, "")
		}
		pdf.Ln(-1)
	}
	row("B", "Désignation", "Qté", "Prix unitaire HT", "Total HT")
	for _, line := range lines {
		row("", line.Description, fmt.Sprint(line.Quantity), line.UnitAmount.String(), line.LineTotal.String())
	}
	row("", "Total HT", "", "", invoice.SubtotalAmount.String())
	row("", "TVA", "", "", invoice.TaxAmount.String())
	row("B", "Total TTC", "", "", invoice.TotalAmount.String())
	var content bytes.Buffer
	err := pdf.Output(&content)
	return content.Bytes(), err
}
