package collections

import (
	"context"
	"fmt"
	"time"

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

// Overview adds up the cases by the totals of each due date, so its cost does not grow
// with their number, once they are in step with a business day.
func (g *Gate) Overview(ctx context.Context, today calendar.Date, now time.Time) (Overview, error) {
	overview, behind, err := overviewOn(ctx, g.pool, today)
	if err != nil || !behind {
		return overview, err
	}
	if err := g.Pass(ctx, today, now); err != nil {
		return Overview{}, err
	}
	overview, _, err = overviewOn(ctx, g.pool, today)
	return overview, err
}

// overviewOn returns what is stored, and whether that may be behind the business day.
func overviewOn(ctx context.Context, pool dbsqlc.DBTX, today calendar.Date) (overview Overview, behind bool, err error) {
	totals, err := dbsqlc.New().CollectionCaseTotalListActive(ctx, pool, today)
	if err != nil {
		return Overview{}, false, fmt.Errorf("collections: read totals: %w", err)
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
	// No row tells of no backlog either.
	return overview, len(totals) == 0 || totals[0].Stale, nil
}
