package faults

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/workflows"
)

// dueInvoices are enough for a sync that lasts for some seconds.
const dueInvoices = 60_000

// TestFault_KilledSyncCompletes kills the workers, everything, and Temporal in the middle of a sync of
// collections that the schedule started. No request is made until the sync has ended.
func TestFault_KilledSyncCompletes(t *testing.T) {
	// For a day that no year has: it is triggered here.
	s := newSite(t, 1, func(pool *pgxpool.Pool) { loadDueInvoices(t, pool) }, "MTF_COLLECTIONS_SYNC_CRON=5 0 30 2 *")
	s.eventually(t, "the workers have made the schedule, and it begins the day", func(ctx context.Context) bool {
		temporal, err := client.DialContext(ctx, client.Options{HostPort: s.temporalAddress, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return false
		}
		defer temporal.Close()
		return temporal.ScheduleClient().GetHandle(ctx, workflows.CollectionsDayID).Trigger(ctx, client.ScheduleTriggerOptions{}) == nil
	})
	hits := 0
	for _, fault := range []struct {
		share float64
		name  string
		kill  func()
	}{
		{0.1, "the workers", func() { s.each(s.workers...) }},
		{0.4, "everything", func() { s.each(s.everything()...) }},
		{0.7, "Temporal", func() { s.each(s.temporal) }},
	} {
		share := s.reach(t, fault.share, s.overdue)
		t.Logf("%.1f %% are overdue: kill -9 %s", 100*share, fault.name)
		if share < 1 {
			hits++
		}
		fault.kill()
	}
	require.GreaterOrEqual(t, hits, 2, "the sync was too quick for its faults")
	s.eventually(t, "the sync ends without a request", func(ctx context.Context) bool { return s.overdue(ctx) == 1 })
	s.requireNothingStuck(t)
	s.requireEachOnce(t)

	var overview struct {
		OpenCases              int    `json:"open_cases"`
		OverdueInvoices        int    `json:"overdue_invoices"`
		TotalOutstandingAmount string `json:"total_outstanding_amount"`
	}
	s.eventually(t, "a reader is answered", func(ctx context.Context) bool {
		_, err := s.api().Do(ctx, http.MethodGet, "/api/v1/collections/overview", nil, &overview)
		return err == nil
	})
	require.Equal(t, dueInvoices, overview.OpenCases)
	require.Equal(t, dueInvoices, overview.OverdueInvoices)
	require.Equal(t, "6000000.00", overview.TotalOutstandingAmount)
	s.requireEachOnce(t)
}

// each kills services that come back at once.
func (s *site) each(services ...*service) {
	for _, service := range services {
		service.kill(0)
	}
}

// loadDueInvoices stores an invoice of 100.00 for each of as many clients, due long before today whatever the day is.
func loadDueInvoices(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
			SELECT ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'individual', 'Test Client', 'active', '2025-01-01Z', '2025-01-01Z'
			FROM generate_series(1, $1::integer) n`,
		`WITH run AS (
				INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status,
					actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
				VALUES ('01890000-0000-7000-8001-000000000000', 'loaded', decode(repeat('00', 32), 'hex'), '2025-01-01', '2025-01-31', 15, 0, 'MAD',
					'completed', 'op-1', 1, 0, '2025-02-01Z', '2025-02-01Z', '2025-02-01Z')
				RETURNING id)
			INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
				issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type,
				issued_at, created_at, updated_at)
			SELECT ('01890000-0000-7000-8002-' || lpad(to_hex(n), 12, '0'))::uuid, n, 'MTF', 2025, n, run.id,
				('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '2025-01-01', '2025-01-31',
				'2025-02-01', '2025-02-15', 'issued', 'MAD', 10000, 0, 0, 10000, 'Test Client', 'individual', '2025-02-01Z', '2025-02-01Z', '2025-02-01Z'
			FROM generate_series(1, $1::integer) n, run`,
	} {
		_, err := pool.Exec(t.Context(), statement, dueInvoices)
		require.NoError(t, err)
	}
}

// overdue is the share of the invoices that are marked; -1 while PostgreSQL does not answer.
func (s *site) overdue(ctx context.Context) float64 {
	var marked int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM invoices WHERE status = 'overdue'`).Scan(&marked); err != nil {
		return -1
	}
	return float64(marked) / dueInvoices
}

// requireEachOnce checks that every invoice has one open case with one action, and every client is delinquent.
func (s *site) requireEachOnce(t *testing.T) {
	t.Helper()
	for query, want := range map[string]int{
		`SELECT count(*) FROM invoices i JOIN collection_cases c ON c.invoice_id = i.id AND c.status = 'open' AND c.outstanding_amount = 10000
			WHERE i.status = 'overdue'`: dueInvoices,
		`SELECT count(*) FROM collection_cases`: dueInvoices,
		`SELECT count(*) FROM collection_case_actions a JOIN collection_cases c ON c.id = a.case_id
			WHERE a.action_type = 'case_opened' AND a.payload = jsonb_build_object('invoice_id', c.invoice_id)`: dueInvoices,
		`SELECT count(DISTINCT case_id) FROM collection_case_actions`:                                                               dueInvoices,
		`SELECT count(*) FROM collection_case_actions`:                                                                              dueInvoices,
		`SELECT count(*) FROM clients WHERE delinquent_since IS NOT NULL`:                                                           dueInvoices,
		`SELECT sum(case_count)::bigint FROM collection_case_totals WHERE status = 'open'`:                                          dueInvoices,
		`SELECT coalesce(sum(abs(case_count)), 0)::bigint FROM collection_case_totals WHERE status <> 'open' OR aging_bucket <> ''`: 0,
	} {
		var found int
		require.NoError(t, s.pool.QueryRow(t.Context(), query).Scan(&found), query)
		require.Equal(t, want, found, query)
	}
}
