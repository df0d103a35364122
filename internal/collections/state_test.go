package collections_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
)

func TestTheStateOfAnInvoiceFollowsMoneyAndTheCalendar(t *testing.T) {
	t.Parallel()
	due := calendar.MustParse("2026-10-31")
	for _, c := range []struct {
		outstanding money.Amount
		today       string
		want        billing.InvoiceStatus
	}{
		{0, "2026-10-01", billing.InvoicePaid},
		{0, "2026-10-31", billing.InvoicePaid},
		{0, "2027-10-31", billing.InvoicePaid},
		{1, "2026-10-30", billing.InvoiceIssued},
		{1, "2026-10-31", billing.InvoiceIssued},
		{1, "2026-11-01", billing.InvoiceOverdue},
		{1, "2027-10-30", billing.InvoiceOverdue},
		{money.MaxAmount, "2026-10-31", billing.InvoiceIssued},
		{money.MaxAmount, "2026-11-01", billing.InvoiceOverdue},
	} {
		today := calendar.MustParse(c.today)
		for _, current := range []billing.InvoiceStatus{billing.InvoiceIssued, billing.InvoiceOverdue, billing.InvoicePaid} {
			got := collections.InvoiceStatus(current, c.outstanding, false, due, today)
			assert.Equal(t, c.want, got, "%s, %s outstanding, due %s, on %s", current, c.outstanding, due, today)
			got = collections.InvoiceStatus(current, c.outstanding, true, due, today)
			want := map[bool]billing.InvoiceStatus{true: billing.InvoicePaid, false: billing.InvoiceOverdue}[c.outstanding == 0]
			assert.Equal(t, want, got, "overdue once, %s, %s outstanding, due %s, on %s", current, c.outstanding, due, today)
		}
		for _, wasOverdue := range []bool{false, true} {
			got := collections.InvoiceStatus(billing.InvoiceVoid, c.outstanding, wasOverdue, due, today)
			assert.Equal(t, billing.InvoiceVoid, got, "void stays void with %s outstanding on %s", c.outstanding, today)
		}
	}
}

func TestAgingBucketsMeetWithoutGaps(t *testing.T) {
	t.Parallel()
	for _, bucket := range []struct {
		name        string
		first, last int
	}{
		{"current", math.MinInt, 0}, {"1_30", 1, 30}, {"31_60", 31, 60}, {"61_90", 61, 90}, {"90_plus", 91, math.MaxInt},
	} {
		for _, days := range []int{bucket.first, bucket.first/2 + bucket.last/2, bucket.last} {
			assert.Equal(t, bucket.name, collections.AgingBucket(days), "%d days past due", days)
		}
	}
	assert.Equal(t, "current", collections.AgingBucket(-1))
	assert.Equal(t, "90_plus", collections.AgingBucket(91))
}
