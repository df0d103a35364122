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

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/catalog"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ProvisionInput is a normalised provisioning request. Exactly one of ClientID
// and NewClient is set, and at most one of SubscriberID and the service fields.
type ProvisionInput struct {
	OfferID           uuid.UUID            `json:"offer_id"`
	StartDate         calendar.Date        `json:"start_date"`
	EndDate           *calendar.Date       `json:"end_date"`
	CommitmentMonths  *int32               `json:"commitment_months"`
	AutoActivate      bool                 `json:"auto_activate"`
	ClientID          *uuid.UUID           `json:"client_id"`
	NewClient         *client.New          `json:"new_client"`
	SubscriberID      *uuid.UUID           `json:"subscriber_id"`
	ServiceIdentifier *string              `json:"service_identifier"`
	ServiceType       *catalog.ServiceType `json:"service_type"`
	Intent            Intent               `json:"intent"`
	TargetContractID  *uuid.UUID           `json:"target_contract_id"`
}

// Provisioned is what a provisioning did.
type Provisioned struct {
	Contract          dbsqlc.Contract `json:"contract"`
	CreatedClient     bool            `json:"created_client"`
	CreatedSubscriber bool            `json:"created_subscriber"`
	Mode              Mode            `json:"provisioning_mode"`
}

// Parties is a contract with the rows that it ties together.
type Parties = dbsqlc.ContractGetPartiesRow

// Locked is what a provisioning has found and locked before it decides, in this order.
type Locked struct {
	Offer  dbsqlc.Offer
	Client dbsqlc.Client
	// ClientIsNew reports that the client was made in this transaction, and so has nothing yet.
	ClientIsNew bool
}

// Provision makes a new contract or upgrades an existing one, in the given
// transaction. It locks the client first, so that two provisionings of one client
// are decided one after the other. The provisioning section of the API contract lists the
// refusals; on any error the transaction must be rolled back.
func Provision(ctx context.Context, tx pgx.Tx, input ProvisionInput, act actor.Act) (Provisioned, error) {
	offer, err := LockOffer(ctx, tx, input.OfferID)
	if err != nil {
		return Provisioned{}, err
	}
	if err := CheckSellable(offer, input.StartDate); err != nil {
		return Provisioned{}, err
	}
	owner, created, err := findOrCreateClient(ctx, tx, input, act.Now)
	if err != nil {
		return Provisioned{}, err
	}
	done, err := ProvisionLocked(ctx, tx, input, Locked{offer, owner, created}, act)
	if err != nil {
		return Provisioned{}, err
	}
	return done.Provisioned, done.Trail.Write(ctx, tx, act.Now)
}

// Done is what a provisioning did. Its trail is not written yet: the caller may add
// to it, and writes it.
type Done struct {
	Provisioned Provisioned
	Parties     Parties
	Trail       *Trail
}

// ProvisionLocked is Provision once offer and client are locked and checked.
func ProvisionLocked(ctx context.Context, tx pgx.Tx, input ProvisionInput, locked Locked, act actor.Act) (Done, error) {
	p := provisioning{tx: tx, input: input, Locked: locked, act: act}
	target, err := p.decide(ctx)
	if err != nil {
		return Done{}, err
	}
	if target != nil {
		return p.upgrade(ctx, *target)
	}
	return p.open(ctx)
}

// CheckSellable refuses an offer that is not active or not valid on the start date.
func CheckSellable(offer dbsqlc.Offer, start calendar.Date) error {
	switch {
	case offer.Status != catalog.StatusActive:
		return refusal.New(refusal.OfferNotActive)
	case start.Before(offer.ValidFrom), offer.ValidTo != nil && start.After(*offer.ValidTo):
		return refusal.New(refusal.OfferValidityInvalid).
			With("valid_from", offer.ValidFrom).With("valid_to", offer.ValidTo)
	}
	return nil
}

