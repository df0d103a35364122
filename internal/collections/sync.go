package collections

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// syncBatchSize is how many invoices a transaction of the sync takes: so long do
// their payments wait at most.
const syncBatchSize = 1000

// SyncDue reports whether invoices or cases are behind a business day. It costs two
// probes of indexes, however many invoices there are.
func SyncDue(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (bool, error) {
	due, err := dbsqlc.New().CollectionSyncDue(ctx, pool, today)
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
		moved, err := SyncBatch(ctx, pool, today, now)
		if err != nil || moved == 0 {
			return err
		}
	}
}

// SyncBatch is one transaction of Sync. It returns how many invoices and cases it
// brought in step; when it is none, nothing was left to do.
func SyncBatch(ctx context.Context, pool *pgxpool.Pool, today calendar.Date, now time.Time) (moved int, err error) {
	err = db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		// Two syncs at once would only wait for each other's invoices.
		if err := dbsqlc.New().CollectionSyncLock(ctx, tx); err != nil {
			return fmt.Errorf("collections: lock sync: %w", err)
		}
		if moved, err = markOverdue(ctx, tx, today, now); err != nil || moved > 0 {
			return err
		}
		moved, err = syncOutOfStep(ctx, tx, today, now)
		return err
	})
	return moved, err
}

// markOverdue marks invoices that have become overdue, opens their cases and marks
// their clients. It locks in the order of a payment: invoices, cases, clients.
func markOverdue(ctx context.Context, tx dbsqlc.DBTX, today calendar.Date, now time.Time) (int, error) {
	queries := dbsqlc.New()
	invoices, err := queries.InvoiceMarkOverdue(ctx, tx, dbsqlc.InvoiceMarkOverdueParams{Today: today, BatchSize: syncBatchSize, Now: now})
	if err != nil {
		return 0, fmt.Errorf("collections: mark invoices overdue: %w", err)
	}
	if len(invoices) == 0 {
		return 0, nil
	}
	invoiceIDs, clientIDs := make([]uuid.UUID, len(invoices)), make([]uuid.UUID, len(invoices))
	for i, invoice := range invoices {
		invoiceIDs[i], clientIDs[i] = invoice.ID, invoice.ClientID
	}
	known, err := queries.CollectionCaseLockManyByInvoice(ctx, tx, invoiceIDs)
	if err != nil {
		return 0, fmt.Errorf("collections: lock cases: %w", err)
	}
	if err := openCases(ctx, tx, invoices, known, today, now); err != nil {
		return 0, err
	}
	// Locked before they are looked at: a payment that has just settled another invoice
	// of a client may be about to clear what is set here.
	if err := queries.ClientLockMany(ctx, tx, clientIDs); err != nil {
		return 0, fmt.Errorf("collections: lock clients: %w", err)
	}
	if err := queries.ClientMarkDelinquent(ctx, tx, dbsqlc.ClientMarkDelinquentParams{IDS: clientIDs, Now: &now}); err != nil {
		return 0, fmt.Errorf("collections: mark clients delinquent: %w", err)
	}
	return len(invoices), nil
}

// openCases opens the cases of overdue invoices. A case that is known already, and
// locked, is synced instead.
func openCases(ctx context.Context, tx dbsqlc.DBTX, invoices []dbsqlc.Invoice, known []dbsqlc.CollectionCase,
	today calendar.Date, now time.Time) error {
	cases := make([]dbsqlc.CollectionCaseInsertManyParams, 0, len(invoices))
	actions := make([]dbsqlc.CollectionCaseActionInsertManyParams, 0, len(invoices))
	note := noteCaseOpened
	for _, invoice := range invoices {
		if i := slices.IndexFunc(known, func(c dbsqlc.CollectionCase) bool { return c.InvoiceID == invoice.ID }); i >= 0 {
			if _, err := syncCase(ctx, tx, &known[i], invoice, today, SyncActor, notBefore(known[i], now)); err != nil {
				return err
			}
			continue
		}
		caseID, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("collections: new id: %w", err)
		}
		actionID, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("collections: new id: %w", err)
		}
		payload, err := json.Marshal(map[string]any{"invoice_id": invoice.ID})
		if err != nil {
			return fmt.Errorf("collections: encode payload: %w", err)
		}
		cases = append(cases, dbsqlc.CollectionCaseInsertManyParams{
			ID: caseID, InvoiceID: invoice.ID, ClientID: invoice.ClientID, Status: CaseOpen, Reason: reasonOverdue,
			DueDate: invoice.DueDate, OutstandingAmount: outstandingOf(invoice),
			OpenedAt: now, LastActionAt: now, CreatedAt: now, UpdatedAt: now,
		})
		actions = append(actions, dbsqlc.CollectionCaseActionInsertManyParams{
			ID: actionID, CaseID: caseID, ActionType: ActionCaseOpened, ActorID: SyncActor, Note: &note, Payload: payload, CreatedAt: now,
		})
	}
	if _, err := dbsqlc.New().CollectionCaseInsertMany(ctx, tx, cases); err != nil {
		return fmt.Errorf("collections: open cases: %w", err)
	}
	if _, err := dbsqlc.New().CollectionCaseActionInsertMany(ctx, tx, actions); err != nil {
		return fmt.Errorf("collections: insert actions: %w", err)
	}
	return nil
}

// syncOutOfStep syncs cases that an operator put into a status that contradicts
// their invoice. It returns how many it changed.
func syncOutOfStep(ctx context.Context, tx dbsqlc.DBTX, today calendar.Date, now time.Time) (changed int, err error) {
	queries := dbsqlc.New()
	ids, err := queries.CollectionCaseListOutOfStep(ctx, tx, dbsqlc.CollectionCaseListOutOfStepParams{Today: today, BatchSize: syncBatchSize})
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	invoices, err := queries.InvoiceLockMany(ctx, tx, ids)
	if err != nil {
		return 0, fmt.Errorf("collections: lock invoices: %w", err)
	}
	for _, invoice := range invoices {
		current, err := lockCase(ctx, tx, invoice.ID)
		if err != nil {
			return 0, err
		}
		synced, err := syncCase(ctx, tx, current, invoice, today, SyncActor, notBefore(*current, now))
		if err != nil {
			return 0, err
		}
		if synced.Status != current.Status || synced.OutstandingAmount != current.OutstandingAmount {
			changed++
		}
	}
	return changed, nil
}
