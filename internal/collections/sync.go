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
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// syncBatchSize is the number of invoices per transaction. A concurrent payment waits for one batch
// at most (about 0.3 s); larger batches are not faster.
const syncBatchSize = 2000

// Synced counts the changes of one or more syncs.
type Synced struct {
	// Overdue is the number of invoices marked overdue.
	Overdue int `json:"overdue"`
	// Opened, Reopened, Resolved and Closed count the cases that made this move.
	Opened   int `json:"opened"`
	Reopened int `json:"reopened"`
	Resolved int `json:"resolved"`
	Closed   int `json:"closed"`
	// Corrected counts the cases whose outstanding amount differed from their invoice's.
	Corrected int `json:"corrected"`
	// Delinquent is the number of clients marked delinquent.
	Delinquent int `json:"delinquent"`
}

// Add adds the counts of another sync.
func (s *Synced) Add(other Synced) {
	s.Overdue += other.Overdue
	s.Opened += other.Opened
	s.Reopened += other.Reopened
	s.Resolved += other.Resolved
	s.Closed += other.Closed
	s.Corrected += other.Corrected
	s.Delinquent += other.Delinquent
}

// count counts the change of one case.
func (s *Synced) count(before, after dbsqlc.CollectionCase) {
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

// SyncDue reports whether invoices or cases are behind a business day. It costs two index probes,
// whatever the number of invoices.
func SyncDue(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (bool, error) {
	due, err := dbsqlc.New().CollectionSyncIsDue(ctx, pool, today)
	if err != nil {
		return false, fmt.Errorf("collections: check for overdue invoices: %w", err)
	}
	return due, nil
}

// Sync updates invoices, cases and clients to a business day, batch by batch. Several syncs may run
// concurrently with each other and with payments, and each may be killed between two batches: the
// next sync does the rest.
//
// A day before one that is synced already undoes nothing. Due dates never change, so an overdue
// invoice stays overdue until it is paid or void.
func Sync(ctx context.Context, pool *pgxpool.Pool, today calendar.Date, now time.Time) error {
	for {
		synced, err := SyncBatch(ctx, pool, today, now)
		if err != nil || synced == (Synced{}) {
			return err
		}
	}
}

// SyncBatch is one transaction of Sync. The counts are zero when nothing was left to do.
func SyncBatch(ctx context.Context, pool *pgxpool.Pool, today calendar.Date, now time.Time) (synced Synced, err error) {
	err = db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		// Concurrent syncs would only wait for each other's invoices.
		if err := dbsqlc.New().CollectionSyncLock(ctx, tx); err != nil {
			return fmt.Errorf("collections: lock sync: %w", err)
		}
		act := actor.Act{Actor: SyncActor, Today: today, Now: now}
		if synced, err = markOverdue(ctx, tx, act); err != nil || synced.Overdue > 0 {
			return err
		}
		synced, err = syncContradicting(ctx, tx, act)
		return err
	})
	return synced, err
}

// markOverdue marks invoices that became overdue, opens their cases and marks their clients
// delinquent. It locks in the order of a payment: invoices, cases, clients.
func markOverdue(ctx context.Context, tx pgx.Tx, act actor.Act) (Synced, error) {
	marked, err := dbsqlc.New().CollectionSyncMarkOverdue(ctx, tx, dbsqlc.CollectionSyncMarkOverdueParams{
		Today: act.Today, CaseIDS: newIDs(syncBatchSize), ActionIDS: newIDs(syncBatchSize), ActorID: act.Actor, Note: noteCaseOpened, Now: act.Now,
	})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: mark invoices overdue: %w", err)
	}
	if len(marked) == 0 {
		return Synced{}, nil
	}
	var withCase []uuid.UUID
	clientIDs := make([]uuid.UUID, len(marked))
	for i, invoice := range marked {
		clientIDs[i] = invoice.ClientID
		if !invoice.Opened {
			withCase = append(withCase, invoice.ID)
		}
	}
	synced, err := syncExistingCases(ctx, tx, withCase, act)
	if err != nil {
		return Synced{}, err
	}
	delinquent, err := dbsqlc.New().ClientMarkDelinquent(ctx, tx, dbsqlc.ClientMarkDelinquentParams{IDS: clientIDs, Now: &act.Now})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: mark clients delinquent: %w", err)
	}
	synced.Add(Synced{Overdue: len(marked), Opened: len(marked) - len(withCase), Delinquent: int(delinquent)})
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

// syncContradicting syncs cases whose status, set by an operator, contradicts their invoice.
func syncContradicting(ctx context.Context, tx pgx.Tx, act actor.Act) (Synced, error) {
	ids, err := dbsqlc.New().CollectionCaseListOutOfSync(ctx, tx, dbsqlc.CollectionCaseListOutOfSyncParams{Today: act.Today, BatchSize: syncBatchSize})
	if err != nil {
		return Synced{}, fmt.Errorf("collections: list cases that contradict their invoices: %w", err)
	}
	return syncExistingCases(ctx, tx, ids, act)
}

// SyncClient updates the cases of a client's overdue invoices, in the given transaction, as the next
// sync would: an operator may have closed one. It locks these invoices and cases, so a caller that
// locks the client afterwards keeps to the lock order of a payment. The changes belong to SyncActor.
func SyncClient(ctx context.Context, tx pgx.Tx, clientID uuid.UUID, act actor.Act) error {
	ids, err := dbsqlc.New().InvoiceListOverdueByClient(ctx, tx, clientID)
	if err != nil {
		return fmt.Errorf("collections: list overdue invoices: %w", err)
	}
	_, err = syncExistingCases(ctx, tx, ids, act.As(SyncActor))
	return err
}

// syncExistingCases syncs the cases of invoices that all have one.
func syncExistingCases(ctx context.Context, tx pgx.Tx, invoiceIDs []uuid.UUID, act actor.Act) (synced Synced, err error) {
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
		after, err := syncCase(ctx, tx, before, invoice, act.At(notBefore(*before, act.Now)))
		if err != nil {
			return synced, err
		}
		synced.count(*before, *after)
	}
	return synced, nil
}
