package benchmark_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/systemtest"
	"github.com/mtfacturation/mtf/internal/testenv"
)

// collectionsSize reads how many invoices a benchmark works on, of which how many are
// overdue: MTF_BENCH_INVOICES and MTF_BENCH_OVERDUE.
func collectionsSize(b *testing.B) (invoices, overdue int) {
	b.Helper()
	read := func(name string, otherwise int) int {
		if os.Getenv(name) == "" {
			return otherwise
		}
		number, err := strconv.Atoi(os.Getenv(name))
		require.NoError(b, err, name)
		return number
	}
	invoices = read("MTF_BENCH_INVOICES", 100_000)
	return invoices, min(invoices, read("MTF_BENCH_OVERDUE", 100_000))
}

// loadInvoices stores invoices of a client for each ten: the first of them past due
// at the ends of the last twelve months and in the given status, the others paid,
// or not due yet in one of ten.
func loadInvoices(b *testing.B, pool *pgxpool.Pool, invoices, pastDue int, status string) {
	b.Helper()
	for _, load := range []struct {
		statement string
		args      []any
	}{
		{`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			SELECT ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'individual', 'Test Client', 'active', t, t
			FROM generate_series(0, $1::integer / 10) n, (SELECT timestamptz '2025-01-01Z' AS t) at`, []any{invoices}},
		{`INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status,
				actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
			SELECT ('01890000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid, n, decode(repeat('00', 32), 'hex'), '2025-01-01',
				'2025-01-31', 15, 0, 'MAD', 'completed', 'op-1', 1, 1, t, t, t
			FROM generate_series(0, 9) n, (SELECT timestamptz '2025-02-01Z' AS t) at`, nil},
		{`INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status, currency,
				subtotal_amount, tax_rate, tax_amount, total_amount, paid_amount, client_name, client_type, issued_at, created_at, updated_at)
			SELECT ('01890000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, n, 'MTF', 2025, n + 1,
				('01890000-0000-7000-8001-' || lpad(to_hex(n % 10), 12, '0'))::uuid,
				('01890000-0000-7000-8000-' || lpad(to_hex(n / 10), 12, '0'))::uuid, '2025-01-01', '2025-01-31', '2025-02-01',
				CASE WHEN n < $2 OR n % 10 <> 0 THEN date '2026-11-15' - n % 12 * 30 ELSE '2026-12-15' END, s.status,
				'MAD', 10000, 0, 0, 10000, CASE s.status WHEN 'paid' THEN 10000 ELSE 0 END, 'Test Client', 'individual', t, t, t
			FROM generate_series(0, $1::integer - 1) n, (SELECT timestamptz '2025-02-01Z' AS t) at,
				LATERAL (SELECT CASE WHEN n < $2 THEN $3::text WHEN n % 10 = 0 THEN 'issued' ELSE 'paid' END AS status) s`,
			[]any{invoices, pastDue, status}},
	} {
		_, err := pool.Exec(context.Background(), load.statement, load.args...)
		require.NoError(b, err)
	}
}

// loadCases opens the cases of the overdue invoices and stores resolved ones for a third of the paid ones.
func loadCases(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	_, err := pool.Exec(context.Background(), `
		INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, days_past_due, aging_bucket, outstanding_amount,
			opened_at, last_action_at, closed_at, created_at, updated_at)
		SELECT i.id, i.id, i.client_id, CASE WHEN overdue THEN CASE WHEN n % 5 = 0 THEN 'in_progress' ELSE 'open' END ELSE 'resolved' END,
			'invoice_overdue', i.due_date, CASE WHEN NOT overdue THEN n % 120 + 1 END,
			CASE WHEN NOT overdue THEN (ARRAY['1_30', '31_60', '61_90', '90_plus'])[n % 120 / 30 + 1] END, i.total_amount - i.paid_amount,
			t, t, CASE WHEN NOT overdue THEN t END, t, t
		FROM (SELECT *, number::bigint AS n, status = 'overdue' AS overdue,
				timestamptz '2026-11-20Z' - make_interval(secs => number::bigint * 7919 % 10000000) AS t FROM invoices) i
		WHERE overdue OR status = 'paid' AND n % 3 = 0`)
	require.NoError(b, err)
	for _, table := range []string{"clients", "invoices", "collection_cases"} {
		_, err := pool.Exec(context.Background(), "VACUUM ANALYZE "+table)
		require.NoError(b, err)
	}
}

func median(durations []time.Duration) float64 {
	slices.Sort(durations)
	return float64(durations[len(durations)/2].Microseconds()) / 1000
}

