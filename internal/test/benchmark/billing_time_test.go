package benchmark_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
)

// stepTime is what the steps of one kind took together: the work itself, and until a worker had them.
type stepTime struct {
	times         int
	busy, waiting time.Duration
}

// stepTimes reports, from a run's history, how the run spent its time. The total is the duration times the concurrency,
// because that number of steps run at once. The remainder is the time of Temporal and of the workflow's own steps.
func stepTimes(b *testing.B, temporal client.Client, workflowID string, concurrency int, took time.Duration) string {
	b.Helper()
	steps := map[string]*stepTime{}
	for runID := firstRun(b, temporal, workflowID); runID != ""; {
		events := temporal.GetWorkflowHistory(context.Background(), workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		runID = ""
		known := map[int64]*history.HistoryEvent{}
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(b, err)
			known[event.EventId] = event
			note := func(name string, scheduled, started int64) {
				if steps[name] == nil {
					steps[name] = &stepTime{}
				}
				begun := known[started].EventTime.AsTime()
				steps[name].times++
				steps[name].busy += event.EventTime.AsTime().Sub(begun)
				steps[name].waiting += begun.Sub(known[scheduled].EventTime.AsTime())
			}
			switch {
			case event.GetActivityTaskCompletedEventAttributes() != nil:
				done := event.GetActivityTaskCompletedEventAttributes()
				note(known[done.ScheduledEventId].GetActivityTaskScheduledEventAttributes().ActivityType.Name, done.ScheduledEventId, done.StartedEventId)
			case event.GetWorkflowTaskCompletedEventAttributes() != nil:
				done := event.GetWorkflowTaskCompletedEventAttributes()
				note("workflow tasks", done.ScheduledEventId, done.StartedEventId)
			case event.GetWorkflowExecutionContinuedAsNewEventAttributes() != nil:
				runID = event.GetWorkflowExecutionContinuedAsNewEventAttributes().NewExecutionRunId
			}
		}
	}
	all := time.Duration(concurrency) * took
	table, left := &strings.Builder{}, all
	fmt.Fprintf(table, "where %d x %.1f s went:", concurrency, took.Seconds())
	row := func(name string, busy time.Duration) {
		fmt.Fprintf(table, "\n%-20s %6.1f s, %4.1f %%", name, busy.Seconds(), 100*busy.Seconds()/all.Seconds())
	}
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		step := steps[name]
		left -= step.busy
		row(name, step.busy)
		fmt.Fprintf(table, ", %d times, after waiting for %.1f s", step.times, step.waiting.Seconds())
	}
	row("between the steps", left)
	return table.String()
}

// firstRun is the execution that a workflow began with.
func firstRun(b *testing.B, temporal client.Client, workflowID string) string {
	b.Helper()
	described, err := temporal.DescribeWorkflowExecution(context.Background(), workflowID, "")
	require.NoError(b, err)
	return described.WorkflowExecutionInfo.FirstRunId
}
