package activities_test

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// In 2026 Morocco goes to UTC on 15 February and back to UTC+1 on 22 March.
func TestEachDayBeginsOnceJustAfterItsMidnight(t *testing.T) {
	t.Parallel()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	daily, err := cron.ParseStandard("CRON_TZ=" + calendar.DefaultZone + " 5 0 * * *")
	require.NoError(t, err)
	a := &activities.Activities{Zone: zone}
	at := time.Date(2025, time.December, 31, 12, 0, 0, 0, time.UTC)
	hours := map[int]int{}
	for want := calendar.MustParse("2026-01-01"); want.Year() == 2026; want = want.AddDays(1) {
		at = daily.Next(at).UTC()
		hours[at.Hour()]++
		got, err := a.BusinessDay(t.Context(), &at)
		require.NoError(t, err)
		require.Equal(t, want, got, "scheduled at %s", at)
	}
	require.Equal(t, map[int]int{23: 330, 0: 35}, hours, "the clock of Ramadan is part of the year")
}

func TestTodayIsTheBusinessDay(t *testing.T) {
	t.Parallel()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	a := &activities.Activities{Zone: zone, Now: func() time.Time { return time.Date(2026, time.November, 21, 23, 30, 0, 0, time.UTC) }}
	got, err := a.BusinessDay(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, calendar.MustParse("2026-11-22"), got)
}
