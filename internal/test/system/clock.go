package system

import (
	"sync/atomic"
	"time"
)

// clock is what the system takes for the time. A test may put it forward and back.
type clock struct {
	ticking func() time.Time
	shift   atomic.Int64
}

func (c *clock) now() time.Time { return c.ticking().Add(time.Duration(c.shift.Load())) }

// SetNow puts the system's clock to an instant, from where it goes on.
func (s *System) SetNow(instant time.Time) {
	s.clock.shift.Store(int64(instant.Sub(s.clock.ticking())))
}

// PassDays puts the system's clock forward by so many days, back if negative.
func (s *System) PassDays(days int) { s.clock.shift.Add(int64(days) * int64(24*time.Hour)) }
