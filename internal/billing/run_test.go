package billing_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// TestARunEndsAlthoughItsRowSaysPaused is what is left of a pause whose process died after it was written: the
// workflow never heard of it and billed everything.
func TestARunEndsAlthoughItsRowSaysPaused(t *testing.T) {
	t.Parallel()
	w := &world{pool: servers.Database(t)}
	id := uuid.New()
	terms := billing.Terms{Period: calendar.MonthOf(calendar.MustParse("2028-01-01")), DueDays: 15}
	request, err := idempotency.NewRequest(idempotency.BillingRun, "stale pause", terms)
	require.NoError(t, err)
	require.NoError(t, db.InTransaction(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := billing.PlanRun(ctx, tx, billing.PlanInput{
			RunID: id, Request: request, Terms: terms, ActorID: "op-1", ChunkSize: 10,
		}, plannedAt); err != nil {
			return err
		}
		for _, to := range []billing.RunStatus{billing.RunRunning, billing.RunPaused} {
			if _, err := billing.MoveRun(ctx, tx, billing.Move{RunID: id, To: to, ActorID: "op-1"}, plannedAt); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, w.end(id, request))
	rows, err := w.pool.Query(ctx, "SELECT to_status FROM billing_run_events WHERE billing_run_id = $1 ORDER BY created_at, id", id)
	require.NoError(t, err)
	moves, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"running", "paused", "running", "completed"}, moves)
}

// TestAContractThatBecomesActiveAfterThePlanIsCounted has a client billed whom the plan did not count, within a chunk of
// clients whom it did.
func TestAContractThatBecomesActiveAfterThePlanIsCounted(t *testing.T) {
	t.Parallel()
	w := &world{pool: servers.Database(t)}
	batch := &pgx.Batch{}
	var ids []uuid.UUID
	for i, status := range []string{"active", "draft", "active"} {
		client, contract := newID(t), newID(t)
		batch.Queue(`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			VALUES ($1, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z')`, client)
		addContract(batch, client, contract, fmt.Sprint(i), status, &modelContract{start: calendar.MustParse("2027-01-01"), fee: 100_00})
		ids = append(ids, contract)
	}
	require.NoError(t, w.pool.SendBatch(ctx, batch).Close())
	terms := billing.Terms{Period: calendar.MonthOf(calendar.MustParse("2028-01-01")), DueDays: 15}
	id, err := w.runHeld(terms, 10, calendar.MustParse("2028-01-31"), func() {
		_, err := w.pool.Exec(ctx, "UPDATE contracts SET status = 'active' WHERE id = $1", ids[1])
		require.NoError(t, err)
	})
	require.NoError(t, err)
	var clients, invoices, skipped int
	require.NoError(t, w.pool.QueryRow(ctx, "SELECT client_count, invoice_count, skipped_count FROM billing_runs WHERE id = $1", id).
		Scan(&clients, &invoices, &skipped))
	require.Equal(t, [3]int{3, 3, 0}, [3]int{clients, invoices, skipped})
}
