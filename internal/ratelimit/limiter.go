package ratelimit

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// slots is the number of keys that a limiter distinguishes, in half a megabyte. Two keys share a
// slot, and with it a limit, with a probability of 1 in 65,536.
const slots = 1 << 16

// Limiter allows each key a number of requests per period, in a burst or spread out, by the
// generic cell rate algorithm. Its memory is fixed whatever keys strangers invent: it keeps only
// the time until which a key's slot is used up. The slot of a key depends on a random seed of the
// OS process, so an attacker cannot aim at the slot of another key.
//
// The nil limiter limits nothing. It is safe for concurrent use.
type Limiter struct {
	seed     maphash.Seed
	interval int64
	burst    int64
	usedUp   [slots]atomic.Int64 // Unix nanoseconds.
}

// New returns a limiter, nil when there is nothing to limit.
func New(limit Limit) *Limiter {
	if limit.Count <= 0 || limit.Period <= 0 {
		return nil
	}
	interval := max(1, int64(limit.Period)/int64(limit.Count))
	return &Limiter{seed: maphash.MakeSeed(), interval: interval, burst: interval * int64(limit.Count)}
}

// Allow counts a request of a key at a moment. When the key has had its share, it
// returns false and how long to wait, and the request does not count.
func (l *Limiter) Allow(key string, now time.Time) (wait time.Duration, allowed bool) {
	if l == nil {
		return 0, true
	}
	slot := &l.usedUp[maphash.String(l.seed, key)%slots]
	for {
		used := slot.Load()
		next := max(used, now.UnixNano()) + l.interval
		if over := next - now.UnixNano() - l.burst; over > 0 {
			return time.Duration(over), false
		}
		if slot.CompareAndSwap(used, next) {
			return 0, true
		}
	}
}
