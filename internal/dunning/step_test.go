package dunning_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
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

// changeStatus is an operator's.
func changeStatus(w dunningtest.World, invoice uuid.UUID, status string, now time.Time) {
	w.Helper()
	require.NoError(w, db.InTransaction(w.Context(), w.Pool, func(tx pgx.Tx) error {
		var id uuid.UUID
		if err := tx.QueryRow(w.Context(), "SELECT id FROM collection_cases WHERE invoice_id = $1", invoice).Scan(&id); err != nil {
			return err
		}
		_, err := collections.ChangeStatus(w.Context(), tx, id, status, nil, "op-1", w.Zone.DateAt(now), now)
		return err
	}))
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

	reversal, err := w.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = reversal.Rollback(t.Context()) }()
	_, _, err = collections.ReversePayment(t.Context(), reversal, idempotency.Request{Operation: idempotency.PaymentReversal, Key: "reversal-1", Fingerprint: make([]byte, 32)},
		collections.ReversalInput{PaymentID: payment, Reason: "Bounced"}, "op-1", w.Zone.DateAt(june(9, 9)), june(9, 9))
	require.NoError(t, err)
	type result struct {
		taken bool
		err   error
	}
	tried := make(chan result, 1)
	go func() {
		taken, err := tryTake(w, hours, client, "reminder", june(9, 9))
		tried <- result{taken, err}
	}()
	require.Eventually(t, func() bool {
		return w.Count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1
	}, time.Minute, 10*time.Millisecond, "the step does not wait for the reversal")
	require.NoError(t, reversal.Commit(t.Context()))
	require.Equal(t, result{}, <-tried)
	require.Zero(t, w.Count("SELECT count(*) FROM notifications"))

	require.Equal(t, "reminder", look(w, hours, client, june(9, 9)).Take)
	require.True(t, take(w, hours, client, "reminder", june(9, 9)))
	require.Len(t, factsOf(w).Invoices, 2)
}
