package landing

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// minStepLength is the minimum length of a step's name.
const minStepLength = 2

func (h *handlers) landingDraftRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "createLandingDraft", Method: http.MethodPost, Path: "/api/v1/landing/drafts", Tag: tagLanding, Access: rest.Public,
		Limits:      h.limits.draft,
		Summary:     "Save a draft of a form",
		Description: "Saves an unfinished form. The payload is stored as sent and is not validated.",
		Success:     "The new draft.",
	}, h.createDraft)
	rest.Register(h.API, rest.Operation{
		ID: "getLandingDraft", Method: http.MethodGet, Path: "/api/v1/landing/drafts/{draft_id}", Tag: tagLanding,
		Access:      rest.Public,
		Limits:      h.limits.draft,
		Summary:     "Get a draft",
		Description: "A draft, to resume an unfinished form.",
		Success:     "The draft.",
		Refusals:    []refusal.Code{refusal.LandingDraftNotFound},
	}, h.getDraft)
	rest.Register(h.API, rest.Operation{
		ID: "updateLandingDraft", Method: http.MethodPut, Path: "/api/v1/landing/drafts/{draft_id}", Tag: tagLanding,
		Access:      rest.Public,
		Limits:      h.limits.draft,
		Summary:     "Update a draft",
		Description: "Only the fields sent change; a payload replaces the previous one as a whole. Null clears the CIN.",
		Success:     "The updated draft.",
		Refusals:    []refusal.Code{refusal.LandingDraftNotFound},
	}, h.updateDraft)
}

// DraftPayload is a JSON object stored for the landing page without interpreting it.
type DraftPayload struct{ stored json.RawMessage }

// UnmarshalJSON keeps the object as sent; null counts as absent.
func (p *DraftPayload) UnmarshalJSON(text []byte) error {
	p.stored = nil
	if string(text) != "null" {
		p.stored = bytes.Clone(text)
	}
	return nil
}

// MarshalJSON writes the object with its keys in order.
func (p DraftPayload) MarshalJSON() ([]byte, error) { return []byte(rest.SortedJSON(p.stored)), nil }

// Schema describes the object to OpenAPI.
func (DraftPayload) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// check reports a payload that the database cannot store at reasonable cost.
func (p DraftPayload) check(validator *rest.Validator) {
	if p.stored != nil && !rest.Storable(p.stored) {
		validator.Fail("payload", "payload is nested too deeply or contains a number out of range")
	}
}

// LandingDraftCreate is the body of a new draft.
type LandingDraftCreate struct {
	FlowType string       `json:"flow_type" enum:"subscribe_new_service,upgrade_or_downgrade_existing_service,check_billing_and_download_invoices" example:"subscribe_new_service"`
	Step     string       `json:"step" minLength:"2" maxLength:"64" example:"identity"`
	CIN      *string      `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40" example:"AB123456"`
	Payload  DraftPayload `json:"payload,omitempty" doc:"Any object; defaults to {}." example:"{\"offer_id\": \"01932b7d-0a55-7b68-b3f1-c2d80e6f9147\"}"`
	Status   string       `json:"status,omitempty" enum:"in_progress,submitted,cancelled" default:"in_progress"`
}

// LandingDraftUpdate is the body of an update: only the fields sent change, and null clears the CIN.
type LandingDraftUpdate struct {
	FlowType rest.Optional[string]       `json:"flow_type,omitempty" enum:"subscribe_new_service,upgrade_or_downgrade_existing_service,check_billing_and_download_invoices"`
	Step     rest.Optional[string]       `json:"step,omitempty" minLength:"2" maxLength:"64" example:"offer"`
	CIN      rest.Optional[string]       `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40"`
	Payload  rest.Optional[DraftPayload] `json:"payload,omitempty" doc:"The whole object; it replaces the previous one." example:"{\"offer_id\": \"01932b7d-3c9e-7ce5-84d6-7f1a2b0c5d83\"}"`
	Status   rest.Optional[string]       `json:"status,omitempty" enum:"in_progress,submitted,cancelled"`
}

