// Package schedule defines when workflows start automatically, and keeps the schedules in
// Temporal equal to the program's descriptions.
//
// The program says what is started and when, and whether it begins paused; operators
// pause, resume and trigger a schedule, and a pause of theirs stays as they left it.
package schedule

import "time"

// Schedule describes what is started and when.
type Schedule struct {
	// ID names the schedule. Each start is a workflow of this id and the scheduled time.
	ID string
	// Expression says when the schedule fires. Off removes the schedule.
	Expression
	// Paused pauses the schedule. A schedule that operators paused stays paused in any case.
	Paused bool
	// Workflow is the registered name of the workflow, Queue its task queue, and Arguments its
	// input. It reads the scheduled time from its search attribute TemporalScheduledStartTime.
	Workflow, Queue string
	Arguments       []any
	// Description explains the purpose of the schedule to operators, and Starts names what
	// its workflow starts.
	Description, Starts string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// CatchUp limits how late a start may be that was missed while Temporal was down. A start
	// is skipped if it falls due while the previous execution is running.
	CatchUp time.Duration
}
