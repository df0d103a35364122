package documents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/pdf"
)

// concurrentRepairs are carried out at once: they wait for the store and for PostgreSQL, and
// leave most of its connections to others.
const concurrentRepairs = 8

// repair makes one document, or its file.
type repair struct {
	// of names what the document is of, such as "invoice 01932c05-…".
	of string
	// issues is true where there was no document.
	issues bool
	make   func(context.Context) error
}

// contractRepairs returns the repairs of contracts: issue creates a missing document, others store its file again.
func (a *Service) contractRepairs(ctx context.Context, missing []checkable, issue func(context.Context, uuid.UUID) error) ([]repair, error) {
	documents, err := a.documentsOf(ctx, missing)
	if err != nil {
		return nil, err
	}
	repairs := make([]repair, len(missing))
	for i, each := range missing {
		repairs[i] = repair{of: "contract " + each.subjectID.String(), issues: !each.registered(), make: func(ctx context.Context) error {
			if !each.registered() {
				return issue(ctx, each.subjectID)
			}
			registered := documents[each.documentID]
			_, err := a.restore(ctx, registered, renderContract(registered))
			return err
		}}
	}
	return repairs, nil
}

// invoiceRepairs returns the repairs of invoices. It reads all rows at once, because a lost
// store leaves many.
func (a *Service) invoiceRepairs(ctx context.Context, missing []checkable, now time.Time) ([]repair, error) {
	documents, err := a.documentsOf(ctx, missing)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(missing))
	for i, each := range missing {
		ids[i] = each.subjectID
	}
	rows, err := dbsqlc.New().InvoiceListByIDs(ctx, a.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("archive: invoices to repair: %w", err)
	}
	lines, err := a.linesOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	invoices := make(map[uuid.UUID]dbsqlc.Invoice, len(rows))
	for _, row := range rows {
		invoices[row.ID] = row
	}
	repairs := make([]repair, len(missing))
	for i, each := range missing {
		invoice := invoices[each.subjectID]
		repairs[i] = repair{of: "invoice " + each.subjectID.String(), issues: !each.registered(), make: func(ctx context.Context) error {
			if !each.registered() {
				return a.issue(ctx, []dbsqlc.Invoice{invoice}, now)
			}
			_, err := a.restore(ctx, documents[each.documentID], func(renderer *pdf.Renderer) ([]byte, error) {
				return renderer.RenderInvoice(invoiceContent(invoice, lines[invoice.ID]))
			})
			return err
		}}
	}
	return repairs, nil
}

// documentsOf reads the registered documents of contracts or invoices.
func (a *Service) documentsOf(ctx context.Context, missing []checkable) (map[uuid.UUID]dbsqlc.Document, error) {
	var ids []uuid.UUID
	for _, each := range missing {
		if each.registered() {
			ids = append(ids, each.documentID)
		}
	}
	rows, err := dbsqlc.New().DocumentListByIDs(ctx, a.pool, ids)
	if err != nil {
		return nil, fmt.Errorf("archive: documents to repair: %w", err)
	}
	documents := make(map[uuid.UUID]dbsqlc.Document, len(rows))
	for _, row := range rows {
		documents[row.ID] = row
	}
	return documents, nil
}

// carryOut runs the repairs and counts them.
func carryOut(ctx context.Context, repairs []repair, checked *Checked) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentRepairs)
	for _, each := range repairs {
		group.Go(func() error {
			err := each.make(ctx)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && each.issues:
				checked.Issued++
			case err == nil:
				checked.Restored++
			case ctx.Err() == nil && !db.Unavailable(err) && (errors.Is(err, ErrChanged) || errors.Is(err, ErrRendering)):
				checked.Add(Checked{Failed: 1, Failures: []string{each.of}})
			default:
				return err
			}
			return nil
		})
	}
	return group.Wait()
}