// LandingDraftRead is a draft as the API shows it.
type LandingDraftRead struct {
	ID        uuid.UUID      `json:"id" example:"01932b90-1f47-7253-9b6e-08c4d5a7f312" format:"uuid"`
	FlowType  string         `json:"flow_type" enum:"subscribe_new_service,upgrade_or_downgrade_existing_service,check_billing_and_download_invoices" example:"subscribe_new_service"`
	Step      string         `json:"step" example:"identity"`
	CIN       *string        `json:"cin" example:"AB123456"`
	Payload   DraftPayload   `json:"payload" example:"{\"offer_id\": \"01932b7d-0a55-7b68-b3f1-c2d80e6f9147\"}"`
	Status    string         `json:"status" enum:"in_progress,submitted,cancelled" example:"in_progress"`
	CreatedAt rest.Timestamp `json:"created_at"`
	UpdatedAt rest.Timestamp `json:"updated_at"`
}

// LandingDraftOutput answers with one draft.
type LandingDraftOutput struct{ Body LandingDraftRead }

// LandingDraftPath names a draft.
type LandingDraftPath struct {
	DraftID string `path:"draft_id" doc:"The draft." example:"01932b90-1f47-7253-9b6e-08c4d5a7f312"`
}

func newLandingDraftRead(row dbsqlc.LandingDraft) *LandingDraftOutput {
	return &LandingDraftOutput{Body: LandingDraftRead{
		ID: row.ID, FlowType: row.FlowType, Step: row.Step, CIN: row.CIN, Payload: DraftPayload{row.Payload}, Status: row.Status,
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}}
}

func (h *handlers) createDraft(ctx context.Context, input *struct{ Body LandingDraftCreate }) (*LandingDraftOutput, error) {
	var validator rest.Validator
	step, cin := validator.Trimmed("step", input.Body.Step, minStepLength), rest.OptionalCIN(input.Body.CIN, &validator)
	input.Body.Payload.check(&validator)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	payload := input.Body.Payload.stored
	if payload == nil {
		payload = json.RawMessage("{}")
	}
	row, err := h.Queries.LandingDraftInsert(ctx, h.Pool, dbsqlc.LandingDraftInsertParams{
		ID: db.NewID(), FlowType: input.Body.FlowType, Step: step, CIN: cin, Payload: payload, Status: input.Body.Status, Now: h.Now(),
	})
	if err != nil {
		return nil, err
	}
	return newLandingDraftRead(row), nil
}

func (h *handlers) getDraft(ctx context.Context, input *LandingDraftPath) (*LandingDraftOutput, error) {
	row, err := h.Queries.LandingDraftGetByID(ctx, h.Pool, rest.ParseID(input.DraftID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.LandingDraftNotFound)
	}
	return newLandingDraftRead(row), nil
}

func (h *handlers) updateDraft(ctx context.Context, input *struct {
	LandingDraftPath
	Body LandingDraftUpdate
},
) (*LandingDraftOutput, error) {
	body := &input.Body
	if err := body.normalise(); err != nil {
		return nil, err
	}
	row, err := h.Queries.LandingDraftUpdate(ctx, h.Pool, dbsqlc.LandingDraftUpdateParams{
		ID: rest.ParseID(input.DraftID), FlowType: body.FlowType.Pointer(), Step: body.Step.Pointer(), CINSent: body.CIN.Present,
		CIN: body.CIN.Pointer(), Payload: body.Payload.Value.stored, Status: body.Status.Pointer(), Now: h.Now(),
	})
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.LandingDraftNotFound)
	}
	return newLandingDraftRead(row), nil
}

// normalise trims the fields sent and refuses null except for the CIN.
func (u *LandingDraftUpdate) normalise() error {
	var validator rest.Validator
	u.FlowType.RefuseNull("flow_type", &validator)
	u.Step.RefuseNull("step", &validator)
	u.Payload.RefuseNull("payload", &validator)
	u.Status.RefuseNull("status", &validator)
	u.Step.Normalise(func(step string) string { return validator.Trimmed("step", step, minStepLength) })
	u.CIN.Normalise(validator.CIN)
	u.Payload.Value.check(&validator)
	return validator.Err()
}
