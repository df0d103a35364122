package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Reason is why a contract costs something else than before.
type Reason = vocabulary.PriceChangeReason

// The reasons of a price change.
const (
	Provisioned    = vocabulary.ReasonProvisioned
	Upgraded       = vocabulary.ReasonUpgraded
	OfferChanged   = vocabulary.ReasonOfferChanged
	PriceChanged   = vocabulary.ReasonPriceChanged
	InstallmentSet = vocabulary.ReasonInstallmentSet
)

// ChangeSource is the door through which a price change came.
type ChangeSource = vocabulary.PriceChangeSource

// The sources of a price change.
const (
	FromPortal = vocabulary.FromPortal
	FromAPI    = vocabulary.FromAPI
	FromSystem = vocabulary.FromSystem
)

// PortalActor is who acts for the public landing pages.
const PortalActor actor.ID = "landing-flow"

// SourceOf tells from an actor where a change came from.
func SourceOf(actorID actor.ID) ChangeSource {
	if actorID == PortalActor {
		return FromPortal
	}
	return FromAPI
}

// RecordOfferChange notes that a contract, which is locked or new, costs the fee of another offer from a day on. The amount that it had
// before is the one that was agreed on, which ends with that, or the fee of the offer before; a new contract had none.
func RecordOfferChange(ctx context.Context, tx pgx.Tx, contractID uuid.UUID, previous *uuid.UUID, offer dbsqlc.Offer, reason Reason,
	from calendar.Date, act actor.Act,
) error {
	queries := dbsqlc.New()
	var before *money.Amount
	if previous != nil {
		// Locked before it is read: a statement that has to wait would look for an amount to end in the profile of before.
		if _, err := queries.BillingProfileLock(ctx, tx, contractID); err != nil {
			return fmt.Errorf("ledger: lock contract: %w", err)
		}
		amount, err := queries.BillingProfileClearInstallment(ctx, tx, dbsqlc.BillingProfileClearInstallmentParams{ID: contractID, OfferID: *previous, Now: act.Now})
		if err != nil {
			return fmt.Errorf("ledger: amount of a contract: %w", err)
		}
		before = &amount
	}
	return recordPriceChange(ctx, tx, dbsqlc.ContractPriceChangeInsertParams{
		ContractID: contractID, Reason: reason, Source: SourceOf(act.Actor), PreviousAmount: before, NewAmount: offer.MonthlyFee,
		Currency: Currency, OfferID: &offer.ID, OfferName: &offer.Name, EffectiveDate: from, Now: act.Now,
	})
}

// RecordStartChange notes that a contract, which is locked and keeps its offer, costs what it costs from another day on.
func RecordStartChange(ctx context.Context, tx pgx.Tx, contractID uuid.UUID, from calendar.Date, act actor.Act) error {
	locked, err := LockContract(ctx, tx, contractID)
	if err != nil {
		return err
	}
	amount := CurrentPrice(locked)
	change := dbsqlc.ContractPriceChangeInsertParams{
		ContractID: contractID, Reason: Upgraded, Source: SourceOf(act.Actor), PreviousAmount: amount, NewAmount: *amount,
		Currency: locked.BillingProfile.Currency, EffectiveDate: from, Now: act.Now,
	}
	if locked.BillingProfile.InstallmentAmount == nil {
		change.OfferID, change.OfferName = locked.OfferID, locked.OfferName
	}
	return recordPriceChange(ctx, tx, change)
}

// RecordPriceChange notes that the fee of an offer, which is locked, has changed today, for every contract that costs it and has not
// ended. For one that begins later it changes from its start on.
func RecordPriceChange(ctx context.Context, tx pgx.Tx, offerID uuid.UUID, previous money.Amount, act actor.Act) error {
	_, err := dbsqlc.New().ContractPriceChangeInsertForOffer(ctx, tx, dbsqlc.ContractPriceChangeInsertForOfferParams{
		OfferID: offerID, Source: SourceOf(act.Actor), PreviousAmount: int64(previous), EffectiveDate: act.Today, Now: act.Now,
	})
	if err != nil {
		return fmt.Errorf("ledger: note the price of an offer: %w", err)
	}
	return nil
}

func recordPriceChange(ctx context.Context, tx pgx.Tx, change dbsqlc.ContractPriceChangeInsertParams) (err error) {
	change.ID = db.NewID()
	if err := dbsqlc.New().ContractPriceChangeInsert(ctx, tx, change); err != nil {
		return fmt.Errorf("ledger: note what a contract costs: %w", err)
	}
	return nil
}
