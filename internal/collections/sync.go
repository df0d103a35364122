package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// syncBatchSize is how many invoices a transaction of the sync takes: so long do
// their payments wait at most, some 0.3 s. Larger ones are not faster.
const syncBatchSize = 2000

// Synced counts what syncs did.
type Synced struct {
	// Overdue is how many invoices were marked.
	Overdue int `json:"overdue"`
	// Opened, Reopened, Resolved and Closed are how many cases made this move.
	Opened   int `json:"opened"`
	Reopened int `json:"reopened"`
	Resolved int `json:"resolved"`
	Closed   int `json:"closed"`
	// Corrected is how many cases had another outstanding amount than their invoice.
	Corrected int `json:"corrected"`
	// Delinquent is how many clients were marked.
	Delinquent int `json:"delinquent"`
}

// Add adds what another sync did.
func (s *Synced) Add(other Synced) {
	s.Overdue += other.Overdue
	s.Opened += other.Opened
	s.Reopened += other.Reopened
	s.Resolved += other.Resolved
	s.Closed += other.Closed
	s.Corrected += other.Corrected
	s.Delinquent += other.Delinquent
}

// note counts what became of a case.
func (s *Synced) note(before, after dbsqlc.CollectionCase) {
	switch {
	case before.Status == after.Status:
		if before.OutstandingAmount != after.OutstandingAmount {
			s.Corrected++
		}
	case after.Status == CaseResolved:
		s.Resolved++
	case after.Status == CaseClosed:
		s.Closed++
	default:
		s.Reopened++
	}
}

// SyncDue reports whether invoices or cases are behind a business day. It costs two
// probes of indexes, however many invoices there are.
func SyncDue(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (bool, error) {
	due, err := dbsqlc.New().CollectionSyncIsDue(ctx, pool, today)
	if err != nil {
		return false, fmt.Errorf("collections: look for what is due: %w", err)
	}
	return due, nil
}

// Sync brings invoices, cases and clients in step with a business day, batch by
// batch. It may run several times at once, beside payments, and be killed between
// any two batches: what is left is done by the next one.
//
// A day that is before one already synced changes nothing back. Due dates never
// change, so an overdue invoice stays overdue until it is paid or void.
func Sync(ctx context.Context, pool *pgxpool.Pool, today calendar.Date, now time.Time) error {
	for {
		synced, err := SyncBatch(ctx, pool, today, now)
		if err != nil || synced == (Synced{}) {
			return err
		}
	}
}

// SyncBatch is one transaction of Sync. What it did is zero when nothing was left to do.
func SyncBatch(ctx context.Context, pool *pgxpool.Pool, today calendar.Date, now time.Time) (synced Synced, err error) {
	err = db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		// Two syncs at once would only wait for each other's invoices.
		if err := dbsqlc.New().CollectionSyncLock(ctx, tx); err != nil {
			return fmt.Errorf("collections: lock sync: %w", err)
		}
		if synced, err = markOverdue(ctx, tx, today, now); err != nil || synced.Overdue > 0 {
			return err
		}
		synced, err = syncOutOfStep(ctx, tx, today, now)
		return err
	})
	return synced, err
}

// markOverdue marks invoices that have become overdue, opens their cases and marks
// their clients. It locks in the order of a payment: invoices, cases, clients.
func markOverdue(ctx context.Context, tx dbsqlc.DBTX, today calendar.Date, now time.Time) (Synced, error) {
	marked, err := dbsqlc.New().CollectionSyncMarkOverdue(ctx, tx, dbsqlc.CollectionSyncMarkOverdueParams{
		Today: today, CaseIDS: newIDs(syncBatchSize), ActionIDS: newIDs(syncBatchSize), ActorID: SyncActor, Note: noteCaseOpened, Now: now,
	})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: mark invoices overdue: %w", err)
	}
	if len(marked) == 0 {
		return Synced{}, nil
	}
	var known []uuid.UUID
	clientIDs := make([]uuid.UUID, len(marked))
	for i, invoice := range marked {
		clientIDs[i] = invoice.ClientID
		if !invoice.Opened {
			known = append(known, invoice.ID)
		}
	}
	synced, err := syncKnown(ctx, tx, known, today, now)
	if err != nil {
		return Synced{}, err
	}
	delinquent, err := dbsqlc.New().ClientMarkDelinquent(ctx, tx, dbsqlc.ClientMarkDelinquentParams{IDS: clientIDs, Now: &now})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: mark clients delinquent: %w", err)
	}
	synced.Add(Synced{Overdue: len(marked), Opened: len(marked) - len(known), Delinquent: int(delinquent)})
	return synced, nil
}

// newIDs returns count new ids, in ascending order.
func newIDs(count int) []uuid.UUID {
	ids := make([]uuid.UUID, count)
	for i := range ids {
		ids[i] = db.NewID()
	}
	return ids
}

// syncOutOfStep syncs cases that an operator put into a status that contradicts
// their invoice.
func syncOutOfStep(ctx context.Context, tx dbsqlc.DBTX, today calendar.Date, now time.Time) (Synced, error) {
	ids, err := dbsqlc.New().CollectionCaseListOutOfSync(ctx, tx, dbsqlc.CollectionCaseListOutOfSyncParams{Today: today, BatchSize: syncBatchSize})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: list cases out of step: %w", err)
	}
	return syncKnown(ctx, tx, ids, today, now)
}

// SyncClient brings the cases of a client's overdue invoices in step with a business day, in
// the given transaction, as the next sync would: an operator may have closed one. These
// invoices and cases are locked, so who goes on to lock the client does it in the order of a payment.
func SyncClient(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID, today calendar.Date, now time.Time) error {
	ids, err := dbsqlc.New().InvoiceListOverdueByClient(ctx, tx, clientID)
	if err != nil {
		return fmt.Errorf("collections: list overdue invoices: %w", err)
	}
	_, err = syncKnown(ctx, tx, ids, today, now)
	return err
}

// syncKnown syncs the cases that invoices have already.
func syncKnown(ctx context.Context, tx dbsqlc.DBTX, invoiceIDs []uuid.UUID, today calendar.Date, now time.Time) (synced Synced, err error) {
	if len(invoiceIDs) == 0 {
		return synced, nil
	}
	invoices, err := dbsqlc.New().InvoiceLockMany(ctx, tx, invoiceIDs)
	if err != nil {
		return synced, fmt.Errorf("collections: lock invoices: %w", err)
	}
	for _, invoice := range invoices {
		before, err := lockCase(ctx, tx, invoice.ID)
		if err != nil {
			return synced, err
		}
		after, err := syncCase(ctx, tx, before, invoice, today, SyncActor, notBefore(*before, now))
		if err != nil {
			return synced, err
		}
		synced.note(*before, *after)
	}
	return synced, nil
}
