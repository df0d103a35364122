// Package actor names who acts, and on which business day and when.
//
// It owns the id of an actor and the value that every command of the domain receives with its
// input. It does not own identity: package identity decides who a caller is and what a caller may do.
package actor

import (
	"time"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// ID identifies who acts: an operator, or a part of the system such as "dunning". Histories
// and audit trails keep it.
type ID string

// Act says who acts, on which business day, and when. A command takes it in place of a clock,
// so that everything the command writes carries one instant.
type Act struct {
	Actor ID
	// Today is the business day, in the time zone of the operator's business.
	Today calendar.Date
	// Now is in UTC and whole microseconds, as PostgreSQL keeps it.
	Now time.Time
}

// As returns the same act by another actor.
func (a Act) As(id ID) Act {
	a.Actor = id
	return a
}

// At returns the same act at another instant of the same business day.
func (a Act) At(now time.Time) Act {
	a.Now = now
	return a
}
