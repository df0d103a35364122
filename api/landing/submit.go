package landing

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
	"github.com/mtfacturation/mtf/internal/vocabulary"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func (h *handlers) landingSubmitRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "landingSubmitNew", Method: http.MethodPost, Path: "/api/v1/landing/submit/new", Tag: tagLanding,
		Access: rest.Public,
		Waits:  true, Limits: h.limits.submit,
		Summary: "Subscribe to a new service",
		Description: "Finds or creates the client by CIN, allocates the number, provisions the contract, and issues " +
			"its document. For an existing client only empty fields are filled in, since knowing a CIN proves nothing. A " +
			"mobile service takes `mobile_number_mode`; internet and landline take `home_landline_local_number`.",
		Success: "The contract with a download link for its document.",
		Refusals: slices.Concat(submitRefusals, []refusal.Code{
			refusal.SubscriberTaken, refusal.SubscriberOffer,
			refusal.MobileNumberInvalid, refusal.LandlineNumberInvalid,
		}),
	}, h.submitNew)
	rest.Register(h.API, rest.Operation{
		ID: "landingSubmitPlanChange", Method: http.MethodPost, Path: "/api/v1/landing/submit/plan-change", Tag: tagLanding,
		Access: rest.Public,
		Waits:  true, Limits: h.limits.submit,
		Summary: "Change the offer of a contract within its category",
		Description: "Moves an active contract of the client to another offer of the same category and issues a new " +
			"document.",
		Success: "The contract with a download link for its document.",
		Refusals: slices.Concat(submitRefusals, []refusal.Code{
			refusal.LandingClientNotFound, refusal.ContractNotFound,
			refusal.LandingContractMismatch, refusal.UpgradeTargetMissing, refusal.UpgradeTargetInvalid,
		}),
	}, h.submitPlanChange)
}

// submitRefusals are what both submits can answer: those of the provisioning that
// their client, line and intent leave possible, and those of every submit.
var submitRefusals = []refusal.Code{
	refusal.OfferNotFound, refusal.OfferNotActive, refusal.OfferValidityInvalid, refusal.LandingOfferMismatch,
	refusal.ContractDateInvalid, refusal.ContractCommitmentInvalid, refusal.IdempotencyKeyInvalid, refusal.IdempotencyKeyPayloadConflict,
}

// LandingSubmitNew asks for a new service.
type LandingSubmitNew struct {
	ServiceCategory            vocabulary.ServiceCategory `json:"service_category" enum:"mobile,internet,landline" example:"mobile"`
	OfferID                    string                     `json:"offer_id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147"`
	CIN                        string                     `json:"cin" minLength:"4" maxLength:"40" example:"AB123456"`
	FullName                   string                     `json:"full_name" minLength:"2" maxLength:"150" example:"Leila Amrani"`
	Email                      *string                    `json:"email,omitempty" nullable:"true" maxLength:"255" example:"leila.amrani@example.com"`
	Address                    *string                    `json:"address,omitempty" nullable:"true" maxLength:"255" example:"12, rue Atlas, Rabat"`
	ContactPhone               *string                    `json:"contact_phone,omitempty" nullable:"true" maxLength:"40" example:"+212 6 12 34 56 78"`
	ContractStartDate          calendar.Date              `json:"contract_start_date" format:"date" example:"2026-11-22"`
	CommitmentMonths           *int32                     `json:"commitment_months,omitempty" nullable:"true" minimum:"1" maximum:"60" example:"12"`
	MobileNumberMode           *string                    `json:"mobile_number_mode,omitempty" nullable:"true" enum:"use_existing,assign_new" example:"assign_new"`
	ExistingMobileLocalNumber  *string                    `json:"existing_mobile_local_number,omitempty" nullable:"true" maxLength:"40"`
	RequestedMobileLocalNumber *string                    `json:"requested_mobile_local_number,omitempty" nullable:"true" maxLength:"40" example:"0612345678"`
	HomeLandlineLocalNumber    *string                    `json:"home_landline_local_number,omitempty" nullable:"true" maxLength:"40"`
}

