// Package faults kills the parts of a running system, each its own OS process, and cuts the connections between them in
// the middle of a billing run. Only the processes are restarted. The run must end as if nothing had happened.
package faults

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/seed"
)

// patience bounds each wait; a recovery takes ten to thirty seconds.
const patience = 4 * time.Minute

const (
	runsPath = "/api/v1/billing/runs"
	runKey   = "monthly-2026-10"
)

// setting reads a number from the environment.
func setting(t *testing.T, name string, fallback uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	switch text {
	case "":
		return fallback
	case "random":
		return rand.Uint64N(1_000_000)
	}
	number, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, name)
	return number
}

// TestFault_BillingRunIsExactlyOnce is short here. make test-faults strikes ten times at a larger run, by a plan
// that SEED determines.
func TestFault_BillingRunIsExactlyOnce(t *testing.T) {
	number := setting(t, "MTF_FAULTS_SEED", 1)
	clients := int(setting(t, "MTF_FAULTS_CLIENTS", 2_000))
	rounds := int(setting(t, "MTF_FAULTS_ROUNDS", 3))
	plan := newPlan(number, rounds, workers)
	t.Logf("SEED=%d, %d clients; the plan:", number, clients)
	for _, r := range plan {
		t.Log(r)
	}
	begun := time.Now()
	since := func() time.Duration { return time.Since(begun).Round(100 * time.Millisecond) }

	// Two hundred chunks are more than one execution of the workflow takes on.
	s := newSite(t, max(1, clients/200), func(pool *pgxpool.Pool) {
		_, err := seed.Load(t.Context(), pool, seed.Options{
			Clients: clients, Seed: number % 100, Today: calendar.MustParse("2026-11-22"),
			Now: time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC),
		})
		require.NoError(t, err)
	})
	offer := s.mobileOffer(t)
	month := calendar.MustParse("2026-10-15")
	run := apiclient.BillingRun{PeriodStart: month.FirstOfMonth(), PeriodEnd: month.LastOfMonth(), DueDays: 15, TaxRate: 200_000}
	var location string
	s.eventually(t, "the run is accepted", func(ctx context.Context) bool {
		answer, err := s.api().Do(ctx, http.MethodPost, runsPath, run, nil, "Idempotency-Key", runKey, "Prefer", "respond-async")
		location = answer.Header.Get("Location")
		return err == nil
	})
	runID := location[strings.LastIndex(location, "/")+1:]
	t.Logf("%s: everything runs, the run is accepted", since())

	shopping, closeShop := context.WithCancel(t.Context())
	defer closeShop()
	acknowledged := make(chan subscription, 10_000)
	var customers sync.WaitGroup
	for i := range apis {
		customers.Go(func() { s.customers(shopping, i, offer, acknowledged) })
	}

	hits := 0
	billed := func(ctx context.Context) float64 { return s.share(ctx, runID) }
	for _, r := range plan {
		share := s.reach(t, r.share, billed)
		if r.paused {
			s.command(t, location, "pause", "paused")
			share = s.reach(t, share, billed)
		}
		if share < 1 {
			hits++
		}
		t.Logf("%s: %.1f %% billed: %s", since(), 100*share, r.kind)
		s.strike(t, r)
		if r.paused {
			s.command(t, location, "resume", "running")
		}
	}
	require.Greater(t, hits, rounds/2, "the run was too quick for the plan")

	var final apiclient.BillingProgress
	s.eventually(t, "the run ends", func(ctx context.Context) bool {
		_, err := s.api().Do(ctx, http.MethodGet, location, nil, &final)
		return err == nil && final.Ended()
	})
	t.Logf("%s: the run has ended, %d of %d rounds struck it", since(), hits, rounds)
	closeShop()
	customers.Wait()
	close(acknowledged)
	var subscriptions []subscription
	for each := range acknowledged {
		subscriptions = append(subscriptions, each)
	}
	t.Logf("%s: %d subscriptions were acknowledged meanwhile", since(), len(subscriptions))

	s.requireServing(t)
	require.Equal(t, "completed", final.Status)
	s.requireBilledOnce(t, run, final)
	s.requireNumbers(t)
	s.requireStore(t)
	require.NotEmpty(t, subscriptions)
	s.requireKept(t, subscriptions)
	s.requireAnswerKept(t, run, final)
	s.requireNothingLeftToBill(t, run, final)
	s.requireNothingStuck(t)
	t.Logf("%s: every invariant holds", since())
}
