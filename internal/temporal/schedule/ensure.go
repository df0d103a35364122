package schedule

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

// Ensure makes the schedules in Temporal match their descriptions: it creates missing
// schedules, updates different ones, pauses and resumes as configured, and deletes schedules
// that are off. Any number of workers may call it at once. It does not touch a schedule that
// matches: some servers lose the starts that they still have to catch up on if a schedule
// changes before then.
func Ensure(ctx context.Context, schedules client.ScheduleClient, all ...Schedule) error {
	ctx = payloadcodec.InClear(ctx)
	for _, each := range all {
		ensure := each.ensure
		if each.Off() {
			ensure = each.remove
		} else if err := each.check(); err != nil {
			return err
		}
		if err := ensure(ctx, schedules); err != nil {
			return fmt.Errorf("schedule: %s: %w", each.ID, err)
		}
	}
	return nil
}

func (s Schedule) remove(ctx context.Context, schedules client.ScheduleClient) error {
	err := schedules.GetHandle(ctx, s.ID).Delete(ctx)
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return nil
	}
	return err
}

func (s Schedule) ensure(ctx context.Context, schedules client.ScheduleClient) error {
	spec, err := s.spec()
	if err != nil {
		return err
	}
	begun := s.stateAfter(client.ScheduleState{})
	_, err = schedules.Create(ctx, client.ScheduleOptions{
		ID: s.ID, Spec: spec, Action: s.action(), Overlap: overlap, CatchupWindow: s.CatchUp, Paused: begun.Paused, Note: begun.Note,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return schedules.GetHandle(ctx, s.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			known := input.Description.Schedule
			state := s.stateAfter(*known.State)
			if s.describes(known) && state == *known.State {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			known.Spec, known.Action, known.State = &spec, s.action(), &state
			known.Policy = &client.SchedulePolicies{Overlap: overlap, CatchupWindow: s.CatchUp}
			return &client.ScheduleUpdate{Schedule: &known}, nil
		},
	})
}

// overlap skips a start while the previous execution is running.
const overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP

func (s Schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.ID, Workflow: s.Workflow, Args: s.Arguments, TaskQueue: s.Queue, StaticSummary: s.Summary}
}

// describes reports whether the schedule in Temporal matches, except for its state.
func (s Schedule) describes(known client.Schedule) bool {
	action, isWorkflow := known.Action.(*client.ScheduleWorkflowAction)
	return isWorkflow && action.ID == s.ID && action.Workflow == s.Workflow && action.TaskQueue == s.Queue && action.StaticSummary == s.Summary &&
		s.specIs(*known.Spec) && known.Policy.Overlap == overlap && known.Policy.CatchupWindow == s.CatchUp
}
