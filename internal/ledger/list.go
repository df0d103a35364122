package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Filter chooses events: what is empty or nil chooses all.
type Filter struct {
	// ContractIDs are contracts of which one at least is what the event is about.
	ContractIDs []uuid.UUID
	ClientID    *uuid.UUID
	Type        *string
	// From and To are the first and the last booking date.
	From, To      *calendar.Date
	Limit, Offset int32
}

// List returns a page of the events that a filter chooses, newest booking date first and then by id, and how many
// it chooses in all. The events of one client or of one contract are read in the order of an index, however many
// there are before the page.
func List(ctx context.Context, tx dbsqlc.DBTX, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	if account, only := filter.onlyAccount(); only {
		entries, hits, err = listByAccount(ctx, tx, account, filter)
	} else {
		entries, hits, err = listAny(ctx, tx, filter)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("ledger: list events: %w", err)
	}
	return entries, hits, nil
}

// days are the first and the last booking date, whatever the filter says of them.
func (f Filter) days() (from, to calendar.Date) {
	from, to = calendar.NewDate(1, 1, 1), calendar.NewDate(calendar.MaxYear, 12, 31)
	if f.From != nil {
		from = *f.From
	}
	if f.To != nil {
		to = *f.To
	}
	return from, to
}

// onlyAccount returns the one account that the filter asks for, if that and the days are all that it asks.
func (f Filter) onlyAccount() (account uuid.UUID, only bool) {
	switch {
	case f.Type != nil:
		return account, false
	case len(f.ContractIDs) == 1 && f.ClientID == nil:
		return f.ContractIDs[0], true
	case len(f.ContractIDs) == 0 && f.ClientID != nil:
		return *f.ClientID, true
	default:
		return account, false
	}
}

func listByAccount(ctx context.Context, tx dbsqlc.DBTX, account uuid.UUID, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	queries, from, to := dbsqlc.New(), calendar.Date{}, calendar.Date{}
	if filter.From == nil && filter.To == nil {
		hits, err = queries.LedgerEventTotalByAccount(ctx, tx, account)
	} else {
		from, to = filter.days()
		hits, err = queries.LedgerEventCountByAccount(ctx, tx, dbsqlc.LedgerEventCountByAccountParams{AccountID: account, BookedFrom: from, BookedTo: to})
	}
	if err != nil || int64(filter.Offset) >= hits {
		return nil, hits, err
	}
	if from.IsZero() && int64(filter.Offset) > hits/2 {
		entries, err = listFromEnd(ctx, tx, account, hits, filter)
		return entries, hits, err
	}
	from, to = filter.days()
	rows, err := queries.LedgerEventListByAccount(ctx, tx, dbsqlc.LedgerEventListByAccountParams{
		AccountID: account, BookedFrom: from, BookedTo: to, PageSize: filter.Limit, PageOffset: filter.Offset,
	})
	for _, row := range rows {
		entries = append(entries, row.LedgerEntry)
	}
	return entries, hits, err
}

// listFromEnd reads a page of the second half of the events of an account: less is passed over from the end.
func listFromEnd(ctx context.Context, tx dbsqlc.DBTX, account uuid.UUID, hits int64, filter Filter) (entries []dbsqlc.LedgerEntry, err error) {
	left := hits - int64(filter.Offset)
	size := min(int64(filter.Limit), left)
	rows, err := dbsqlc.New().LedgerEventListByAccountFromEnd(ctx, tx, dbsqlc.LedgerEventListByAccountFromEndParams{
		AccountID: account, PageSize: int32(size), PageOffset: int32(left - size),
	})
	for _, row := range slices.Backward(rows) {
		entries = append(entries, row.LedgerEntry)
	}
	return entries, err
}

func listAny(ctx context.Context, tx dbsqlc.DBTX, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	queries := dbsqlc.New()
	contracts := append([]uuid.UUID{}, filter.ContractIDs...)
	from, to := filter.days()
	rows, err := queries.LedgerEventList(ctx, tx, dbsqlc.LedgerEventListParams{
		ContractIDS: contracts, ClientID: filter.ClientID, Type: filter.Type, BookedFrom: from, BookedTo: to,
		PageSize: filter.Limit, PageOffset: filter.Offset,
	})
	if err != nil {
		return nil, 0, err
	}
	for _, row := range rows {
		entries = append(entries, row.LedgerEntry)
	}
	hits, err = queries.LedgerEventCount(ctx, tx, dbsqlc.LedgerEventCountParams{
		ContractIDS: contracts, ClientID: filter.ClientID, Type: filter.Type, BookedFrom: from, BookedTo: to,
	})
	return entries, hits, err
}
