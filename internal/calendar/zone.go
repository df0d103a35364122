package calendar

import (
	"fmt"
	"time"
	_ "time/tzdata" // The business day must not depend on the machine's zone files.
)

// DefaultZone is Morocco: UTC+1, and UTC+0 during Ramadan.
const DefaultZone = "Africa/Casablanca"

// Zone is the business time zone: it says which day an instant falls on.
type Zone struct{ location *time.Location }

// LoadZone returns the zone of an IANA name such as "Africa/Casablanca".
func LoadZone(name string) (Zone, error) {
	location, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}, fmt.Errorf("calendar: unknown time zone %q", name)
	}
	return Zone{location}, nil
}

// DateAt returns the local day of an instant.
func (z Zone) DateAt(instant time.Time) Date { return dateOf(instant.In(z.location)) }

// String returns the zone's IANA name.
func (z Zone) String() string { return z.location.String() }
