package schedule_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// The program shows the times that cron computes, and Temporal starts at the times that it
// computes. They are the same over three years with all ends of months, a leap day, and both
// changes of Morocco's clock in each: at 3 o'clock it goes back to 2 before Ramadan, and at 2
// o'clock on to 3 after it. No schedule that matters starts between 1 and 3: when the clock
// goes back, Temporal starts one of 1 o'clock again an hour later.
func TestTemporalStartsAtTheTimesThatAreShown(t *testing.T) {
	t.Parallel()
	options := servers.Temporal(t)
	temporal, err := client.Dial(options)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	from := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	to := time.Date(2028, time.December, 31, 12, 0, 0, 0, time.UTC)
	for cron, local := range map[string]string{
		"5 0 1 * *": "00:05", "5 0 * * *": "00:05", "30 3 * * *": "03:30", "0 0 28-31 * *": "00:00", "55 23 31 * *": "23:55", "0 6 29 2 *": "06:00",
		"0 4 * * SUN": "04:00",
	} {
		e := schedule.Expression{Cron: cron, Zone: calendar.DefaultZone}
		described := schedule.Schedule{ID: strings.Fields(cron)[1] + cron, Expression: e, Workflow: "Nothing", Queue: "nobody", CatchUp: time.Hour}
		require.NoError(t, schedule.Ensure(t.Context(), temporal.ScheduleClient(), described))
		shown := e.Between(from, to)
		require.NotEmpty(t, shown, cron)
		require.Equal(t, texts(shown), texts(matching(t, temporal, options.Namespace, described.ID, from, to)), cron)

		location, err := time.LoadLocation(e.Zone)
		require.NoError(t, err)
		offsets := map[int]bool{}
		for _, at := range shown {
			require.Equal(t, local, at.In(location).Format("15:04"), "%s at %s", cron, at)
			_, offset := at.In(location).Zone()
			offsets[offset] = true
		}
		if len(shown) > 30 {
			require.Len(t, offsets, 2, "%s meets both clocks", cron)
		}
	}
}

// Whatever passes the check at the start is read by Temporal, at the same times.
func TestTemporalReadsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	options := servers.Temporal(t)
	temporal, err := client.Dial(options)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	from := time.Date(2026, time.May, 25, 12, 0, 0, 0, time.UTC)
	for i, cron := range accepted {
		e, err := schedule.ParseExpression(cron, "UTC")
		require.NoError(t, err)
		described := schedule.Schedule{ID: strconv.Itoa(i), Expression: e, Workflow: "Nothing", Queue: "nobody", CatchUp: time.Hour, Paused: true}
		require.NoError(t, schedule.Ensure(t.Context(), temporal.ScheduleClient(), described), cron)
		shown := e.Next(from, 40)
		require.Len(t, shown, 40, cron)
		require.Equal(t, texts(shown), texts(matching(t, temporal, options.Namespace, described.ID, from, shown[39])), cron)
		made := known(t, temporal.ScheduleClient(), described.ID)
		require.NoError(t, schedule.Ensure(t.Context(), temporal.ScheduleClient(), described), cron)
		require.Equal(t, newest(made), newest(known(t, temporal.ScheduleClient(), described.ID)), "%s is known as it was described", cron)
	}
}

// matching asks Temporal for the times of a schedule.
func matching(t *testing.T, temporal client.Client, namespace, id string, from, to time.Time) []time.Time {
	t.Helper()
	var times []time.Time
	for {
		answer, err := temporal.WorkflowService().ListScheduleMatchingTimes(t.Context(), &workflowservice.ListScheduleMatchingTimesRequest{
			Namespace: namespace, ScheduleId: id, StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
		})
		require.NoError(t, err)
		if len(answer.GetStartTime()) == 0 {
			return times
		}
		for _, at := range answer.GetStartTime() {
			from = at.AsTime()
			times = append(times, from)
		}
	}
}
