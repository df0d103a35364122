package apikey

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day             = 24 * time.Hour
	minLifetime     = time.Minute
	maxLifetimeDays = 3650
)

// ParseLifetime reads how long a key lasts: whole days as "90d", or a duration as
// "12h30m". It must be a minute at least and ten years at most.
func ParseLifetime(text string) (time.Duration, error) {
	lifetime, err := time.ParseDuration(text)
	if number, inDays := strings.CutSuffix(text, "d"); inDays {
		var days uint64
		days, err = strconv.ParseUint(number, 10, 16)
		lifetime = time.Duration(days) * day
	}
	if err != nil || lifetime < minLifetime || lifetime > maxLifetimeDays*day {
		return 0, fmt.Errorf("apikey: %q is not a lifetime: use a form like 90d or 12h, up to %dd", text, maxLifetimeDays)
	}
	return lifetime, nil
}
