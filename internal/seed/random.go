package seed

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// random is the stream of draws behind a batch. It depends on the seed and the
// stream's number alone, so batches can be made in any order.
type random struct{ *rand.Rand }

func newRandom(seed, stream uint64) random { return random{rand.New(rand.NewPCG(seed, stream))} }

// percent is true in chance of 100 cases.
func (r random) percent(chance int) bool { return r.IntN(100) < chance }

// between returns a number from low to high, both included.
func (r random) between(low, high int) int { return low + r.IntN(high-low+1) }

// pick returns one of the values, each as likely as the others.
func pick[T any](r random, values []T) T { return values[r.IntN(len(values))] }

// id returns a UUID of version 7 whose time is the row's, so that ids sort as the
// rows were created. Its other 74 bits are drawn: ids of two seeds do not meet.
func (r random) id(at time.Time) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[0:], uint64(at.UnixMilli())<<16|r.Uint64()&0x0fff|0x7000)
	binary.BigEndian.PutUint64(id[8:], r.Uint64()>>2|0x8000_0000_0000_0000)
	return id
}
