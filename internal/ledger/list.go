package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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

// The days between which everything is booked.
var firstDay, lastDay = calendar.NewDate(1, 1, 1), calendar.NewDate(calendar.MaxYear, 12, 31)

// List returns a page of the events that a filter chooses, newest booking date first and then by id, and how many
// it chooses in all, both at one moment. Of one client or one contract any page takes as long as the first one, however many
// events there are before it; see docs/ledger.md.
func List(ctx context.Context, pool *pgxpool.Pool, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) (err error) {
		if id, kind, only := filter.onlyAccount(); only {
			entries, hits, err = listByAccount(ctx, tx, id, kind, filter)
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

// onlyAccount returns the one account that the filter asks for, of a contract or of a client, if that and the days are all
// that it asks.
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

// listByAccount asks for ranks: of the events of an account in the order of booking, the first has rank 0. An account of
// another kind has none.
func listByAccount(ctx context.Context, tx dbsqlc.DBTX, account uuid.UUID, kind string, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	queries := dbsqlc.New()
	page := dbsqlc.LedgerEventListByAccountParams{AccountID: account, PageOffset: filter.Offset, PageSize: filter.Limit}
	if filter.To != nil && *filter.To != lastDay {
		page.BookedBefore = new(filter.To.AddDays(1))
	}
	end, err := queries.LedgerEventCountByAccount(ctx, tx, dbsqlc.LedgerEventCountByAccountParams{AccountID: account, Kind: kind, BookedBefore: page.BookedBefore})
	var first int64
	if err == nil && filter.From != nil {
		first, err = queries.LedgerEventCountByAccount(ctx, tx, dbsqlc.LedgerEventCountByAccountParams{AccountID: account, Kind: kind, BookedBefore: filter.From})
	}
	hits = max(0, end-first)
	left := hits - int64(filter.Offset)
	if err != nil || left <= 0 {
		return nil, hits, err
	}
	page.PageSize = min(page.PageSize, int32(left))
	// The page is below this rank. It begins nearer to an event whose rank is known than to the end of the days, if there is one.
	below := end - int64(filter.Offset)
	if filter.Offset > 0 {
		above, err := queries.LedgerEventRankGetAbove(ctx, tx, dbsqlc.LedgerEventRankGetAboveParams{AccountID: account, Rank: below})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, hits, err
		}
		if err == nil && above.Rank < end {
			page.BookedBefore, page.BeforeID, page.PageOffset = &above.BookingDate, above.EventID, int32(above.Rank-below)
		}
	}
	entries, err = queries.LedgerEventListByAccount(ctx, tx, page)
	return entries, hits, err
}

func listAny(ctx context.Context, tx dbsqlc.DBTX, filter Filter) (entries []dbsqlc.LedgerEntry, hits int64, err error) {
	queries := dbsqlc.New()
	contracts := append([]uuid.UUID{}, filter.ContractIDs...)
	from, to := firstDay, lastDay
	if filter.From != nil {
		from = *filter.From
	}
	if filter.To != nil {
		to = *filter.To
	}
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
