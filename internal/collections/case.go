package collections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// noteCaseOpened is the note of the action case_opened.
const noteCaseOpened = "Collection case opened for overdue invoice"

// lockCase returns the case of an invoice, locked, or nil when the invoice never had one.
func lockCase(ctx context.Context, tx pgx.Tx, invoiceID uuid.UUID) (*dbsqlc.CollectionCase, error) {
	current, err := dbsqlc.New().CollectionCaseLockByInvoice(ctx, tx, invoiceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("collections: lock case: %w", err)
	}
	return &current, nil
}

// lockCaseByID locks a case. It refuses with collection_case_not_found.
func lockCaseByID(ctx context.Context, tx pgx.Tx, id uuid.UUID) (dbsqlc.CollectionCase, error) {
	current, err := dbsqlc.New().CollectionCaseLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return current, refusal.New(refusal.CollectionCaseNotFound)
	}
	if err != nil {
		return current, fmt.Errorf("collections: lock case: %w", err)
	}
	return current, nil
}

// syncCase updates the locked case of a locked invoice to the invoice's state and returns it; nil
// means an invoice that never had a case.
//
// An overdue invoice has an active case with its outstanding amount; the action that opens it
// belongs to SyncActor. A paid invoice resolves its case, and a void invoice closes it. Each change of
// the status appends its action. An unchanged case is not written.
func syncCase(ctx context.Context, tx pgx.Tx, current *dbsqlc.CollectionCase, invoice dbsqlc.Invoice, act actor.Act) (
	*dbsqlc.CollectionCase, error,
) {
	overdue := invoice.Status == billing.InvoiceOverdue
	if current == nil {
		if !overdue {
			return nil, nil
		}
		return openCase(ctx, tx, invoice, act)
	}
	next := *current
	next.OutstandingAmount = outstanding(invoice)
	var action ActionType
	var note string
	active := isActive(current.Status)
	switch {
	case overdue && !active:
		action, note, act.Actor = ActionCaseReopened, "Collection case reopened due to outstanding overdue balance", SyncActor
		setStatus(&next, CaseOpen, act)
	case overdue: // The days past due follow the calendar without a write.
	case active && invoice.Status == billing.InvoicePaid:
		action, note = ActionCaseResolved, "Invoice settled in full"
		setStatus(&next, CaseResolved, act)
	case active && invoice.Status == billing.InvoiceVoid:
		action, note = ActionCaseClosed, "Invoice is void"
		setStatus(&next, CaseClosed, act)
	}
	if action == "" {
		if current.OutstandingAmount == next.OutstandingAmount {
			return current, nil
		}
		updated, err := updateCase(ctx, tx, next, act.Now)
		return &updated, err
	}
	next.LastActionAt = act.Now
	updated, err := updateCase(ctx, tx, next, act.Now)
	if err != nil {
		return nil, err
	}
	_, err = insertAction(ctx, tx, updated.ID, action, &note, map[string]any{"invoice_id": updated.InvoiceID}, act)
	return &updated, err
}

// setStatus puts a case into a status. A case that becomes inactive keeps the days past due of this
// day, and the first instant at which it became inactive.
func setStatus(row *dbsqlc.CollectionCase, status CaseStatus, act actor.Act) {
	row.Status = status
	switch {
	case isActive(status):
		row.ClosedAt, row.DaysPastDue, row.AgingBucket = nil, nil, nil
	case row.ClosedAt == nil:
		days, bucket := Age(*row, act.Today)
		stopped := int32(days)
		row.ClosedAt, row.DaysPastDue, row.AgingBucket = &act.Now, &stopped, &bucket
	}
}

// notBefore returns now, or the instant of the case's last action when that is later: a caller that
// waited for the lock on the case read the clock before it held the lock.
func notBefore(row dbsqlc.CollectionCase, now time.Time) time.Time {
	if now.Before(row.LastActionAt) {
		return row.LastActionAt
	}
	return now
}

func openCase(ctx context.Context, tx pgx.Tx, invoice dbsqlc.Invoice, act actor.Act) (*dbsqlc.CollectionCase, error) {
	opened, err := dbsqlc.New().CollectionCaseInsert(ctx, tx, dbsqlc.CollectionCaseInsertParams{
		ID: db.NewID(), InvoiceID: invoice.ID, ClientID: invoice.ClientID, DueDate: invoice.DueDate,
		OutstandingAmount: outstanding(invoice), Now: act.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("collections: open case: %w", err)
	}
	note := noteCaseOpened
	_, err = insertAction(ctx, tx, opened.ID, ActionCaseOpened, &note, map[string]any{"invoice_id": opened.InvoiceID}, act.As(SyncActor))
	return &opened, err
}

func updateCase(ctx context.Context, tx pgx.Tx, next dbsqlc.CollectionCase, now time.Time) (dbsqlc.CollectionCase, error) {
	updated, err := dbsqlc.New().CollectionCaseUpdate(ctx, tx, dbsqlc.CollectionCaseUpdateParams{
		ID: next.ID, Status: next.Status, DaysPastDue: next.DaysPastDue, AgingBucket: next.AgingBucket,
		OutstandingAmount: next.OutstandingAmount, LastActionAt: next.LastActionAt, ClosedAt: next.ClosedAt, Now: now,
	})
	if err != nil {
		return updated, fmt.Errorf("collections: update case: %w", err)
	}
	return updated, nil
}

// Age returns the days past due of a case on a day, and its bucket. They follow the calendar while
// the case is active. A resolved or closed case keeps the values of the day on which it became inactive.
func Age(row dbsqlc.CollectionCase, today calendar.Date) (daysPastDue int, bucket string) {
	if row.DaysPastDue != nil {
		return int(*row.DaysPastDue), *row.AgingBucket
	}
	days := today.DaysSince(row.DueDate)
	return days, AgingBucket(days)
}
