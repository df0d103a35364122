package calendar_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
)

func morocco(t *testing.T) calendar.Zone {
	t.Helper()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	return zone
}

func TestZone_BusinessDayBeginsAtLocalMidnight(t *testing.T) {
	t.Parallel()
	zone := morocco(t)
	for instant, want := range map[string]string{
		// Most of the year Morocco is an hour ahead of UTC.
		"2026-10-31T22:59:59.999999Z": "2026-10-31",
		"2026-10-31T23:00:00Z":        "2026-11-01",
		"2026-12-31T22:59:59Z":        "2026-12-31",
		"2026-12-31T23:00:00Z":        "2027-01-01",
		"2024-02-28T23:00:00Z":        "2024-02-29",
		"2024-02-29T22:59:59Z":        "2024-02-29",
		// In Ramadan local time is UTC.
		"2026-02-28T23:00:00Z":        "2026-02-28",
		"2026-02-28T23:59:59.999999Z": "2026-02-28",
		"2026-03-01T00:00:00Z":        "2026-03-01",
		// The days of the shifts themselves: back on 15 February, forward on 22 March.
		"2026-02-14T22:59:59Z": "2026-02-14",
		"2026-02-14T23:00:00Z": "2026-02-15",
		"2026-02-15T23:00:00Z": "2026-02-15",
		"2026-02-16T00:00:00Z": "2026-02-16",
		"2026-03-21T23:59:59Z": "2026-03-21",
		"2026-03-22T00:00:00Z": "2026-03-22",
		"2026-03-22T22:59:59Z": "2026-03-22",
		"2026-03-22T23:00:00Z": "2026-03-23",
		// An instant is the same in whichever zone it is written.
		"2026-11-01T00:30:00+02:00": "2026-10-31",
		"2026-10-31T18:30:00-05:00": "2026-11-01",
	} {
		at, err := time.Parse(time.RFC3339Nano, instant)
		require.NoError(t, err)
		assert.Equal(t, want, zone.DateAt(at).String(), "the local day of %s", instant)
	}
}

// TestZone_RamadanShifts goes to where the zone data itself says that clocks change.
func TestZone_RamadanShifts(t *testing.T) {
	t.Parallel()
	location, err := time.LoadLocation(calendar.DefaultZone)
	require.NoError(t, err)
	shifts := transitions(location, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	require.Len(t, shifts, 2, "clocks go back before Ramadan and forward after it: %v", shifts)

	zone := morocco(t)
	// At 23:30 UTC it is tomorrow in Morocco, but not in Ramadan.
	for at, tomorrow := range map[time.Time]bool{
		shifts[0].Add(-day): true, shifts[0]: false, shifts[1].Add(-day): false, shifts[1]: true,
	} {
		evening := at.Truncate(day).Add(23*time.Hour + 30*time.Minute)
		want := calendar.NewDate(at.Year(), at.Month(), at.Day())
		if tomorrow {
			want = want.AddDays(1)
		}
		assert.Equal(t, want, zone.DateAt(evening), "the local day of %s", evening)
	}
	for _, shift := range shifts {
		same := calendar.NewDate(shift.Year(), shift.Month(), shift.Day())
		assert.Equal(t, same, zone.DateAt(shift.Add(-time.Nanosecond)), "before %s", shift)
		assert.Equal(t, same, zone.DateAt(shift), "at %s", shift)
	}
}

const day = 24 * time.Hour

// transitions returns the instants in a span at which a zone's offset changes.
func transitions(location *time.Location, from, to time.Time) []time.Time {
	var found []time.Time
	for {
		_, end := from.In(location).ZoneBounds()
		if end.IsZero() || !end.Before(to) {
			return found
		}
		found = append(found, end.UTC())
		from = end
	}
}

func TestZone_LocalMidnightOfEveryDay(t *testing.T) {
	t.Parallel()
	zone := morocco(t)
	location, err := time.LoadLocation(calendar.DefaultZone)
	require.NoError(t, err)
	for date := calendar.MustParse("2026-01-01"); date.Year() == 2026; date = date.AddDays(1) {
		midnight := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, location)
		assert.Equal(t, date, zone.DateAt(midnight), "midnight of %s", date)
		assert.Equal(t, date.AddDays(-1), zone.DateAt(midnight.Add(-time.Nanosecond)), "before midnight of %s", date)
	}
}

func TestZone_TimeOfDayOnShiftDays(t *testing.T) {
	t.Parallel()
	zone := morocco(t)
	location, err := time.LoadLocation(calendar.DefaultZone)
	require.NoError(t, err)
	for date := calendar.MustParse("2026-01-01"); date.Year() < 2028; date = date.AddDays(1) {
		at := zone.At(date, 9*time.Hour+30*time.Minute)
		assert.Equal(t, date.String()+" 09:30:00", at.In(location).Format(time.DateTime))
		assert.Equal(t, time.UTC, at.Location())
	}
	assert.Equal(t, 8, zone.At(calendar.MustParse("2026-02-14"), 9*time.Hour).Hour())
	assert.Equal(t, 9, zone.At(calendar.MustParse("2026-02-15"), 9*time.Hour).Hour(), "the clock goes back at three")
}

func TestZone_LoadByName(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Africa/Casablanca", morocco(t).String())
	for _, name := range []string{"Africa/Atlantis", "africa casablanca", "../etc/passwd", "/etc/localtime", "UTC+1"} {
		_, err := calendar.LoadZone(name)
		assert.ErrorContains(t, err, name)
	}
}
