package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
)

// Schedules shows and operates the schedules of the program. All methods return
// ErrUnavailable when Temporal cannot be reached.
type Schedules struct {
	temporal client.Client
	table    []schedule.Schedule
}

// NewSchedules returns the given schedules of one Temporal namespace.
func NewSchedules(temporal client.Client, table ...schedule.Schedule) *Schedules {
	return &Schedules{temporal: temporal, table: table}
}

// Entry is a schedule and its current state.
type Entry struct {
	schedule.Schedule
	// Known is false until a worker has created the schedule.
	Known  bool
	Paused bool
	// Note is the reason of the latest pause or resumption.
	Note string
	// Latest lists the latest starts, newest first.
	Latest []Start
}

// Start is one start of a schedule.
type Start struct {
	WorkflowID string
	// Status is the state of the workflow in lower case, such as "completed", or
	// "gone" after Temporal's retention period.
	Status string
	// ScheduledAt is the time of the schedule. StartedAt is the actual time of the start.
	ScheduledAt, StartedAt time.Time
}

// shownStarts is the maximum number of starts in an entry.
const shownStarts = 5

// List returns all schedules in the order given to NewSchedules.
func (t *Schedules) List(ctx context.Context) ([]Entry, error) {
	entries := make([]Entry, len(t.table))
	group, ctx := errgroup.WithContext(ctx)
	for i, each := range t.table {
		group.Go(func() (err error) {
			entries[i], err = t.entry(ctx, each)
			return err
		})
	}
	return entries, group.Wait()
}

func (t *Schedules) entry(ctx context.Context, of schedule.Schedule) (Entry, error) {
	entry := Entry{Schedule: of}
	if of.Off() {
		return entry, nil
	}
	known, err := t.handle(ctx, of).Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return entry, nil
	}
	if err != nil {
		return entry, unavailable(err)
	}
	entry.Known, entry.Paused, entry.Note = true, known.Schedule.State.Paused, known.Schedule.State.Note
	entry.Latest, err = t.latest(ctx, known.Info.RecentActions)
	return entry, err
}

// latest reads the outcome of the latest starts.
func (t *Schedules) latest(ctx context.Context, actions []client.ScheduleActionResult) ([]Start, error) {
	// Temporal lists backfilled starts in the order of their creation.
	actions = slices.SortedStableFunc(slices.Values(actions), func(a, b client.ScheduleActionResult) int {
		return cmp.Or(b.ActualTime.Compare(a.ActualTime), b.ScheduleTime.Compare(a.ScheduleTime))
	})
	starts := []Start{}
	for _, action := range actions[:min(len(actions), shownStarts)] {
		if action.StartWorkflowResult == nil {
			continue
		}
		start := Start{
			WorkflowID: action.StartWorkflowResult.WorkflowID, Status: "gone", ScheduledAt: action.ScheduleTime, StartedAt: action.ActualTime,
		}
		// Without a run id, Temporal describes the latest run of a continued workflow.
		described, err := t.temporal.DescribeWorkflow(ctx, start.WorkflowID, "")
		if _, gone := errors.AsType[*serviceerror.NotFound](err); err != nil && !gone {
			return nil, unavailable(err)
		}
		if err == nil {
			start.Status = statusNames[described.Status]
		}
		starts = append(starts, start)
	}
	return starts, nil
}

var statusNames = map[enums.WorkflowExecutionStatus]string{
	enums.WORKFLOW_EXECUTION_STATUS_RUNNING: "running", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED: "completed",
	enums.WORKFLOW_EXECUTION_STATUS_FAILED: "failed", enums.WORKFLOW_EXECUTION_STATUS_CANCELED: "cancelled",
	enums.WORKFLOW_EXECUTION_STATUS_TERMINATED: "terminated", enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: "running",
	enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT: "timed_out", enums.WORKFLOW_EXECUTION_STATUS_PAUSED: "paused",
}

func (t *Schedules) handle(ctx context.Context, of schedule.Schedule) client.ScheduleHandle {
	return t.temporal.ScheduleClient().GetHandle(ctx, of.ID)
}

