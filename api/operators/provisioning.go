package operators

import (
	"cmp"
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// provisioningRefusals are the refusals of a provisioning by an operator.
var provisioningRefusals = []refusal.Code{
	refusal.OfferNotFound, refusal.OfferNotActive, refusal.OfferValidityInvalid, refusal.ClientNotFound,
	refusal.ClientCINConflict, refusal.ContractDateInvalid, refusal.ContractCommitmentInvalid,
	refusal.UpgradeTargetMissing, refusal.UpgradeTargetInvalid, refusal.UpgradeDisambiguation,
	refusal.ProvisioningIntentConflict, refusal.SubscriberTaken, refusal.SubscriberOffer,
	refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict,
}

func (h *handlers) provisioningRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "provisionContract", Method: http.MethodPost, Path: "/api/v1/contracts/provision", Tag: "Contracts",
		Access:  rest.Writers,
		Waits:   true,
		Summary: "Provision a new contract, or upgrade an existing one",
		Description: "Creates a contract, or upgrades an active contract of the same client and service type, " +
			"depending on `provisioning_intent`: `new_line` always creates one, `upgrade` always upgrades one, and `auto` " +
			"upgrades the only candidate or, if there is none, creates a contract. Several candidates are refused unless " +
			"`target_contract_id` or the subscriber selects one. The client and the subscriber are given by id or created " +
			"with the contract. With an `Idempotency-Key` the request can be repeated safely.",
		Success:  "The contract, and whether its client and subscriber were created.",
		Refusals: provisioningRefusals,
	}, h.provision)
}

// ProvisionBody is the body of a provisioning. It has exactly one of client_id and client, and at most
// one of subscriber_id and subscriber.
type ProvisionBody struct {
	OfferID            string                             `json:"offer_id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
	ContractStartDate  calendar.Date                      `json:"contract_start_date" format:"date" example:"2026-11-22"`
	CommitmentMonths   *int32                             `json:"commitment_months,omitempty" nullable:"true" minimum:"1" maximum:"60" example:"12"`
	EndDate            *calendar.Date                     `json:"end_date,omitempty" nullable:"true" format:"date"`
	AutoActivate       *bool                              `json:"auto_activate,omitempty" nullable:"true" doc:"Defaults to true."`
	ClientID           *string                            `json:"client_id,omitempty" nullable:"true" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	Client             rest.Optional[InlineClient]        `json:"client,omitempty" nullable:"true"`
	SubscriberID       *string                            `json:"subscriber_id,omitempty" nullable:"true"`
	Subscriber         rest.Optional[ProvisionSubscriber] `json:"subscriber,omitempty" nullable:"true"`
	ProvisioningIntent string                             `json:"provisioning_intent,omitempty" enum:"auto,upgrade,new_line" default:"auto" example:"new_line"`
	TargetContractID   *string                            `json:"target_contract_id,omitempty" nullable:"true"`
}

