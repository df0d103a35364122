package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Contract is how a contract is billed: its profile with what the contract of a subscriber says, if it is one.
type Contract = dbsqlc.BillingProfileGetRow

// Profile is what can be said of a contract's billing. Status, start and end of a subscriber's contract are its own and
// nil here.
type Profile struct {
	Status            *string
	StartDate         *calendar.Date
	TerminationDate   *calendar.Date
	InstallmentAmount *money.Amount
	Currency          string
	// Details are a JSON object of what is told of the contract and no rule reads.
	Details json.RawMessage
}

// CurrentPrice is what a contract costs each time: the amount that was agreed on, or the fee of its offer; nil when nobody said.
func CurrentPrice(contract Contract) *money.Amount {
	if contract.BillingProfile.InstallmentAmount != nil {
		return contract.BillingProfile.InstallmentAmount
	}
	return contract.MonthlyFee
}

// GetContract returns a contract, or refuses with contract_not_found.
func GetContract(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (Contract, error) {
	found, err := dbsqlc.New().BillingProfileGet(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, refusal.New(refusal.ContractNotFound)
	}
	if err != nil {
		return found, fmt.Errorf("ledger: find contract: %w", err)
	}
	return found, nil
}

// CreateContract makes a contract that stands alone, in the given transaction, and returns its id.
func CreateContract(ctx context.Context, tx pgx.Tx, profile Profile, act actor.Act) (uuid.UUID, error) {
	id := db.NewID()
	err := dbsqlc.New().BillingProfileInsert(ctx, tx, dbsqlc.BillingProfileInsertParams{
		ID: id, Status: profile.Status, StartDate: profile.StartDate, TerminationDate: profile.TerminationDate,
		InstallmentAmount: profile.InstallmentAmount, Currency: profile.Currency, Details: profile.Details, Now: act.Now,
	})
	if err != nil || profile.InstallmentAmount == nil {
		return id, err
	}
	from := act.Today
	if profile.StartDate != nil {
		from = *profile.StartDate
	}
	return id, recordInstallment(ctx, tx, id, nil, *profile.InstallmentAmount, profile.Currency, from, act)
}

// LockContract locks the profile of a contract for a change, and returns it. It refuses with contract_not_found.
func LockContract(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Contract, error) {
	if _, err := dbsqlc.New().BillingProfileLock(ctx, tx, id); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return Contract{}, fmt.Errorf("ledger: lock contract: %w", err)
	}
	return GetContract(ctx, tx, id)
}

// ChangeContract writes the profile of a contract that was locked in this transaction, and notes another amount from today on.
func ChangeContract(ctx context.Context, tx pgx.Tx, locked Contract, profile Profile, act actor.Act) error {
	id := locked.BillingProfile.ID
	err := dbsqlc.New().BillingProfileUpdate(ctx, tx, dbsqlc.BillingProfileUpdateParams{
		ID: id, Status: profile.Status, StartDate: profile.StartDate, TerminationDate: profile.TerminationDate,
		InstallmentAmount: profile.InstallmentAmount, Currency: profile.Currency, Details: profile.Details, Now: act.Now,
	})
	if err != nil {
		return fmt.Errorf("ledger: update contract: %w", err)
	}
	previous := CurrentPrice(locked)
	if profile.InstallmentAmount == nil || previous != nil && *previous == *profile.InstallmentAmount {
		return nil
	}
	return recordInstallment(ctx, tx, id, previous, *profile.InstallmentAmount, profile.Currency, act.Today, act)
}

// DeleteContract removes a contract that stands alone and about which nothing was entered, in the given transaction. It
// refuses with contract_not_found and billing_contract_in_use.
func DeleteContract(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	queries := dbsqlc.New()
	if _, err := queries.BillingProfileLockForDelete(ctx, tx, id); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("ledger: lock contract: %w", err)
	}
	found, err := GetContract(ctx, tx, id)
	if err != nil {
		return err
	}
	if found.BillingProfile.ContractID != nil {
		refused := refusal.New(refusal.BillingContractInUse)
		refused.Message = "The contract belongs to a subscriber. Change its status to end it"
		return refused.With("contract_id", *found.BillingProfile.ContractID)
	}
	used, err := queries.BillingProfileHasPostings(ctx, tx, id)
	if err != nil {
		return fmt.Errorf("ledger: look for entries: %w", err)
	}
	if used {
		return refusal.New(refusal.BillingContractInUse)
	}
	if err := queries.BillingProfileDelete(ctx, tx, id); err != nil {
		return fmt.Errorf("ledger: delete contract: %w", err)
	}
	return nil
}

func recordInstallment(ctx context.Context, tx pgx.Tx, id uuid.UUID, previous *money.Amount, amount money.Amount, currency string,
	from calendar.Date, act actor.Act,
) error {
	return recordPriceChange(ctx, tx, dbsqlc.ContractPriceChangeInsertParams{
		ContractID: id, Reason: InstallmentSet, Source: SourceOf(act.Actor), PreviousAmount: previous, NewAmount: amount,
		Currency: currency, EffectiveDate: from, Now: act.Now,
	})
}

// ActiveContracts returns the active contracts of a client, newest first.
func ActiveContracts(ctx context.Context, tx dbsqlc.DBTX, clientID uuid.UUID) ([]Contract, error) {
	rows, err := dbsqlc.New().BillingProfileListActive(ctx, tx, clientID)
	if err != nil {
		return nil, fmt.Errorf("ledger: list contracts: %w", err)
	}
	contracts := make([]Contract, len(rows))
	for i, row := range rows {
		contracts[i] = Contract(row)
	}
	return contracts, nil
}