// findOrCreateClient locks the named client or creates the client in the request.
func findOrCreateClient(ctx context.Context, tx pgx.Tx, input ProvisionInput, now time.Time) (owner dbsqlc.Client, created bool, err error) {
	if input.NewClient != nil {
		owner, err = client.Create(ctx, tx, *input.NewClient, now)
		return owner, true, err
	}
	owner, err = client.Lock(ctx, tx, *input.ClientID)
	return owner, false, err
}

// provisioning is one request with what it has found and locked.
type provisioning struct {
	Locked
	tx    pgx.Tx
	input ProvisionInput
	act   actor.Act
}

// candidate is a contract that can be upgraded, with its subscriber.
type candidate = dbsqlc.ContractListUpgradeCandidatesRow

// decide gathers what the decision looks at, and returns the contract to upgrade or
// nil for a new one. The candidates stay locked.
func (p *provisioning) decide(ctx context.Context) (*candidate, error) {
	rows, err := p.candidates(ctx)
	if err != nil {
		return nil, err
	}
	question := Question{
		Intent: p.input.Intent, TargetContractID: p.input.TargetContractID, SubscriberID: p.input.SubscriberID,
		IdentifierGiven: p.input.ServiceIdentifier != nil,
	}
	for _, row := range rows {
		question.Candidates = append(question.Candidates, Candidate{row.Contract.ID, row.Contract.SubscriberID})
	}
	// The owner of the identifier matters only if there is a contract to upgrade.
	if p.input.ServiceIdentifier != nil && len(rows) > 0 {
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
			return &rows[i], nil
		}
	}
	return nil, errors.New("contract: the decision chose a contract that is not a candidate")
}

// candidates returns the active contracts of the client on the offer's service type.
func (p *provisioning) candidates(ctx context.Context) ([]candidate, error) {
	if p.ClientIsNew {
		return nil, nil
	}
	rows, err := dbsqlc.New().ContractListUpgradeCandidates(ctx, p.tx, dbsqlc.ContractListUpgradeCandidatesParams{
		ClientID: p.Client.ID, ServiceType: p.Offer.ServiceType,
	})
	if err != nil {
		return nil, fmt.Errorf("contract: list upgrade candidates: %w", err)
	}
	return rows, nil
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
		OwnedByUs: subscriber.ClientID == p.Client.ID,
		FitsOffer: subscriber.ServiceType == p.Offer.ServiceType,
	}, nil
}

// upgrade puts the target on the new offer from the new start date.
func (p *provisioning) upgrade(ctx context.Context, target candidate) (Done, error) {
	end, commitment := target.Contract.EndDate, target.Contract.CommitmentMonths
	if p.input.EndDate != nil {
		end = p.input.EndDate
	}
	if p.input.CommitmentMonths != nil {
		commitment = p.input.CommitmentMonths
	}
	if err := checkDates(p.input.StartDate, end, commitment); err != nil {
		return Done{}, err
	}
	upgraded, err := dbsqlc.New().ContractUpgrade(ctx, p.tx, dbsqlc.ContractUpgradeParams{
		ID: target.Contract.ID, OfferID: p.Offer.ID, StartDate: p.input.StartDate,
		CommitmentMonths: p.input.CommitmentMonths, EndDate: p.input.EndDate, Now: p.act.Now,
	})
	if err != nil {
		return Done{}, fmt.Errorf("contract: upgrade: %w", err)
	}
	switch {
	case target.Contract.OfferID != p.Offer.ID:
		err = ledger.RecordOfferChange(ctx, p.tx, upgraded.ID, &target.Contract.OfferID, p.Offer, ledger.Upgraded, upgraded.StartDate, p.act)
	case target.Contract.StartDate != upgraded.StartDate:
		err = ledger.RecordStartChange(ctx, p.tx, upgraded.ID, upgraded.StartDate, p.act)
	}
	if err != nil {
		return Done{}, err
	}
	return p.done(upgraded, target.Subscriber, UpgradeExisting, EventOfferChanged, map[string]any{
		"from_offer_id":   target.Contract.OfferID,
		"to_offer_id":     p.Offer.ID,
		"from_start_date": target.Contract.StartDate,
		"to_start_date":   p.input.StartDate,
		"source":          "provision_upgrade",
	}), nil
}

