package schedule_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/schedule"
	"github.com/mtfacturation/mtf/internal/testenv"
)

// daily never starts anything while a test runs, whenever that is: it is for a day that no year has.
var daily = schedule.Schedule{
	ID: "day", Cron: "5 0 30 2 *", Zone: "Africa/Casablanca", Workflow: "BeginDay", Queue: "nobody", Summary: "A day", CatchUp: 24 * time.Hour,
}

func schedules(t *testing.T) client.ScheduleClient {
	t.Helper()
	temporal, err := client.Dial(testenv.Temporal(t))
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	return temporal.ScheduleClient()
}

func known(t *testing.T, all client.ScheduleClient, id string) *client.ScheduleDescription {
	t.Helper()
	description, err := all.GetHandle(t.Context(), id).Describe(t.Context())
	require.NoError(t, err)
	return description
}

// newest returns when a schedule was changed last, or made.
func newest(description *client.ScheduleDescription) time.Time {
	if description.Info.LastUpdateAt.After(description.Info.CreatedAt) {
		return description.Info.LastUpdateAt
	}
	return description.Info.CreatedAt
}

func TestWorkersThatStartTogetherMakeOneSchedule(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	var group errgroup.Group
	for range 8 {
		group.Go(func() error { return schedule.Ensure(context.Background(), all, daily) })
	}
	require.NoError(t, group.Wait())
	made := known(t, all, "day")
	for range 3 {
		require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	}
	again := known(t, all, "day")
	require.Equal(t, newest(made), newest(again), "what is as described is not touched")

	require.Equal(t, "Africa/Casablanca", again.Schedule.Spec.TimeZoneName)
	require.Equal(t, enums.SCHEDULE_OVERLAP_POLICY_SKIP, again.Schedule.Policy.Overlap)
	require.Equal(t, 24*time.Hour, again.Schedule.Policy.CatchupWindow)
	require.False(t, again.Schedule.State.Paused)
}

func TestAChangeReachesTemporalAndAPauseStays(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	require.NoError(t, all.GetHandle(t.Context(), "day").Pause(t.Context(), client.SchedulePauseOptions{Note: "until the migration is over"}))
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	require.True(t, known(t, all, "day").Schedule.State.Paused)

	for name, change := range map[string]func(*schedule.Schedule){
		"cron": func(s *schedule.Schedule) { s.Cron = "15 3 30 2 *" }, "zone": func(s *schedule.Schedule) { s.Zone = "UTC" },
		"workflow": func(s *schedule.Schedule) { s.Workflow = "BeginOtherDay" }, "queue": func(s *schedule.Schedule) { s.Queue = "other" },
		"summary": func(s *schedule.Schedule) { s.Summary = "Another day" }, "catch-up": func(s *schedule.Schedule) { s.CatchUp = time.Hour },
	} {
		before := known(t, all, "day")
		changed := daily
		change(&changed)
		require.NoError(t, schedule.Ensure(t.Context(), all, changed), name)
		after := known(t, all, "day")
		require.True(t, newest(after).After(newest(before)), name)
		require.True(t, after.Schedule.State.Paused, name)
		require.Equal(t, "until the migration is over", after.Schedule.State.Note, name)
		require.Len(t, after.Schedule.Spec.Calendars, 1, name)
		require.Equal(t, changed.Cron, after.Schedule.Spec.Calendars[0].Comment, name)
	}
}

func TestCronIsCheckedBeforeTemporalSeesIt(t *testing.T) {
	t.Parallel()
	for _, right := range []string{"5 0 * * *", "*/15 * * * *", "0 6 1 * *", "0 6 ? * MON-FRI", "0,30 8-18 * 1-6 *"} {
		require.NoError(t, schedule.CheckCron(right), right)
	}
	for _, wrong := range []string{
		"", "daily", "@daily", "@every 1h", "5 0 * *", "5 0 * * * *", "60 0 * * *", "5 24 * * *", "5 0 32 * *", "5 0 * 13 *", "5 0 * * 8",
		"TZ=UTC 5 0 * * *", "CRON_TZ=UTC 5 0 * * *", "0 6 1 * MON",
	} {
		require.Error(t, schedule.CheckCron(wrong), wrong)
		changed := daily
		changed.Cron = wrong
		require.Error(t, schedule.Ensure(t.Context(), nil, changed), wrong)
	}
}
