package contract

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// CreateInput is a contract that an operator makes on a subscriber that exists.
type CreateInput struct {
	ClientID         uuid.UUID
	SubscriberID     uuid.UUID
	OfferID          uuid.UUID
	StartDate        calendar.Date
	EndDate          *calendar.Date
	CommitmentMonths *int32
	Status           Status
}

// Create makes a contract as the operator says, in the given transaction, without
// deciding anything: whether the offer is still on sale is left to the operator.
// It locks the offer and then the client, as Provision does. It refuses with
// offer_not_found, client_not_found, subscriber_not_found, subscriber_client_mismatch,
// subscriber_offer_mismatch, contract_date_invalid, contract_commitment_invalid and
// subscriber_contract_conflict.
func Create(ctx context.Context, tx pgx.Tx, input CreateInput, act actor.Act) (dbsqlc.Contract, error) {
	offer, err := LockOffer(ctx, tx, input.OfferID)
	if err != nil {
		return dbsqlc.Contract{}, err
	}
	if _, err := client.Lock(ctx, tx, input.ClientID); err != nil {
		return dbsqlc.Contract{}, err
	}
	if err := checkSubscriber(ctx, tx, input, offer); err != nil {
		return dbsqlc.Contract{}, err
	}
	if err := checkDates(input.StartDate, input.EndDate, input.CommitmentMonths); err != nil {
		return dbsqlc.Contract{}, err
	}
	if err := checkNoneOpen(ctx, tx, input.SubscriberID); err != nil {
		return dbsqlc.Contract{}, err
	}
	id := db.NewID()
	entered := enter(dbsqlc.Contract{StartDate: input.StartDate, EndDate: input.EndDate}, input.Status, act)
	created, err := dbsqlc.New().ContractInsert(ctx, tx, dbsqlc.ContractInsertParams{
		ID: id, ClientID: input.ClientID, SubscriberID: input.SubscriberID, OfferID: offer.ID, Status: entered.Status,
		StartDate: input.StartDate, EndDate: entered.EndDate, CommitmentMonths: input.CommitmentMonths,
		ActivatedAt: entered.ActivatedAt, TerminatedAt: entered.TerminatedAt, Now: act.Now,
	})
	if err != nil {
		return dbsqlc.Contract{}, fmt.Errorf("contract: insert: %w", err)
	}
	if err := ledger.RecordOfferChange(ctx, tx, id, nil, offer, ledger.Provisioned, created.StartDate, act); err != nil {
		return dbsqlc.Contract{}, err
	}
	trail := NewTrail(id, act.Actor).Add(EventCreated, map[string]any{"offer_id": offer.ID, "status": created.Status})
	return created, trail.Write(ctx, tx, act.Now)
}

// checkSubscriber refuses a subscriber that is not the client's or does not fit the offer.
func checkSubscriber(ctx context.Context, tx dbsqlc.DBTX, input CreateInput, offer dbsqlc.Offer) error {
	subscriber, err := dbsqlc.New().SubscriberGetByID(ctx, tx, input.SubscriberID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return refusal.New(refusal.SubscriberNotFound)
	case err != nil:
		return fmt.Errorf("contract: find subscriber: %w", err)
	case subscriber.ClientID != input.ClientID:
		return refusal.New(refusal.SubscriberClient)
	case subscriber.ServiceType != offer.ServiceType:
		return refusal.New(refusal.SubscriberOffer)
	}
	return nil
}

// checkNoneOpen refuses a second open contract of a subscriber and names the first.
func checkNoneOpen(ctx context.Context, tx dbsqlc.DBTX, subscriberID uuid.UUID) error {
	open, err := dbsqlc.New().ContractGetOpenBySubscriber(ctx, tx, subscriberID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("contract: find open contract: %w", err)
	}
	return refusal.New(refusal.SubscriberContracted).With("contract_id", open.ID)
}
