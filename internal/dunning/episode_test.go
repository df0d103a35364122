package dunning_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/notify"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// june is an instant of June 2026 by the local clock.
func june(day, hour int) time.Time { return time.Date(2026, 6, day, hour-1, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T) (dunningtest.World, dunning.Hours) {
	t.Helper()
	hours := dunningtest.Hours(t)
	return dunningtest.World{TB: t, Pool: servers.Database(t), Zone: hours.Zone}, hours
}

func tryLook(w dunningtest.World, hours dunning.Hours, client uuid.UUID, now time.Time) (turn dunning.Turn, err error) {
	err = db.InTransaction(context.Background(), w.Pool, func(tx pgx.Tx) error {
		turn, err = dunning.Look(context.Background(), tx, client, hours, now)
		return err
	})
	return turn, err
}

func look(w dunningtest.World, hours dunning.Hours, client uuid.UUID, now time.Time) dunning.Turn {
	w.Helper()
	turn, err := tryLook(w, hours, client, now)
	require.NoError(w, err)
	return turn
}

func tryTake(w dunningtest.World, hours dunning.Hours, client uuid.UUID, step string, now time.Time) (taken bool, err error) {
	err = db.InTransaction(context.Background(), w.Pool, func(tx pgx.Tx) error {
		taken, err = dunning.TakeStep(context.Background(), tx, client, step, hours, now)
		return err
	})
	return taken, err
}

func take(w dunningtest.World, hours dunning.Hours, client uuid.UUID, step string, now time.Time) bool {
	w.Helper()
	taken, err := tryTake(w, hours, client, step, now)
	require.NoError(w, err)
	return taken
}

func TestOfManyWhoTakeAStepOneDoes(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("amina@example.ma")
	w.Invoice(client, "2026-06-01")
	w.Invoice(client, "2026-06-01")
	w.Sync(june(8, 1))
	require.Equal(t, "reminder", look(w, hours, client, june(8, 9)).Take)
	var done sync.WaitGroup
	var taken atomic.Int32
	for range 8 {
		done.Go(func() {
			won, err := tryTake(w, hours, client, "reminder", june(8, 9))
			if err != nil {
				t.Error(err)
			}
			if won {
				taken.Add(1)
			}
		})
	}
	done.Wait()
	require.EqualValues(t, 1, taken.Load())
	require.Equal(t, 1, w.Count(`SELECT count(*) FROM dunning_steps`))
	require.Equal(t, 1, w.Count(`SELECT count(*) FROM notifications`))
	require.Equal(t, 2, w.Count(`SELECT count(*) FROM collection_case_actions WHERE action_type = 'reminder_sent' AND actor_id = 'dunning'`),
		"each invoice's case tells of it")
	require.Equal(t, 2, w.Count(`SELECT count(*) FROM collection_cases WHERE status = 'in_progress'`))

	// The database itself does not let a step in twice.
	_, err := w.Pool.Exec(t.Context(), `INSERT INTO dunning_steps (id, episode_id, policy_version, step, days_past_due, action, done_at)
		SELECT gen_random_uuid(), episode_id, 1, step, 7, action, done_at FROM dunning_steps`)
	require.ErrorContains(t, err, "dunning_steps_once_in_episode_key")
}

// A payment that comes with a step is before or after it: a client who had paid is not
// reminded, and one who was reminded has it in the history before the payment.
func TestAPaymentThatComesWithAStepIsBeforeOrAfterIt(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	steps := 0
	for range 40 {
		client := w.Client("amina@example.ma")
		invoices := []uuid.UUID{w.Invoice(client, "2026-06-01"), w.Invoice(client, "2026-06-02")}
		w.Sync(june(8, 1))
		var done sync.WaitGroup
		var won bool
		fail := func(err error) {
			if err != nil {
				t.Error(err)
			}
		}
		for _, invoice := range invoices {
			done.Go(func() {
				fail(w.TryPay(invoice, 10_000, june(8, 9)))
			})
		}
		done.Go(func() {
			taken, err := tryTake(w, hours, client, "reminder", june(8, 9))
			won = taken
			fail(err)
		})
		done.Wait()
		actions := w.Count(`SELECT count(*) FROM collection_case_actions a JOIN collection_cases c ON c.id = a.case_id
			WHERE c.client_id = $1 AND a.action_type = 'reminder_sent'`, client)
		if !won {
			require.Zero(t, actions)
		} else {
			steps++
			require.Positive(t, actions)
		}
		require.True(t, look(w, hours, client, june(8, 10)).Over)
		require.Zero(t, w.Count(`SELECT count(*) FROM notifications WHERE client_id = $1 AND status = 'pending'`, client), "what was not sent is not any more")
		require.Equal(t, 2, w.Count(`SELECT count(*) FROM collection_cases WHERE client_id = $1 AND status = 'resolved'`, client),
			"a step does not open again what a payment resolved")
		// Whoever was reminded on a case owed it then.
		require.Zero(t, w.Count(`SELECT count(*) FROM collection_case_actions a JOIN collection_case_actions paid
				ON paid.case_id = a.case_id AND paid.action_type = 'case_resolved' AND paid.id < a.id
			WHERE a.action_type = 'reminder_sent'`))
	}
	t.Logf("%d of 40 steps came first", steps)
}

func TestWhoIsDelinquentAgainHasANewEpisode(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("")
	first := w.Invoice(client, "2026-06-01")
	w.Sync(june(2, 1))
	before := look(w, hours, client, june(8, 9))
	require.True(t, take(w, hours, client, "reminder", june(8, 9)))
	// Paid and overdue anew before anybody looked.
	w.Pay(first, 10_000, june(9, 9))
	w.Invoice(client, "2026-06-09")
	w.Sync(june(10, 1))
	require.False(t, take(w, hours, client, "warning", june(22, 10)), "of another episode")
	after := look(w, hours, client, june(16, 9))
	require.NotEqual(t, before.Episode, after.Episode)
	require.Equal(t, "reminder", after.Take)
	require.True(t, take(w, hours, client, "reminder", june(16, 9)))
	require.Equal(t, 1, w.Count(`SELECT count(*) FROM dunning_episodes WHERE ended_at IS NULL`))
	require.Equal(t, 2, w.Count(`SELECT count(*) FROM notifications WHERE status = 'skipped' AND reason = 'client_has_no_email'`),
		"the step is taken, the message is skipped")
}

func TestAClientWhoIsGoneIsOver(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	require.True(t, look(w, hours, db.NewID(), june(8, 9)).Over)
	require.False(t, take(w, hours, db.NewID(), "reminder", june(8, 9)))
	require.True(t, look(w, hours, w.Client(""), june(8, 9)).Over)
}

func TestAMessageIsTriedAgainUntilItIsSentOrGivenUp(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	for name, c := range map[string]struct {
		fail     func(attempt int) error
		status   string
		reason   any
		attempts int
		change   string
		tries    int
	}{
		"at once":           {fail: func(int) error { return nil }, status: "sent", attempts: 1, tries: 1},
		"the third time":    {fail: firstFail(2, &notify.Failure{Reason: "smtp 451"}), status: "sent", attempts: 3, tries: 3},
		"refused for good":  {fail: firstFail(9, &notify.Failure{Reason: "smtp 550", Permanent: true}), status: "failed", reason: "smtp 550", attempts: 1, tries: 1},
		"never":             {fail: firstFail(99, &notify.Failure{Reason: "smtp 451"}), status: "failed", reason: "not_delivered_in_time", attempts: 16, tries: 16},
		"a fault":           {fail: firstFail(1, errors.New("disk full")), status: "sent", attempts: 2, tries: 2},
		"no address":        {fail: firstFail(1, notify.ErrAddress), status: "skipped", reason: "client_email_invalid", attempts: 0, tries: 1},
		"address taken out": {fail: firstFail(1, errors.New("not asked")), change: `UPDATE clients SET email = '  ' WHERE id = $1`, status: "skipped", reason: "client_has_no_email", tries: 0},
	} {
		client := w.Client("amina@example.ma")
		w.Invoice(client, "2026-06-01")
		w.Sync(june(2, 1))
		require.True(t, take(w, hours, client, "reminder", june(8, 9)))
		if c.change != "" {
			w.Execute(c.change, client)
		}
		now, tries := june(8, 9), 0
		outbox := &dunningtest.Outbox{Fail: func(notify.Message) error { tries++; return c.fail(tries) }}
		ids := map[uuid.UUID]bool{}
		// A week is more than all attempts take, and the warning is due after it.
		for now.Before(june(20, 9)) {
			turn := look(w, hours, client, now)
			if turn.Deliver == nil {
				now = now.Add(turn.Wait)
				continue
			}
			ids[*turn.Deliver] = true
			_, err := dunning.Deliver(t.Context(), w.Pool, outbox, dunningtest.Seller, *turn.Deliver, func() time.Time { return now })
			require.NoError(t, err, name)
		}
		require.Len(t, ids, 1, name)
		var status string
		var reason *string
		var attempts int
		require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT status, reason, attempts FROM notifications WHERE client_id = $1`, client).
			Scan(&status, &reason, &attempts))
		require.Equal(t, c.status, status, name)
		require.Equal(t, c.attempts, attempts, name)
		require.Equal(t, c.tries, tries, name)
		if c.reason == nil {
			require.Nil(t, reason, name)
		} else {
			require.Equal(t, c.reason, *reason, name)
		}
		require.Len(t, outbox.Sent(), map[bool]int{true: 1}[c.status == "sent"], name)
	}
}

// firstFail fails so many times.
func firstFail(times int, err error) func(int) error {
	return func(attempt int) error {
		if attempt <= times {
			return err
		}
		return nil
	}
}

func TestAMessageThatTheWorkerDidNotLiveToNoteIsSentAgainAsTheSame(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("amina@example.ma")
	w.Invoice(client, "2026-06-01")
	w.Sync(june(2, 1))
	require.True(t, take(w, hours, client, "reminder", june(8, 9)))
	id := *look(w, hours, client, june(8, 9)).Deliver
	var outbox dunningtest.Outbox
	now := func() time.Time { return june(8, 9) }
	status, err := dunning.Deliver(t.Context(), w.Pool, &outbox, dunningtest.Seller, id, now)
	require.NoError(t, err)
	require.EqualValues(t, "sent", status)
	// As if the program had ended before the note was written.
	w.Execute(`UPDATE notifications SET status = 'pending', sent_at = NULL, attempts = 0, next_attempt_at = created_at`)
	_, err = dunning.Deliver(t.Context(), w.Pool, &outbox, dunningtest.Seller, id, now)
	require.NoError(t, err)
	sent := outbox.Sent()
	require.Len(t, sent, 2)
	require.Equal(t, sent[0], sent[1])
	_, err = dunning.Deliver(t.Context(), w.Pool, &outbox, dunningtest.Seller, id, now)
	require.NoError(t, err)
	require.Len(t, outbox.Sent(), 2, "what is noted as sent is not sent")
}

func TestAWorkerThatStopsLeavesTheMessageAsItWas(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("amina@example.ma")
	w.Invoice(client, "2026-06-01")
	w.Sync(june(2, 1))
	require.True(t, take(w, hours, client, "reminder", june(8, 9)))
	id := *look(w, hours, client, june(8, 9)).Deliver
	ctx, stop := context.WithCancel(t.Context())
	outbox := &dunningtest.Outbox{Fail: func(notify.Message) error {
		stop()
		return &notify.Failure{Reason: "smtp: connection lost"}
	}}
	_, err := dunning.Deliver(ctx, w.Pool, outbox, dunningtest.Seller, id, time.Now)
	require.Error(t, err)
	require.Equal(t, 1, w.Count(`SELECT count(*) FROM notifications WHERE status = 'pending' AND attempts = 0`))
}
