package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // A machine without zone files must know the business day too.
)

// DefaultZone is Morocco: UTC+1, and UTC+0 during Ramadan.
const DefaultZone = "Africa/Casablanca"

// Zone is the business time zone: it says which day an instant falls on.
type Zone struct{ location *time.Location }

// LoadZone returns the zone of an IANA name such as "Africa/Casablanca". It refuses "Local",
// since every machine must compute the same day.
func LoadZone(name string) (Zone, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return Zone{}, fmt.Errorf("calendar: unknown time zone %q", name)
	}
	return Zone{location}, nil
}

// DateAt returns the local day of an instant.
func (z Zone) DateAt(instant time.Time) Date { return dateOf(instant.In(z.location)) }

// At returns the instant at which the local clock shows a time on a day, counted from
// midnight by that clock: on a day that changes it, 9 hours are still 9 o'clock.
func (z Zone) At(day Date, clock time.Duration) time.Time {
	hours, minutes := int(clock/time.Hour), int(clock%time.Hour/time.Minute)
	seconds, rest := int(clock%time.Minute/time.Second), int(clock%time.Second)
	return time.Date(day.Year(), day.Month(), day.Day(), hours, minutes, seconds, rest, z.location).UTC()
}

// String returns the zone's IANA name.
func (z Zone) String() string { return z.location.String() }
