package benchmark_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	// readsTimes is how many times as long a read may take as its bare queries, or over HTTP as a bare server.
	readsTimes = 1.5
	readsBound = 2 * time.Millisecond
	// growthTimes is how many times as long a read of ten times as many invoices may take.
	growthTimes = 1.5
	// syncTimes is how many times as long the sync may take as bare statements.
	syncTimes  = 1.5
	syncRounds = 3
	// dueDates is how many due dates the cases that are worked on have: those of four years of monthly runs.
	dueDates = 48
	// writersAtOnce is how many transactions have changed the cases of one due date at once.
	writersAtOnce = 4
)

// businessDay is the day of system.Today.
var businessDay = calendar.MustParse("2026-11-22")

// collectionsSize reads how many invoices a benchmark works on from MTF_BENCH_INVOICES.
// A tenth of them is overdue.
func collectionsSize(b *testing.B) int {
	b.Helper()
	text := os.Getenv("MTF_BENCH_INVOICES")
	if text == "" {
		return 1_000_000
	}
	number, err := strconv.Atoi(text)
	require.NoError(b, err, "MTF_BENCH_INVOICES")
	return number
}

func run(b *testing.B, pool *pgxpool.Pool, statement string, args ...any) {
	b.Helper()
	_, err := pool.Exec(context.Background(), statement, args...)
	require.NoError(b, err, statement)
}

