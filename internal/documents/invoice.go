package documents

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// InvoiceRange names the invoices that one run issued for a range of clients.
type InvoiceRange struct {
	BillingRunID  uuid.UUID
	FirstClientID uuid.UUID
	LastClientID  uuid.UUID
}

// IssueInvoices renders, stores and registers the documents of those invoices in a
// range that have none. It may be repeated at any point: a document that is
// registered is left alone, and files are written before they are registered, so a
// registered document always has had its file.
func (a *Service) IssueInvoices(ctx context.Context, invoices InvoiceRange, now time.Time) error {
	rows, err := dbsqlc.New().InvoiceListUndocumented(ctx, a.pool, dbsqlc.InvoiceListUndocumentedParams(invoices))
	if err != nil {
		return fmt.Errorf("archive: undocumented invoices: %w", err)
	}
	return a.issue(ctx, rows, now)
}

// InvoiceFile returns the document of an invoice, made now if it was not yet made
// and again if its file is lost. It refuses with invoice_not_found.
func (a *Service) InvoiceFile(ctx context.Context, invoiceID uuid.UUID, now time.Time) (File, error) {
	invoice, err := dbsqlc.New().InvoiceGetByID(ctx, a.pool, invoiceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return File{}, refusal.New(refusal.InvoiceNotFound)
	}
	if err != nil {
		return File{}, fmt.Errorf("archive: find invoice: %w", err)
	}
	registered, err := dbsqlc.New().DocumentGetByInvoice(ctx, a.pool, &invoiceID)
	if errors.Is(err, pgx.ErrNoRows) {
		if err = a.issue(ctx, []dbsqlc.Invoice{invoice}, now); err == nil {
			registered, err = dbsqlc.New().DocumentGetByInvoice(ctx, a.pool, &invoiceID)
		}
	}
	if err != nil {
		return File{}, fmt.Errorf("archive: find invoice document: %w", err)
	}
	return a.file(ctx, registered, func(renderer *pdf.Renderer) ([]byte, error) {
		lines, err := a.linesOf(ctx, []dbsqlc.Invoice{invoice})
		if err != nil {
			return nil, err
		}
		return renderer.RenderInvoice(invoiceContent(invoice, lines[invoice.ID]))
	})
}

// issue renders and stores on all cores, then registers all in one statement.
func (a *Service) issue(ctx context.Context, invoices []dbsqlc.Invoice, now time.Time) error {
	if len(invoices) == 0 {
		return nil
	}
	lines, err := a.linesOf(ctx, invoices)
	if err != nil {
		return err
	}
	renderer, err := a.rendererFor(ctx, a.current)
	if err != nil {
		return err
	}
	register := newRegister(len(invoices), a.current, now)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, invoice := range invoices {
		group.Go(func() error {
			content, err := renderer.RenderInvoice(invoiceContent(invoice, lines[invoice.ID]))
			if err != nil {
				return fmt.Errorf("%w: invoice %s: %w", ErrRendering, invoice.ID, err)
			}
			register.set(i, invoice.ID, content)
			return a.store.Put(groupCtx, register.StorageKeys[i], content)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := dbsqlc.New().DocumentInsertInvoices(ctx, a.pool, register.DocumentInsertInvoicesParams); err != nil {
		return fmt.Errorf("archive: register invoice documents: %w", err)
	}
	return nil
}

// linesOf reads the lines of many invoices, each in its order.
func (a *Service) linesOf(ctx context.Context, invoices []dbsqlc.Invoice) (map[uuid.UUID][]dbsqlc.InvoiceLine, error) {
	ids := make([]uuid.UUID, len(invoices))
	for i, invoice := range invoices {
		ids[i] = invoice.ID
	}
	rows, err := dbsqlc.New().InvoiceLineListByInvoices(ctx, a.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("archive: invoice lines: %w", err)
	}
	lines := make(map[uuid.UUID][]dbsqlc.InvoiceLine, len(invoices))
	for _, row := range rows {
		line := row.InvoiceLine
		lines[line.InvoiceID] = append(lines[line.InvoiceID], line)
	}
	return lines, nil
}

// register collects the entries of a batch, one slot for each invoice.
type register struct {
	dbsqlc.DocumentInsertInvoicesParams
}

func newRegister(size int, letterheadID uuid.UUID, now time.Time) *register {
	return &register{dbsqlc.DocumentInsertInvoicesParams{
		IDS: make([]uuid.UUID, size), InvoiceIDS: make([]uuid.UUID, size), FileNames: make([]string, size),
		StorageKeys: make([]string, size), Sha256s: make([][]byte, size), Sizes: make([]int32, size),
		LetterheadID: letterheadID, Now: now,
	}}
}

func (r *register) set(slot int, invoiceID uuid.UUID, content []byte) {
	sum := sha256.Sum256(content)
	r.IDS[slot], r.InvoiceIDS[slot] = db.NewID(), invoiceID
	r.FileNames[slot], r.StorageKeys[slot] = filestore.InvoiceFileName(invoiceID), filestore.InvoiceKey(invoiceID)
	r.Sha256s[slot], r.Sizes[slot] = sum[:], int32(len(content))
}
