package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
)

type schedulesCommand struct {
	List     scheduleListCommand     `cmd:"" help:"List schedules with their next and last start."`
	Next     scheduleNextCommand     `cmd:"" help:"Show the next start times."`
	Pause    schedulePause           `cmd:"" help:"Pause a schedule."`
	Resume   scheduleResume          `cmd:"" help:"Resume a paused schedule. Missed starts are not caught up."`
	Trigger  scheduleTrigger         `cmd:"" help:"Start the scheduled workflow now."`
	Backfill scheduleBackfillCommand `cmd:"" help:"Backfill the starts of past days."`
}

type scheduleListCommand struct{ apiFlags }

// Run prints a table of schedules.
func (c scheduleListCommand) Run(ctx context.Context, out io.Writer) error {
	schedules, err := c.client().Schedules(ctx, 1)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeSchedules(out, schedules)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	// A tabwriter reports its errors in Flush.
	fmt.Fprintln(table, "NAME\tCRON\tZONE\tSTATE\tNEXT\tLATEST\tSTATUS")
	for _, each := range schedules {
		next, latest, status := "-", "-", "-"
		if len(each.NextTimes) > 0 && !each.Paused {
			next = inZone(each.NextTimes[0], each.TimeZone)
		}
		if len(each.Latest) > 0 {
			latest, status = each.Latest[0].WorkflowID, each.Latest[0].Status
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", each.Name, orDash(each.Cron), orDash(each.TimeZone), scheduleState(each), next, latest, status)
	}
	return table.Flush()
}

type scheduleNextCommand struct {
	apiFlags
	Name  string `arg:"" optional:"" help:"Show this schedule only." placeholder:"monthly-billing"`
	Count int    `default:"5" help:"Number of start times, 1 to 100."`
}

// Run prints the next start times in each schedule's zone and in UTC.
func (c scheduleNextCommand) Run(ctx context.Context, out io.Writer) error {
	all, err := c.client().Schedules(ctx, c.Count)
	if err != nil {
		return err
	}
	schedules := all[:0]
	for _, each := range all {
		if c.Name == "" || each.Name == c.Name {
			schedules = append(schedules, each)
		}
	}
	if len(schedules) == 0 {
		return fmt.Errorf("there is no schedule %q", c.Name)
	}
	if c.JSON {
		return writeSchedules(out, schedules)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tLOCAL\tUTC")
	for _, each := range schedules {
		for _, next := range each.NextTimes {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", each.Name, scheduleState(each), inZone(next, each.TimeZone), next.UTC().Format(time.RFC3339))
		}
	}
	return table.Flush()
}

// scheduleOrder is a command to a schedule.
type scheduleOrder struct {
	apiFlags
	Name string `arg:"" help:"Name of the schedule." placeholder:"monthly-billing"`
}

func (c scheduleOrder) send(ctx context.Context, out io.Writer, command, note, done string) error {
	changed, err := c.client().CommandSchedule(ctx, c.Name, command, note)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(out, changed.Whole)
	}
	_, err = fmt.Fprintf(out, "schedule %s is %s\n", changed.Name, done)
	return err
}

type schedulePause struct {
	scheduleOrder
	Note string `help:"Reason, shown with the schedule."`
}

// Run pauses the schedule.
func (c schedulePause) Run(ctx context.Context, out io.Writer) error {
	return c.send(ctx, out, "pause", c.Note, "paused")
}

type scheduleResume struct {
	scheduleOrder
	Note string `help:"Reason, shown with the schedule."`
}

// Run resumes the schedule.
func (c scheduleResume) Run(ctx context.Context, out io.Writer) error {
	return c.send(ctx, out, "resume", c.Note, "active")
}

type scheduleTrigger struct{ scheduleOrder }

// Run triggers the schedule.
func (c scheduleTrigger) Run(ctx context.Context, out io.Writer) error {
	return c.send(ctx, out, "trigger", "", "triggered")
}

type scheduleBackfillCommand struct {
	scheduleOrder
	From string `required:"" help:"First day, YYYY-MM-DD." placeholder:"2026-09-01"`
	To   string `required:"" help:"Last day, YYYY-MM-DD." placeholder:"2026-10-31"`
}

// Run prints the start times that are backfilled.
func (c scheduleBackfillCommand) Run(ctx context.Context, out io.Writer) error {
	from, err := calendar.Parse(c.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := calendar.Parse(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	done, err := c.client().BackfillSchedule(ctx, c.Name, from, to)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(out, done)
	}
	for _, at := range done.Times {
		if _, err := fmt.Fprintf(out, "schedule %s backfills %s\n", done.Name, at.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	if len(done.Times) > 0 {
		return nil
	}
	_, err = fmt.Fprintf(out, "schedule %s has no start on these days\n", done.Name)
	return err
}

// scheduleState is the state of a schedule, with the reason for which it starts nothing.
func scheduleState(schedule apiclient.Schedule) string {
	switch {
	case !schedule.Enabled:
		return "off"
	case !schedule.Registered:
		return "no worker yet"
	case schedule.Paused && schedule.Note != "":
		return "paused: " + schedule.Note
	case schedule.Paused:
		return "paused"
	}
	return "active"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// inZone formats an instant in a zone, or in UTC if the zone is unknown.
func inZone(instant time.Time, zone string) string {
	location, err := time.LoadLocation(zone)
	if err != nil {
		location = time.UTC
	}
	return instant.In(location).Format("2006-01-02 15:04 -07:00")
}

func writeSchedules(out io.Writer, schedules []apiclient.Schedule) error {
	whole := make([]json.RawMessage, len(schedules))
	for i, each := range schedules {
		whole[i] = each.Whole
	}
	return writeJSON(out, whole)
}
