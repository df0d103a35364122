package contract

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ProvisionInput is a normalised provisioning request. Exactly one of ClientID
// and NewClient is set, and at most one of SubscriberID and the service fields.
type ProvisionInput struct {
	OfferID           uuid.UUID      `json:"offer_id"`
	StartDate         calendar.Date  `json:"start_date"`
	EndDate           *calendar.Date `json:"end_date"`
	CommitmentMonths  *int32         `json:"commitment_months"`
	AutoActivate      bool           `json:"auto_activate"`
	ClientID          *uuid.UUID     `json:"client_id"`
	NewClient         *client.New    `json:"new_client"`
	SubscriberID      *uuid.UUID     `json:"subscriber_id"`
	ServiceIdentifier *string        `json:"service_identifier"`
	ServiceType       *string        `json:"service_type"`
	Intent            Intent         `json:"intent"`
	TargetContractID  *uuid.UUID     `json:"target_contract_id"`
}

// Provisioned is what a provisioning did.
type Provisioned struct {
	Contract          dbsqlc.Contract `json:"contract"`
	CreatedClient     bool            `json:"created_client"`
	CreatedSubscriber bool            `json:"created_subscriber"`
	Mode              Mode            `json:"provisioning_mode"`
}

// Provision makes a new contract or upgrades an existing one, in the given
// transaction. It locks the client first, so that two provisionings of one client
// are decided one after the other. Refusals are those of the API's provisioning
// section; on any error the transaction must be rolled back.
func Provision(ctx context.Context, tx dbsqlc.DBTX, input ProvisionInput, actorID string, now time.Time) (Provisioned, error) {
	offer, err := sellableOffer(ctx, tx, input.OfferID, input.StartDate)
	if err != nil {
		return Provisioned{}, err
	}
	owner, created, err := clientOf(ctx, tx, input, now)
	if err != nil {
		return Provisioned{}, err
	}
	p := provisioning{tx: tx, input: input, offer: offer, client: owner, actorID: actorID, now: now}
	target, err := p.decide(ctx)
	if err != nil {
		return Provisioned{}, err
	}
	var result Provisioned
	if target != nil {
		result, err = p.upgrade(ctx, *target)
	} else {
		result, err = p.open(ctx)
	}
	result.CreatedClient = created
	return result, err
}

// sellableOffer returns the offer when it is active and valid on the start date,
// held against changes until the transaction ends.
func sellableOffer(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID, start calendar.Date) (dbsqlc.Offer, error) {
	offer, err := lockOffer(ctx, tx, id)
	switch {
	case err != nil:
		return offer, err
	case offer.Status != catalog.StatusActive:
		return offer, refusal.New(refusal.OfferNotActive)
	case start.Before(offer.ValidFrom), offer.ValidTo != nil && start.After(*offer.ValidTo):
		return offer, refusal.New(refusal.OfferValidityInvalid).
			With("valid_from", offer.ValidFrom).With("valid_to", offer.ValidTo)
	}
	return offer, nil
}

// clientOf locks the named client or makes the one that came with the request.
func clientOf(ctx context.Context, tx dbsqlc.DBTX, input ProvisionInput, now time.Time) (owner dbsqlc.Client, created bool, err error) {
	if input.NewClient != nil {
		owner, err = client.Create(ctx, tx, *input.NewClient, now)
		return owner, true, err
	}
	owner, err = client.Lock(ctx, tx, *input.ClientID)
	return owner, false, err
}

// provisioning is one request with what it has found and locked.
type provisioning struct {
	tx      dbsqlc.DBTX
	input   ProvisionInput
	offer   dbsqlc.Offer
	client  dbsqlc.Client
	actorID string
	now     time.Time
}

// decide gathers what the decision looks at; the candidates stay locked.
func (p *provisioning) decide(ctx context.Context) (*dbsqlc.Contract, error) {
	rows, err := dbsqlc.New().ContractListUpgradeCandidates(ctx, p.tx, dbsqlc.ContractListUpgradeCandidatesParams{
		ClientID: p.client.ID, ServiceType: p.offer.ServiceType,
	})
	if err != nil {
		return nil, fmt.Errorf("contract: list upgrade candidates: %w", err)
	}
	question := Question{
		Intent: p.input.Intent, TargetContractID: p.input.TargetContractID, SubscriberID: p.input.SubscriberID,
		IdentifierGiven: p.input.ServiceIdentifier != nil,
	}
	for _, row := range rows {
		question.Candidates = append(question.Candidates, Candidate{row.Contract.ID, row.Contract.SubscriberID})
	}
	if p.input.ServiceIdentifier != nil {
		question.Identified, err = p.identified(ctx, *p.input.ServiceIdentifier)
		if err != nil {
			return nil, err
		}
	}
	chosen, err := Decide(question)
	if chosen == nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].Contract.ID == chosen.ContractID {
			return &rows[i].Contract, nil
		}
	}
	return nil, errors.New("contract: the decision chose a contract that is no candidate")
}