// LandingSubmitPlanChange asks for another offer on a contract.
type LandingSubmitPlanChange struct {
	CIN               string        `json:"cin" minLength:"4" maxLength:"40" example:"AB123456"`
	SourceContractID  string        `json:"source_contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
	TargetOfferID     string        `json:"target_offer_id" example:"01932b7d-3c9e-7ce5-84d6-7f1a2b0c5d83"`
	ContractStartDate calendar.Date `json:"contract_start_date" format:"date" example:"2026-11-22"`
	CommitmentMonths  *int32        `json:"commitment_months,omitempty" nullable:"true" minimum:"1" maximum:"60" example:"12"`
}

// LandingSubmitResult answers both submits.
type LandingSubmitResult struct {
	Contract            resource.ContractRead `json:"contract"`
	ClientID            uuid.UUID             `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	ClientCIN           string                `json:"client_cin" example:"AB123456"`
	ServiceIdentifier   string                `json:"service_identifier" example:"+212612345678"`
	CreatedClient       bool                  `json:"created_client"`
	CreatedSubscriber   bool                  `json:"created_subscriber"`
	ProvisioningMode    string                `json:"provisioning_mode" enum:"upgrade_existing_contract,new_contract" example:"new_contract"`
	IdempotencyReplayed bool                  `json:"idempotency_replayed"`
	DocumentDownloadURL string                `json:"document_download_url" doc:"A path with a token, valid for one day." example:"/api/v1/landing/contracts/01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4/document?token=eyJ2IjoxfQ.c2lnbmF0dXJl"`
}

// LandingSubmitOutput answers both submits.
type LandingSubmitOutput struct{ Body LandingSubmitResult }

func (h *handlers) submitNew(ctx context.Context, input *struct {
	rest.KeyParams
	Body LandingSubmitNew
},
) (*LandingSubmitOutput, error) {
	subscription, err := input.Body.normalised()
	if err != nil {
		return nil, err
	}
	request, err := rest.NewRequest(idempotency.LandingNew, input.Key, subscription)
	if err != nil {
		return nil, err
	}
	return h.submit(ctx, starter.Subscribe(request, subscription, starter.Call{
		Location: "/api/v1/landing/submit/new",
		Wait:     input.Wait(),
		Admit:    func() error { return h.LimitCIN(h.limits.submit, subscription.CIN) },
	}))
}

func (h *handlers) submitPlanChange(ctx context.Context, input *struct {
	rest.KeyParams
	Body LandingSubmitPlanChange
},
) (*LandingSubmitOutput, error) {
	var validator rest.Validator
	change := landing.PlanChange{
		CIN:              validator.CIN(input.Body.CIN),
		SourceContractID: rest.ParseID(input.Body.SourceContractID), TargetOfferID: rest.ParseID(input.Body.TargetOfferID),
		StartDate: input.Body.ContractStartDate, CommitmentMonths: input.Body.CommitmentMonths,
	}
	if err := validator.Err(); err != nil {
		return nil, err
	}
	request, err := rest.NewRequest(idempotency.PlanChange, input.Key, change)
	if err != nil {
		return nil, err
	}
	return h.submit(ctx, starter.ChangePlan(request, change, starter.Call{
		Location: "/api/v1/landing/submit/plan-change",
		Wait:     input.Wait(),
		Admit:    func() error { return h.LimitCIN(h.limits.submit, change.CIN) },
	}))
}

