package starter

import (
	"errors"

	"golang.org/x/sync/semaphore"
)

// ErrOverloaded is returned when as many callers as allowed wait for processes of
// this kind. Nothing was started and nothing is stored: the same request may be sent
// again.
var ErrOverloaded = errors.New("process: too many callers wait already")

// Admission bounds how many callers wait at once for what runs on one queue. A queue
// that is not in it is not bounded.
//
// There is no line to wait in before it: the slots are the line. Past the
// number that the workers keep busy, one more caller only makes all of them slower.
type Admission map[string]*semaphore.Weighted

// Limit returns the bound of one queue.
func Limit(callers int64) *semaphore.Weighted { return semaphore.NewWeighted(callers) }

// enter takes a slot of a queue, which leave gives back, or returns ErrOverloaded.
func (a Admission) enter(queue string) (leave func(), err error) {
	slots, bounded := a[queue]
	switch {
	case !bounded:
		return func() {}, nil
	case !slots.TryAcquire(1):
		return nil, ErrOverloaded
	}
	return func() { slots.Release(1) }, nil
}