func (p *provisioning) identified(ctx context.Context, identifier string) (*KnownSubscriber, error) {
	subscriber, err := dbsqlc.New().SubscriberGetByIdentifier(ctx, p.tx, identifier)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("contract: find subscriber: %w", err)
	}
	return &KnownSubscriber{
		ID:        subscriber.ID,
		OwnedByUs: subscriber.ClientID == p.client.ID,
		FitsOffer: subscriber.ServiceType == p.offer.ServiceType,
	}, nil
}

// upgrade puts the target on the new offer from the new start date.
func (p *provisioning) upgrade(ctx context.Context, target dbsqlc.Contract) (Provisioned, error) {
	end, commitment := target.EndDate, target.CommitmentMonths
	if p.input.EndDate != nil {
		end = p.input.EndDate
	}
	if p.input.CommitmentMonths != nil {
		commitment = p.input.CommitmentMonths
	}
	if err := checkDates(p.input.StartDate, end, commitment); err != nil {
		return Provisioned{}, err
	}
	upgraded, err := dbsqlc.New().ContractUpgrade(ctx, p.tx, dbsqlc.ContractUpgradeParams{
		ID: target.ID, OfferID: p.offer.ID, StartDate: p.input.StartDate,
		CommitmentMonths: p.input.CommitmentMonths, EndDate: p.input.EndDate, Now: p.now,
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("contract: upgrade: %w", err)
	}
	err = Audit(ctx, p.tx, target.ID, EventOfferChanged, p.actorID, map[string]any{
		"from_offer_id":   target.OfferID,
		"to_offer_id":     p.offer.ID,
		"from_start_date": target.StartDate,
		"to_start_date":   p.input.StartDate,
		"source":          "provision_upgrade",
	}, p.now)
	return Provisioned{Contract: upgraded, Mode: UpgradeExisting}, err
}

// open makes a new contract on a subscriber of its own.
func (p *provisioning) open(ctx context.Context) (Provisioned, error) {
	if p.input.SubscriberID != nil {
		return Provisioned{}, refusal.New(refusal.ProvisioningIntentConflict)
	}
	if err := checkDates(p.input.StartDate, p.input.EndDate, p.input.CommitmentMonths); err != nil {
		return Provisioned{}, err
	}
	subscriber, err := p.newSubscriber(ctx)
	if err != nil {
		return Provisioned{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Provisioned{}, fmt.Errorf("contract: new id: %w", err)
	}
	status, activatedAt := StatusDraft, (*time.Time)(nil)
	if p.input.AutoActivate {
		status, activatedAt = StatusActive, &p.now
	}
	opened, err := dbsqlc.New().ContractInsert(ctx, p.tx, dbsqlc.ContractInsertParams{
		ID: id, ClientID: p.client.ID, SubscriberID: subscriber.ID, OfferID: p.offer.ID, Status: status,
		StartDate: p.input.StartDate, EndDate: p.input.EndDate, CommitmentMonths: p.input.CommitmentMonths,
		ActivatedAt: activatedAt, Now: p.now,
	})
	if err != nil {
		return Provisioned{}, fmt.Errorf("contract: insert: %w", err)
	}
	err = Audit(ctx, p.tx, id, EventProvisioned, p.actorID, map[string]any{
		"offer_id":      p.offer.ID,
		"subscriber_id": subscriber.ID,
		"start_date":    p.input.StartDate,
		"status":        status,
	}, p.now)
	return Provisioned{Contract: opened, CreatedSubscriber: true, Mode: NewContract}, err
}

func (p *provisioning) newSubscriber(ctx context.Context) (dbsqlc.Subscriber, error) {
	if p.input.ServiceType != nil && *p.input.ServiceType != p.offer.ServiceType {
		return dbsqlc.Subscriber{}, refusal.New(refusal.SubscriberOffer)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return dbsqlc.Subscriber{}, fmt.Errorf("contract: new id: %w", err)
	}
	identifier := automaticIdentifier(p.offer.ServiceType)
	if p.input.ServiceIdentifier != nil {
		identifier = *p.input.ServiceIdentifier
	}
	status := StatusActive
	if !p.input.AutoActivate {
		status = StatusSuspended
	}
	return dbsqlc.New().SubscriberInsert(ctx, p.tx, dbsqlc.SubscriberInsertParams{
		ID: id, ClientID: p.client.ID, ServiceType: p.offer.ServiceType, ServiceIdentifier: identifier,
		Status: status, Now: p.now,
	})
}

// automaticIdentifier names a line whose number is not known yet: AUTO-FIBER-0123456789.
func automaticIdentifier(serviceType string) string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // It never fails: the program ends without randomness.
	return "AUTO-" + strings.ToUpper(serviceType) + "-" + hex.EncodeToString(random[:])
}

// checkDates refuses an end before the start, or before the commitment is served.
func checkDates(start calendar.Date, end *calendar.Date, commitmentMonths *int32) error {
	if end == nil {
		return nil
	}
	if end.Before(start) {
		return refusal.New(refusal.ContractDateInvalid)
	}
	if commitmentMonths == nil {
		return nil
	}
	if minimum := minimumEndDate(start, *commitmentMonths); end.Before(minimum) {
		return refusal.New(refusal.ContractCommitmentInvalid).With("minimum_end_date", minimum)
	}
	return nil
}
