package collections

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

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
// An overdue invoice has a case that is worked on, kept at its days, bucket and
// outstanding amount; that the calendar opens it is told as such. A paid one
// resolves its case, one that is not overdue any more closes it. Each move appends
// its action.
func syncCase(ctx context.Context, tx dbsqlc.DBTX, current *dbsqlc.CollectionCase, invoice dbsqlc.Invoice,
	today calendar.Date, actorID string, now time.Time) (*dbsqlc.CollectionCase, error) {
	overdue := invoice.Status == billing.InvoiceOverdue
	if current == nil {
		if !overdue {
			return nil, nil
		}
		return openCase(ctx, tx, invoice, today, now)
	}

	move := caseMove{next: *current}
	move.next.OutstandingAmount = outstandingOf(invoice)
	worked := current.Status == CaseOpen || current.Status == CaseInProgress
	switch {
	case overdue:
		move.next.DaysPastDue = int32(today.DaysSince(invoice.DueDate))
		move.next.AgingBucket = AgingBucket(int(move.next.DaysPastDue))
		if !worked {
			move.next.Status, move.next.ClosedAt = CaseOpen, nil
			move.tell(ActionCaseReopened, "Collection case reopened due to outstanding overdue balance", SyncActor)
		}
	case worked && invoice.Status == billing.InvoicePaid:
		move.next.Status, move.next.ClosedAt = CaseResolved, &now
		move.tell(ActionCaseResolved, "Invoice settled in full", actorID)
	case worked:
		move.next.Status, move.next.ClosedAt = CaseClosed, &now
		move.tell(ActionCaseClosed, "Invoice is no longer overdue", actorID)
	}
	return move.apply(ctx, tx, *current, now)
}

func openCase(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, today calendar.Date, now time.Time) (*dbsqlc.CollectionCase, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("collections: new id: %w", err)
	}
	days := today.DaysSince(invoice.DueDate)
	opened, err := dbsqlc.New().CollectionCaseInsert(ctx, tx, dbsqlc.CollectionCaseInsertParams{
		ID: id, InvoiceID: invoice.ID, ClientID: invoice.ClientID, DaysPastDue: int32(days),
		AgingBucket: AgingBucket(days), OutstandingAmount: outstandingOf(invoice), Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("collections: open case: %w", err)
	}
	return &opened, appendAction(ctx, tx, opened, ActionCaseOpened, "Collection case opened for overdue invoice", SyncActor, now)
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
	if m.action == "" && current.OutstandingAmount == m.next.OutstandingAmount && current.DaysPastDue == m.next.DaysPastDue {
		return &current, nil
	}
	moved, err := dbsqlc.New().CollectionCaseUpdate(ctx, tx, dbsqlc.CollectionCaseUpdateParams{
		ID: m.next.ID, Status: m.next.Status, DaysPastDue: m.next.DaysPastDue, AgingBucket: m.next.AgingBucket,
		OutstandingAmount: m.next.OutstandingAmount, LastActionAt: m.next.LastActionAt, ClosedAt: m.next.ClosedAt, Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("collections: update case: %w", err)
	}
	if m.action == "" {
		return &moved, nil
	}
	return &moved, appendAction(ctx, tx, moved, m.action, m.note, m.actorID, now)
}

func appendAction(ctx context.Context, tx dbsqlc.DBTX, about dbsqlc.CollectionCase, action, note, actorID string, now time.Time) error {
	payload := map[string]any{"case_id": about.ID, "invoice_id": about.InvoiceID}
	return appendActionWith(ctx, tx, about.ID, action, note, actorID, payload, now)
}

func appendActionWith(ctx context.Context, tx dbsqlc.DBTX, caseID uuid.UUID, action, note, actorID string,
	payload map[string]any, now time.Time) error {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("collections: encode payload: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("collections: new id: %w", err)
	}
	return dbsqlc.New().CollectionCaseActionInsert(ctx, tx, dbsqlc.CollectionCaseActionInsertParams{
		ID: id, CaseID: caseID, ActionType: action, ActorID: actorID, Note: &note, Payload: encoded, Now: now,
	})
}

func outstandingOf(invoice dbsqlc.Invoice) money.Amount {
	return invoice.TotalAmount - invoice.PaidAmount
}
