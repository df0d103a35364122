package db_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

const addClients = `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
	SELECT gen_random_uuid(), 'individual', 'Client', 'active', now(), now() FROM generate_series(1, $1)`

// requireExact compares the kept totals with the tables.
func requireExact(t testing.TB, pool dbsqlc.DBTX, want int) {
	t.Helper()
	for _, list := range []string{"clients", "contracts", "invoices", "payments"} {
		kept, err := dbsqlc.New().ListTotalGet(context.Background(), pool, list)
		require.NoError(t, err)
		var counted int64
		require.NoError(t, pool.QueryRow(context.Background(), "SELECT count(*) FROM "+list).Scan(&counted))
		require.Equal(t, counted, kept, list)
		if list == "clients" {
			require.EqualValues(t, want, kept)
		}
	}
}

func execute(t testing.TB, conn dbsqlc.DBTX, statement string, args ...any) {
	t.Helper()
	_, err := conn.Exec(context.Background(), statement, args...)
	require.NoError(t, err, statement)
}

func TestTotalsFollowEveryWayToWrite(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	requireExact(t, pool, 0)

	execute(t, pool, addClients, 5)
	requireExact(t, pool, 5)
	var copied []dbsqlc.ClientInsertManyParams
	for range 100 {
		copied = append(copied, dbsqlc.ClientInsertManyParams{ID: uuid.New(), ClientType: "business", FullName: "Copied", Status: "active"})
	}
	_, err := dbsqlc.New().ClientInsertMany(t.Context(), pool, copied)
	require.NoError(t, err)
	requireExact(t, pool, 105)

	// A row that is there already is not inserted.
	cin := "TOTAL1"
	insert := dbsqlc.ClientInsertParams{ID: uuid.New(), CIN: &cin, ClientType: "business", FullName: "Once", Status: "active"}
	_, err = dbsqlc.New().ClientInsert(t.Context(), pool, insert)
	require.NoError(t, err)
	insert.ID = uuid.New()
	_, err = dbsqlc.New().ClientInsert(t.Context(), pool, insert)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	requireExact(t, pool, 106)

	execute(t, pool, "UPDATE clients SET full_name = 'Changed'")
	execute(t, pool, "DELETE FROM clients WHERE client_type = 'business' AND cin IS NULL")
	execute(t, pool, "DELETE FROM clients WHERE false")
	requireExact(t, pool, 6)

	for _, end := range []error{nil, errors.New("changed my mind")} {
		err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			execute(t, tx, addClients, 7)
			require.Error(t, pgx.BeginFunc(t.Context(), tx, func(savepoint pgx.Tx) error {
				execute(t, savepoint, "DELETE FROM clients")
				requireExact(t, savepoint, 0)
				return errors.New("back to the savepoint")
			}))
			execute(t, tx, addClients, 1)
			requireExact(t, tx, 14)
			return end
		})
		require.ErrorIs(t, err, end)
		if end == nil {
			requireExact(t, pool, 14)
			execute(t, pool, "DELETE FROM clients WHERE id IN (SELECT id FROM clients LIMIT 8)")
		}
		requireExact(t, pool, 6)
	}
	execute(t, pool, "TRUNCATE clients CASCADE")
	requireExact(t, pool, 0)
	execute(t, pool, addClients, 2)
	requireExact(t, pool, 2)
}

func TestWritersOfOneListDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	var open []pgx.Tx
	for range 8 {
		tx, err := pool.Begin(t.Context())
		require.NoError(t, err)
		execute(t, tx, "SET LOCAL lock_timeout = '5s'")
		execute(t, tx, addClients, 3)
		execute(t, tx, addClients, 1)
		open = append(open, tx)
	}
	requireExact(t, pool, 0)
	for i, tx := range open {
		if i%2 == 0 {
			require.NoError(t, tx.Commit(t.Context()))
		} else {
			require.NoError(t, tx.Rollback(t.Context()))
		}
	}
	requireExact(t, pool, 16)
}

func TestTotalsAreExactAfterManyConcurrentWriters(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	const writers, transactions = 12, 40
	want, failures := make([]int, writers), make([]error, writers)
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for range transactions {
				change, err := changeClients(context.Background(), pool, random)
				want[i] += change
				failures[i] = errors.Join(failures[i], err)
			}
		})
	}
	done.Wait()
	sum := 0
	for i := range writers {
		require.NoError(t, failures[i])
		sum += want[i]
	}
	requireExact(t, pool, sum)
	var rows int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM list_totals WHERE list = 'clients'").Scan(&rows))
	require.Less(t, rows, writers*6, "rows are used again, not added for every transaction")
}

// changeClients inserts and deletes in one transaction, of which some roll back,
// and returns by how many rows the table grew.
func changeClients(ctx context.Context, pool *pgxpool.Pool, random *rand.Rand) (grown int, err error) {
	rolledBack := errors.New("rolled back")
	keep := random.IntN(4) > 0
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for range 1 + random.IntN(3) {
			added := random.IntN(5)
			if _, err := tx.Exec(ctx, addClients, added); err != nil {
				return err
			}
			deleted, err := tx.Exec(ctx, `DELETE FROM clients WHERE id IN (
				SELECT id FROM clients ORDER BY random() LIMIT $1 FOR UPDATE SKIP LOCKED)`, random.IntN(3))
			if err != nil {
				return err
			}
			grown += added - int(deleted.RowsAffected())
		}
		if !keep {
			return rolledBack
		}
		return nil
	})
	if errors.Is(err, rolledBack) {
		return 0, nil
	}
	return grown, err
}
