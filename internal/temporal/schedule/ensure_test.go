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

	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// daily never starts anything while a test runs, whenever that is: it is for a day that no year has.
var daily = schedule.Schedule{
	ID: "day", Expression: schedule.Expression{Cron: "5 0 30 2 *", Zone: "Africa/Casablanca"}, Workflow: "BeginDay", Queue: "nobody",
	Summary: "A day", CatchUp: 24 * time.Hour,
}

func schedules(t *testing.T) client.ScheduleClient {
	t.Helper()
	temporal, err := client.Dial(servers.Temporal(t))
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

func TestAConfiguredPauseEndsWithTheConfiguration(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	paused := daily
	paused.Paused = true
	requireState := func(want bool, note string) {
		t.Helper()
		state := known(t, all, "day").Schedule.State
		require.Equal(t, want, state.Paused)
		require.Equal(t, note, state.Note)
	}
	require.NoError(t, schedule.Ensure(t.Context(), all, paused))
	requireState(true, schedule.PausedNote)
	made := known(t, all, "day")
	require.NoError(t, schedule.Ensure(t.Context(), all, paused))
	require.Equal(t, newest(made), newest(known(t, all, "day")), "what is as described is not touched")
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	requireState(false, "No longer paused by the configuration")
	require.NoError(t, schedule.Ensure(t.Context(), all, paused))
	requireState(true, schedule.PausedNote)

	// The next start of a worker pauses a schedule that an operator resumed.
	require.NoError(t, all.GetHandle(t.Context(), "day").Unpause(t.Context(), client.ScheduleUnpauseOptions{Note: "just this once"}))
	require.NoError(t, schedule.Ensure(t.Context(), all, paused))
	requireState(true, schedule.PausedNote)

	changed := paused
	changed.Cron = "15 3 30 2 *"
	require.NoError(t, schedule.Ensure(t.Context(), all, changed))
	requireState(true, schedule.PausedNote)
}

func TestAnOperatorsPauseOutlivesAConfiguredOne(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	paused := daily
	paused.Paused = true
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	require.NoError(t, all.GetHandle(t.Context(), "day").Pause(t.Context(), client.SchedulePauseOptions{Note: "until the migration is over"}))
	for _, each := range []schedule.Schedule{paused, daily, paused, daily} {
		require.NoError(t, schedule.Ensure(t.Context(), all, each))
		state := known(t, all, "day").Schedule.State
		require.True(t, state.Paused)
		require.Equal(t, "until the migration is over", state.Note)
	}
}

// An operator may edit a schedule in the Temporal UI, which keeps its comment.
func TestWhatSomebodyEditsIsAsDescribedAgain(t *testing.T) {
	t.Parallel()
	all := schedules(t)
	require.NoError(t, schedule.Ensure(t.Context(), all, daily))
	made := known(t, all, "day").Schedule.Spec
	for name, edit := range map[string]func(*client.ScheduleSpec){
		"minute": func(s *client.ScheduleSpec) { s.Calendars[0].Minute = []client.ScheduleRange{{Start: 6}} },
		"month": func(s *client.ScheduleSpec) {
			s.Calendars[0].Month = []client.ScheduleRange{{Start: 2, End: 4, Step: 2}}
		},
		"year":     func(s *client.ScheduleSpec) { s.Calendars[0].Year = []client.ScheduleRange{{Start: 2100}} },
		"interval": func(s *client.ScheduleSpec) { s.Intervals = []client.ScheduleIntervalSpec{{Every: 1000 * time.Hour}} },
		"skip":     func(s *client.ScheduleSpec) { s.Skip = s.Calendars[:1:1] },
		"jitter":   func(s *client.ScheduleSpec) { s.Jitter = time.Hour },
	} {
		require.NoError(t, all.GetHandle(t.Context(), "day").Update(t.Context(), client.ScheduleUpdateOptions{
			DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
				edit(input.Description.Schedule.Spec)
				return &client.ScheduleUpdate{Schedule: &input.Description.Schedule}, nil
			},
		}), name)
		require.NotEqual(t, made, known(t, all, "day").Schedule.Spec, name)
		require.NoError(t, schedule.Ensure(t.Context(), all, daily), name)
		require.Equal(t, made, known(t, all, "day").Schedule.Spec, name)
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
