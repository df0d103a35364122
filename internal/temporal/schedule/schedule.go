// Package schedule says when something starts by itself, and keeps the schedules that
// Temporal has as the program describes them.
//
// The program says what is started and when, and whether it begins paused; operators
// pause, resume and trigger a schedule, and a pause of theirs stays as they left it.
package schedule

import "time"

// Schedule describes what is started and when.
type Schedule struct {
	// ID names the schedule. Each start is a workflow of this id and the scheduled time.
	ID string
	// Expression says when; one that is off has the schedule removed.
	Expression
	// Paused has the schedule keep still. One that operators have paused is so in any case.
	Paused bool
	// Workflow is the registered name of what is started, Queue where, and Arguments with
	// what. It learns the scheduled time from its search attribute TemporalScheduledStartTime.
	Workflow, Queue string
	Arguments       []any
	// Description tells operators what the schedule is for, and Starts what its workflow
	// starts.
	Description, Starts string
	// Summary is the one line that the Temporal UI shows. It carries no personal data.
	Summary string
	// CatchUp is how late a start may be that was missed while Temporal was away. One that
	// falls due while the one before is under way is left out.
	CatchUp time.Duration
}
