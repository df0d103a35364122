package landing

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// PlanChange is a normalised request to put a contract on another offer of its category.
type PlanChange struct {
	CIN              string        `json:"cin"`
	SourceContractID uuid.UUID     `json:"source_contract_id"`
	TargetOfferID    uuid.UUID     `json:"target_offer_id"`
	StartDate        calendar.Date `json:"contract_start_date"`
	CommitmentMonths *int32        `json:"commitment_months"`
}

// ChangePlan carries out a plan change in the given transaction, as an upgrade of
// the source contract, with a new document and the answer under the request's key.
//
// It refuses as the API's submit/plan-change and as provisioning do.
func (d *Service) ChangePlan(ctx context.Context, tx pgx.Tx, request idempotency.Request, input PlanChange, act actor.Act) (Submitted, error) {
	var submitted Submitted
	if found, err := idempotency.Load(ctx, tx, request, &submitted); found || err != nil {
		return submitted, err
	}
	// The offer is locked first, as in all transactions. A refusal of the offer is returned last.
	offer, offerErr := contract.LockOffer(ctx, tx, input.TargetOfferID)
	if offerErr != nil && refusal.As(offerErr) == nil {
		return Submitted{}, offerErr
	}
	owner, err := dbsqlc.New().ClientLockByCIN(ctx, tx, &input.CIN)
	if errors.Is(err, pgx.ErrNoRows) {
		return Submitted{}, refusal.New(refusal.LandingClientNotFound)
	}
	if err != nil {
		return Submitted{}, fmt.Errorf("landing: lock client: %w", err)
	}
	source, err := sourceContract(ctx, tx, input.SourceContractID, owner.ID)
	if err != nil {
		return Submitted{}, err
	}
	if offerErr != nil {
		return Submitted{}, offerErr
	}
	if err := checkOffer(offer, source.Offer.ServiceCategory, input.StartDate); err != nil {
		return Submitted{}, err
	}
	done, err := contract.ProvisionLocked(ctx, tx, contract.ProvisionInput{
		OfferID: input.TargetOfferID, StartDate: input.StartDate, CommitmentMonths: input.CommitmentMonths,
		AutoActivate: true, ClientID: &owner.ID, Intent: contract.Upgrade, TargetContractID: &input.SourceContractID,
	}, contract.Locked{Offer: offer, Client: owner}, act)
	if err != nil {
		return Submitted{}, err
	}
	return d.finish(ctx, tx, request, done, act.Now)
}

// sourceContract finds a contract and refuses when it is another client's.
func sourceContract(ctx context.Context, tx dbsqlc.DBTX, id, ownerID uuid.UUID) (dbsqlc.ContractGetPartiesRow, error) {
	source, err := dbsqlc.New().ContractGetParties(ctx, tx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return source, refusal.New(refusal.ContractNotFound)
	case err != nil:
		return source, fmt.Errorf("landing: find contract: %w", err)
	case source.Client.ID != ownerID:
		return source, refusal.New(refusal.LandingContractMismatch)
	}
	return source, nil
}
