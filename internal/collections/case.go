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

// syncCase brings the case of a locked invoice in line with the invoice's state
// and returns it, or nil when the invoice never had one.
//
// An overdue invoice has a case that is worked on, kept at its days, bucket and
// outstanding amount. A paid one resolves its case, one that is not overdue any
// more closes it. Each move appends its action.
func syncCase(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, today calendar.Date, actorID string,
	now time.Time) (*dbsqlc.CollectionCase, error) {
	current, err := dbsqlc.New().CollectionCaseLockByInvoice(ctx, tx, invoice.ID)
	overdue := invoice.Status == billing.InvoiceOverdue
	switch {
	case errors.Is(err, pgx.ErrNoRows) && !overdue:
		return nil, nil
	case errors.Is(err, pgx.ErrNoRows):
		return openCase(ctx, tx, invoice, today, actorID, now)
	case err != nil:
		return nil, fmt.Errorf("collections: lock case: %w", err)
	}

	next := current
	next.OutstandingAmount = outstandingOf(invoice)
	action, note := "", ""
	worked := current.Status == CaseOpen || current.Status == CaseInProgress
	switch {
	case overdue:
		next.DaysPastDue = int32(today.DaysSince(invoice.DueDate))
		next.AgingBucket = AgingBucket(int(next.DaysPastDue))
		if !worked {
			next.Status, next.ClosedAt = CaseOpen, nil
			action, note = ActionCaseReopened, "Collection case reopened due to outstanding overdue balance"
		}
	case worked && invoice.Status == billing.InvoicePaid:
		next.Status, next.ClosedAt = CaseResolved, &now
		action, note = ActionCaseResolved, "Invoice settled in full"
	case worked:
		next.Status, next.ClosedAt = CaseClosed, &now
		action, note = ActionCaseClosed, "Invoice is no longer overdue"
	}
	return moveCase(ctx, tx, current, next, action, note, actorID, now)
}

func openCase(ctx context.Context, tx dbsqlc.DBTX, invoice dbsqlc.Invoice, today calendar.Date, actorID string,
	now time.Time) (*dbsqlc.CollectionCase, error) {
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
	return &opened, appendAction(ctx, tx, opened, ActionCaseOpened, "Collection case opened for overdue invoice", actorID, now)
}

// moveCase writes what changed of a case and appends the action that tells why.
func moveCase(ctx context.Context, tx dbsqlc.DBTX, current, next dbsqlc.CollectionCase, action, note, actorID string,
	now time.Time) (*dbsqlc.CollectionCase, error) {
	if action == "" && current.OutstandingAmount == next.OutstandingAmount && current.DaysPastDue == next.DaysPastDue {
		return &current, nil
	}
	if action != "" {
		next.LastActionAt = now
	}
	moved, err := dbsqlc.New().CollectionCaseUpdate(ctx, tx, dbsqlc.CollectionCaseUpdateParams{
		ID: next.ID, Status: next.Status, DaysPastDue: next.DaysPastDue, AgingBucket: next.AgingBucket,
		OutstandingAmount: next.OutstandingAmount, LastActionAt: next.LastActionAt, ClosedAt: next.ClosedAt, Now: now,
	})
	if err != nil {
		return nil, fmt.Errorf("collections: update case: %w", err)
	}
	if action == "" {
		return &moved, nil
	}
	return &moved, appendAction(ctx, tx, moved, action, note, actorID, now)
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
