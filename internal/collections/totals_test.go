package collections_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// workedTotals counts the rows that add up the cases which are worked on.
const workedTotals = "SELECT count(*) FROM collection_case_totals WHERE aging_bucket = ''"

func TestADueDateOfWhichEverythingIsPaidLeavesNoTotals(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	var invoices []uuid.UUID
	for days := range 12 {
		client := newClient(t, pool)
		for range 3 {
			invoices = append(invoices, issue(t, pool, client, lastWeek.AddDays(-days), 10_000))
		}
	}
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	require.Equal(t, 12, scalar(t, pool, workedTotals))
	var group errgroup.Group
	for i, invoice := range invoices {
		if i%3 > 0 {
			group.Go(func() error { return record(pool, invoice, 10_000, firstDay, noon(firstDay)) })
		}
	}
	require.NoError(t, group.Wait())
	requireTotals(t, pool)
	// The last of each due date takes along what those that came together left.
	for i := 0; i < len(invoices); i += 3 {
		require.NoError(t, record(pool, invoices[i], 10_000, firstDay, noon(firstDay)))
	}
	require.Zero(t, scalar(t, pool, workedTotals))
	requireTotals(t, pool)
}

// Each of these transactions keeps what it wrote until the others have written too, to the same
// totals and in all orders.
func TestWritersOfOneTotalDoNotWaitAndTheNextOneFoldsWhatTheyLeft(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	const writers = 4
	client := newClient(t, pool)
	var invoices [2][]uuid.UUID // of two due dates
	for i := range invoices {
		for range writers + 1 {
			invoices[i] = append(invoices[i], issue(t, pool, client, lastWeek.AddDays(-i), 10_000))
		}
	}
	require.NoError(t, collections.Sync(ctx, pool, firstDay, noon(firstDay)))
	const pay = "UPDATE collection_cases SET outstanding_amount = outstanding_amount - 100 WHERE invoice_id = $1"
	var open [writers]pgx.Tx
	for i := range open {
		tx, err := pool.Begin(ctx)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(ctx) }()
		_, err = tx.Exec(ctx, "SET LOCAL lock_timeout = '10s'")
		require.NoError(t, err)
		_, err = tx.Exec(ctx, pay, invoices[i%2][i])
		require.NoError(t, err)
		open[i] = tx
	}
	for i, tx := range open {
		_, err := tx.Exec(ctx, pay, invoices[(i+1)%2][i])
		require.NoError(t, err, "a writer waits for another")
	}
	for i, tx := range open {
		if i == 2 {
			require.NoError(t, tx.Rollback(ctx))
			continue
		}
		require.NoError(t, tx.Commit(ctx))
	}
	require.Equal(t, 2*(writers-1), scalar(t, pool, workedTotals), "of each due date a row for each writer")
	requireTotals(t, pool)
	for i := range invoices {
		execute(t, pool, pay, invoices[i][writers])
	}
	require.Equal(t, 2, scalar(t, pool, workedTotals))
	requireTotals(t, pool)
}
