package landing

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/pdf"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
)

// NewSubscription is a normalised request for a new service.
type NewSubscription struct {
	Category         catalog.Category `json:"service_category"`
	OfferID          uuid.UUID        `json:"offer_id"`
	CIN              string           `json:"cin"`
	FullName         string           `json:"full_name"`
	Email            *string          `json:"email"`
	Address          *string          `json:"address"`
	ContactPhone     *string          `json:"contact_phone"`
	StartDate        calendar.Date    `json:"contract_start_date"`
	CommitmentMonths *int32           `json:"commitment_months"`
	// Number is the normalised number that the client named; empty when one is to be assigned.
	Number phone.Number `json:"number"`
	// Allocation says how the number is found.
	Allocation Allocation `json:"allocation_mode"`
}

// Allocation is how the service identifier of a new subscription is found.
type Allocation string

// The allocation modes, as the audit trail names them.
const (
	ExistingInput        Allocation = "existing_input"
	RequestedInput       Allocation = "requested_input"
	Generated            Allocation = "generated"
	ProvidedHomeLandline Allocation = "provided_home_landline"
)

// Subscribe carries out a new subscription in the given transaction: the client is
// found by CIN or made, the number allocated, the contract provisioned with intent
// auto, its document registered, and the answer stored under the request's key.
//
// It refuses as the API's submit/new and as provisioning do.
func (d *Service) Subscribe(ctx context.Context, tx pgx.Tx, request idempotency.Request, input NewSubscription, act actor.Act) (Submitted, error) {
	var submitted Submitted
	if found, err := idempotency.Load(ctx, tx, request, &submitted); found || err != nil {
		return submitted, err
	}
	offer, err := contract.LockOffer(ctx, tx, input.OfferID)
	if err != nil {
		return Submitted{}, err
	}
	if err := checkOffer(offer, input.Category, input.StartDate); err != nil {
		return Submitted{}, err
	}
	owner, created, err := client.FindOrCreate(ctx, tx, client.New{
		CIN: &input.CIN, ClientType: client.TypeIndividual, FullName: input.FullName, Address: input.Address,
		Email: input.Email, Phone: input.ContactPhone, Status: client.StatusActive,
	}, act.Now)
	if err != nil {
		return Submitted{}, err
	}
	number, err := allocate(ctx, tx, input)
	if err != nil {
		return Submitted{}, err
	}
	identifier := string(number)
	done, err := contract.ProvisionLocked(ctx, tx, contract.ProvisionInput{
		OfferID: input.OfferID, StartDate: input.StartDate, CommitmentMonths: input.CommitmentMonths, AutoActivate: true,
		ClientID: &owner.ID, ServiceIdentifier: &identifier, Intent: contract.Auto,
	}, contract.Locked{Offer: offer, Client: owner, ClientIsNew: created}, act)
	if err != nil {
		return Submitted{}, err
	}
	done.Trail.Add(contract.EventIdentifierAllocated, map[string]any{
		"service_category":          input.Category,
		"allocation_mode":           input.Allocation,
		"service_identifier_masked": number.Masked(),
	})
	return d.finish(ctx, tx, request, done, act.Now)
}

// checkOffer refuses an offer of another category, and then an offer that cannot be sold.
func checkOffer(offer dbsqlc.Offer, category catalog.Category, start calendar.Date) error {
	if offer.ServiceCategory != category {
		return refusal.New(refusal.LandingOfferMismatch)
	}
	return contract.CheckSellable(offer, start)
}

func documentMode(provisioned contract.Provisioned) pdf.ContractMode {
	if provisioned.Mode == contract.UpgradeExisting {
		return pdf.PlanChange
	}
	return pdf.NewSubscription
}

// finish registers the contract's document, and stores the audit trail and the answer.
func (d *Service) finish(ctx context.Context, tx pgx.Tx, request idempotency.Request, done contract.Done, now time.Time) (Submitted, error) {
	issued, err := d.documents.IssueContract(ctx, tx, done.Parties, documentMode(done.Provisioned), done.Trail, now)
	if err != nil {
		return Submitted{}, err
	}
	if err := done.Trail.Write(ctx, tx, now); err != nil {
		return Submitted{}, err
	}
	submitted := Submitted{
		Provisioned:       done.Provisioned,
		ClientID:          done.Parties.Client.ID,
		ClientCIN:         *done.Parties.Client.CIN,
		ServiceIdentifier: done.Parties.Subscriber.ServiceIdentifier,
		DocumentID:        issued.ID,
		LinkExpiresAt:     token.DocumentExpiry(now),
	}
	return submitted, idempotency.Save(ctx, tx, request, submitted, now)
}
