package schedule_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
)

// accepted has one expression of each form.
var accepted = []string{
	"5 0 * * *", "*/15 * * * *", "0 6 1 * *", "0 6 * * MON-FRI", "0,30 8-18 * 1-6 *", "5/20 0 * * *", "10-50/20,55 23 */10 * *", "0 12 1,15-17 jan,Jun-DEC/2 *",
	"0 4 * * 0", "0 4 * * sun,3-5", "0 4 * * */2", "0 4 * * 1-6/2", "0 4 * */5 SAT", "0 4 28/2 * *", "00 04 * * *",
}

func TestExpressionsAreReadWithTheirZone(t *testing.T) {
	t.Parallel()
	const zone = "Africa/Casablanca"
	for _, right := range accepted {
		e, err := schedule.ParseExpression(right, zone)
		require.NoError(t, err, right)
		require.Equal(t, schedule.Expression{Cron: right, Zone: zone}, e)
		require.False(t, e.Off())
	}
	e, err := schedule.ParseExpression("CRON_TZ=Europe/Paris 5 0 1 * *", zone)
	require.NoError(t, err)
	require.Equal(t, schedule.Expression{Cron: "5 0 1 * *", Zone: "Europe/Paris"}, e)
	e, err = schedule.ParseExpression("  CRON_TZ=Europe/Paris  5 0\t1 * * ", zone)
	require.NoError(t, err)
	require.Equal(t, schedule.Expression{Cron: "5 0 1 * *", Zone: "Europe/Paris"}, e)
	e, err = schedule.ParseExpression("off", zone)
	require.NoError(t, err)
	require.True(t, e.Off())
	require.Empty(t, e.Next(time.Now(), 3))
	require.Empty(t, e.Previous(time.Now(), 3))

	for _, wrong := range []string{
		"", "daily", "@daily", "@every 1h", "5 0 * *", "5 0 * * * *", "60 0 * * *", "5 24 * * *", "5 0 32 * *", "5 0 * 13 *", "5 0 * * 8",
		"TZ=UTC 5 0 * * *", "CRON_TZ=Africa/Atlantis 5 0 * * *", "CRON_TZ=Local 5 0 * * *", "CRON_TZ= 5 0 * * *", "CRON_TZ=UTC", "CRON_TZ=UTC TZ=UTC 5 0 * * *",
		"0 6 1 * MON",
		// cron reads these, but Temporal does not, or reads them as other times.
		"0 6 ? * MON-FRI", "0 6 * * ?", "? 6 * * *", "1,,2 6 * * *", ", 6 * * *", "*-5 6 * * *", "0 6 * * MON/2", "0 6 * * 5/2", "0 6 * * SUN,2/3",
	} {
		_, err := schedule.ParseExpression(wrong, zone)
		require.Error(t, err, wrong)
	}
}

func TestAMonthBeginsAtItsLocalMidnight(t *testing.T) {
	t.Parallel()
	e := schedule.Expression{Cron: "5 0 1 * *", Zone: calendar.DefaultZone}
	// Morocco is at UTC in Ramadan: from 15 February to 22 March 2026.
	at := time.Date(2026, time.February, 20, 12, 0, 0, 0, time.UTC)
	require.Equal(t, []string{"2026-03-01T00:05:00Z", "2026-03-31T23:05:00Z", "2026-04-30T23:05:00Z"}, texts(e.Next(at, 3)))
	require.Equal(t, []string{"2026-01-31T23:05:00Z", "2025-12-31T23:05:00Z", "2025-11-30T23:05:00Z"}, texts(e.Previous(at, 3)))
	exactly := time.Date(2026, time.March, 1, 0, 5, 0, 0, time.UTC)
	require.Equal(t, []string{"2026-03-01T00:05:00Z"}, texts(e.Previous(exactly, 1)), "the time that has come is past")
	require.Equal(t, []string{"2026-03-31T23:05:00Z"}, texts(e.Next(exactly, 1)))
	require.Equal(t, []string{"2026-03-01T00:05:00Z"}, texts(e.Between(exactly, exactly)))

	never := schedule.Expression{Cron: "5 0 30 2 *", Zone: "UTC"}
	require.Empty(t, never.Next(at, 5))
	require.Empty(t, never.Previous(at, 5))
	leap := schedule.Expression{Cron: "0 0 29 2 *", Zone: "UTC"}
	require.Equal(t, []string{"2024-02-29T00:00:00Z"}, texts(leap.Previous(at, 5)), "as far back as cron looks ahead")
}

func texts(instants []time.Time) []string {
	all := make([]string, len(instants))
	for i, instant := range instants {
		all[i] = instant.Format(time.RFC3339)
	}
	return all
}

// The next time before an instant is the previous time after it.
func TestPreviousTimesAreThoseThatWereNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := schedule.Expression{
			Cron: rapid.SampledFrom([]string{"* * * * *", "*/7 3 * * *", "5 0 1 * *", "0 6 28-31 * *", "30 2 * * *", "0 0 * * SUN", "0 12 31 1,3 *"}).Draw(t, "cron"),
			Zone: rapid.SampledFrom([]string{calendar.DefaultZone, "Europe/Paris", "UTC", "Pacific/Kiritimati"}).Draw(t, "zone"),
		}
		from := time.Unix(rapid.Int64Range(1_600_000_000, 1_900_000_000).Draw(t, "from"), 0).UTC()
		next := e.Next(from, 6)
		require.Len(t, next, 6)
		require.True(t, slices.IsSortedFunc(next, time.Time.Compare))
		previous := e.Previous(next[5], 6)
		slices.Reverse(previous)
		require.Equal(t, next, previous)
		require.Equal(t, next, e.Between(from.Add(time.Nanosecond), next[5]))
	})
}
