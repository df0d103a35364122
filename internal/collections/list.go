package collections

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// Filter chooses cases; what is nil chooses all.
type Filter struct {
	Status      *string
	AgingBucket *string
	ClientID    *uuid.UUID
}

// List returns a page of the cases that a filter chooses on a business day, latest
// updated first, and how many there are in all. Whatever the filter, rows are read
// in the order of an index; the count comes from the totals, but for a client, who
// has few.
func List(ctx context.Context, pool dbsqlc.DBTX, filter Filter, today calendar.Date, size, offset int32) (
	rows []dbsqlc.CollectionCase, total int64, err error) {
	queries := dbsqlc.New()
	statuses := []string{CaseOpen, CaseInProgress, CaseResolved, CaseClosed}
	if filter.Status != nil {
		statuses = []string{*filter.Status}
	}
	var from, to calendar.Date
	if filter.AgingBucket != nil {
		from, to = DueDates(*filter.AgingBucket, today)
	}

	if filter.ClientID != nil {
		total, err = queries.CollectionCaseCountByClient(ctx, pool, dbsqlc.CollectionCaseCountByClientParams{
			ClientID: *filter.ClientID, Statuses: statuses, AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
		})
	} else {
		total, err = queries.CollectionCaseTotal(ctx, pool, dbsqlc.CollectionCaseTotalParams{
			Statuses: statuses, AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
		})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("collections: count cases: %w", err)
	}

	switch {
	case filter.ClientID != nil:
		rows, err = queries.CollectionCaseListByClient(ctx, pool, dbsqlc.CollectionCaseListByClientParams{
			ClientID: *filter.ClientID, Statuses: statuses, AgingBucket: filter.AgingBucket, DueFrom: from, DueTo: to,
			PageSize: size, PageOffset: offset,
		})
	case filter.AgingBucket != nil:
		rows, err = queries.CollectionCaseListByBucket(ctx, pool, dbsqlc.CollectionCaseListByBucketParams{
			Statuses: statuses, AgingBucket: *filter.AgingBucket, DueFrom: from, DueTo: to, PageSize: size, PageOffset: offset,
		})
	default:
		rows, err = queries.CollectionCaseList(ctx, pool, dbsqlc.CollectionCaseListParams{
			Statuses: statuses, PageSize: size, PageOffset: offset,
		})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("collections: list cases: %w", err)
	}
	return rows, total, nil
}
