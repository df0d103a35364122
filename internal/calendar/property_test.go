package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// lastOrdinal is the number of days from 0001-01-01 to 9999-12-31.
const lastOrdinal = 3_652_058

// anyDate draws a day of the years 1 to 9999, ends of months more often than others.
func anyDate() *rapid.Generator[calendar.Date] {
	return rapid.Custom(func(t *rapid.T) calendar.Date {
		year := rapid.IntRange(1, 9999).Draw(t, "year")
		month := time.Month(rapid.IntRange(1, 12).Draw(t, "month"))
		last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
		day := rapid.OneOf(rapid.IntRange(1, last), rapid.IntRange(last-3, last)).Draw(t, "day")
		return calendar.NewDate(year, month, day)
	})
}

func TestDate_TextRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date := anyDate().Draw(t, "date")
		again, err := calendar.Parse(date.String())
		require.NoError(t, err)
		require.Equal(t, date, again)
	})
}

func TestDaysSince_InvertsAddDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := calendar.NewDate(1, time.January, 1)
		from := rapid.IntRange(0, lastOrdinal).Draw(t, "from")
		to := rapid.IntRange(0, lastOrdinal).Draw(t, "to")

		start := first.AddDays(from)
		end := start.AddDays(to - from)
		require.Equal(t, first.AddDays(to), end, "%s + %d days", start, to-from)
		require.Equal(t, to-from, end.DaysSince(start), "from %s to %s", start, end)
		require.Equal(t, from < to, start.Before(end), "%s before %s", start, end)
		require.Equal(t, start, end.AddDays(from-to), "%s - %d days", end, to-from)
	})
}

func TestAddMonths_KeepsDayOrTakesLast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := anyDate().Filter(func(d calendar.Date) bool { return 100 < d.Year() && d.Year() < 9900 }).Draw(t, "from")
		months := rapid.IntRange(-1000, 1000).Draw(t, "months")

		to := from.AddMonths(months)
		require.Equal(t, monthNumber(from)+months, monthNumber(to), "%s + %d months = %s", from, months, to)
		last := to.LastOfMonth().Day()
		require.Equal(t, min(from.Day(), last), to.Day(), "%s + %d months = %s", from, months, to)
	})
}

func monthNumber(d calendar.Date) int { return d.Year()*12 + int(d.Month()) }

func TestMonth_ContainsItsDays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := anyDate().Draw(t, "day")
		month := calendar.MonthOf(day)
		require.True(t, month.Contains(day), "%s contains %s", month, day)
		require.Equal(t, 1, month.Start.Day())
		require.Equal(t, month.Start.AddMonths(1), month.End.AddDays(1))
		require.Equal(t, month.End.Day(), month.Days())
		require.Equal(t, month.Start, day.FirstOfMonth())
		require.Equal(t, month.End, day.LastOfMonth())

		parsed, err := calendar.ParseMonth(day.String()[:len("2026-10")])
		require.NoError(t, err)
		require.Equal(t, month, parsed)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"2026-10-01", "2024-02-29", "2026-02-29", "0000-01-01", "9999-12-31", "2026-1-1", "", "2026-10-01T00:00:00Z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		date, err := calendar.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, calendar.ErrSyntax)
			require.True(t, date.IsZero(), "Parse(%q) = %v", text, date)
			return
		}
		require.Equal(t, text, date.String(), "only the canonical form is accepted")
		require.True(t, 1 <= date.Year() && date.Year() <= 9999, "Parse(%q) = %v", text, date)
	})
}