// submit carries out a landing process and answers with a download link. A replayed
// answer has the link of the first one for as long as that works, then a new one.
func (h *handlers) submit(ctx context.Context, execution starter.Execution) (*LandingSubmitOutput, error) {
	var submitted landing.Submitted
	replayed, err := h.Run(ctx, execution, &submitted)
	if err != nil {
		return nil, err
	}
	expiresAt := submitted.LinkExpiresAt
	if now := h.Now(); !now.Before(expiresAt) {
		expiresAt = token.DocumentExpiry(now)
	}
	return &LandingSubmitOutput{Body: LandingSubmitResult{
		Contract: resource.NewContractRead(submitted.Contract), ClientID: submitted.ClientID, ClientCIN: submitted.ClientCIN,
		ServiceIdentifier: submitted.ServiceIdentifier, CreatedClient: submitted.CreatedClient,
		CreatedSubscriber: submitted.CreatedSubscriber, ProvisioningMode: string(submitted.Mode),
		IdempotencyReplayed: replayed,
		DocumentDownloadURL: h.contractDocumentURL(submitted.ClientCIN, submitted.Contract.ID, expiresAt),
	}}, nil
}

func (h *handlers) contractDocumentURL(cin string, contractID uuid.UUID, expiresAt time.Time) string {
	return "/api/v1/landing/contracts/" + contractID.String() + "/document?token=" +
		h.Tokens.ContractDocument(cin, contractID, expiresAt)
}

// normalised checks the combination of number fields and normalises the number of the service.
func (b LandingSubmitNew) normalised() (landing.NewSubscription, error) {
	var validator rest.Validator
	subscription := landing.NewSubscription{
		Category: b.ServiceCategory, OfferID: rest.ParseID(b.OfferID),
		CIN:      validator.CIN(b.CIN),
		FullName: validator.Trimmed("full_name", b.FullName, 2), Email: rest.OptionalText(b.Email), Address: rest.OptionalText(b.Address),
		ContactPhone: rest.OptionalText(b.ContactPhone), StartDate: b.ContractStartDate, CommitmentMonths: b.CommitmentMonths,
	}
	given, kind := b.numberGiven(&subscription.Allocation, &validator)
	if err := validator.Err(); err != nil || given == nil {
		return subscription, err
	}
	number, err := kind.Parse(*given)
	subscription.Number = number
	return subscription, err
}

// numberGiven returns the number that the client named, if any, and how it is
// allocated. It notes the fields that the category or the mode refuses.
func (b LandingSubmitNew) numberGiven(allocation *landing.Allocation, validator *rest.Validator) (*string, phone.Kind) {
	existing, requested, home := rest.OptionalText(b.ExistingMobileLocalNumber), rest.OptionalText(b.RequestedMobileLocalNumber),
		rest.OptionalText(b.HomeLandlineLocalNumber)
	refuseGiven := func(name string, value *string, message string) {
		if value != nil {
			validator.Fail(name, message)
		}
	}
	if b.ServiceCategory != catalog.Mobile {
		refuseGiven("mobile_number_mode", b.MobileNumberMode, "only a mobile subscription has a mobile number")
		refuseGiven("existing_mobile_local_number", existing, "only a mobile subscription has a mobile number")
		refuseGiven("requested_mobile_local_number", requested, "only a mobile subscription has a mobile number")
		if home == nil {
			validator.Fail("home_landline_local_number", "home_landline_local_number is required for internet and landline")
		}
		*allocation = landing.ProvidedHomeLandline
		return home, phone.Landline
	}

	refuseGiven("home_landline_local_number", home, "a mobile subscription has no home landline")
	switch {
	case b.MobileNumberMode == nil:
		validator.Fail("mobile_number_mode", "mobile_number_mode is required for mobile")
	case *b.MobileNumberMode == "use_existing":
		if existing == nil {
			validator.Fail("existing_mobile_local_number", "existing_mobile_local_number is required with use_existing")
		}
		refuseGiven("requested_mobile_local_number", requested, "requested_mobile_local_number is only allowed with "+
			"assign_new")
		*allocation = landing.ExistingInput
		return existing, phone.Mobile
	default:
		refuseGiven("existing_mobile_local_number", existing, "existing_mobile_local_number is only allowed with "+
			"use_existing")
		*allocation = landing.RequestedInput
		if requested == nil {
			*allocation = landing.Generated
		}
	}
	return requested, phone.Mobile
}