// find returns a schedule that is switched on, and its state. If no worker has created the schedule
// yet, find creates it.
func (t *Schedules) find(ctx context.Context, id string) (schedule.Schedule, client.ScheduleState, error) {
	at := slices.IndexFunc(t.table, func(each schedule.Schedule) bool { return each.ID == id })
	if at < 0 {
		return schedule.Schedule{}, client.ScheduleState{}, refusal.New(refusal.ScheduleNotFound)
	}
	found := t.table[at]
	if found.Off() {
		return found, client.ScheduleState{}, refusal.New(refusal.ScheduleOff)
	}
	known, err := t.handle(ctx, found).Describe(ctx)
	if _, missing := errors.AsType[*serviceerror.NotFound](err); missing {
		return found, client.ScheduleState{}, unavailable(schedule.Ensure(ctx, t.temporal.ScheduleClient(), found))
	}
	if err != nil {
		return found, client.ScheduleState{}, unavailable(err)
	}
	return found, *known.Schedule.State, nil
}

// Pause stops a schedule until it is resumed. Starts that fall due meanwhile are skipped. A paused
// schedule stays paused. Pausing a schedule that the configuration paused transfers its control to the
// operators. The note gives the reason. Pause and the methods below refuse with schedule_not_found or
// schedule_off.
func (t *Schedules) Pause(ctx context.Context, id, note string) (Entry, error) {
	return t.update(ctx, id, func(state client.ScheduleState, handle client.ScheduleHandle) error {
		if state.Paused && state.Note != schedule.PausedNote && (note == "" || note == state.Note) {
			return nil
		}
		return handle.Pause(ctx, client.SchedulePauseOptions{Note: cmp.Or(note, "Paused over the API")})
	})
}

// Resume resumes a paused schedule. Starts that fell due during the pause are not made up.
func (t *Schedules) Resume(ctx context.Context, id, note string) (Entry, error) {
	return t.update(ctx, id, func(state client.ScheduleState, handle client.ScheduleHandle) error {
		if !state.Paused {
			return nil
		}
		return handle.Unpause(ctx, client.ScheduleUnpauseOptions{Note: cmp.Or(note, "Resumed over the API")})
	})
}

// Trigger starts the workflow of a schedule now, paused or not, as if the current time were the
// scheduled time. It starts nothing while the previous start is still running.
func (t *Schedules) Trigger(ctx context.Context, id string) (Entry, error) {
	return t.update(ctx, id, func(_ client.ScheduleState, handle client.ScheduleHandle) error {
		return handle.Trigger(ctx, client.ScheduleTriggerOptions{})
	})
}

// maxBackfill limits the starts of one backfill. Temporal processes them slowly and drops starts
// beyond a thousand.
const maxBackfill = 400

// Backfill starts the workflow of a schedule, one after the other, for each of its past times on the
// days between two dates in the schedule's time zone, and returns those times. It refuses more than
// 400 times as invalid.
func (t *Schedules) Backfill(ctx context.Context, id string, from, to calendar.Date, now time.Time) ([]time.Time, error) {
	found, _, err := t.find(ctx, id)
	if err != nil {
		return nil, err
	}
	zone, err := calendar.LoadZone(found.Zone)
	if err != nil {
		return nil, err
	}
	end := zone.At(to.AddDays(1), 0).Add(-time.Nanosecond)
	if end.After(now) {
		end = now
	}
	times := found.Between(zone.At(from, 0), end)
	switch {
	case len(times) == 0:
		return times, nil
	case len(times) > maxBackfill:
		return nil, refusal.Invalid(refusal.InBody("from", fmt.Sprintf("the schedule has %d times on these days, backfill %d at most", len(times), maxBackfill)))
	}
	return times, unavailable(t.handle(ctx, found).Backfill(ctx, client.ScheduleBackfillOptions{Backfill: []client.ScheduleBackfill{
		{Start: times[0], End: times[len(times)-1], Overlap: enums.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL},
	}}))
}

// update applies a change to a schedule and returns the resulting entry.
func (t *Schedules) update(ctx context.Context, id string, do func(client.ScheduleState, client.ScheduleHandle) error) (Entry, error) {
	found, state, err := t.find(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if err := do(state, t.handle(ctx, found)); err != nil {
		return Entry{}, unavailable(err)
	}
	return t.entry(ctx, found)
}