// open creates a contract on a new subscriber.
func (p *provisioning) open(ctx context.Context) (Done, error) {
	if p.input.SubscriberID != nil {
		return Done{}, refusal.New(refusal.ProvisioningIntentConflict)
	}
	if err := checkDates(p.input.StartDate, p.input.EndDate, p.input.CommitmentMonths); err != nil {
		return Done{}, err
	}
	subscriber, err := p.newSubscriber(ctx)
	if err != nil {
		return Done{}, err
	}
	id := db.NewID()
	status, activatedAt := StatusDraft, (*time.Time)(nil)
	if p.input.AutoActivate {
		status, activatedAt = StatusActive, &p.act.Now
	}
	opened, err := dbsqlc.New().ContractInsert(ctx, p.tx, dbsqlc.ContractInsertParams{
		ID: id, ClientID: p.Client.ID, SubscriberID: subscriber.ID, OfferID: p.Offer.ID, Status: status,
		StartDate: p.input.StartDate, EndDate: p.input.EndDate, CommitmentMonths: p.input.CommitmentMonths,
		ActivatedAt: activatedAt, Now: p.act.Now,
	})
	if err != nil {
		return Done{}, fmt.Errorf("contract: insert: %w", err)
	}
	if err := ledger.RecordOfferChange(ctx, p.tx, id, nil, p.Offer, ledger.Provisioned, opened.StartDate, p.act); err != nil {
		return Done{}, err
	}
	return p.done(opened, subscriber, NewContract, EventProvisioned, map[string]any{
		"offer_id":      p.Offer.ID,
		"subscriber_id": subscriber.ID,
		"start_date":    p.input.StartDate,
		"status":        status,
	}), nil
}

// done describes the change to the contract, and begins its trail.
func (p *provisioning) done(contract dbsqlc.Contract, subscriber dbsqlc.Subscriber, mode Mode, event string,
	details map[string]any,
) Done {
	return Done{
		Provisioned: Provisioned{
			Contract: contract, CreatedClient: p.ClientIsNew, CreatedSubscriber: mode == NewContract, Mode: mode,
		},
		Parties: Parties{Contract: contract, Client: p.Client, Subscriber: subscriber, Offer: p.Offer},
		Trail:   NewTrail(contract.ID, p.act.Actor).Add(event, details),
	}
}

func (p *provisioning) newSubscriber(ctx context.Context) (dbsqlc.Subscriber, error) {
	if p.input.ServiceType != nil && *p.input.ServiceType != p.Offer.ServiceType {
		return dbsqlc.Subscriber{}, refusal.New(refusal.SubscriberOffer)
	}
	identifier := automaticIdentifier(p.Offer.ServiceType)
	if p.input.ServiceIdentifier != nil {
		identifier = *p.input.ServiceIdentifier
	}
	status := client.SubscriberActive
	if !p.input.AutoActivate {
		status = client.SubscriberSuspended
	}
	return dbsqlc.New().SubscriberInsert(ctx, p.tx, dbsqlc.SubscriberInsertParams{
		ID: db.NewID(), ClientID: p.Client.ID, ServiceType: p.Offer.ServiceType, ServiceIdentifier: identifier,
		Status: status, Now: p.act.Now,
	})
}

// automaticIdentifier names a line whose number is not known yet: AUTO-FIBER-0123456789.
func automaticIdentifier(serviceType catalog.ServiceType) string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // It never fails: the program ends without randomness.
	return "AUTO-" + strings.ToUpper(string(serviceType)) + "-" + hex.EncodeToString(random[:])
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
