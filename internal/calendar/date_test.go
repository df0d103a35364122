package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
)

func TestParse_Days(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]calendar.Date{
		"2026-10-01": calendar.NewDate(2026, time.October, 1),
		"2024-02-29": calendar.NewDate(2024, time.February, 29),
		"2000-02-29": calendar.NewDate(2000, time.February, 29),
		"0001-01-01": calendar.NewDate(1, time.January, 1),
		"9999-12-31": calendar.NewDate(9999, time.December, 31),
	} {
		got, err := calendar.Parse(text)
		assert.NoError(t, err, "Parse(%q)", text)
		assert.Equal(t, want, got, "Parse(%q)", text)
		assert.Equal(t, text, got.String())
	}
}

func TestParse_RefusesInvalidDays(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "today", "2026", "2026-10", "2026-10-1", "2026-1-01", "26-10-01", "2026/10/01", "01-10-2026", "20261001",
		"2026-00-01", "2026-13-01", "2026-10-00", "2026-10-32", "2026-04-31", "2026-02-29", "1900-02-29", "2100-02-29",
		"0000-01-01", "0000-00-00", "-001-01-01", "10000-01-01", " 2026-10-01", "2026-10-01 ", "2026-10-01\n", "2026-10-01\x00",
		"2026-10-01T00:00:00Z", "2026-10-01 00:00:00", "+2026-10-01", "٢٠٢٦-10-01", "2026-10-0١", "infinity",
	} {
		got, err := calendar.Parse(text)
		assert.ErrorIs(t, err, calendar.ErrSyntax, "Parse(%q) = %v", text, got)
		assert.True(t, got.IsZero(), "Parse(%q) = %v", text, got)
	}
	assert.Panics(t, func() { calendar.MustParse("2026-02-30") })
}

func TestDate_Compare(t *testing.T) {
	t.Parallel()
	ordered := []string{"0001-01-01", "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2027-01-01", "9999-12-31"}
	for i, a := range ordered {
		for j, b := range ordered {
			assert.Equal(t, i < j, calendar.MustParse(a).Before(calendar.MustParse(b)), "%s before %s", a, b)
			assert.Equal(t, i > j, calendar.MustParse(a).After(calendar.MustParse(b)), "%s after %s", a, b)
			assert.Equal(t, i == j, calendar.MustParse(a) == calendar.MustParse(b), "%s == %s", a, b)
		}
	}
}

func TestNewDate_CarriesOver(t *testing.T) {
	t.Parallel()
	assert.Equal(t, calendar.MustParse("2026-03-01"), calendar.NewDate(2026, time.February, 29))
	assert.Equal(t, calendar.MustParse("2026-01-31"), calendar.NewDate(2026, time.February, 0))
	assert.Equal(t, calendar.MustParse("2027-01-15"), calendar.NewDate(2026, time.December+1, 15))
}

func TestDate_Parts(t *testing.T) {
	t.Parallel()
	date := calendar.MustParse("2026-10-09")
	assert.Equal(t, 2026, date.Year())
	assert.Equal(t, time.October, date.Month())
	assert.Equal(t, 9, date.Day())
	assert.False(t, date.IsZero())
	assert.True(t, calendar.Date{}.IsZero())
}

func TestAddDays_CrossesMonthsAndYears(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		days int
		want string
	}{
		{"2026-10-31", 0, "2026-10-31"},
		{"2026-10-31", 1, "2026-11-01"},
		{"2026-10-31", 15, "2026-11-15"},
		{"2026-12-31", 90, "2027-03-31"},
		{"2024-02-28", 1, "2024-02-29"},
		{"2026-02-28", 1, "2026-03-01"},
		{"2100-02-28", 1, "2100-03-01"},
		{"2000-02-28", 1, "2000-02-29"},
		{"2026-01-01", -1, "2025-12-31"},
		{"2026-01-01", 365, "2027-01-01"},
		{"2024-01-01", 366, "2025-01-01"},
	} {
		assert.Equal(t, c.want, calendar.MustParse(c.from).AddDays(c.days).String(), "%s + %d days", c.from, c.days)
	}
}

func TestAddMonths_ClampsToMonthEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-01-31", 0, "2026-01-31"},
		{"2026-01-31", 1, "2026-02-28"},
		{"2024-01-31", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},
		{"2024-02-29", 48, "2028-02-29"},
		{"2026-01-31", 2, "2026-03-31"},
		{"2026-03-31", 1, "2026-04-30"},
		{"2026-12-31", 2, "2027-02-28"},
		{"2026-12-15", 1, "2027-01-15"},
		{"2026-09-20", 12, "2027-09-20"},
		{"2026-08-31", 60, "2031-08-31"},
		{"2026-03-31", -1, "2026-02-28"},
		{"2026-01-31", -2, "2025-11-30"},
		{"2026-01-15", -13, "2024-12-15"},
	} {
		assert.Equal(t, c.want, calendar.MustParse(c.from).AddMonths(c.months).String(), "%s + %d months", c.from, c.months)
	}
}

func TestDaysSince_CountsDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		days     int
	}{
		{"2026-10-31", "2026-10-31", 0},
		{"2026-10-31", "2026-11-01", 1},
		{"2026-11-01", "2026-10-31", -1},
		{"2024-01-01", "2025-01-01", 366},
		{"2026-01-01", "2027-01-01", 365},
		{"1900-01-01", "2000-01-01", 36_524},
		{"1600-01-01", "2000-01-01", 146_097},
		{"2000-01-01", "1600-01-01", -146_097},
		{"0001-01-01", "9999-12-31", 3_652_058},
	} {
		got := calendar.MustParse(c.to).DaysSince(calendar.MustParse(c.from))
		assert.Equal(t, c.days, got, "from %s to %s", c.from, c.to)
	}
}

func TestDate_JSON(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(map[calendar.Date]calendar.Date{
		calendar.MustParse("2026-10-01"): calendar.MustParse("2026-10-31"),
	})
	require.NoError(t, err)
	assert.Equal(t, `{"2026-10-01":"2026-10-31"}`, string(encoded))

	var decoded map[calendar.Date]calendar.Date
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	assert.Equal(t, calendar.MustParse("2026-10-31"), decoded[calendar.MustParse("2026-10-01")])

	kept := calendar.MustParse("2026-10-01")
	require.ErrorIs(t, kept.UnmarshalText([]byte("2026-02-30")), calendar.ErrSyntax)
	assert.Equal(t, "2026-10-01", kept.String(), "a malformed text must leave the date alone")
}
