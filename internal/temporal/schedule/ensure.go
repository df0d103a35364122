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

// Ensure has Temporal know the schedules as described: it makes those that are missing,
// changes those that differ, pauses and resumes as configured, and removes those that are
// off. It may be called by any number of workers at once. A schedule that is as described
// is not touched: there are servers that forget what they have to catch up on when a
// schedule is changed before they get to it.
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

// overlap leaves a start out while the one before is under way.
const overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP

func (s Schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.ID, Workflow: s.Workflow, Args: s.Arguments, TaskQueue: s.Queue, StaticSummary: s.Summary}
}

// describes reports whether what Temporal knows is as described, but for its state.
func (s Schedule) describes(known client.Schedule) bool {
	action, isWorkflow := known.Action.(*client.ScheduleWorkflowAction)
	return isWorkflow && action.ID == s.ID && action.Workflow == s.Workflow && action.TaskQueue == s.Queue && action.StaticSummary == s.Summary &&
		s.specIs(*known.Spec) && known.Policy.Overlap == overlap && known.Policy.CatchupWindow == s.CatchUp
}
