package contract

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// moves lists the statuses that can follow each status. Terminated is final.
var moves = map[Status][]Status{
	StatusDraft:      {StatusActive, StatusTerminated},
	StatusActive:     {StatusSuspended, StatusTerminated},
	StatusSuspended:  {StatusActive, StatusTerminated},
	StatusTerminated: {},
}

// ChangeStatus moves a contract to a status, in the given transaction. Setting
// the current status changes nothing and records no event. It refuses with
// contract_not_found and contract_status_transition_invalid.
func ChangeStatus(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID, to Status, act actor.Act) (dbsqlc.Contract, error) {
	current, err := lockContract(ctx, tx, id)
	if err != nil || current.Status == to {
		return current, err
	}
	if !slices.Contains(moves[current.Status], to) {
		return current, refusal.New(refusal.ContractStatusTransition).With("from", current.Status).With("to", to)
	}
	entered := enter(current, to, act)
	changed, err := dbsqlc.New().ContractUpdateStatus(ctx, tx, dbsqlc.ContractUpdateStatusParams{
		ID: id, Status: entered.Status, EndDate: entered.EndDate, ActivatedAt: entered.ActivatedAt,
		TerminatedAt: entered.TerminatedAt, Now: act.Now,
	})
	if err != nil {
		return changed, fmt.Errorf("contract: update status: %w", err)
	}
	trail := NewTrail(id, act.Actor).Add(EventStatusChanged, map[string]any{"from": current.Status, "to": to})
	return changed, trail.Write(ctx, tx, act.Now)
}

// ChangeOffer puts a contract on another offer, in the given transaction. It locks
// the offer first, as Provision does. The offer that it has already leaves what it
// costs alone. It refuses with contract_not_found, offer_not_found and
// subscriber_offer_mismatch.
func ChangeOffer(ctx context.Context, tx pgx.Tx, id, offerID uuid.UUID, act actor.Act) (dbsqlc.Contract, error) {
	offer, offerErr := LockOffer(ctx, tx, offerID)
	if offerErr != nil && refusal.As(offerErr) == nil {
		return dbsqlc.Contract{}, offerErr
	}
	current, err := lockContract(ctx, tx, id)
	if err != nil {
		return current, err
	}
	if offerErr != nil {
		return current, offerErr
	}
	subscriber, err := dbsqlc.New().SubscriberGetByID(ctx, tx, current.SubscriberID)
	if err != nil {
		return current, fmt.Errorf("contract: find subscriber: %w", err)
	}
	if subscriber.ServiceType != offer.ServiceType {
		return current, refusal.New(refusal.SubscriberOffer)
	}
	changed, err := dbsqlc.New().ContractUpdateOffer(ctx, tx, dbsqlc.ContractUpdateOfferParams{ID: id, OfferID: offer.ID, Now: act.Now})
	if err != nil {
		return changed, fmt.Errorf("contract: update offer: %w", err)
	}
	if current.OfferID != offer.ID {
		if err := ledger.RecordOfferChange(ctx, tx, id, &current.OfferID, offer, ledger.OfferChanged, act.Today, act); err != nil {
			return changed, err
		}
	}
	trail := NewTrail(id, act.Actor).Add(EventOfferChanged, map[string]any{
		"from_offer_id": current.OfferID, "to_offer_id": offer.ID,
	})
	return changed, trail.Write(ctx, tx, act.Now)
}

// ChangeEndDate sets the day on which a contract ends, in the given transaction. Setting the
// current end changes nothing and records no event. The end of a terminated contract is final. It refuses with contract_not_found,
// contract_date_invalid and contract_commitment_invalid.
func ChangeEndDate(ctx context.Context, tx pgx.Tx, id uuid.UUID, end calendar.Date, act actor.Act) (dbsqlc.Contract, error) {
	current, err := lockContract(ctx, tx, id)
	if err != nil || current.EndDate != nil && *current.EndDate == end {
		return current, err
	}
	if err := checkDates(current.StartDate, &end, current.CommitmentMonths); err != nil {
		return current, err
	}
	if current.Status == StatusTerminated {
		refused := refusal.New(refusal.ContractDateInvalid)
		refused.Message = "The contract is terminated and keeps its end"
		return current, refused
	}
	changed, err := dbsqlc.New().ContractUpdateEndDate(ctx, tx, dbsqlc.ContractUpdateEndDateParams{ID: id, EndDate: &end, Now: act.Now})
	if err != nil {
		return changed, fmt.Errorf("contract: update end: %w", err)
	}
	trail := NewTrail(id, act.Actor).Add(EventEndDateChanged, map[string]any{"from": current.EndDate, "to": end})
	return changed, trail.Write(ctx, tx, act.Now)
}

// enter returns a contract as it is once it has a status. The first activation is
// kept; a terminated contract ends today unless it has an end, and never before
// its start.
func enter(c dbsqlc.Contract, status Status, act actor.Act) dbsqlc.Contract {
	c.Status = status
	switch status {
	case StatusActive:
		if c.ActivatedAt == nil {
			c.ActivatedAt = &act.Now
		}
	case StatusTerminated:
		c.TerminatedAt = &act.Now
		if c.EndDate == nil {
			end := act.Today
			if end.Before(c.StartDate) {
				end = c.StartDate
			}
			c.EndDate = &end
		}
	}
	return c
}
