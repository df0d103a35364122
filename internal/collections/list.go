package collections

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Filter chooses cases on a business day. A nil field chooses all.
type Filter struct {
	Status      *CaseStatus
	AgingBucket *string
	ClientID    *uuid.UUID
	Today       calendar.Date
}

// statuses returns the statuses that the filter chooses.
func (f Filter) statuses() []string {
	if f.Status != nil {
		return []string{string(*f.Status)}
	}
	return []string{string(CaseOpen), string(CaseInProgress), string(CaseResolved), string(CaseClosed)}
}

// status returns the status that the filter chooses, as text; nil chooses all.
func (f Filter) status() *string { return (*string)(f.Status) }

// dueDates returns the first and the last due date of the filter's bucket.
func (f Filter) dueDates() (first, last calendar.Date) {
	if f.AgingBucket == nil {
		return first, last
	}
	return DueDates(*f.AgingBucket, f.Today)
}

// LatestUpdatedFirst is the default order of the list of cases.
const LatestUpdatedFirst = "updated_at:desc"

// Position is the position of a page in the list of cases.
type Position struct {
	// Sort is LatestUpdatedFirst, or "key:asc" or "key:desc" of another key of CollectionCaseListSorted.
	Sort string
	// After is empty for a page that starts at the beginning. Otherwise it equals Sort, and the page
	// starts after the case with AfterID and this value of the key, as text.
	After      string
	AfterValue string
	AfterID    uuid.UUID

	Limit, Offset int32
}

// withStart gives the first page a sentinel key (infinity, the largest UUID), so that one keyset
// condition serves every page that lists the latest updated cases first.
func (p Position) withStart() Position {
	if p.After == "" {
		p.AfterValue, p.AfterID = "infinity", uuid.Max
	}
	return p
}

// Page is a page of the cases that a filter chooses.
type Page struct {
	Cases []dbsqlc.CollectionCase
	// Total is the number of cases that the filter chooses.
	Total int64
	// Current reports whether no invoice or case was behind the filter's day.
	Current bool
}

// ReadPage reads a page of cases. The most frequent pages take one statement.
func ReadPage(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) (page Page, err error) {
	if at.Sort == LatestUpdatedFirst && at.Offset == 0 && filter.AgingBucket == nil && filter.ClientID == nil {
		found, err := latestPage(ctx, pool, filter, at)
		if err != nil {
			return Page{}, fmt.Errorf("collections: list cases: %w", err)
		}
		// Without a row nothing says whether the page is current.
		if len(found) > 0 {
			page.Total, page.Current = found[0].ListTotal, !found[0].Stale
			for _, row := range found {
				page.Cases = append(page.Cases, row.CollectionCase)
			}
			return page, nil
		}
	}
	due, err := SyncDue(ctx, pool, filter.Today)
	if err != nil {
		return Page{}, err
	}
	page.Current = !due
	if page.Cases, err = List(ctx, pool, filter, at); err != nil {
		return Page{}, err
	}
	page.Total, err = Count(ctx, pool, filter)
	return page, err
}

func latestPage(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) (rows []dbsqlc.CollectionCaseLatestRow, err error) {
	at = at.withStart()
	if filter.Status == nil {
		return dbsqlc.New().CollectionCaseLatest(ctx, pool, dbsqlc.CollectionCaseLatestParams{
			Today: filter.Today, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit,
		})
	}
	found, err := dbsqlc.New().CollectionCaseLatestByStatus(ctx, pool, dbsqlc.CollectionCaseLatestByStatusParams{
		Status: *filter.status(), Today: filter.Today, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit,
	})
	for _, row := range found {
		rows = append(rows, dbsqlc.CollectionCaseLatestRow(row))
	}
	return rows, err
}

// Count returns the number of cases that a filter chooses. It comes from the totals, except for a
// client, who has few cases.
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

// List returns a page of the cases that a filter chooses. For LatestUpdatedFirst, every filter reads
// rows in the order of an index.
func List(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) (rows []dbsqlc.CollectionCase, err error) {
	if at.Sort == LatestUpdatedFirst {
		rows, err = latestUpdated(ctx, pool, filter, at)
	} else {
		from, to := filter.dueDates()
		rows, err = dbsqlc.New().CollectionCaseListSorted(ctx, pool, dbsqlc.CollectionCaseListSortedParams{
			ClientID: filter.ClientID, Status: filter.status(), AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
			ActiveOnly: filter.AgingBucket != nil && filter.Status != nil && isActive(*filter.Status),
			Sort:       at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("collections: list cases: %w", err)
	}
	return rows, nil
}

func latestUpdated(ctx context.Context, pool dbsqlc.DBTX, filter Filter, at Position) ([]dbsqlc.CollectionCase, error) {
	at = at.withStart()
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
			Status: *filter.status(), AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	default:
		return queries.CollectionCaseList(ctx, pool, dbsqlc.CollectionCaseListParams{
			AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	}
}
