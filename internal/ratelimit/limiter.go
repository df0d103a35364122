package ratelimit

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// slots is how many keys a limiter tells apart, at half a megabyte each. Two keys
// share a slot, and thereby a limit, with a probability of one in as many.
const slots = 1 << 16

// Limiter serves each key so many times in a period, in a burst or one by one, and
// again as soon as the period's share of one request has passed (the generic cell
// rate algorithm). Its memory is fixed, whatever keys strangers think of: a key is
// kept only as the moment until which its slot is used up. Which slot that is
// depends on a seed of this process, so nobody can aim at the slot of another.
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
