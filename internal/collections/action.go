package collections

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
)

// ChangeCaseStatus is the command to put a case into a status.
type ChangeCaseStatus struct {
	CaseID uuid.UUID
	Status CaseStatus
	Note   *string
}

// AddAction is the command to append an action to a case.
type AddAction struct {
	CaseID uuid.UUID
	Type   ActionType
	Note   *string
}

func changeCaseStatus(ctx context.Context, tx pgx.Tx, command ChangeCaseStatus, act actor.Act) (dbsqlc.CollectionCase, error) {
	current, err := lockCaseByID(ctx, tx, command.CaseID)
	if err != nil {
		return current, err
	}
	act = act.At(notBefore(current, act.Now))
	next := current
	setStatus(&next, command.Status, act)
	next.LastActionAt = act.Now
	changed, err := updateCase(ctx, tx, next, act.Now)
	if err != nil {
		return changed, err
	}
	payload := map[string]any{"from_status": current.Status, "to_status": command.Status}
	_, err = insertAction(ctx, tx, command.CaseID, ActionStatusUpdated, command.Note, payload, act)
	return changed, err
}

// AppendAction is Service.AddAction in the given transaction. The caller that locks invoices or
// clients too locks them in the order of a payment: invoices, cases, clients.
func AppendAction(ctx context.Context, tx pgx.Tx, command AddAction, act actor.Act) (dbsqlc.CollectionCaseAction, error) {
	next, err := lockCaseByID(ctx, tx, command.CaseID)
	if err != nil {
		return dbsqlc.CollectionCaseAction{}, err
	}
	act = act.At(notBefore(next, act.Now))
	if next.Status == CaseOpen && (command.Type == ActionReminderSent || command.Type == ActionWarningSent) {
		setStatus(&next, CaseInProgress, act)
	}
	next.LastActionAt = act.Now
	if _, err := updateCase(ctx, tx, next, act.Now); err != nil {
		return dbsqlc.CollectionCaseAction{}, err
	}
	return insertAction(ctx, tx, next.ID, command.Type, command.Note, map[string]any{"case_id": next.ID, "invoice_id": next.InvoiceID}, act)
}

func insertAction(ctx context.Context, tx pgx.Tx, caseID uuid.UUID, action ActionType, note *string, payload map[string]any, act actor.Act) (
	dbsqlc.CollectionCaseAction, error,
) {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return dbsqlc.CollectionCaseAction{}, fmt.Errorf("collections: encode payload: %w", err)
	}
	inserted, err := dbsqlc.New().CollectionCaseActionInsert(ctx, tx, dbsqlc.CollectionCaseActionInsertParams{
		ID: db.NewID(), CaseID: caseID, ActionType: action, ActorID: act.Actor, Note: note, Payload: encoded, Now: act.Now,
	})
	if err != nil {
		return inserted, fmt.Errorf("collections: insert action: %w", err)
	}
	return inserted, nil
}
