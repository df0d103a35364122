package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Filter selects events. An empty or nil field selects all.
type Filter struct {
	// ContractIDs selects the events that are allocated to at least one of the contracts.
	ContractIDs []uuid.UUID
	ClientID    *uuid.UUID
	Type        *string
	// From and To are the first and the last booking date.
	From, To      *calendar.Date
	Limit, Offset int32
}

// List returns a page of the selected events, newest booking date first and then by id, and the total number of selected
// events. Both come from one snapshot.
func List(ctx context.Context, pool *pgxpool.Pool, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) (err error) {
		if account, kind, only := filter.onlyAccount(); only {
			entries, hits, err = listByAccount(ctx, tx, account, kind, filter)
		} else {
			entries, hits, err = listAny(ctx, tx, filter)
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("ledger: list events: %w", err)
	}
	return entries, hits, nil
}

// onlyAccount returns the account of the one contract or client that the filter selects, if it selects by nothing else
// but booking dates.
func (f Filter) onlyAccount() (id uuid.UUID, kind string, only bool) {
	switch {
	case f.Type != nil:
		return id, "", false
	case len(f.ContractIDs) == 1 && f.ClientID == nil:
		return f.ContractIDs[0], "contract", true
	case len(f.ContractIDs) == 0 && f.ClientID != nil:
		return *f.ClientID, "client", true
	default:
		return id, "", false
	}
}

// bookingDates returns the bounds of the booking date, with the calendar's own bounds in place of nil.
func (f Filter) bookingDates() (from, to calendar.Date) {
	from, to = calendar.NewDate(1, 1, 1), calendar.NewDate(calendar.MaxYear, 12, 31)
	if f.From != nil {
		from = *f.From
	}
	if f.To != nil {
		to = *f.To
	}
	return from, to
}

func listByAccount(ctx context.Context, tx pgx.Tx, account uuid.UUID, kind string, filter Filter) (
	entries []dbsqlc.LedgerEntry, hits int64, err error,
) {
	queries := dbsqlc.New()
	from, to := filter.bookingDates()
	entries, err = queries.LedgerEventListByAccount(ctx, tx, dbsqlc.LedgerEventListByAccountParams{
		AccountID: account, Kind: kind, BookedFrom: from, BookedTo: to, PageSize: filter.Limit, PageOffset: filter.Offset,
	})
	if err != nil {
		return nil, 0, err
	}
	hits, err = queries.LedgerEventCountByAccount(ctx, tx, dbsqlc.LedgerEventCountByAccountParams{
		AccountID: account, Kind: kind, BookedFrom: from, BookedTo: to,
	})
	return entries, hits, err
}

func listAny(ctx context.Context, tx pgx.Tx, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	queries := dbsqlc.New()
	from, to := filter.bookingDates()
	contracts := append([]uuid.UUID{}, filter.ContractIDs...)
	entries, err = queries.LedgerEventList(ctx, tx, dbsqlc.LedgerEventListParams{
		ContractIDS: contracts, ClientID: filter.ClientID, Type: filter.Type, BookedFrom: from, BookedTo: to,
		PageSize: filter.Limit, PageOffset: filter.Offset,
	})
	if err != nil {
		return nil, 0, err
	}
	hits, err = queries.LedgerEventCount(ctx, tx, dbsqlc.LedgerEventCountParams{
		ContractIDS: contracts, ClientID: filter.ClientID, Type: filter.Type, BookedFrom: from, BookedTo: to,
	})
	return entries, hits, err
}
