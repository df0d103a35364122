package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// Months later, the schedule begins the days around both changes of Morocco's clock in 2026.
func TestTheScheduledTimeSaysWhichDayBegins(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Collections.SyncCron = "5 0 * * *" })
	days := s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.CollectionsDayID)
	at := func(day string) time.Time {
		instant, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		return instant.Add(12 * time.Hour)
	}
	require.NoError(t, days.Backfill(t.Context(), client.ScheduleBackfillOptions{Backfill: []client.ScheduleBackfill{
		{Start: at("2026-02-13"), End: at("2026-02-16"), Overlap: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL},
		{Start: at("2026-03-20"), End: at("2026-03-23"), Overlap: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL},
	}}))
	scheduled := []string{"2026-02-14", "2026-02-15", "2026-02-16", "2026-03-21", "2026-03-22", "2026-03-23"}
	for _, day := range scheduled {
		id := workflows.CollectionsSyncID(calendar.MustParse(day))
		require.Eventually(t, func() bool {
			_, err := s.Temporal.DescribeWorkflowExecution(t.Context(), id, "")
			return err == nil
		}, time.Minute, 10*time.Millisecond, id)
		require.NoError(t, s.Temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil))
	}
	known, err := days.Describe(t.Context())
	require.NoError(t, err)
	// The schedule may also have fired for today.
	begun := map[string]int{}
	for _, action := range known.Info.RecentActions {
		begun[s.Zone.DateAt(action.ScheduleTime).String()]++
	}
	for _, day := range scheduled {
		require.Equal(t, 1, begun[day], "%s is begun once", day)
	}

	// A deployment does not end an operator's pause.
	require.NoError(t, days.Pause(t.Context(), client.SchedulePauseOptions{Note: "an operator's"}))
	s.Restart(t)
	known, err = s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.CollectionsDayID).Describe(t.Context())
	require.NoError(t, err)
	require.True(t, known.Schedule.State.Paused)
}
