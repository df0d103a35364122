package dunning

import (
	"hash/fnv"
	"time"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// Hours say when on a day steps are taken.
type Hours struct {
	Zone calendar.Zone
	// From is the time of the local clock from which on steps are taken, since midnight.
	From time.Duration
	// Spread is the time after From over which the clients are spread, so that those of a
	// whole run are not all dunned in one moment.
	Spread time.Duration
}

// at is the instant of a day at which a client's steps are due.
func (h Hours) at(client uuid.UUID, day calendar.Date) time.Time {
	clock := h.From
	if h.Spread > 0 {
		hash := fnv.New64a()
		_, _ = hash.Write(client[:])
		// Whole seconds: what people read is what is meant.
		clock += time.Duration(hash.Sum64()%uint64(h.Spread/time.Second)) * time.Second
	}
	return h.Zone.At(day, clock)
}

// Done is a step that was taken in an episode.
type Done struct {
	Name        string
	DaysPastDue int
}

// Planned is a step and when it is due.
type Planned struct {
	Step Step          `json:"step"`
	Date calendar.Date `json:"date"`
	At   time.Time     `json:"at"`
}

// Next returns the step that comes next in an episode, or false when none is left. It is
// due when its instant has come.
//
// A step is due so many days after the due date of the client's oldest overdue invoice. One
// goes up the policy: after a step only those with more days follow, also when that
// invoice is paid and a younger one is the oldest from then on, or the policy changed.
// Where several are due already, because the delinquency was noticed late, only the
// last of them is taken: nobody gets a reminder together with its warning. What is late
// still waits for the hour of the day at which steps begin.
func Next(policy Policy, done []Done, client uuid.UUID, oldest calendar.Date, hours Hours, now time.Time) (next Planned, found bool) {
	reached, taken := 0, map[string]bool{}
	for _, step := range done {
		reached = max(reached, step.DaysPastDue)
		taken[step.Name] = true
	}
	today := hours.Zone.DateAt(now)
	for _, step := range policy.Steps {
		if step.DaysPastDue <= reached || taken[step.Name] {
			continue
		}
		date := oldest.AddDays(step.DaysPastDue)
		if found && date.After(today) {
			break // The one before is due, today or since earlier.
		}
		next, found = Planned{Step: step, Date: date}, true
		if date.After(today) {
			break
		}
		next.Date = today
	}
	if found {
		next.At = hours.at(client, next.Date)
	}
	return next, found
}
