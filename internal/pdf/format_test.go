package pdf

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

func TestAmountsAreWrittenInFrench(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.Amount]string{
		0:                 "0,00 MAD",
		5:                 "0,05 MAD",
		99_999:            "999,99 MAD",
		123_450:           "1 234,50 MAD",
		100_000_000:       "1 000 000,00 MAD",
		-123_450:          "-1 234,50 MAD",
		999_999_999_999:   "9 999 999 999,99 MAD",
		math.MinInt64:     "-92 233 720 368 547 758,08 MAD",
		math.MaxInt64 - 7: "92 233 720 368 547 758,00 MAD",
	} {
		assert.Equal(t, want, FormatAmount(amount, "MAD"))
	}
	assert.Equal(t, "1,00", FormatAmount(100, ""))
}

func TestRatesAreWrittenAsPercentages(t *testing.T) {
	t.Parallel()
	for rate, want := range map[money.Rate]string{
		0:         "0 %",
		200_000:   "20 %",
		75_000:    "7,5 %",
		145_500:   "14,55 %",
		1:         "0,0001 %",
		1_000_000: "100 %",
		-75_000:   "-7,5 %",
	} {
		assert.Equal(t, want, formatRate(rate))
	}
}

func TestDatesAndPeriodsAreWrittenInFrench(t *testing.T) {
	t.Parallel()
	first, last := calendar.MustParse("2026-10-01"), calendar.MustParse("2026-10-31")
	assert.Equal(t, "01/10/2026", FormatDate(first))
	assert.Equal(t, "", FormatDate(calendar.Date{}))
	assert.Equal(t, "du 01/10/2026 au 31/10/2026", formatPeriod(first, last))
	assert.Equal(t, "le 01/10/2026", formatPeriod(first, first))
	assert.Equal(t, "à partir du 01/10/2026", formatPeriod(first, calendar.Date{}))
	assert.Equal(t, "jusqu'au 31/10/2026", formatPeriod(calendar.Date{}, last))
	assert.Equal(t, "", formatPeriod(calendar.Date{}, calendar.Date{}))
}
