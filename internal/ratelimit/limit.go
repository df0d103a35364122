// Package ratelimit bounds how often one caller, or one subject, is served.
package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limit is a number of requests per period, such as "10/1m". The zero Limit means that none was
// configured.
type Limit struct {
	// Count is the number of requests; a negative one means no limit.
	Count  int
	Period time.Duration
}

// Off limits nothing.
var Off = Limit{Count: -1}

const (
	maxCount  = 1_000_000
	maxPeriod = 24 * time.Hour
)

// IsSet reports whether a limit was configured, "none" included.
func (l Limit) IsSet() bool { return l != Limit{} }

// String writes the limit as UnmarshalText reads it.
func (l Limit) String() string {
	if l.Count <= 0 {
		return "off"
	}
	return fmt.Sprintf("%d/%s", l.Count, l.Period)
}

// UnmarshalText reads "count/period", where the period is a Go duration, or "off" or
// "0" for none. The count is at most 1,000,000 and the period 1 ms to 24 h.
func (l *Limit) UnmarshalText(text []byte) error {
	written := strings.TrimSpace(string(text))
	if written == "off" || written == "0" {
		*l = Off
		return nil
	}
	count, period, found := strings.Cut(written, "/")
	number, countErr := strconv.Atoi(count)
	length, periodErr := time.ParseDuration(period)
	if !found || countErr != nil || periodErr != nil || number < 1 || number > maxCount || length < time.Millisecond || length > maxPeriod {
		return fmt.Errorf("ratelimit: %q is neither count/period, such as 10/1m, nor off", written)
	}
	*l = Limit{Count: number, Period: length}
	return nil
}
