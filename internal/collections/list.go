package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Filter chooses cases on a business day; what is nil chooses all.
type Filter struct {
	Status      *string
	AgingBucket *string
	ClientID    *uuid.UUID
	Today       calendar.Date
}

// statuses are those that the filter chooses.
func (f Filter) statuses() []string {
	if f.Status != nil {
		return []string{*f.Status}
	}
	return []string{CaseOpen, CaseInProgress, CaseResolved, CaseClosed}
}

// dueDates are the first and the last one that the filter's bucket has.
func (f Filter) dueDates() (first, last calendar.Date) {
	if f.AgingBucket == nil {
		return first, last
	}
	return DueDates(*f.AgingBucket, f.Today)
}

// LatestUpdatedFirst is the order in which cases are listed unless another is asked for.
const LatestUpdatedFirst = "updated_at:desc"

// Position is where in the list of cases a page is.
type Position struct {
	// Sort is LatestUpdatedFirst, or "key:asc" or "key:desc" of another key that
	// CollectionCaseListSorted has.
	Sort string
	// After is Sort for a page that begins behind a case, which has this id and this
	// value of the key, as text; else it is empty.
	After      string
	AfterValue string
	AfterID    uuid.UUID

	Limit, Offset int32
}

// behindSomething has a page that begins behind no case begin before all of them, so that
// one condition serves every page that is latest updated first.
func (p Position) behindSomething() Position {
	if p.After == "" {
		p.AfterValue, p.AfterID = "infinity", uuid.Max
	}
	return p
}

// Page returns a page of the cases that a filter chooses, and how many it chooses in
// all, once they are in step with the filter's day. The pages that nearly everybody asks
// for take one statement as long as nothing is behind.
func (g *Gate) Page(ctx context.Context, filter Filter, at Position, now time.Time) (rows []dbsqlc.CollectionCase, total int64, err error) {
	if at.Sort == LatestUpdatedFirst && at.Offset == 0 && filter.AgingBucket == nil && filter.ClientID == nil {
		found, err := latestPage(ctx, g.pool, filter, at)
		if err != nil {
			return nil, 0, fmt.Errorf("collections: list cases: %w", err)
		}
		// No row tells of no backlog either.
		if len(found) > 0 && !found[0].Stale {
			for _, row := range found {
				rows = append(rows, row.CollectionCase)
			}
			return rows, found[0].ListTotal, nil
		}
	}
	if err := g.Pass(ctx, filter.Today, now); err != nil {
		return nil, 0, err
	}
	if rows, err = List(ctx, g.pool, filter, at); err != nil {
		return nil, 0, err
	}
	total, err = Count(ctx, g.pool, filter)
	return rows, total, err
}

func latestPage(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) (rows []dbsqlc.CollectionCaseLatestRow, err error) {
	at = at.behindSomething()
	if filter.Status == nil {
		return dbsqlc.New().CollectionCaseLatest(ctx, pool, dbsqlc.CollectionCaseLatestParams{
			Today: filter.Today, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit,
		})
	}
	found, err := dbsqlc.New().CollectionCaseLatestByStatus(ctx, pool, dbsqlc.CollectionCaseLatestByStatusParams{
		Status: *filter.Status, Today: filter.Today, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit,
	})
	for _, row := range found {
		rows = append(rows, dbsqlc.CollectionCaseLatestRow(row))
	}
	return rows, err
}

// Count returns how many cases a filter chooses. The number comes from the totals, but
// for a client, who has few cases.
func Count(ctx context.Context, pool dbsqlc.DBTX, filter Filter) (total int64, err error) {
	from, to := filter.dueDates()
	if filter.ClientID != nil {
		total, err = dbsqlc.New().CollectionCaseCountByClient(ctx, pool, dbsqlc.CollectionCaseCountByClientParams{
			ClientID: *filter.ClientID, Statuses: filter.statuses(), AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
		})
	} else {
		total, err = dbsqlc.New().CollectionCaseTotal(ctx, pool, dbsqlc.CollectionCaseTotalParams{
			Statuses: filter.statuses(), AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
		})
	}
	if err != nil {
		return 0, fmt.Errorf("collections: count cases: %w", err)
	}
	return total, nil
}

// List returns a page of the cases that a filter chooses. Latest updated first, rows
// are read in the order of an index whatever the filter.
func List(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) (rows []dbsqlc.CollectionCase, err error) {
	if at.Sort == LatestUpdatedFirst {
		rows, err = latestUpdated(ctx, pool, filter, at)
	} else {
		from, to := filter.dueDates()
		rows, err = dbsqlc.New().CollectionCaseListSorted(ctx, pool, dbsqlc.CollectionCaseListSortedParams{
			ClientID: filter.ClientID, Status: filter.Status, AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
			ActiveOnly: filter.AgingBucket != nil && filter.Status != nil && workedOn(*filter.Status),
			Sort:       at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("collections: list cases: %w", err)
	}
	return rows, nil
}

func latestUpdated(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) ([]dbsqlc.CollectionCase, error) {
	at = at.behindSomething()
	queries, statuses := dbsqlc.New(), filter.statuses()
	from, to := filter.dueDates()
	switch {
	case filter.ClientID != nil:
		return queries.CollectionCaseListByClient(ctx, pool, dbsqlc.CollectionCaseListByClientParams{
			ClientID: *filter.ClientID, Statuses: statuses, AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
			AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	case filter.AgingBucket != nil:
		return queries.CollectionCaseListByBucket(ctx, pool, dbsqlc.CollectionCaseListByBucketParams{
			Statuses: statuses, AgingBucket: *filter.AgingBucket, DueFrom: from, DueTo: to,
			AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	case filter.Status != nil:
		return queries.CollectionCaseListByStatus(ctx, pool, dbsqlc.CollectionCaseListByStatusParams{
			Status: *filter.Status, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	default:
		return queries.CollectionCaseList(ctx, pool, dbsqlc.CollectionCaseListParams{
			AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}
}