// InlineClient is a client created with its contract.
type InlineClient struct {
	CIN        *string               `json:"cin,omitempty" nullable:"true" minLength:"4" maxLength:"40" example:"AB123456"`
	ClientType vocabulary.ClientType `json:"client_type" enum:"individual,business"`
	FullName   string                `json:"full_name" minLength:"2" maxLength:"150" example:"Leila Amrani"`
	Address    *string               `json:"address,omitempty" nullable:"true" maxLength:"255" example:"12, rue Atlas, Rabat"`
	Email      *string               `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Phone      *string               `json:"phone,omitempty" nullable:"true" maxLength:"40" example:"+212 6 12 34 56 78"`
}

// ProvisionSubscriber describes the line of a new contract.
type ProvisionSubscriber struct {
	ServiceIdentifier *string                 `json:"service_identifier,omitempty" nullable:"true" minLength:"3" maxLength:"100" example:"+212612345678"`
	ServiceType       *vocabulary.ServiceType `json:"service_type,omitempty" nullable:"true" enum:"mobile,fiber,adsl,tv,addon,landline"`
}

// ProvisionResult is the effect of a provisioning.
type ProvisionResult struct {
	Contract            resource.ContractRead `json:"contract"`
	CreatedClient       bool                  `json:"created_client"`
	CreatedSubscriber   bool                  `json:"created_subscriber"`
	ProvisioningMode    string                `json:"provisioning_mode" enum:"upgrade_existing_contract,new_contract"`
	IdempotencyReplayed *bool                 `json:"idempotency_replayed,omitempty" doc:"Present if an Idempotency-Key was sent."`
}

func (h *handlers) provision(ctx context.Context, input *struct {
	Key    string `header:"Idempotency-Key" doc:"Optional; 8 to 200 characters." example:"demo-key-12345678"`
	Prefer string `header:"Prefer" doc:"wait=N limits the wait to N seconds; respond-async does not wait." example:"wait=30"`
	Body   ProvisionBody
},
) (*struct{ Body ProvisionResult }, error) {
	provision, err := input.Body.normalised()
	if err != nil {
		return nil, err
	}
	// Without a key every request is new. A generated key still makes retries of its steps idempotent.
	request, err := rest.NewRequest(idempotency.Provision, cmp.Or(input.Key, "auto-"+uuid.NewString()), provision)
	if err != nil {
		return nil, err
	}
	var provisioned contract.Provisioned
	replayed, err := h.Run(ctx, starter.Provision(request, provision, rest.Caller(ctx).ID, starter.Call{
		Location: "/api/v1/contracts/provision",
		Wait:     rest.PreferredWait(input.Prefer),
	}), &provisioned)
	if err != nil {
		return nil, err
	}
	result := newProvisionResult(provisioned)
	if input.Key != "" {
		result.IdempotencyReplayed = &replayed
	}
	return &struct{ Body ProvisionResult }{result}, nil
}

func newProvisionResult(provisioned contract.Provisioned) ProvisionResult {
	return ProvisionResult{
		Contract: resource.NewContractRead(provisioned.Contract), CreatedClient: provisioned.CreatedClient,
		CreatedSubscriber: provisioned.CreatedSubscriber, ProvisioningMode: string(provisioned.Mode),
	}
}

// normalised validates the combination of fields and returns the request in its canonical form.
func (b ProvisionBody) normalised() (contract.ProvisionInput, error) {
	var validator rest.Validator
	b.checkCombination(&validator)
	input := contract.ProvisionInput{
		OfferID: rest.ParseID(b.OfferID), StartDate: b.ContractStartDate, EndDate: b.EndDate, CommitmentMonths: b.CommitmentMonths,
		AutoActivate: b.AutoActivate == nil || *b.AutoActivate, ClientID: rest.OptionalID(b.ClientID), SubscriberID: rest.OptionalID(b.SubscriberID),
		Intent: contract.Intent(b.ProvisioningIntent), TargetContractID: rest.OptionalID(b.TargetContractID),
	}
	if inline := b.Client.Pointer(); inline != nil {
		created := newClient(ClientCreate{
			CIN: inline.CIN, ClientType: inline.ClientType, FullName: inline.FullName, Address: inline.Address,
			Email: inline.Email, Phone: inline.Phone, Status: client.StatusActive,
		}, &validator)
		input.NewClient = &created
	}
	if subscriber := b.Subscriber.Pointer(); subscriber != nil {
		input.ServiceType = subscriber.ServiceType
		if identifier := subscriber.ServiceIdentifier; identifier != nil {
			trimmed := validator.Trimmed("service_identifier", *identifier, 3)
			input.ServiceIdentifier = &trimmed
		}
	}
	return input, validator.Err()
}

// checkCombination reports invalid combinations of fields.
func (b ProvisionBody) checkCombination(validator *rest.Validator) {
	inline, subscriber := b.Client.Pointer(), b.Subscriber.Pointer()
	if (b.ClientID == nil) == (inline == nil) {
		validator.Fail("client_id", "exactly one of client_id and client is required")
	}
	if b.SubscriberID != nil && subscriber != nil {
		validator.Fail("subscriber_id", "at most one of subscriber_id and subscriber is allowed")
	}
	if b.EndDate != nil && b.EndDate.Before(b.ContractStartDate) {
		validator.Fail("end_date", "end_date must not be before contract_start_date")
	}
	switch contract.Intent(b.ProvisioningIntent) {
	case contract.NewLine:
		if b.TargetContractID != nil || b.SubscriberID != nil {
			validator.Fail("provisioning_intent", "new_line allows neither target_contract_id nor subscriber_id")
		}
	case contract.Upgrade:
		if b.ClientID == nil || inline != nil || b.SubscriberID != nil || subscriber != nil {
			validator.Fail("provisioning_intent", "upgrade requires client_id and allows neither client nor subscriber")
		}
	}
}
