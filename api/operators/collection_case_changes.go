package operators

import (
	"context"
	"net/http"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) collectionCaseChangeRoutes() {
	const tag = "Collections"
	rest.Register(h.API, rest.Operation{
		ID: "addCollectionCaseAction", Method: http.MethodPost, Path: "/api/v1/collections/cases/{case_id}/actions", Tag: tag,
		Access:  rest.Writers,
		Summary: "Add an action to a collection case",
		Description: "An action documents something under the caller's name. A reminder or a warning moves an open " +
			"case to in progress; no other action changes the case.",
		Success:  "The new action.",
		Refusals: []refusal.Code{refusal.CollectionCaseNotFound},
	}, h.addCollectionCaseAction)
	rest.Register(h.API, rest.Operation{
		ID: "changeCollectionCaseStatus", Method: http.MethodPut, Path: "/api/v1/collections/cases/{case_id}/status", Tag: tag,
		Access:  rest.Writers,
		Summary: "Change the status of a collection case",
		Description: "Every status change is allowed and recorded in the history. The calendar takes precedence: a " +
			"case whose status contradicts the outstanding amount is corrected on the next read of cases.",
		Success:  "The updated case.",
		Refusals: []refusal.Code{refusal.CollectionCaseNotFound},
	}, h.changeCollectionCaseStatus)
}

// CollectionCaseActionCreate is the body of an action. It accepts every type that the original system
// accepts, because an action only documents something under the caller's name.
type CollectionCaseActionCreate struct {
	ActionType string  `json:"action_type" enum:"case_opened,case_reopened,payment_recorded,status_updated,reminder_sent,warning_sent,note,case_resolved,case_closed" doc:"A reminder or a warning moves an open case to in progress." example:"reminder_sent"`
	Note       *string `json:"note,omitempty" nullable:"true" maxLength:"1200" doc:"Required for the type note." example:"Called, will pay on Friday"`
}

// CollectionCaseStatusUpdate is the body of a status change.
type CollectionCaseStatusUpdate struct {
	Status string  `json:"status" enum:"open,in_progress,resolved,closed" example:"in_progress"`
	Note   *string `json:"note,omitempty" nullable:"true" maxLength:"1200" example:"Promised to pay this week"`
}

// CollectionCaseOutput answers with one case.
type CollectionCaseOutput struct{ Body CollectionCaseRead }

// CollectionCaseActionOutput answers with one action.
type CollectionCaseActionOutput struct{ Body CollectionCaseActionRead }

func (h *handlers) addCollectionCaseAction(ctx context.Context, input *struct {
	CollectionCasePath
	Body CollectionCaseActionCreate
},
) (*CollectionCaseActionOutput, error) {
	var validator rest.Validator
	note := rest.OptionalText(input.Body.Note)
	command := collections.AddAction{CaseID: rest.ParseID(input.CaseID), Type: collections.ActionType(input.Body.ActionType), Note: note}
	if command.Type == collections.ActionNote && note == nil {
		validator.Fail("note", "note must not be empty")
	}
	if err := validator.Err(); err != nil {
		return nil, err
	}
	added, err := h.collections.AddAction(ctx, command, h.Act(ctx))
	if err != nil {
		return nil, err
	}
	return &CollectionCaseActionOutput{Body: newCollectionCaseActionRead(added)}, nil
}

func (h *handlers) changeCollectionCaseStatus(ctx context.Context, input *struct {
	CollectionCasePath
	Body CollectionCaseStatusUpdate
},
) (*CollectionCaseOutput, error) {
	act := h.Act(ctx)
	changed, err := h.collections.ChangeCaseStatus(ctx, collections.ChangeCaseStatus{
		CaseID: rest.ParseID(input.CaseID), Status: collections.CaseStatus(input.Body.Status), Note: rest.OptionalText(input.Body.Note),
	}, act)
	if err != nil {
		return nil, err
	}
	return &CollectionCaseOutput{Body: newCollectionCaseRead(changed, act.Today)}, nil
}