// loadInvoices stores ten monthly runs, each with one invoice per client. All invoices are paid
// except those of the latest run, which were due the day before the business day.
func loadInvoices(b *testing.B, pool *pgxpool.Pool, invoices int) {
	b.Helper()
	run(b, pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		SELECT ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'individual', 'Test Client', 'active', t, t
		FROM generate_series(0, $1::integer / 10 - 1) n, (SELECT timestamptz '2025-01-01Z' AS t) at`, invoices)
	run(b, pool, `INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status,
			actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
		SELECT ('01890000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, n, decode(repeat('00', 32), 'hex'), '2025-01-01',
			'2025-01-31', 15, 0, 'MAD', 'completed', 'op-1', 1, 1, t, t, t
		FROM generate_series(0, 9) n, (SELECT timestamptz '2025-02-01Z' AS t) at`)
	run(b, pool, `INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
			issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, paid_amount, client_name, client_type,
			issued_at, created_at, updated_at)
		SELECT ('01890000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, n, 'MTF', 2025, n + 1,
			('01890000-0000-7000-8001-' || lpad(to_hex(n * 10 / $1), 12, '0'))::uuid,
			('01890000-0000-7000-8000-' || lpad(to_hex(n % ($1 / 10)), 12, '0'))::uuid, '2025-01-01', '2025-01-31', '2025-02-01',
			date '2026-11-21' - (30 * (9 - n * 10 / $1))::integer, CASE WHEN latest THEN 'issued' ELSE 'paid' END,
			'MAD', 10000, 0, 0, 10000, CASE WHEN latest THEN 0 ELSE 10000 END, 'Test Client', 'individual', t, t, t
		FROM generate_series(0, $1::bigint - 1) n, LATERAL (SELECT n >= $1 / 10 * 9 AS latest) l, (SELECT timestamptz '2025-02-01Z' AS t) at`, invoices)
}

// loadCases makes the latest invoices overdue at the ends of 48 months, opens their cases, and stores resolved ones
// for a third of the others. The totals are left as the most writers at once leave them.
func loadCases(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	run(b, pool, `UPDATE invoices SET status = 'overdue' WHERE status = 'issued'`)
	run(b, pool, `INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, days_past_due, aging_bucket, outstanding_amount,
			opened_at, last_action_at, closed_at, created_at, updated_at)
		SELECT i.id, i.id, i.client_id, CASE WHEN overdue THEN CASE WHEN n % 5 = 0 THEN 'in_progress' ELSE 'open' END ELSE 'resolved' END,
			'invoice_overdue', CASE WHEN overdue THEN date '2026-11-21' - (n % $1 * 30)::integer ELSE i.due_date END,
			CASE WHEN NOT overdue THEN n % 120 + 1 END,
			CASE WHEN NOT overdue THEN (ARRAY['1_30', '31_60', '61_90', '90_plus'])[n % 120 / 30 + 1] END, i.total_amount - i.paid_amount,
			t, t, CASE WHEN NOT overdue THEN t END, t, t
		FROM (SELECT *, number::bigint AS n, status = 'overdue' AS overdue,
				timestamptz '2026-11-20Z' - make_interval(secs => number::bigint * 7919 % 10000000) AS t FROM invoices) i
		WHERE overdue OR n % 3 = 0`, dueDates)
	spreadTotals(b, pool)
	for _, table := range []string{"clients", "invoices", "collection_cases", "collection_case_totals"} {
		run(b, pool, "VACUUM ANALYZE "+table)
	}
}

// spreadTotals has a case of each status and due date change in each of many transactions before the first of them ends,
// so that each adds separate rows to the totals.
func spreadTotals(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	ctx := context.Background()
	open, changed := make([]pgx.Tx, writersAtOnce), int64(0)
	for i := range open {
		tx, err := pool.Begin(ctx)
		require.NoError(b, err)
		defer func() { _ = tx.Rollback(ctx) }()
		tag, err := tx.Exec(ctx, `UPDATE collection_cases SET outstanding_amount = outstanding_amount - 1 WHERE id IN (
			SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY status, due_date ORDER BY id) AS number
				FROM collection_cases WHERE aging_bucket IS NULL) c WHERE number = $1)`, i+1)
		require.NoError(b, err)
		open[i], changed = tx, changed+tag.RowsAffected()
	}
	for _, tx := range open {
		require.NoError(b, tx.Commit(ctx))
	}
	var rows int64
	require.NoError(b, pool.QueryRow(ctx, "SELECT count(*) FROM collection_case_totals WHERE aging_bucket = ''").Scan(&rows))
	require.Equal(b, changed, rows, "a row of the totals for each writer")
}

// answers is what a read takes of the database.
type answers func(ctx context.Context, pool *pgxpool.Pool) ([]any, error)

// from is the read without any HTTP.
func (a answers) from(pool *pgxpool.Pool) benchmark.Operation {
	ctx := context.Background()
	return func(int) error {
		_, err := a(ctx, pool)
		return err
	}
}

// sql is a read by bare queries, one after the other, as any API would have to.
func sql(queries ...string) answers {
	return func(ctx context.Context, pool *pgxpool.Pool) ([]any, error) {
		found := make([]any, 0, len(queries))
		for _, query := range queries {
			rows, err := pool.Query(ctx, query)
			if err != nil {
				return nil, err
			}
			values, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
			if err != nil {
				return nil, err
			}
			found = append(found, values)
		}
		return found, nil
	}
}

// bucket is the page of an aging bucket and its total by the queries that the API has for them. A plain query with OR is
// quicker where the bucket is full, and reads all cases where it is not.
func bucket(name string, status *collections.CaseStatus) answers {
	filter := collections.Filter{AgingBucket: &name, Status: status, Today: businessDay}
	return func(ctx context.Context, pool *pgxpool.Pool) ([]any, error) {
		rows, err := collections.List(ctx, pool, filter, collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 20})
		if err != nil {
			return nil, err
		}
		total, err := collections.Count(ctx, pool, filter)
		return []any{rows, total}, err
	}
}

// bareServer answers with the rows of a read and does nothing else: the minimum of any API.
func bareServer(b *testing.B, pool *pgxpool.Pool, read answers) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, err := read(r.Context(), pool)
		if err == nil {
			err = json.NewEncoder(w).Encode(found)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	b.Cleanup(server.Close)
	return server.URL
}

// errNotCurrent fails a read that is to be measured with nothing due.
var errNotCurrent = errors.New("the cases are behind the business day")

// BenchmarkCollectionsReads measures each read with one caller and nothing due. It compares the handler's database work
// with the bare queries for the page and for its maintained total. It compares the read over HTTP with these queries,
// with a bare server that answers with both, and with the same read on a tenth of the invoices.
func BenchmarkCollectionsReads(b *testing.B) {
	size := collectionsSize(b)
	loaded := func(invoices int) *system.System {
		s := system.Start(b)
		loadInvoices(b, s.Pool, invoices)
		loadCases(b, s.Pool)
		return s
	}
	small, s := loaded(size/10), loaded(size)
	page := func(where string) string {
		return "SELECT * FROM collection_cases" + where + " ORDER BY updated_at DESC, id DESC LIMIT 20"
	}
	const client = "01890000-0000-7000-8000-000000000000"
	open, resolved, clientID := collections.CaseOpen, collections.CaseResolved, uuid.MustParse(client)
	to60, beyond90 := "31_60", "90_plus"
	// cases reads a page as the handler of the list does while nothing is due.
	cases := func(filter collections.Filter) benchmark.Operation {
		filter.Today = businessDay
		return func(int) error {
			page, err := collections.ReadPage(context.Background(), s.Pool, filter, collections.Position{Sort: collections.LatestUpdatedFirst, Limit: 21})
			if err == nil && !page.Current {
				err = errNotCurrent
			}
			return err
		}
	}
	byStatus := func(status collections.CaseStatus) answers {
		where := " WHERE status = '" + string(status) + "'"
		return sql(page(where), "SELECT sum(case_count)::bigint FROM collection_case_totals"+where)
	}
	for _, read := range []struct {
		name, path string
		ours       benchmark.Operation
		bare       answers
	}{
		{"cases", "cases", cases(collections.Filter{}), sql(page(""), "SELECT sum(case_count)::bigint FROM collection_case_totals")},
		{"cases, open", "cases?status=open", cases(collections.Filter{Status: &open}), byStatus(open)},
		{"cases, resolved", "cases?status=resolved", cases(collections.Filter{Status: &resolved}), byStatus(collections.CaseResolved)},
		{"cases, 31 to 60 days", "cases?aging_bucket=31_60", cases(collections.Filter{AgingBucket: &to60}), bucket(to60, nil)},
		{"cases, over 90 days", "cases?aging_bucket=90_plus", cases(collections.Filter{AgingBucket: &beyond90}), bucket(beyond90, nil)},
		{"cases, open, 31 to 60 days", "cases?status=open&aging_bucket=31_60", cases(collections.Filter{Status: &open, AgingBucket: &to60}), bucket(to60, &open)},
		{"cases of a client", "cases?client_id=" + client, cases(collections.Filter{ClientID: &clientID}), sql(
			page(" WHERE client_id = '"+client+"'"), "SELECT count(*) FROM collection_cases WHERE client_id = '"+client+"'")},
		{"overview", "overview", func(int) error {
			overview, err := collections.ReadOverview(context.Background(), s.Pool, businessDay)
			if err == nil && !overview.Current {
				err = errNotCurrent
			}
			return err
		}, sql(`SELECT status, due_date, sum(case_count)::bigint, sum(outstanding_amount)::bigint
			FROM collection_case_totals WHERE aging_bucket = '' GROUP BY status, due_date`)},
	} {
		b.Run(read.name, func(b *testing.B) {
			path := "/api/v1/collections/" + read.path
			c := benchmark.Compare(b, 1, 5, time.Second/2, read.ours, read.bare.from(s.Pool))
			benchmark.Report(b, "without HTTP", c, benchmark.P50AtMost(readsTimes))
			ours := getPage(b, s.URL, path)
			c = benchmark.Compare(b, 1, 5, time.Second/2, ours, read.bare.from(s.Pool))
			benchmark.Report(b, "over HTTP", c, benchmark.P50Within(readsBound))
			c = benchmark.Compare(b, 1, 5, time.Second/2, ours, getPage(b, bareServer(b, s.Pool, read.bare), "/"))
			benchmark.Report(b, "to a bare server", c, benchmark.P50AtMost(readsTimes))
			c = benchmark.Compare(b, 1, 5, time.Second/2, ours, getPage(b, small.URL, path))
			benchmark.Report(b, "growth", c, benchmark.P50AtMost(growthTimes))
		})
	}
	b.Run("gate", func(b *testing.B) {
		c := benchmark.Compare(b, 1, 5, time.Second/2, func(int) error {
			_, err := collections.SyncDue(context.Background(), s.Pool, businessDay)
			return err
		}, sql("SELECT 1").from(s.Pool))
		benchmark.Report(b, "gate", c)
	})
}

// BenchmarkCollectionsSync is how many invoices in a second become overdue, with their cases, actions and clients, against
// one bare statement for each table in one transaction. Each round uses a freshly loaded database for both.
func BenchmarkCollectionsSync(b *testing.B) {
	size := collectionsSize(b)
	due := size / 10
	ctx := context.Background()
	loaded := servers.DatabaseURL(b)
	onDatabase := func(url string, work func(*pgxpool.Pool)) {
		pool, err := db.Open(ctx, url)
		require.NoError(b, err)
		defer pool.Close()
		work(pool)
	}
	onDatabase(loaded, func(pool *pgxpool.Pool) {
		loadInvoices(b, pool, size)
		run(b, pool, "VACUUM ANALYZE")
	})
	measured := func(sync func(*pgxpool.Pool) error) benchmark.Rate {
		var took time.Duration
		onDatabase(servers.DatabaseCopy(b, loaded), func(pool *pgxpool.Pool) {
			run(b, pool, "CHECKPOINT")
			begun := time.Now()
			require.NoError(b, sync(pool))
			took = time.Since(begun)
			// Without it the check is planned as if there were no cases.
			run(b, pool, "ANALYZE")
			var opened int
			require.NoError(b, pool.QueryRow(ctx, `SELECT count(*) FROM collection_cases c
				JOIN invoices i ON i.id = c.invoice_id AND i.status = 'overdue' JOIN collection_case_actions a ON a.case_id = c.id
				JOIN clients o ON o.id = c.client_id AND o.delinquent_since IS NOT NULL WHERE c.status = 'open'`).Scan(&opened))
			require.Equal(b, due, opened)
		})
		return benchmark.Whole(due, took)
	}
	var c benchmark.Comparison
	for range syncRounds {
		limit := measured(func(pool *pgxpool.Pool) error { return bareSync(ctx, pool) })
		c.Add(measured(func(pool *pgxpool.Pool) error { return collections.Sync(ctx, pool, businessDay, system.Today) }), limit)
	}
	benchmark.Report(b, "sync", c, benchmark.P50AtMost(syncTimes))
}

// bareSync has the effect of a sync, and of nothing that makes it safe beside payments: no batches, no locks in order, no
// look for cases that are there already, and the ids of the invoices as those of cases and actions.
func bareSync(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		for _, statement := range []string{
			`UPDATE invoices SET status = 'overdue', updated_at = now() WHERE status = 'issued' AND due_date < '2026-11-22'`,
			`INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, outstanding_amount, opened_at, last_action_at,
				created_at, updated_at)
				SELECT id, id, client_id, 'open', 'invoice_overdue', due_date, total_amount - paid_amount, now(), now(), now(), now()
				FROM invoices WHERE status = 'overdue'`,
			`INSERT INTO collection_case_actions (id, case_id, action_type, actor_id, note, payload, created_at)
				SELECT id, id, 'case_opened', 'collections-sync', 'Collection case opened for overdue invoice',
					jsonb_build_object('invoice_id', invoice_id), now() FROM collection_cases`,
			`UPDATE clients SET delinquent_since = now(), updated_at = now()
				WHERE id IN (SELECT client_id FROM invoices WHERE status = 'overdue')`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
