package calendar_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
)

func TestMonth_FirstToLastDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		month, start, end string
		days              int
	}{
		{"2026-01", "2026-01-01", "2026-01-31", 31},
		{"2026-02", "2026-02-01", "2026-02-28", 28},
		{"2024-02", "2024-02-01", "2024-02-29", 29},
		{"2000-02", "2000-02-01", "2000-02-29", 29},
		{"2100-02", "2100-02-01", "2100-02-28", 28},
		{"2026-04", "2026-04-01", "2026-04-30", 30},
		{"2026-12", "2026-12-01", "2026-12-31", 31},
		{"0001-01", "0001-01-01", "0001-01-31", 31},
		{"9999-12", "9999-12-01", "9999-12-31", 31},
	} {
		month, err := calendar.ParseMonth(c.month)
		require.NoError(t, err, c.month)
		assert.Equal(t, c.start+".."+c.end, month.String())
		assert.Equal(t, c.days, month.Days(), c.month)
		for _, day := range []string{c.start, c.end, c.month + "-15"} {
			assert.Equal(t, month, calendar.MonthOf(calendar.MustParse(day)), "month of %s", day)
		}
	}
}

func TestParseMonth_RefusesInvalidMonths(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "2026", "2026-1", "2026-00", "2026-13", "26-10", "10-2026", "2026-10-01", "2026/10", " 2026-10", "2026-10 ", "0000-01", "october",
	} {
		got, err := calendar.ParseMonth(text)
		assert.ErrorIs(t, err, calendar.ErrSyntax, "ParseMonth(%q) = %v", text, got)
		assert.Equal(t, calendar.Period{}, got, "ParseMonth(%q)", text)
	}
}

func TestPeriod_ContainsBothEnds(t *testing.T) {
	t.Parallel()
	period := calendar.Period{Start: calendar.MustParse("2026-10-15"), End: calendar.MustParse("2026-11-14")}
	for day, want := range map[string]bool{
		"2026-10-14": false, "2026-10-15": true, "2026-10-31": true, "2026-11-01": true, "2026-11-14": true, "2026-11-15": false,
		"2025-10-20": false, "2027-10-20": false,
	} {
		assert.Equal(t, want, period.Contains(calendar.MustParse(day)), "%s contains %s", period, day)
	}
	assert.Equal(t, 31, period.Days())
}

func TestPeriod_OneDay(t *testing.T) {
	t.Parallel()
	day := calendar.MustParse("2026-02-28")
	period := calendar.Period{Start: day, End: day}
	assert.Equal(t, 1, period.Days())
	assert.True(t, period.Contains(day))
	assert.False(t, period.Contains(day.AddDays(-1)))
	assert.False(t, period.Contains(day.AddDays(1)))
}
