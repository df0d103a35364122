package vocabulary

import "slices"

// RunStatus is the state of a billing run.
type RunStatus string

// The states of a billing run.
const (
	// RunPlanned is a run whose population is frozen and that has written no invoice yet. A held run waits in this
	// state for an operator's approval.
	RunPlanned RunStatus = "planned"
	RunRunning RunStatus = "running"
	RunPaused  RunStatus = "paused"
	// RunCompleted has billed every client.
	RunCompleted RunStatus = "completed"
	// RunCompletedWithFailures has billed every client except the failed ones, which a retry bills.
	RunCompletedWithFailures RunStatus = "completed_with_failures"
	// RunCancelled keeps the invoices that it had issued.
	RunCancelled RunStatus = "cancelled"
	// RunFailed was stopped by a fault of the program; a retry resumes it where it stopped.
	RunFailed RunStatus = "failed"
)

// RunStatuses returns the states of a billing run, in the order of its life.
func RunStatuses() []RunStatus {
	return []RunStatus{RunPlanned, RunRunning, RunPaused, RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed}
}

// runMoves is the table of allowed moves; docs/billing-runs.md draws it.
var runMoves = map[RunStatus][]RunStatus{
	RunPlanned:               {RunRunning, RunCancelled, RunFailed},
	RunRunning:               {RunPaused, RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed},
	RunPaused:                {RunRunning, RunCancelled, RunFailed},
	RunCompletedWithFailures: {RunRunning},
	RunFailed:                {RunRunning},
	RunCompleted:             {},
	RunCancelled:             {},
}

// CanMoveTo reports whether a run in this state may move to another one.
func (s RunStatus) CanMoveTo(to RunStatus) bool { return slices.Contains(runMoves[s], to) }

// Ended reports whether a run in this state has stopped and does not continue without an operator.
func (s RunStatus) Ended() bool {
	switch s {
	case RunCompleted, RunCompletedWithFailures, RunCancelled, RunFailed:
		return true
	}
	return false
}
