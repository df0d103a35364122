package benchmark_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/benchmark"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/systemtest"
	"github.com/mtfacturation/mtf/internal/testenv"
)

const (
	// readsTimes is how many times as long a read over HTTP may take as its bare query.
	readsTimes = 1.5
	readsBound = 2 * time.Millisecond
	// growthTimes is how many times as long a read of ten times as many invoices may take.
	growthTimes = 1.5
	// syncTimes is how many times as long the sync may take as bare statements.
	syncTimes  = 1.5
	syncRounds = 3
)

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

// loadInvoices stores ten runs, one a month, of an invoice for each of as many clients.
// All are paid, but for the latest, which were due the day before the business day.
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

// loadCases makes the latest invoices overdue at the ends of twelve months, opens their cases, and stores resolved ones
// for a third of the others.
func loadCases(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	run(b, pool, `UPDATE invoices SET status = 'overdue' WHERE status = 'issued'`)
	run(b, pool, `INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, days_past_due, aging_bucket, outstanding_amount,
			opened_at, last_action_at, closed_at, created_at, updated_at)
		SELECT i.id, i.id, i.client_id, CASE WHEN overdue THEN CASE WHEN n % 5 = 0 THEN 'in_progress' ELSE 'open' END ELSE 'resolved' END,
			'invoice_overdue', CASE WHEN overdue THEN date '2026-11-21' - (n % 12 * 30)::integer ELSE i.due_date END,
			CASE WHEN NOT overdue THEN n % 120 + 1 END,
			CASE WHEN NOT overdue THEN (ARRAY['1_30', '31_60', '61_90', '90_plus'])[n % 120 / 30 + 1] END, i.total_amount - i.paid_amount,
			t, t, CASE WHEN NOT overdue THEN t END, t, t
		FROM (SELECT *, number::bigint AS n, status = 'overdue' AS overdue,
				timestamptz '2026-11-20Z' - make_interval(secs => number::bigint * 7919 % 10000000) AS t FROM invoices) i
		WHERE overdue OR n % 3 = 0`)
	for _, table := range []string{"clients", "invoices", "collection_cases", "collection_case_totals"} {
		run(b, pool, "VACUUM ANALYZE "+table)
	}
}

// bare reads queries one after the other, as any API would have to.
func bare(pool *pgxpool.Pool, queries ...string) benchmark.Operation {
	ctx := context.Background()
	return func(int) error {
		for _, query := range queries {
			rows, err := pool.Query(ctx, query)
			if err != nil {
				return err
			}
			for rows.Next() {
				if _, err := rows.Values(); err != nil {
					return err
				}
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	}
}

// BenchmarkCollectionsReads is each read with nothing due, over HTTP by one caller, against the page and its total, which
// is kept, by bare SQL; and against itself with a tenth of the invoices.
func BenchmarkCollectionsReads(b *testing.B) {
	size := collectionsSize(b)
	loaded := func(invoices int) *systemtest.System {
		s := systemtest.Start(b)
		loadInvoices(b, s.Pool, invoices)
		loadCases(b, s.Pool)
		return s
	}
	small, s := loaded(size/10), loaded(size)
	page := func(where string) string {
		return "SELECT * FROM collection_cases" + where + " ORDER BY updated_at DESC, id DESC LIMIT 20"
	}
	total := func(where string) string { return "SELECT sum(case_count)::bigint FROM collection_case_totals" + where }
	const client = "01890000-0000-7000-8000-000000000000"
	for _, read := range []struct {
		name, path string
		bare       []string
	}{
		{"cases", "cases", []string{page(""), total("")}},
		{"cases, open", "cases?status=open", []string{page(" WHERE status = 'open'"), total(" WHERE status = 'open'")}},
		{"cases, resolved", "cases?status=resolved", []string{page(" WHERE status = 'resolved'"), total(" WHERE status = 'resolved'")}},
		{"cases, 31 to 60 days", "cases?aging_bucket=31_60", []string{
			page(" WHERE aging_bucket = '31_60' OR aging_bucket IS NULL AND due_date BETWEEN '2026-09-23' AND '2026-10-22'"),
			total(" WHERE aging_bucket = '31_60' OR due_date BETWEEN '2026-09-23' AND '2026-10-22'")}},
		{"cases, over 90 days", "cases?aging_bucket=90_plus", []string{
			page(" WHERE aging_bucket = '90_plus' OR aging_bucket IS NULL AND due_date <= '2026-08-23'"),
			total(" WHERE aging_bucket = '90_plus' OR due_date <= '2026-08-23'")}},
		{"cases, open, 31 to 60 days", "cases?status=open&aging_bucket=31_60", []string{
			page(" WHERE status = 'open' AND aging_bucket IS NULL AND due_date BETWEEN '2026-09-23' AND '2026-10-22'"),
			total(" WHERE status = 'open' AND due_date BETWEEN '2026-09-23' AND '2026-10-22'")}},
		{"cases of a client", "cases?client_id=" + client, []string{
			page(" WHERE client_id = '" + client + "'"), "SELECT count(*) FROM collection_cases WHERE client_id = '" + client + "'"}},
		{"overview", "overview", []string{`SELECT status, due_date, sum(case_count)::bigint, sum(outstanding_amount)::bigint
			FROM collection_case_totals WHERE aging_bucket = '' GROUP BY status, due_date`}},
	} {
		path := "/api/v1/collections/" + read.path
		c := benchmark.Compare(b, 1, 5, time.Second/2, getPage(b, s.URL, path), bare(s.Pool, read.bare...))
		benchmark.Report(b, read.name, c, benchmark.P50Within(readsBound), benchmark.P50AtMost(readsTimes))
		c = benchmark.Compare(b, 1, 5, time.Second/2, getPage(b, s.URL, path), getPage(b, small.URL, path))
		benchmark.Report(b, read.name+", growth", c, benchmark.P50AtMost(growthTimes))
	}
	today := calendar.MustParse("2026-11-22")
	c := benchmark.Compare(b, 1, 5, time.Second/2, func(int) error {
		_, err := collections.SyncDue(context.Background(), s.Pool, today)
		return err
	}, bare(s.Pool, "SELECT 1"))
	benchmark.Report(b, "gate", c)
}

// BenchmarkCollectionsSync is how many invoices in a second become overdue, with their cases, actions and clients, against
// one bare statement for each table in one transaction. Each round has a database of its own for both, as it was loaded.
func BenchmarkCollectionsSync(b *testing.B) {
	size := collectionsSize(b)
	due := size / 10
	ctx, today := context.Background(), calendar.MustParse("2026-11-22")
	loaded := testenv.DatabaseURL(b)
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
		onDatabase(testenv.DatabaseCopy(b, loaded), func(pool *pgxpool.Pool) {
			run(b, pool, "CHECKPOINT")
			begun := time.Now()
			require.NoError(b, sync(pool))
			took = time.Since(begun)
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
		c.Add(measured(func(pool *pgxpool.Pool) error { return collections.Sync(ctx, pool, today, systemtest.Today) }), limit)
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
