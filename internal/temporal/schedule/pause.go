package schedule

import "go.temporal.io/sdk/client"

// PausedNote is the note of a schedule that the configuration has paused. A pause with any
// other note is an operator's, who alone ends it.
const PausedNote = "Paused by the configuration"

// resumedNote is the note of a schedule that the configuration no longer pauses.
const resumedNote = "No longer paused by the configuration"

// stateAfter is the state that a schedule gets which is in another one. The configuration
// pauses what is not paused, and ends its own pause when it asks for none. All else of
// the state is the operators'.
func (s Schedule) stateAfter(known client.ScheduleState) client.ScheduleState {
	switch {
	case s.Paused && !known.Paused:
		known.Paused, known.Note = true, PausedNote
	case !s.Paused && known.Paused && known.Note == PausedNote:
		known.Paused, known.Note = false, resumedNote
	}
	return known
}
