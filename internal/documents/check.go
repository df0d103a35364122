package documents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/filestore"
)

const (
	// checkSize is how many contracts or invoices a batch has.
	checkSize = 500
	// checkReaders read files at once: those of a bucket take a round trip each.
	checkReaders = 32
)

// Subject is what a document is of.
type Subject string

// The subjects, in the order in which they are checked.
const (
	Contracts Subject = ""
	Invoices  Subject = "invoices"
	// Nothing is left when everything is checked.
	Nothing Subject = "nothing"
)

// Position is how far a check is: it has looked at all up to an id. The zero value is the
// beginning.
type Position struct {
	Subject Subject   `json:"subject,omitempty"`
	After   uuid.UUID `json:"after"`
}

// Done reports whether everything is checked.
func (p Position) Done() bool { return p.Subject == Nothing }

// String describes the position for people.
func (p Position) String() string {
	subject := string(p.Subject)
	if p.Subject == Contracts {
		subject = "contracts"
	}
	if p.After == uuid.Nil {
		return subject
	}
	return subject + " after " + p.After.String()
}

// maxFailures bounds how many failures are named.
const maxFailures = 20

// Checked counts what a check looked at and what it did.
type Checked struct {
	Contracts int64 `json:"contracts"`
	Invoices  int64 `json:"invoices"`
	// Issued documents were not there, files of Restored ones were lost or damaged.
	Issued   int64 `json:"issued"`
	Restored int64 `json:"restored"`
	// Failed documents cannot be made, or not as they were registered.
	Failed int64 `json:"failed"`
	// Failures names the first of them, such as "invoice 01932c05-…".
	Failures []string `json:"failures,omitempty"`
}

// Add adds up parts of a check.
func (c *Checked) Add(part Checked) {
	c.Contracts += part.Contracts
	c.Invoices += part.Invoices
	c.Issued += part.Issued
	c.Restored += part.Restored
	c.Failed += part.Failed
	c.Failures = append(c.Failures[:len(c.Failures):len(c.Failures)], part.Failures...)
	c.Failures = c.Failures[:min(len(c.Failures), maxFailures)]
}

// checkable is a contract or an invoice with one of its documents, if it has any.
type checkable struct {
	subjectID  uuid.UUID
	documentID uuid.UUID
	// storageKey is empty where there is no document.
	storageKey string
	sha256     []byte
}

func (c checkable) registered() bool { return c.storageKey != "" }

// CheckBatch checks the next contracts or invoices, in the order of their ids. It issues
// documents that were never registered, and renders files again that are lost or differ from
// the register. It can be repeated, and can run while documents are issued. A document that
// cannot be rendered is counted, and the check continues. An error means that the store or
// PostgreSQL is unavailable. issueContract issues the document of a contract that has none.
func (a *Service) CheckBatch(ctx context.Context, from Position, issueContract func(context.Context, uuid.UUID) error,
	now time.Time,
) (Position, Checked, error) {
	switch from.Subject {
	case Contracts:
		batch, err := a.checkableContracts(ctx, from.After)
		if err != nil {
			return from, Checked{}, fmt.Errorf("archive: list contracts to check: %w", err)
		}
		checked, err := a.check(ctx, batch, func(missing []checkable) ([]repair, error) { return a.contractRepairs(ctx, missing, issueContract) })
		checked.Contracts = subjects(batch)
		return from.behind(batch, Invoices), checked, err
	case Invoices:
		batch, err := a.checkableInvoices(ctx, from.After)
		if err != nil {
			return from, Checked{}, fmt.Errorf("archive: list invoices to check: %w", err)
		}
		checked, err := a.check(ctx, batch, func(missing []checkable) ([]repair, error) { return a.invoiceRepairs(ctx, missing, now) })
		checked.Invoices = subjects(batch)
		return from.behind(batch, Nothing), checked, err
	default:
		return from, Checked{}, nil
	}
}

// behind returns the position after a batch, or the start of the next subject if the batch is empty.
func (p Position) behind(batch []checkable, next Subject) Position {
	if len(batch) == 0 {
		return Position{Subject: next}
	}
	return Position{Subject: p.Subject, After: batch[len(batch)-1].subjectID}
}

// check issues or renders the missing documents of a batch.
func (a *Service) check(ctx context.Context, batch []checkable, repairs func(missing []checkable) ([]repair, error)) (checked Checked, err error) {
	missing, err := a.withoutFile(ctx, batch)
	if err != nil || len(missing) == 0 {
		return checked, err
	}
	needed, err := repairs(missing)
	if err != nil {
		return checked, err
	}
	err = carryOut(ctx, needed, &checked)
	return checked, err
}

// subjects counts contracts or invoices, which come once for each of their documents.
func subjects(batch []checkable) (count int64) {
	var last uuid.UUID
	for _, each := range batch {
		if each.subjectID != last {
			count++
		}
		last = each.subjectID
	}
	return count
}

func (a *Service) checkableContracts(ctx context.Context, after uuid.UUID) ([]checkable, error) {
	rows, err := dbsqlc.New().DocumentCheckContracts(ctx, a.pool, dbsqlc.DocumentCheckContractsParams{AfterID: after, BatchSize: checkSize})
	batch := make([]checkable, len(rows))
	for i, row := range rows {
		batch[i] = checkable{row.ContractID, row.DocumentID, row.StorageKey, row.SHA256}
	}
	return batch, err
}

func (a *Service) checkableInvoices(ctx context.Context, after uuid.UUID) ([]checkable, error) {
	rows, err := dbsqlc.New().DocumentCheckInvoices(ctx, a.pool, dbsqlc.DocumentCheckInvoicesParams{AfterID: after, BatchSize: checkSize})
	batch := make([]checkable, len(rows))
	for i, row := range rows {
		batch[i] = checkable{row.InvoiceID, row.DocumentID, row.StorageKey, row.SHA256}
	}
	return batch, err
}

// withoutFile returns those of a batch that have no document, or not its file.
func (a *Service) withoutFile(ctx context.Context, batch []checkable) ([]checkable, error) {
	var mu sync.Mutex
	var missing []checkable
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(checkReaders)
	for _, each := range batch {
		group.Go(func() error {
			there, err := a.hasFile(ctx, each)
			if err == nil && !there {
				mu.Lock()
				defer mu.Unlock()
				missing = append(missing, each)
			}
			return err
		})
	}
	return missing, group.Wait()
}

func (a *Service) hasFile(ctx context.Context, each checkable) (bool, error) {
	if !each.registered() {
		return false, nil
	}
	content, err := a.store.Get(ctx, each.storageKey)
	if errors.Is(err, filestore.ErrNotFound) {
		return false, nil
	}
	return err == nil && hashesTo(content, each.sha256), err
}
