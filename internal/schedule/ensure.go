package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/internal/payloadcodec"
)

// Ensure has Temporal know the schedules as described: it makes those that are missing,
// changes those that differ, and removes those that are off. It may be called by any
// number of workers at once. A schedule that is as described is not touched, for a change
// makes Temporal forget the starts that it has to catch up on.
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
	_, err = schedules.Create(ctx, client.ScheduleOptions{
		ID: s.ID, Spec: spec, Action: s.action(), Overlap: overlap, CatchupWindow: s.CatchUp,
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
			// The state is the operators': whether it is paused, and why.
			known.Spec, known.Action = &spec, s.action()
			known.Policy = &client.SchedulePolicies{Overlap: overlap, CatchupWindow: s.CatchUp}
			return &client.ScheduleUpdate{Schedule: &known}, nil
		},
	})
}

// overlap leaves a start out while the one before is under way.
const overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP

// spec has a comment that tells what it is made of, since Temporal keeps it in another form.
func (s Schedule) spec() (client.ScheduleSpec, error) {
	comment, err := s.comment()
	return client.ScheduleSpec{CronExpressions: []string{s.Cron + " # " + comment}, TimeZoneName: s.Zone}, err
}

// comment is the expression, and a digest of the arguments where there are any.
func (s Schedule) comment() (string, error) {
	if len(s.Arguments) == 0 {
		return s.Cron, nil
	}
	const visible = 6 // bytes
	encoded, err := json.Marshal(s.Arguments)
	if err != nil {
		return "", fmt.Errorf("encode arguments: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return s.Cron + " (arguments " + hex.EncodeToString(sum[:visible]) + ")", nil
}

func (s Schedule) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{ID: s.ID, Workflow: s.Workflow, Args: s.Arguments, TaskQueue: s.Queue, StaticSummary: s.Summary}
}

// describes reports whether what Temporal knows is as described.
func (s Schedule) describes(known client.Schedule) bool {
	comment, err := s.comment()
	action, isWorkflow := known.Action.(*client.ScheduleWorkflowAction)
	return err == nil && isWorkflow && action.ID == s.ID && action.Workflow == s.Workflow && action.TaskQueue == s.Queue && action.StaticSummary == s.Summary &&
		len(known.Spec.Calendars) == 1 && known.Spec.Calendars[0].Comment == comment && known.Spec.TimeZoneName == s.Zone &&
		known.Policy.Overlap == overlap && known.Policy.CatchupWindow == s.CatchUp
}