// besideBareSQL reports the median of a read over HTTP beside that of bare SQL, by turns.
func besideBareSQL(b *testing.B, s *systemtest.System, path, statement string) {
	b.Helper()
	var ours, bare []time.Duration
	for b.Loop() {
		begun := time.Now()
		answer, err := s.TryCall(http.MethodGet, path, nil)
		ours = append(ours, time.Since(begun))
		require.NoError(b, err)
		require.Equal(b, http.StatusOK, answer.Status, "%.300s", answer.Body)

		begun = time.Now()
		rows, err := s.Pool.Query(context.Background(), statement)
		require.NoError(b, err)
		for rows.Next() {
			_, err := rows.Values()
			require.NoError(b, err)
		}
		require.NoError(b, rows.Err())
		bare = append(bare, time.Since(begun))
	}
	b.ReportMetric(median(ours), "p50-ms")
	b.ReportMetric(median(bare), "bare-sql-p50-ms")
	b.ReportMetric(median(ours)/median(bare), "ratio")
}

// BenchmarkCollectionsReads reports the median of each read with nothing due, over
// HTTP, beside that of the page alone read by bare SQL.
func BenchmarkCollectionsReads(b *testing.B) {
	invoices, overdue := collectionsSize(b)
	s := systemtest.Start(b)
	loadInvoices(b, s.Pool, invoices, overdue, "overdue")
	loadCases(b, s.Pool)
	const page = "SELECT * FROM collection_cases WHERE status = 'open' ORDER BY updated_at DESC, id DESC LIMIT 20"
	for _, read := range []struct{ name, path string }{
		{"list", "cases"}, {"open", "cases?status=open"}, {"resolved", "cases?status=resolved"}, {"bucket", "cases?aging_bucket=31_60"},
		{"oldest", "cases?aging_bucket=90_plus"}, {"current", "cases?aging_bucket=current"},
		{"open-bucket", "cases?status=open&aging_bucket=31_60"}, {"page-50", "cases?page=50"},
		{"client", "cases?client_id=01890000-0000-7000-8000-000000000000"}, {"overview", "overview"},
	} {
		b.Run(read.name, func(b *testing.B) {
			besideBareSQL(b, s, "/api/v1/collections/"+read.path, page)
		})
	}
	today := calendar.MustParse("2026-11-22")
	b.Run("gate", func(b *testing.B) {
		var probes []time.Duration
		for b.Loop() {
			begun := time.Now()
			due, err := collections.SyncDue(context.Background(), s.Pool, today)
			probes = append(probes, time.Since(begun))
			require.NoError(b, err)
			require.False(b, due)
		}
		b.ReportMetric(median(probes), "p50-ms")
	})
}

// BenchmarkCollectionsSync reports how many invoices in a second become overdue, with
// their cases, actions and clients: half of them by one bare statement for each
// table, without batches, the other half by Sync. Use -benchtime=1x.
func BenchmarkCollectionsSync(b *testing.B) {
	invoices, overdue := collectionsSize(b)
	pool := testenv.Database(b)
	loadInvoices(b, pool, invoices, overdue, "issued")
	_, err := pool.Exec(context.Background(), "VACUUM ANALYZE")
	require.NoError(b, err)
	ctx, today, now := context.Background(), calendar.MustParse("2026-11-22"), systemtest.Today
	half := overdue / 2
	b.ResetTimer()

	begun := time.Now()
	tx, err := pool.Begin(ctx)
	require.NoError(b, err)
	for _, statement := range []string{
		`UPDATE invoices SET status = 'overdue', updated_at = now() WHERE status = 'issued' AND due_date < '2026-11-22' AND number::int < $1`,
		`INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, due_date, outstanding_amount, opened_at, last_action_at,
			created_at, updated_at)
			SELECT id, id, client_id, 'open', 'invoice_overdue', due_date, total_amount - paid_amount, now(), now(), now(), now()
			FROM invoices WHERE status = 'overdue' AND number::int < $1`,
		`INSERT INTO collection_case_actions (id, case_id, action_type, actor_id, note, payload, created_at)
			SELECT id, id, 'case_opened', 'collections-sync', 'Collection case opened for overdue invoice',
				jsonb_build_object('invoice_id', invoice_id), now() FROM collection_cases WHERE $1::int > 0`,
		`UPDATE clients SET delinquent_since = now(), updated_at = now()
			WHERE id IN (SELECT client_id FROM invoices WHERE status = 'overdue') AND $1::int > 0`,
	} {
		_, err := tx.Exec(ctx, statement, half)
		require.NoError(b, err)
	}
	require.NoError(b, tx.Commit(ctx))
	bare := time.Since(begun)

	begun = time.Now()
	require.NoError(b, collections.Sync(ctx, pool, today, now))
	ours := time.Since(begun)
	b.StopTimer()
	var opened int
	require.NoError(b, pool.QueryRow(ctx, "SELECT count(*) FROM collection_case_actions").Scan(&opened))
	require.Equal(b, overdue, opened)
	b.ReportMetric(float64(overdue-half)/ours.Seconds(), "invoices/s")
	b.ReportMetric(float64(half)/bare.Seconds(), "bare-sql-invoices/s")
	b.ReportMetric(ours.Seconds()/bare.Seconds()*float64(half)/float64(overdue-half), "ratio")
}
