package schedule_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/schedule"
	"github.com/mtfacturation/mtf/internal/testenv"
)

// daily never starts anything while a test runs, whenever that is: it is for a day that no year has.
var daily = schedule.Schedule{
	ID: "day", Expression: schedule.Expression{Cron: "5 0 30 2 *", Zone: "Africa/Casablanca"}, Workflow: "BeginDay", Queue: "nobody",
	Summary: "A day", CatchUp: 24 * time.Hour,
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
		"arguments": func(s *schedule.Schedule) { s.Arguments = []any{map[string]int{"due_days": 15}} },
		"argument":  func(s *schedule.Schedule) { s.Arguments = []any{map[string]int{"due_days": 30}} },
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
		require.Contains(t, after.Schedule.Spec.Calendars[0].Comment, changed.Cron, name)
		require.Len(t, after.Schedule.Action.(*client.ScheduleWorkflowAction).Args, len(changed.Arguments), name)
		require.NoError(t, schedule.Ensure(t.Context(), all, changed), name)
		require.Equal(t, newest(after), newest(known(t, all, "day")), "%s: what is as described is not touched", name)
	}
}

func TestWhatIsSwitchedOffIsRemovedAndComesBack(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	off := daily
	off.Expression = schedule.Expression{}
	require.NoError(t, schedule.Ensure(t.Context(), all, off), "one that was never made")
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	require.NoError(t, schedule.Ensure(t.Context(), all, off))
	_, err := all.GetHandle(t.Context(), "day").Describe(t.Context())
	require.ErrorAs(t, err, new(*serviceerror.NotFound))
	require.NoError(t, schedule.Ensure(t.Context(), all, off))
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	require.Equal(t, daily.Zone, known(t, all, "day").Schedule.Spec.TimeZoneName)
}

func TestExpressionsAreCheckedBeforeTemporalSeesThem(t *testing.T) {
	t.Parallel()
	wrong := daily
	wrong.Cron = "60 0 * * *"
	require.Error(t, schedule.Ensure(t.Context(), nil, wrong))
	wrong = daily
	wrong.Zone = "Africa/Atlantis"
	require.ErrorContains(t, schedule.Ensure(t.Context(), nil, wrong), "Atlantis")
}
