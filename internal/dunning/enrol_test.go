package dunning_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/dunning"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
)

// enrolAll enrols until nobody is left and returns whom it woke.
func enrolAll(w dunningtest.World, now time.Time) (woken []uuid.UUID) {
	w.Helper()
	for {
		taken, err := dunning.Enrol(context.Background(), w.Pool, now)
		require.NoError(w, err)
		batch, err := dunning.WakeDue(context.Background(), w.Pool, func() time.Time { return now }, func(_ context.Context, id uuid.UUID) error {
			woken = append(woken, id)
			return nil
		}, func(context.Context) error { return nil })
		require.NoError(w, err)
		if taken+batch == 0 {
			return woken
		}
	}
}

func TestEverybodyWhoIsDelinquentIsEnrolledOnce(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	var clients []uuid.UUID
	for range 5 {
		clients = append(clients, w.Client(""))
	}
	first := w.Invoice(clients[0], "2026-06-01")
	for _, client := range clients[1:4] {
		w.Invoice(client, "2026-06-01")
	}
	require.Empty(t, enrolAll(w, june(1, 1)), "nobody is delinquent yet")
	w.Sync(june(2, 1))
	require.ElementsMatch(t, clients[:4], enrolAll(w, june(2, 1)))
	require.Empty(t, enrolAll(w, june(2, 1)), "a second enrolment finds nobody")
	require.Equal(t, 4, w.Count(`SELECT count(*) FROM dunning_episodes WHERE ended_at IS NULL`))

	// Two have looked and wait by themselves; the other two have been lost.
	look(w, hours, clients[0], june(2, 2))
	look(w, hours, clients[1], june(2, 2))
	require.ElementsMatch(t, clients[2:4], enrolAll(w, june(3, 1)))
	look(w, hours, clients[2], june(3, 2))
	look(w, hours, clients[3], june(3, 2))
	require.Empty(t, enrolAll(w, june(4, 1)))

	// Who has paid, and who is delinquent anew, is woken though nobody told the workflow.
	w.Pay(first, 10_000, june(4, 9))
	require.Equal(t, []uuid.UUID{clients[0]}, enrolAll(w, june(5, 1)))
	require.True(t, look(w, hours, clients[0], june(5, 1)).Over)
	w.Invoice(clients[0], "2026-06-05")
	w.Sync(june(6, 1))
	require.Equal(t, []uuid.UUID{clients[0]}, enrolAll(w, june(6, 1)))
	look(w, hours, clients[0], june(6, 1))

	// A new policy concerns all of them.
	w.SetPolicy(june(6, 9), ladder.Steps...)
	require.ElementsMatch(t, clients[:4], enrolAll(w, june(7, 1)))
}

func TestAnEnrolmentThatIsInterruptedIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t)
	for range 20 {
		w.Invoice(w.Client(""), "2026-06-01")
	}
	w.Sync(june(2, 1))
	_, err := dunning.Enrol(t.Context(), w.Pool, june(2, 1))
	require.NoError(t, err)
	started := map[uuid.UUID]int{}
	down := errors.New("down")
	now := func() time.Time { return june(2, 1) }
	woken, err := dunning.WakeDue(t.Context(), w.Pool, now, func(_ context.Context, id uuid.UUID) error {
		if len(started) == 7 {
			return down
		}
		started[id]++
		return nil
	}, func(context.Context) error { return nil })
	require.ErrorIs(t, err, down)
	require.Equal(t, 7, woken)
	for _, id := range enrolAll(w, june(2, 1)) {
		started[id]++
	}
	require.Len(t, started, 20)
	for _, times := range started {
		require.Equal(t, 1, times)
	}
}

// Two enrolments, a crowd of looks and payments at once leave each delinquent client with
// one live episode and nobody else with any.
func TestEnrolmentLooksAndPaymentsMayComeTogether(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	var clients, invoices []uuid.UUID
	for range 30 {
		clients = append(clients, w.Client(""))
		invoices = append(invoices, w.Invoice(clients[len(clients)-1], "2026-06-01"))
	}
	w.Sync(june(2, 1))
	var done sync.WaitGroup
	fail := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		done.Go(func() {
			_, err := dunning.Enrol(context.Background(), w.Pool, june(2, 1))
			fail(err)
		})
	}
	for i, client := range clients {
		done.Go(func() {
			_, err := tryLook(w, hours, client, june(2, 1))
			fail(err)
		})
		if i%2 == 0 {
			done.Go(func() { fail(w.TryPay(invoices[i], 10_000, june(2, 1))) })
		}
	}
	done.Wait()
	for _, id := range enrolAll(w, june(3, 1)) {
		look(w, hours, id, june(3, 1))
	}
	require.Zero(t, w.Count(`SELECT count(*) FROM clients c
		FULL JOIN (SELECT client_id, since FROM dunning_episodes WHERE ended_at IS NULL) e ON e.client_id = c.id
		WHERE e.since IS DISTINCT FROM c.delinquent_since OR c.dunning_seen_since IS DISTINCT FROM c.delinquent_since`))
	require.Equal(t, 15, w.Count(`SELECT count(*) FROM dunning_episodes WHERE ended_at IS NULL`))
}
