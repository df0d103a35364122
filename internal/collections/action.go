package collections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ChangeStatus puts a case into any status, in the given transaction, and appends
// the action status_updated, also when the case has that status already. It refuses
// with collection_case_not_found.
//
// The operator does not overrule the invoice: the next sync opens the case of an
// overdue invoice again, and resolves or closes that of one which is not.
func ChangeStatus(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID, to string, note *string, actorID string,
	today calendar.Date, now time.Time) (dbsqlc.CollectionCase, error) {
	current, err := lockCaseByID(ctx, tx, id)
	if err != nil {
		return current, err
	}
	now = notBefore(current, now)
	next := current
	enter(&next, to, today, now)
	next.LastActionAt = now
	changed, err := updateCase(ctx, tx, next, now)
	if err != nil {
		return changed, err
	}
	payload := map[string]any{"from_status": current.Status, "to_status": to}
	_, err = insertAction(ctx, tx, id, ActionStatusUpdated, note, actorID, payload, now)
	return changed, err
}

// AddAction appends an action to a case by hand, in the given transaction. A
// reminder or a warning takes an open case in progress; no other action changes the
// status. It refuses with collection_case_not_found.
func AddAction(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID, action string, note *string, actorID string,
	today calendar.Date, now time.Time) (dbsqlc.CollectionCaseAction, error) {
	next, err := lockCaseByID(ctx, tx, id)
	if err != nil {
		return dbsqlc.CollectionCaseAction{}, err
	}
	now = notBefore(next, now)
	if next.Status == CaseOpen && (action == ActionReminderSent || action == ActionWarningSent) {
		enter(&next, CaseInProgress, today, now)
	}
	next.LastActionAt = now
	if _, err := updateCase(ctx, tx, next, now); err != nil {
		return dbsqlc.CollectionCaseAction{}, err
	}
	return insertAction(ctx, tx, id, action, note, actorID, map[string]any{"case_id": next.ID, "invoice_id": next.InvoiceID}, now)
}

func lockCaseByID(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.CollectionCase, error) {
	current, err := dbsqlc.New().CollectionCaseLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return current, refusal.New(refusal.CollectionCaseNotFound)
	}
	if err != nil {
		return current, fmt.Errorf("collections: lock case: %w", err)
	}
	return current, nil
}
