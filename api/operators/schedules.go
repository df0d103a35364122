package operators

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows/starter"
)

const tagSchedules = "Schedules"

func (h *handlers) scheduleRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "listSchedules", Method: http.MethodGet, Path: "/api/v1/schedules", Tag: tagSchedules, Access: rest.Readers,
		Summary: "List the schedules",
		Description: "Every scheduled job with its previous and next times and its latest runs. Times follow from the " +
			"configuration: a schedule that is paused, or not registered yet, does not run.",
		Success: "All schedules.",
	}, h.listSchedules)
	for _, command := range []struct {
		name, id, summary, description string
		do                             func(context.Context, string, string) (starter.Entry, error)
	}{
		{
			"pause", "pauseSchedule", "Pause a schedule",
			"The schedule does not run until it is resumed, across deployments. Runs missed meanwhile are not caught up " +
				"automatically: see `backfill`. Pausing a paused schedule changes nothing.", h.pauseSchedule,
		},
		{
			"resume", "resumeSchedule", "Resume a paused schedule",
			"The schedule runs again at its next time. Resuming a schedule that is not paused changes nothing.", h.resumeSchedule,
		},
		{
			"trigger", "triggerSchedule", "Run a schedule now",
			"Runs the schedule as if it were due now, even if it is paused: monthly billing bills the previous month. Work " +
				"that was already done is not repeated, and nothing starts while the last run is still in progress. The run " +
				"appears in `latest` shortly afterwards.",
			h.triggerSchedule,
		},
	} {
		rest.Register(h.API, rest.Operation{
			ID: command.id, Method: http.MethodPost, Path: "/api/v1/schedules/{schedule_name}/" + command.name, Tag: tagSchedules,
			Access:      rest.Writers,
			Summary:     command.summary,
			Description: command.description,
			Success:     "The schedule as it is now.",
			Refusals:    []refusal.Code{refusal.ScheduleNotFound, refusal.ScheduleOff},
		},
			func(ctx context.Context, input *ScheduleCommand) (*struct{ Body ScheduleRead }, error) {
				entry, err := command.do(ctx, input.Name, input.note())
				if err != nil {
					return nil, err
				}
				return &struct{ Body ScheduleRead }{newScheduleRead(entry, h.Now(), defaultTimes)}, nil
			})
	}
	rest.Register(h.API, rest.Operation{
		ID: "backfillSchedule", Method: http.MethodPost, Path: "/api/v1/schedules/{schedule_name}/backfill", Tag: tagSchedules,
		Access:  rest.Writers,
		Summary: "Backfill missed runs of a schedule",
		Description: "Starts, one after the other, the runs that the schedule has on the given days, even if it is " +
			"paused. Monthly billing bills the month before each of them; a month that was already billed is not billed " +
			"again.",
		Success:  "The times of the runs.",
		Refusals: []refusal.Code{refusal.ScheduleNotFound, refusal.ScheduleOff},
	}, h.backfillSchedule)
}

const (
	// defaultTimes is the default number of previous and next times.
	defaultTimes = 5
	// maxBackfillDays is the maximum number of days of one backfill.
	maxBackfillDays = 366
)

// ScheduleRead is a schedule as the API shows it.
type ScheduleRead struct {
	Name          string           `json:"name" example:"monthly-billing"`
	Description   string           `json:"description" example:"Bills the month before"`
	Enabled       bool             `json:"enabled" doc:"Whether the schedule is enabled in the configuration; a disabled schedule does not run." example:"true"`
	Cron          *string          `json:"cron" doc:"Minute, hour, day of the month, month, day of the week; null if the schedule is disabled." example:"5 0 1 * *"`
	TimeZone      *string          `json:"time_zone" doc:"The time zone of the times." example:"Africa/Casablanca"`
	WorkflowType  string           `json:"workflow_type" doc:"The type of the workflow that the schedule starts." example:"BillLastMonth"`
	Starts        string           `json:"starts" doc:"The id of the workflow that does the work." example:"billing-run/monthly-YYYY-MM"`
	Registered    bool             `json:"registered" doc:"Whether the schedule exists in Temporal; workers create it on startup." example:"true"`
	Paused        bool             `json:"paused" example:"false"`
	Note          *string          `json:"note" doc:"Why the schedule was paused or resumed." example:"Prices are being checked"`
	PreviousTimes []rest.Timestamp `json:"previous_times" nullable:"false" doc:"Latest first." example:"2026-10-31T23:05:00.000000Z,2026-09-30T23:05:00.000000Z"`
	NextTimes     []rest.Timestamp `json:"next_times" nullable:"false" example:"2026-11-30T23:05:00.000000Z,2026-12-31T23:05:00.000000Z"`
	Latest        []ScheduleRun    `json:"latest" nullable:"false" doc:"The latest runs, newest first."`
}

