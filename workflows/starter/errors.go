package starter

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
)

var (
	// ErrPending means that the workflow is still running after the wait. The same request, sent
	// again, joins it.
	ErrPending = errors.New("starter: the workflow is still running")

	// ErrUnavailable means that Temporal cannot be reached. Whether a workflow was started is
	// unknown. The same request may be sent again.
	ErrUnavailable = errors.New("starter: Temporal is unavailable")

	// ErrOverloaded means that the maximum number of callers is already waiting on the task queue.
	// Nothing was started or stored. The same request may be sent again.
	ErrOverloaded = errors.New("starter: too many callers are waiting")

	// ErrNotRunning means that a command found no running workflow.
	ErrNotRunning = errors.New("starter: the workflow is not running")

	// ErrRunning means that an ended workflow was to be started again but is still running.
	ErrRunning = errors.New("starter: the workflow is running")
)

// Failed reports whether a workflow ended with a fault rather than with a refusal.
func Failed(err error) bool {
	_, ended := errors.AsType[*temporal.WorkflowExecutionError](err)
	return ended && activities.Refusal(err) == nil
}

// waitError translates the error of a wait for a workflow that was started.
func (s *Starter) waitError(waiting context.Context, err error) error {
	if err == nil {
		return nil
	}
	if refused := activities.Refusal(err); refused != nil {
		return refused
	}
	if Failed(err) {
		return err
	}
	if errors.Is(waiting.Err(), context.DeadlineExceeded) || s.waiting.Err() != nil {
		return ErrPending
	}
	// The workflow was started, so an unreachable server only delays its answer.
	if err = unavailable(err); errors.Is(err, ErrUnavailable) {
		return ErrPending
	}
	return err
}

// unavailable wraps in ErrUnavailable the errors that say nothing about the workflow.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	switch err.(type) {
	case *serviceerror.Unavailable, *serviceerror.DeadlineExceeded, *serviceerror.ResourceExhausted, *serviceerror.Canceled,
		*serviceerror.WorkflowNotReady: // Its tasks fail, for example because the worker lacks a payload key.
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
