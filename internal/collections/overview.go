package collections

import (
	"context"
	"fmt"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// Overview sums up the active cases on a business day.
type Overview struct {
	OpenCases, InProgressCases int64
	// Outstanding is the sum of all active cases, Buckets the sums by aging bucket.
	Outstanding money.Amount
	Buckets     map[string]money.Amount
	// Current reports whether no invoice or case was behind the business day.
	Current bool
}

// OverdueInvoices is the number of overdue invoices: when current, each has one active case.
func (o Overview) OverdueInvoices() int64 { return o.OpenCases + o.InProgressCases }

// ReadOverview adds up the totals of each due date, so its cost does not grow with the number of cases.
func ReadOverview(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (overview Overview, err error) {
	totals, err := dbsqlc.New().CollectionCaseTotalListActive(ctx, pool, today)
	if err != nil {
		return Overview{}, fmt.Errorf("collections: read totals: %w", err)
	}
	overview.Buckets = map[string]money.Amount{}
	for _, total := range totals {
		if total.Status == CaseOpen {
			overview.OpenCases += total.CaseCount
		} else {
			overview.InProgressCases += total.CaseCount
		}
		overview.Outstanding += total.OutstandingAmount
		overview.Buckets[AgingBucket(today.DaysSince(total.DueDate))] += total.OutstandingAmount
	}
	if len(totals) > 0 {
		overview.Current = !totals[0].Stale
		return overview, nil
	}
	due, err := SyncDue(ctx, pool, today)
	overview.Current = !due
	return overview, err
}