// ScheduleRun is one start of a schedule.
type ScheduleRun struct {
	WorkflowID  string         `json:"workflow_id" doc:"The workflow id, for the Temporal UI." example:"monthly-billing-2026-10-31T23:05:00Z"`
	Status      string         `json:"status" enum:"running,completed,failed,cancelled,terminated,timed_out,paused,gone" doc:"gone: Temporal no longer keeps the workflow." example:"completed"`
	ScheduledAt rest.Timestamp `json:"scheduled_at" doc:"The scheduled time of the run." example:"2026-10-31T23:05:00.000000Z"`
	StartedAt   rest.Timestamp `json:"started_at" example:"2026-10-31T23:05:00.041000Z"`
}

// ScheduleList is all schedules.
type ScheduleList struct {
	Data []ScheduleRead `json:"data" nullable:"false"`
}

// SchedulePath names a schedule.
type SchedulePath struct {
	Name string `path:"schedule_name" doc:"The schedule." example:"monthly-billing"`
}

// ScheduleCommand is an operator's command to a schedule.
type ScheduleCommand struct {
	SchedulePath
	Body *ScheduleNote
}

// ScheduleNote is why an operator pauses or resumes a schedule.
type ScheduleNote struct {
	Note *string `json:"note,omitempty" nullable:"true" maxLength:"400" doc:"Shown with the schedule; must not contain personal data." example:"Prices are being checked"`
}

func (c *ScheduleCommand) note() string {
	if c.Body == nil {
		return ""
	}
	if note := rest.OptionalText(c.Body.Note); note != nil {
		return *note
	}
	return ""
}

// ScheduleBackfill is the body of a backfill.
type ScheduleBackfill struct {
	From calendar.Date `json:"from" format:"date" doc:"The first day, in the schedule's time zone." example:"2026-09-01"`
	To   calendar.Date `json:"to" format:"date" doc:"The last day, at most today." example:"2026-10-31"`
}

// ScheduleBackfilled lists the backfilled times.
type ScheduleBackfilled struct {
	Name  string           `json:"name" example:"monthly-billing"`
	Times []rest.Timestamp `json:"times" nullable:"false" example:"2026-08-31T23:05:00.000000Z,2026-09-30T23:05:00.000000Z"`
}

func newScheduleRead(entry starter.Entry, now time.Time, times int) ScheduleRead {
	read := ScheduleRead{
		Name: entry.ID, Description: entry.Description, Enabled: !entry.Off(), WorkflowType: entry.Workflow, Starts: entry.Starts,
		Registered: entry.Known, Paused: entry.Paused, PreviousTimes: timestamps(entry.Previous(now, times)),
		NextTimes: timestamps(entry.Next(now, times)), Latest: rest.Convert(entry.Latest, newScheduleRun),
	}
	if read.Enabled {
		read.Cron, read.TimeZone = &entry.Cron, &entry.Zone
	}
	if entry.Note != "" {
		read.Note = &entry.Note
	}
	return read
}

func newScheduleRun(start starter.Start) ScheduleRun {
	return ScheduleRun{
		WorkflowID: start.WorkflowID, Status: start.Status, ScheduledAt: rest.Timestamp(start.ScheduledAt), StartedAt: rest.Timestamp(start.StartedAt),
	}
}

func timestamps(instants []time.Time) []rest.Timestamp {
	return rest.Convert(instants, func(instant time.Time) rest.Timestamp { return rest.Timestamp(instant) })
}

func (h *handlers) listSchedules(ctx context.Context, input *struct {
	Times int `query:"times" default:"5" minimum:"1" maximum:"100" doc:"Number of previous and next times to return." example:"5"`
},
) (*struct{ Body ScheduleList }, error) {
	entries, err := h.Schedules.List(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body ScheduleList }{ScheduleList{rest.Convert(entries, func(entry starter.Entry) ScheduleRead {
		return newScheduleRead(entry, h.Now(), input.Times)
	})}}, nil
}

func (h *handlers) pauseSchedule(ctx context.Context, name, note string) (starter.Entry, error) {
	return h.Schedules.Pause(ctx, name, note)
}

func (h *handlers) resumeSchedule(ctx context.Context, name, note string) (starter.Entry, error) {
	return h.Schedules.Resume(ctx, name, note)
}

func (h *handlers) triggerSchedule(ctx context.Context, name, _ string) (starter.Entry, error) {
	return h.Schedules.Trigger(ctx, name)
}

func (h *handlers) backfillSchedule(ctx context.Context, input *struct {
	SchedulePath
	Body ScheduleBackfill
},
) (*struct{ Body ScheduleBackfilled }, error) {
	var validator rest.Validator
	if input.Body.To.Before(input.Body.From) {
		validator.Fail("to", "to must not be before from")
	}
	if days := input.Body.To.DaysSince(input.Body.From); days >= maxBackfillDays {
		validator.Fail("from", fmt.Sprintf("from and to must span at most %d days", maxBackfillDays))
	}
	if input.Body.To.After(h.Today()) {
		validator.Fail("to", "to must not be after today")
	}
	if err := validator.Err(); err != nil {
		return nil, err
	}
	times, err := h.Schedules.Backfill(ctx, input.Name, input.Body.From, input.Body.To, h.Now())
	if err != nil {
		return nil, err
	}
	return &struct{ Body ScheduleBackfilled }{ScheduleBackfilled{Name: input.Name, Times: timestamps(times)}}, nil
}
