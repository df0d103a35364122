package collections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// Aging is what clients owed on a business day. An invoice counts from its issue date until it is
// void, and a payment from its payment date until it is reversed. A payment recorded with an earlier
// payment date changes the reports of the days since then.
type Aging struct {
	Total AgingSum
	// Buckets are the sums of the aging buckets. Here and in AgingClient their order is current, 1_30,
	// 31_60, 61_90, 90_plus.
	Buckets [5]AgingSum
	Clients []AgingClient
}

// AgingSum is what several clients owed together. A client with invoices in several buckets counts
// in each of them, and once in the total.
type AgingSum struct {
	Outstanding       money.Amount
	Invoices, Clients int64
}

// AgingClient is what one client owed.
type AgingClient struct {
	ClientID    uuid.UUID
	Outstanding money.Amount
	Invoices    int64
	Buckets     [5]money.Amount
}

// AgingFilter chooses clients on a business day. A nil field chooses all.
type AgingFilter struct {
	AsOf calendar.Date
	// Ended is the instant at which the day ends. A payment reversed or an invoice voided from then on
	// still counts on the day.
	Ended time.Time
	// Bucket chooses the clients that owed something in an aging bucket.
	Bucket   *string
	ClientID *uuid.UUID
}

// AgingOn returns the sums of all clients that a filter chooses, and a page of these
// clients. The page is sorted by outstanding_amount or client_id.
func AgingOn(ctx context.Context, pool dbsqlc.DBTX, filter AgingFilter, at Position) (Aging, error) {
	params := dbsqlc.AgingListParams{
		AsOf: filter.AsOf, DayEnd: filter.Ended, ClientID: filter.ClientID,
		Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
	}
	for _, bucket := range buckets[1:] {
		params.BucketStarts = append(params.BucketStarts, int32(bucket.first))
	}
	if filter.Bucket != nil {
		// An unknown bucket gets the number -1, which no invoice has.
		number := int32(slices.IndexFunc(buckets, func(b bucket) bool { return b.name == *filter.Bucket }))
		params.Bucket = &number
	}
	rows, err := dbsqlc.New().AgingList(ctx, pool, params)
	if err != nil {
		return Aging{}, fmt.Errorf("collections: read aging: %w", err)
	}
	var report Aging
	for _, row := range rows {
		report.Total = AgingSum{Clients: row.TotalClients}
		for i := range report.Buckets {
			sum := AgingSum{money.Amount(row.TotalAmounts[i]), row.TotalInvoices[i], row.BucketClients[i]}
			report.Buckets[i] = sum
			report.Total.Outstanding += sum.Outstanding
			report.Total.Invoices += sum.Invoices
		}
		if row.ClientID == uuid.Nil {
			continue // The row carries the totals of an empty page.
		}
		owes := AgingClient{ClientID: row.ClientID, Outstanding: money.Amount(row.Amount), Invoices: row.Invoices}
		for i, bucket := range row.Buckets {
			owes.Buckets[bucket] = money.Amount(row.Amounts[i])
		}
		report.Clients = append(report.Clients, owes)
	}
	return report, nil
}
