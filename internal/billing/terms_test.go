package billing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
)

func TestLegalNumbersNameTheYearAndTheSequence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix   string
		year     int
		sequence int64
		want     string
	}{
		{"FA", 2026, 1, "FA-2026-0000001"},
		{"FA", 2026, 9_999_999, "FA-2026-9999999"},
		{"FA", 2026, 10_000_000, "FA-2026-10000000"},
		{"MTF-A", 2027, 42, "MTF-A-2027-0000042"},
	} {
		assert.Equal(t, c.want, billing.Seller{Code: "MTF", NumberPrefix: c.prefix}.Number(c.year, c.sequence))
	}
}

func TestAnInvoiceIsDueSoManyDaysAfterThePeriod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		end  string
		days int32
		want string
	}{
		{"2026-10-31", 15, "2026-11-15"},
		{"2026-10-31", 1, "2026-11-01"},
		{"2026-12-31", 90, "2027-03-31"},
		{"2024-02-28", 1, "2024-02-29"},
		{"2026-02-28", 15, "2026-03-15"},
	} {
		end := calendar.MustParse(c.end)
		terms := billing.Terms{Period: calendar.Period{Start: end.FirstOfMonth(), End: end}, DueDays: c.days}
		assert.Equal(t, c.want, terms.DueDate().String(), "%s + %d days", c.end, c.days)
	}
}
