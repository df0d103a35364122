package system

import (
	"sync/atomic"
	"time"
)

// clock is the system's clock. A test may move it forward and back.
type clock struct {
	ticking func() time.Time
	shift   atomic.Int64
}

func (c *clock) now() time.Time { return c.ticking().Add(time.Duration(c.shift.Load())) }

// SetNow sets the system's clock to an instant, from which it continues.
func (s *System) SetNow(instant time.Time) {
	s.clock.shift.Store(int64(instant.Sub(s.clock.ticking())))
}

// PassDays moves the system's clock forward by a number of days, or back if it is negative.
func (s *System) PassDays(days int) { s.clock.shift.Add(int64(days) * int64(24*time.Hour)) }
