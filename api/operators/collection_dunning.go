package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows"
)

func (h *handlers) collectionDunningRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "getCollectionCaseDunning", Method: http.MethodGet, Path: "/api/v1/collections/cases/{case_id}/dunning",
		Tag: "Collections", Access: rest.Readers,
		Summary: "Get the dunning state of a collection case's client",
		Description: "Dunning works per client, so all cases of a client return the same: the steps taken since the " +
			"client became delinquent, and the next step. For a client who is no longer delinquent, the last episode is " +
			"returned.",
		Success:  "The steps taken and the next step.",
		Refusals: []refusal.Code{refusal.CollectionCaseNotFound},
	}, h.getCollectionCaseDunning)
}

// DunningRead is the dunning state of a client.
type DunningRead struct {
	ClientID      uuid.UUID       `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	WorkflowID    string          `json:"workflow_id" doc:"The client's dunning workflow, for the Temporal UI." example:"dunning/01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	PolicyVersion int32           `json:"policy_version" doc:"The policy version that determines the next step." example:"1"`
	EpisodeSince  *rest.Timestamp `json:"episode_since" nullable:"true" doc:"When the client became delinquent; null if they never were."`
	EpisodeEnded  *rest.Timestamp `json:"episode_ended_at" nullable:"true" doc:"When dunning registered that the client was no longer delinquent."`
	Steps         []DunningStep   `json:"steps" nullable:"false" doc:"The steps taken in the episode, oldest first."`
	// The fields of the next step are null if none is left or nothing is overdue.
	NextStep        *string         `json:"next_step" doc:"The next step; null if none is left or nothing is overdue." example:"warning"`
	NextAction      *string         `json:"next_step_action" enum:"reminder_sent,warning_sent,suspend_contracts" example:"warning_sent"`
	NextDaysPastDue *int            `json:"next_step_days_past_due" example:"21"`
	NextDate        *calendar.Date  `json:"next_step_date" nullable:"true" format:"date" doc:"The business day on which the step is due." example:"2026-12-06"`
	NextAt          *rest.Timestamp `json:"next_step_at" nullable:"true" doc:"The earliest time of the step."`
}

// DunningStep is a completed step.
type DunningStep struct {
	Step          string         `json:"step" example:"reminder"`
	DaysPastDue   int32          `json:"days_past_due" doc:"Days past due at which the policy schedules the step." example:"7"`
	Action        string         `json:"action" enum:"reminder_sent,warning_sent,suspend_contracts" example:"reminder_sent"`
	PolicyVersion int32          `json:"policy_version" example:"1"`
	DoneAt        rest.Timestamp `json:"done_at"`
	// The fields of the message are null for a step without a message.
	NotificationID       *uuid.UUID `json:"notification_id" format:"uuid" nullable:"true" example:"01932d70-2f4b-7a18-b3c6-9e50d1a7f842"`
	NotificationStatus   *string    `json:"notification_status" enum:"pending,sent,failed,skipped" doc:"Delivery status of the step's message; null for a step without a message." example:"sent"`
	NotificationReason   *string    `json:"notification_reason" doc:"Why the message was not sent, or not sent yet."`
	NotificationAttempts *int32     `json:"notification_attempts" example:"1"`
}

func newDunningRead(clientID uuid.UUID, status dunning.Status) DunningRead {
	answer := DunningRead{
		ClientID: clientID, WorkflowID: workflows.DunningID(clientID), PolicyVersion: status.PolicyVersion,
		Steps: make([]DunningStep, len(status.Steps)),
	}
	if status.Episode != nil {
		answer.EpisodeSince = rest.OptionalTimestamp(&status.Episode.Since)
		answer.EpisodeEnded = rest.OptionalTimestamp(status.Episode.EndedAt)
	}
	for i, row := range status.Steps {
		step := row.DunningStep
		answer.Steps[i] = DunningStep{
			Step: step.Step, DaysPastDue: step.DaysPastDue, Action: string(step.Action), PolicyVersion: step.PolicyVersion, DoneAt: rest.Timestamp(step.DoneAt),
			NotificationID: step.NotificationID, NotificationStatus: row.NotificationStatus, NotificationReason: row.NotificationReason,
			NotificationAttempts: row.Attempts,
		}
	}
	if next := status.Next; next != nil {
		answer.NextStep, answer.NextAction, answer.NextDaysPastDue = &next.Step.Name, (*string)(&next.Step.Action), &next.Step.DaysPastDue
		answer.NextDate, answer.NextAt = &next.Date, rest.OptionalTimestamp(&next.At)
	}
	return answer
}

func (h *handlers) getCollectionCaseDunning(ctx context.Context, input *CollectionCasePath) (*struct{ Body DunningRead }, error) {
	about, err := h.Queries.CollectionCaseGetByID(ctx, h.Pool, rest.ParseID(input.CaseID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.CollectionCaseNotFound)
	}
	status, err := dunning.StatusOf(ctx, h.Pool, about.ClientID, h.SendWindow, h.Now())
	if err != nil {
		return nil, err
	}
	return &struct{ Body DunningRead }{Body: newDunningRead(about.ClientID, status)}, nil
}
