package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// kind is what goes wrong in a round.
type kind string

const (
	killWorker        kind = "kill -9 a worker"
	killTemporal      kind = "kill -9 the Temporal server"
	killPostgres      kind = "kill -9 PostgreSQL"
	killEverything    kind = "kill -9 everything"
	killAPI           kind = "kill -9 an API"
	freezeWorker      kind = "freeze a worker for longer than its heartbeats allow"
	cutWorkerDatabase kind = "cut the workers from PostgreSQL"
	cutWorkerTemporal kind = "cut the workers from Temporal"
	cutAPI            kind = "cut the APIs from PostgreSQL and Temporal"
	cutTemporal       kind = "cut Temporal from PostgreSQL"
)

// kinds are all of them. Everything dies in every plan, however short.
var kinds = []kind{
	killEverything, killWorker, killTemporal, killPostgres, killAPI, freezeWorker, cutWorkerDatabase, cutWorkerTemporal, cutAPI, cutTemporal,
}

// round is one fault. It strikes once a share of the clients is billed, not at a time, so that a slow machine sees the same
// as a quick one.
type round struct {
	share float64
	kind  kind
	// victim is the worker or the API that it strikes, where one of them is meant. There are as many of both.
	victim int
	// down is how long what was struck stays away.
	down time.Duration
	// paused makes an operator pause the run before the fault and resume it after.
	paused bool
}

func (r round) String() string {
	text := fmt.Sprintf("at %4.1f %%: %s, down %s", 100*r.share, r.kind, r.down.Round(time.Millisecond))
	switch r.kind {
	case killWorker, freezeWorker, killAPI:
		text += fmt.Sprintf(", number %d", r.victim+1)
	}
	if r.paused {
		text += ", while an operator pauses and resumes"
	}
	return text
}

// newPlan draws the rounds of a seed, in the order in which they strike. Ten rounds have each kind once.
func newPlan(seed uint64, rounds, workers int) []round {
	random := rand.New(rand.NewPCG(seed, 0))
	var chosen []kind
	for len(chosen) < rounds {
		rest := slices.Clone(kinds[1:])
		random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		chosen = append(append(chosen, killEverything), rest...)
	}
	chosen = chosen[:rounds]
	random.Shuffle(rounds, func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	plan := make([]round, rounds)
	for i := range plan {
		// One moment in each of equal parts of the run, and none in its last tenth.
		plan[i] = round{
			share:  0.9 * (float64(i) + random.Float64()) / float64(rounds),
			kind:   chosen[i],
			victim: random.IntN(workers),
			down:   time.Duration(random.IntN(2000)) * time.Millisecond,
			paused: random.IntN(3) == 0,
		}
	}
	return plan
}
