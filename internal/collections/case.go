package collections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// noteCaseOpened is what a case that is opened says.
const noteCaseOpened = "Collection case opened for overdue invoice"

// lockCase returns the case of an invoice, locked, or nil when it never had one.
func lockCase(ctx context.Context, tx dbsqlc.DBTX, invoiceID uuid.UUID) (*dbsqlc.CollectionCase, error) {
	current, err := dbsqlc.New().CollectionCaseLockByInvoice(ctx, tx, invoiceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("collections: lock case: %w", err)
	}
	return &current, nil
}

// syncCase brings the locked case of a locked invoice in line with the invoice's
// state and returns it; nil stands for an invoice that never had one.
//
// An overdue invoice has a case that is worked on, kept at its outstanding amount;
// that the calendar opens it is told as such. A paid one resolves its case, a void one
// closes it. Each move appends its action.
func syncCase(ctx context.Context, tx dbsqlc.DBTX, current *dbsqlc.CollectionCase, invoice dbsqlc.Invoice,
	today calendar.Date, actorID string, now time.Time) (*dbsqlc.CollectionCase, error) {
	overdue := invoice.Status == billing.InvoiceOverdue
	if current == nil {
		if !overdue {
			return nil, nil
		}
		return openCase(ctx, tx, invoice, now)
	}

	move := caseMove{next: *current}
	move.next.OutstandingAmount = outstandingOf(invoice)
	worked := workedOn(current.Status)
	switch {
	case overdue && !worked:
		enter(&move.next, CaseOpen, today, now)
		move.tell(ActionCaseReopened, "Collection case reopened due to outstanding overdue balance", SyncActor)
	case overdue: // The days go on by themselves.
	case worked && invoice.Status == billing.InvoicePaid:
		enter(&move.next, CaseResolved, today, now)
		move.tell(ActionCaseResolved, "Invoice settled in full", actorID)
	case worked && invoice.Status == billing.InvoiceVoid:
		enter(&move.next, CaseClosed, today, now)
		move.tell(ActionCaseClosed, "Invoice is void", actorID)
	}
	return move.apply(ctx, tx, *current, now)
}

// enter puts a case into a status. One that is not worked on any more stops at the
// days of this day; the moment at which it stopped first is kept.
func enter(about *dbsqlc.CollectionCase, status string, today calendar.Date, now time.Time) {
	about.Status = status
	switch {
	case workedOn(status):
		about.ClosedAt, about.DaysPastDue, about.AgingBucket = nil, nil, nil
	case about.ClosedAt == nil:
		days, bucket := Age(*about, today)
		stopped := int32(days)
		about.ClosedAt, about.DaysPastDue, about.AgingBucket = &now, &stopped, &bucket
	}
}

// notBefore returns now, or the moment of the case's last action when that is later:
// whoever waited for the lock on the case read the clock before they had it.
func notBefore(about dbsqlc.CollectionCase, now time.Time) time.Time {
	if now.Before(about.LastActionAt) {
		return about.LastActionAt
	}
	return now
}

func openCase(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, now time.Time) (*dbsqlc.CollectionCase, error) {
	opened, err := dbsqlc.New().CollectionCaseInsert(ctx, tx, dbsqlc.CollectionCaseInsertParams{
		ID: db.NewID(), InvoiceID: invoice.ID, ClientID: invoice.ClientID, DueDate: invoice.DueDate,
		OutstandingAmount: outstandingOf(invoice), Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("collections: open case: %w", err)
	}
	return &opened, appendAction(ctx, tx, opened, ActionCaseOpened, noteCaseOpened, SyncActor, now)
}

// caseMove is what becomes of a case, and the action that tells why.
type caseMove struct {
	next                  dbsqlc.CollectionCase
	action, note, actorID string
}

func (m *caseMove) tell(action, note, actorID string) {
	m.action, m.note, m.actorID = action, note, actorID
}

// apply writes what changed; a case that is in line already is left alone.
func (m *caseMove) apply(ctx context.Context, tx dbsqlc.DBTX, current dbsqlc.CollectionCase, now time.Time) (*dbsqlc.CollectionCase, error) {
	if m.action != "" {
		m.next.LastActionAt = now
	}
	if m.action == "" && current.OutstandingAmount == m.next.OutstandingAmount {
		return &current, nil
	}
	moved, err := updateCase(ctx, tx, m.next, now)
	if err != nil {
		return nil, err
	}
	if m.action == "" {
		return &moved, nil
	}
	return &moved, appendAction(ctx, tx, moved, m.action, m.note, m.actorID, now)
}

func updateCase(ctx context.Context, tx dbsqlc.DBTX, next dbsqlc.CollectionCase, now time.Time) (dbsqlc.CollectionCase, error) {
	updated, err := dbsqlc.New().CollectionCaseUpdate(ctx, tx, dbsqlc.CollectionCaseUpdateParams{
		ID: next.ID, Status: next.Status, DaysPastDue: next.DaysPastDue, AgingBucket: next.AgingBucket,
		OutstandingAmount: next.OutstandingAmount, LastActionAt: next.LastActionAt, ClosedAt: next.ClosedAt, Now: now,
	})
	if err != nil {
		return updated, fmt.Errorf("collections: update case: %w", err)
	}
	return updated, nil
}

func appendAction(ctx context.Context, tx dbsqlc.DBTX, about dbsqlc.CollectionCase, action, note, actorID string, now time.Time) error {
	return appendActionWith(ctx, tx, about.ID, action, note, actorID, map[string]any{"invoice_id": about.InvoiceID}, now)
}

func appendActionWith(ctx context.Context, tx dbsqlc.DBTX, caseID uuid.UUID, action, note, actorID string,
	payload map[string]any, now time.Time) error {
	_, err := insertAction(ctx, tx, caseID, action, &note, actorID, payload, now)
	return err
}

func insertAction(ctx context.Context, tx dbsqlc.DBTX, caseID uuid.UUID, action string, note *string, actorID string,
	payload map[string]any, now time.Time) (dbsqlc.CollectionCaseAction, error) {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return dbsqlc.CollectionCaseAction{}, fmt.Errorf("collections: encode payload: %w", err)
	}
	inserted, err := dbsqlc.New().CollectionCaseActionInsert(ctx, tx, dbsqlc.CollectionCaseActionInsertParams{
		ID: db.NewID(), CaseID: caseID, ActionType: action, ActorID: actorID, Note: note, Payload: encoded, Now: now,
	})
	if err != nil {
		return inserted, fmt.Errorf("collections: insert action: %w", err)
	}
	return inserted, nil
}

// outstandingOf is what is owed on an invoice: nothing once it is void.
func outstandingOf(invoice dbsqlc.Invoice) money.Amount {
	if invoice.Status == billing.InvoiceVoid {
		return 0
	}
	return invoice.TotalAmount - invoice.PaidAmount
}
