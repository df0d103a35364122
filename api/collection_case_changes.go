package api

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) collectionCaseChangeRoutes() {
	const tag = "Collections"
	register(s, operation{id: "addCollectionCaseAction", access: writers, method: http.MethodPost,
		path: "/api/v1/collections/cases/{case_id}/actions", tag: tag,
		summary:     "Append an action to a collection case",
		description: "An action tells something under the caller's name. A reminder or a warning takes an open case in progress; no other changes it.",
		success:     "The new action.",
		refusals:    []refusal.Code{refusal.CollectionCaseNotFound}}, s.addCollectionCaseAction)
	register(s, operation{id: "changeCollectionCaseStatus", access: writers, method: http.MethodPut,
		path: "/api/v1/collections/cases/{case_id}/status", tag: tag,
		summary: "Put a collection case into another status",
		description: "Every status follows every other, and each change is told in the history. The calendar has the last word: a case " +
			"that contradicts what is owed is put right when the cases are next asked for.",
		success:  "The case as it is now.",
		refusals: []refusal.Code{refusal.CollectionCaseNotFound}}, s.changeCollectionCaseStatus)
}

// CollectionCaseActionCreate is the body of an action. Every type of the original is
// taken, as it does: an action only tells something, under the name of who tells it.
type CollectionCaseActionCreate struct {
	ActionType string  `json:"action_type" enum:"case_opened,case_reopened,payment_recorded,status_updated,reminder_sent,warning_sent,note,case_resolved,case_closed" doc:"A reminder or a warning takes an open case in progress." example:"reminder_sent"`
	Note       *string `json:"note,omitempty" nullable:"true" maxLength:"1200" doc:"Required for the type note." example:"Called, will pay on Friday"`
}

// CollectionCaseStatusUpdate asks for a status of a case.
type CollectionCaseStatusUpdate struct {
	Status string  `json:"status" enum:"open,in_progress,resolved,closed" example:"in_progress"`
	Note   *string `json:"note,omitempty" nullable:"true" maxLength:"1200" example:"Promised to pay this week"`
}

// CollectionCaseOutput answers with one case.
type CollectionCaseOutput struct{ Body CollectionCaseRead }

// CollectionCaseActionOutput answers with one action.
type CollectionCaseActionOutput struct{ Body CollectionCaseActionRead }

func (s *Server) addCollectionCaseAction(ctx context.Context, input *struct {
	CollectionCasePath
	Body CollectionCaseActionCreate
}) (*CollectionCaseActionOutput, error) {
	var checked fields
	note := optionalText(input.Body.Note)
	if input.Body.ActionType == collections.ActionNote && note == nil {
		checked.refuse("note", "note must not be empty")
	}
	if err := checked.err(); err != nil {
		return nil, err
	}
	today, now := s.today(), s.Now()
	var added dbsqlc.CollectionCaseAction
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		added, err = collections.AddAction(ctx, tx, parseID(input.CaseID), input.Body.ActionType, note, actorOf(ctx).ID, today, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &CollectionCaseActionOutput{Body: readCollectionCaseAction(added)}, nil
}

func (s *Server) changeCollectionCaseStatus(ctx context.Context, input *struct {
	CollectionCasePath
	Body CollectionCaseStatusUpdate
}) (*CollectionCaseOutput, error) {
	today, now := s.today(), s.Now()
	var changed dbsqlc.CollectionCase
	err := db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		changed, err = collections.ChangeStatus(ctx, tx, parseID(input.CaseID), input.Body.Status, optionalText(input.Body.Note),
			actorOf(ctx).ID, today, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &CollectionCaseOutput{Body: readCollectionCase(changed, today)}, nil
}
