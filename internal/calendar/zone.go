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

// LoadZone returns the zone of an IANA name such as "Africa/Casablanca". The
// machine's own zone is no answer: every machine must name the same day.
func LoadZone(name string) (Zone, error) {
	location, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return Zone{}, fmt.Errorf("calendar: unknown time zone %q", name)
	}
	return Zone{location}, nil
}

// DateAt returns the local day of an instant.
func (z Zone) DateAt(instant time.Time) Date { return dateOf(instant.In(z.location)) }

// String returns the zone's IANA name.
func (z Zone) String() string { return z.location.String() }
