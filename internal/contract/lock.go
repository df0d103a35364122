package contract

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Everything that makes or changes a contract locks the offer, the client and the
// contract in this order, so that two of them wait for each other and never deadlock.

// LockOffer returns the offer, locked against changes until the transaction ends. It
// refuses with offer_not_found.
func LockOffer(ctx context.Context, tx pgx.Tx, id uuid.UUID) (dbsqlc.Offer, error) {
	offer, err := dbsqlc.New().OfferLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return offer, refusal.New(refusal.OfferNotFound)
	}
	if err != nil {
		return offer, fmt.Errorf("contract: lock offer: %w", err)
	}
	return offer, nil
}

// lockContract locks the contract's client and then the contract, in the order of
// Provision. A contract never changes its client.
func lockContract(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.Contract, error) {
	found, err := dbsqlc.New().ContractGetByID(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, refusal.New(refusal.ContractNotFound)
	}
	if err != nil {
		return found, fmt.Errorf("contract: find: %w", err)
	}
	if _, err := client.Lock(ctx, tx, found.ClientID); err != nil {
		return found, err
	}
	locked, err := dbsqlc.New().ContractLock(ctx, tx, id)
	if err != nil {
		return locked, fmt.Errorf("contract: lock: %w", err)
	}
	return locked, nil
}
