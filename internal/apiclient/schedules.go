package apiclient

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
)

const schedulesPath = "/api/v1/schedules"

// Schedule starts a workflow at its times.
type Schedule struct {
	Name          string        `json:"name"`
	Description   string        `json:"description"`
	Enabled       bool          `json:"enabled"`
	Cron          string        `json:"cron"`
	TimeZone      string        `json:"time_zone"`
	Registered    bool          `json:"registered"`
	Paused        bool          `json:"paused"`
	Note          string        `json:"note"`
	PreviousTimes []time.Time   `json:"previous_times"`
	NextTimes     []time.Time   `json:"next_times"`
	Latest        []ScheduleRun `json:"latest"`
	// Whole is the answer as it came.
	Whole json.RawMessage `json:"-"`
}

// ScheduleRun is one start of a schedule.
type ScheduleRun struct {
	WorkflowID  string    `json:"workflow_id"`
	Status      string    `json:"status"`
	ScheduledAt time.Time `json:"scheduled_at"`
	StartedAt   time.Time `json:"started_at"`
}

// ScheduleBackfilled lists the start times that are backfilled.
type ScheduleBackfilled struct {
	Name  string      `json:"name"`
	Times []time.Time `json:"times"`
}

// Schedules lists all schedules, each with this number of previous and next times.
func (c *Client) Schedules(ctx context.Context, times int) ([]Schedule, error) {
	var list struct {
		Data []json.RawMessage `json:"data"`
	}
	if _, err := c.Do(ctx, http.MethodGet, schedulesPath+"?times="+strconv.Itoa(times), nil, &list); err != nil {
		return nil, err
	}
	schedules := make([]Schedule, len(list.Data))
	for i, whole := range list.Data {
		if err := schedules[i].read(whole); err != nil {
			return nil, err
		}
	}
	return schedules, nil
}

// CommandSchedule sends a command to a schedule: pause, resume or trigger, and returns the
// schedule as it is then.
func (c *Client) CommandSchedule(ctx context.Context, name, command, note string) (schedule Schedule, err error) {
	body := map[string]string{}
	if note != "" {
		body["note"] = note
	}
	answer, err := c.Do(ctx, http.MethodPost, schedulePath(name, command), body, nil)
	if err != nil {
		return schedule, err
	}
	return schedule, schedule.read(answer.Body)
}

// BackfillSchedule has a schedule make up for its times on some days, both included.
func (c *Client) BackfillSchedule(ctx context.Context, name string, from, to calendar.Date) (done ScheduleBackfilled, err error) {
	_, err = c.Do(ctx, http.MethodPost, schedulePath(name, "backfill"), map[string]calendar.Date{"from": from, "to": to}, &done)
	return done, err
}

func schedulePath(name, command string) string {
	return schedulesPath + "/" + url.PathEscape(name) + "/" + command
}

func (s *Schedule) read(whole []byte) error {
	s.Whole = whole
	return json.Unmarshal(whole, s)
}
