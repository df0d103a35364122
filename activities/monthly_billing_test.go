package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
)

// Ten years of first days, in Ramadan and out of it: by the clock of UTC most of them are still
// the last day of the month that is billed.
func TestEachMonthIsBilledOnceAfterItsLastDay(t *testing.T) {
	t.Parallel()
	a := &activities.Activities{}
	for _, zone := range []string{calendar.DefaultZone, "UTC", "Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		for _, cron := range []string{"5 0 1 * *", "0 0 1 * *", "59 23 28 * *"} {
			e := schedule.Expression{Cron: cron, Zone: zone}
			begun := time.Date(2025, time.December, 15, 0, 0, 0, 0, time.UTC)
			// The 28th of December comes before the first of January.
			first := calendar.MustParse("2025-12-01")
			if cron == "59 23 28 * *" {
				first = calendar.MustParse("2025-11-01")
			}
			for i, at := range e.Next(begun, 120) {
				month, err := a.MonthBefore(t.Context(), activities.MonthBeforeInput{At: at, Zone: zone})
				require.NoError(t, err)
				require.Equal(t, calendar.MonthOf(first.AddMonths(i)), month, "%s %s at %s", zone, cron, at)
			}
		}
	}
	_, err := a.MonthBefore(t.Context(), activities.MonthBeforeInput{Zone: "Africa/Atlantis"})
	require.Error(t, err)
}
