package starter

import "golang.org/x/sync/semaphore"

// Admission limits how many callers wait at once for the workflows of each task queue. A queue
// without an entry is not limited.
//
// There is no waiting line in front of it. Beyond the number that keeps the workers busy, every
// additional caller only slows down the others.
type Admission map[string]*semaphore.Weighted

// Limit returns the limit of one queue.
func Limit(callers int64) *semaphore.Weighted { return semaphore.NewWeighted(callers) }

// enter acquires a slot of a queue, which leave releases, or returns ErrOverloaded.
func (a Admission) enter(queue string) (leave func(), err error) {
	slots, limited := a[queue]
	switch {
	case !limited:
		return func() {}, nil
	case !slots.TryAcquire(1):
		return nil, ErrOverloaded
	}
	return func() { slots.Release(1) }, nil
}
