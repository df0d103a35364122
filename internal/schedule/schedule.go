// Package schedule keeps the schedules that Temporal has as the program describes them.
//
// The program says what is started and when; operators pause, resume and trigger a
// schedule in Temporal, and that stays as they left it.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/internal/payloadcodec"
)

// Schedule describes what is started and when.
type Schedule struct {
	// ID names the schedule. Each start is a workflow of this id and the scheduled time.
	ID string
	// Cron says when, in five fields of local time: minute, hour, day of the month, month, day of the week.
	Cron string
	// Zone is the IANA name of the time zone that Cron is in.
	Zone string
	// Workflow is the registered name of what is started, without an input, and Queue where.
	// It learns the scheduled time from its search attribute TemporalScheduledStartTime.
	Workflow, Queue string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// CatchUp is how late a start may be that was missed while Temporal was away. One that
	// falls due while the one before is under way is left out.
	CatchUp time.Duration
}

// fields are the parts of an expression that all cron tables have, without
// descriptors such as @daily.
var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// CheckCron returns what is wrong with an expression. One that restricts both the day of
// the month and the day of the week is refused: cron takes it for either, Temporal for
// both.
func CheckCron(expression string) error {
	if strings.Contains(expression, "=") {
		return fmt.Errorf("schedule: %q has a time zone, which is told apart", expression)
	}
	if _, err := fields.Parse(expression); err != nil {
		return fmt.Errorf("schedule: %q: %w", expression, err)
	}
	restricted := func(field string) bool { return field != "*" && field != "?" }
	if parts := strings.Fields(expression); restricted(parts[2]) && restricted(parts[4]) {
		return fmt.Errorf("schedule: %q restricts the day of the month and the day of the week: only one of them can be", expression)
	}
	return nil
}

// Ensure has Temporal know the schedules as described: it makes those that are missing
// and changes those that differ. It may be called by any number of workers at once. A
// schedule that is as described is not touched, for a change makes Temporal forget
// the starts that it has to catch up on.
func Ensure(ctx context.Context, schedules client.ScheduleClient, all ...Schedule) error {
	ctx = payloadcodec.InClear(ctx)
	for _, each := range all {
		if err := CheckCron(each.Cron); err != nil {
			return err
		}
		if err := each.ensure(ctx, schedules); err != nil {
			return fmt.Errorf("schedule: %s: %w", each.ID, err)
		}
	}
	return nil
}

func (s Schedule) ensure(ctx context.Context, schedules client.ScheduleClient) error {
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID: s.ID, Spec: s.spec(), Action: s.action(), Overlap: overlap, CatchupWindow: s.CatchUp,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return schedules.GetHandle(ctx, s.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			known := input.Description.Schedule
			if s.describes(known) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			spec := s.spec()
			// The state is the operators': whether it is paused, and why.
			known.Spec, known.Action = &spec, s.action()
			known.Policy = &client.SchedulePolicies{Overlap: overlap, CatchupWindow: s.CatchUp}
			return &client.ScheduleUpdate{Schedule: &known}, nil
		},
	})
}

// overlap leaves a start out while the one before is under way.
const overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP

// spec has the expression as its comment too, since Temporal keeps the rest of it only
// in another form.
func (s Schedule) spec() client.ScheduleSpec {
	return client.ScheduleSpec{CronExpressions: []string{s.Cron + " # " + s.Cron}, TimeZoneName: s.Zone}
}

func (s Schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.ID, Workflow: s.Workflow, TaskQueue: s.Queue, StaticSummary: s.Summary}
}

// describes reports whether what Temporal knows is as described.
func (s Schedule) describes(known client.Schedule) bool {
	action, isWorkflow := known.Action.(*client.ScheduleWorkflowAction)
	return isWorkflow && action.ID == s.ID && action.Workflow == s.Workflow && action.TaskQueue == s.Queue && action.StaticSummary == s.Summary &&
		len(known.Spec.Calendars) == 1 && known.Spec.Calendars[0].Comment == s.Cron && known.Spec.TimeZoneName == s.Zone &&
		known.Policy.Overlap == overlap && known.Policy.CatchupWindow == s.CatchUp
}
