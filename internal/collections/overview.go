package collections

import (
	"context"
	"fmt"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// Overview is what is overdue on a business day: the cases that are worked on.
type Overview struct {
	OpenCases, InProgressCases int64
	// Outstanding is what all these cases owe, Buckets what those of each bucket do.
	Outstanding money.Amount
	Buckets     map[string]money.Amount
}

// OverdueInvoices is how many invoices are overdue: in step, each has one case that is
// worked on.
func (o Overview) OverdueInvoices() int64 { return o.OpenCases + o.InProgressCases }

// OverviewOn adds up the cases by the totals of each due date, so its cost does not
// grow with their number.
func OverviewOn(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (Overview, error) {
	totals, err := dbsqlc.New().CollectionCaseTotalListWorked(ctx, pool)
	if err != nil {
		return Overview{}, fmt.Errorf("collections: read totals: %w", err)
	}
	overview := Overview{Buckets: map[string]money.Amount{}}
	for _, total := range totals {
		if total.Status == CaseOpen {
			overview.OpenCases += total.CaseCount
		} else {
			overview.InProgressCases += total.CaseCount
		}
		overview.Outstanding += total.OutstandingAmount
		overview.Buckets[AgingBucket(today.DaysSince(total.DueDate))] += total.OutstandingAmount
	}
	return overview, nil
}
