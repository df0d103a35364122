package dunning_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/notify"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
)

// factsOf is what the only message says.
func factsOf(w dunningtest.World) (facts notify.Facts) {
	w.Helper()
	var stored []byte
	require.NoError(w, w.Pool.QueryRow(w.Context(), "SELECT facts FROM notifications").Scan(&stored))
	require.NoError(w, json.Unmarshal(stored, &facts))
	return facts
}

func actionsOf(w dunningtest.World, invoice uuid.UUID) []string {
	w.Helper()
	rows, err := w.Pool.Query(w.Context(), `SELECT a.action_type FROM collection_case_actions a JOIN collection_cases c ON c.id = a.case_id
		WHERE c.invoice_id = $1 ORDER BY a.created_at, a.id`, invoice)
	require.NoError(w, err)
	actions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(w, err)
	return actions
}

// operators returns the service with which operators change what clients owe.
func operators(w dunningtest.World) *collections.Service {
	return collections.NewService(w.Pool, func(collections.BalanceChange) {})
}

// operate is an act of an operator.
func operate(w dunningtest.World, now time.Time) actor.Act {
	return actor.Act{Actor: "op-1", Today: w.Zone.DateAt(now), Now: now}
}

// changeStatus changes the status of an invoice's case as an operator.
func changeStatus(w dunningtest.World, invoice uuid.UUID, status collections.CaseStatus, now time.Time) {
	w.Helper()
	var id uuid.UUID
	require.NoError(w, w.Pool.QueryRow(w.Context(), "SELECT id FROM collection_cases WHERE invoice_id = $1", invoice).Scan(&id))
	_, err := operators(w).ChangeCaseStatus(w.Context(), collections.ChangeCaseStatus{CaseID: id, Status: status}, operate(w, now))
	require.NoError(w, err)
}

func TestAStepIsAboutAllThatIsOverdueWhateverTheCasesSay(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("amina@example.ma")
	closed, resolved, paid := w.Invoice(client, "2026-06-01"), w.Invoice(client, "2026-06-01"), w.Invoice(client, "2026-06-01")
	w.Sync(june(2, 1))
	w.Pay(paid, 10_000, june(2, 9))
	changeStatus(w, closed, collections.CaseClosed, june(8, 8))
	changeStatus(w, resolved, collections.CaseResolved, june(8, 8))
	changeStatus(w, paid, collections.CaseOpen, june(8, 8))
	require.True(t, take(w, hours, client, "reminder", june(8, 9)))
	for _, invoice := range []uuid.UUID{closed, resolved} {
		require.Equal(t, []string{"case_opened", "status_updated", "case_reopened", "reminder_sent"}, actionsOf(w, invoice))
	}
	require.NotContains(t, actionsOf(w, paid), "reminder_sent")
	facts := factsOf(w)
	require.EqualValues(t, 20_000, facts.Total)
	require.Len(t, facts.Invoices, 2)
	w.Sync(june(9, 1))
	require.Equal(t, 2, w.Count(`SELECT count(*) FROM collection_cases WHERE status = 'in_progress'`), "the next sync has nothing to put right but the paid one")
}

// An older invoice becomes overdue again between the locks of the cases and that of the client.
func TestAStepThatMissesTheOldestInvoiceIsTakenAtTheNextLook(t *testing.T) {
	t.Parallel()
	w, hours := newWorld(t)
	client := w.Client("amina@example.ma")
	w.Invoice(client, "2026-06-02")
	older := w.Invoice(client, "2026-06-01")
	w.Sync(june(3, 1))
	w.Pay(older, 10_000, june(3, 9))
	var payment uuid.UUID
	require.NoError(t, w.Pool.QueryRow(t.Context(), "SELECT id FROM payments").Scan(&payment))

	// The reversal waits for the client with the locks of the invoice and its case.
	blocker, err := w.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = blocker.Rollback(context.Background()) }()
	_, err = blocker.Exec(t.Context(), "SELECT 1 FROM clients WHERE id = $1 FOR UPDATE", client)
	require.NoError(t, err)
	waiting := func(count int) func() bool {
		return func() bool {
			return w.Count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == count
		}
	}
	reversed := make(chan error, 1)
	go func() {
		_, _, err := operators(w).ReversePayment(context.Background(), collections.ReversePayment{
			Key: idempotency.Key(uuid.NewString()), PaymentID: payment, Reason: "Bounced",
		}, operate(w, june(9, 9)))
		reversed <- err
	}()
	require.Eventually(t, waiting(1), time.Minute, 10*time.Millisecond, "the reversal does not wait for the client")
	type result struct {
		taken bool
		err   error
	}
	tried := make(chan result, 1)
	go func() {
		taken, err := tryTake(w, hours, client, "reminder", june(9, 9))
		tried <- result{taken, err}
	}()
	require.Eventually(t, waiting(2), time.Minute, 10*time.Millisecond, "the step does not wait for the client")
	require.NoError(t, blocker.Rollback(t.Context()))
	require.NoError(t, <-reversed)
	require.Equal(t, result{}, <-tried)
	require.Zero(t, w.Count("SELECT count(*) FROM notifications"))

	require.Equal(t, "reminder", look(w, hours, client, june(9, 9)).Take)
	require.True(t, take(w, hours, client, "reminder", june(9, 9)))
	require.Len(t, factsOf(w).Invoices, 2)
}
