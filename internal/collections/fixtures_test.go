package collections_test

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
)

// noon is the instant that tests take on a day; only its order with others matters.
func noon(day calendar.Date) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, time.UTC)
}

// operate is an act of an operator on a day.
func operate(today calendar.Date, now time.Time) actor.Act {
	return actor.Act{Actor: "op-1", Today: today, Now: now}
}

// newKey returns an Idempotency-Key that no other request has.
func newKey() idempotency.Key { return idempotency.Key(uuid.NewString()) }

// newService returns a service whose balance changes nobody observes.
func newService(pool *pgxpool.Pool) *collections.Service {
	return collections.NewService(pool, func(collections.BalanceChange) {})
}

// fataler is what a test and a property have in common.
type fataler interface {
	require.TestingT
	Helper()
}

func execute(t fataler, pool *pgxpool.Pool, statement string, args ...any) {
	t.Helper()
	_, err := pool.Exec(ctx, statement, args...)
	require.NoError(t, err, statement)
}

func newClient(t fataler, pool *pgxpool.Pool) uuid.UUID {
	t.Helper()
	id := db.NewID()
	execute(t, pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		VALUES ($1, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z')`, id)
	return id
}

// newContract makes a contract of a client that began long ago.
func newContract(t fataler, pool *pgxpool.Pool, client uuid.UUID, fee money.Amount) uuid.UUID {
	t.Helper()
	id := uuid.New()
	execute(t, pool, `WITH offer AS (
			INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
				mobile_data_gb, internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
			VALUES (gen_random_uuid(), $1::text, 'mobile', 'mobile', 1, $3, 0, 'active', '2025-01-01', 10, false, false, false, '2025-01-01Z', '2025-01-01Z')
			RETURNING id
		), line AS (
			INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
			VALUES (gen_random_uuid(), $2, 'mobile', $1::text, 'active', '2025-01-01Z', '2025-01-01Z') RETURNING id)
		INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
		SELECT $1::text::uuid, $2, line.id, offer.id, 'active', '2025-01-01', '2025-01-01Z', '2025-01-01Z', '2025-01-01Z' FROM offer, line`,
		id.String(), client, fee)
	return id
}

// issue issues an invoice of a run of its own.
func issue(t fataler, pool *pgxpool.Pool, client uuid.UUID, due calendar.Date, total money.Amount) uuid.UUID {
	t.Helper()
	id := db.NewID()
	issueMany(t, pool, []uuid.UUID{id}, []uuid.UUID{client}, due, total)
	return id
}

// issueMany issues an invoice for each client, in one run: with one line, of a contract of its own, and posted to the ledger.
func issueMany(t fataler, pool *pgxpool.Pool, ids, clients []uuid.UUID, due calendar.Date, total money.Amount) {
	t.Helper()
	execute(t, pool, `WITH run AS (
			INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency,
				status, actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
			VALUES (gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 32), 'hex'), '2026-01-01', '2026-01-31', 15, 0, 'MAD',
				'completed', 'op-1', 1, 1, '2026-02-01Z', '2026-02-01Z', '2026-02-01Z')
			RETURNING id)
		INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status, currency,
			subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, issued_at, created_at, updated_at)
		SELECT i.id, i.id, 'MTF', 2026, ('x' || substr(md5(i.id::text), 1, 15))::bit(60)::bigint, run.id, i.client_id, '2026-01-01', '2026-01-31', '2026-02-01', $3, 'issued', 'MAD',
			$4, 0, 0, $4, 'Test Client', 'individual', '2026-02-01Z', '2026-02-01Z', '2026-02-01Z'
		FROM run, unnest($1::uuid[], $2::uuid[]) AS i (id, client_id)`, ids, clients, due, total)
	execute(t, pool, `WITH offer AS (
			INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
				mobile_data_gb, internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
			SELECT gen_random_uuid(), gen_random_uuid(), 'mobile', 'mobile', 1, 100, 0, 'active', '2025-01-01', 10, false, false, false,
				'2025-01-01Z', '2025-01-01Z'
			RETURNING id
		), line AS (
			INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
			SELECT i.id, i.client_id, 'mobile', i.id, 'active', '2025-01-01Z', '2025-01-01Z'
			FROM unnest($1::uuid[], $2::uuid[]) AS i (id, client_id)
			RETURNING id, client_id
		), contract AS (
			INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, terminated_at, created_at, updated_at)
			SELECT line.id, line.client_id, line.id, offer.id, 'terminated', '2025-01-01', '2026-02-01Z', '2025-01-01Z', '2025-01-01Z'
			FROM line, offer
			RETURNING id)
		INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
			description, quantity, unit_amount, line_total, created_at)
		SELECT contract.id, contract.id, 1, contract.id, offer.id, 'mobile', 'SIM', 'activation', 'Fee', 1, $3, $3, '2026-02-01Z'
		FROM contract, offer`, ids, clients, total)
	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return ledger.PostInvoices(ctx, tx, ids, "op-1") }))
}

// requireTotals checks the totals against the cases that they add up.
func requireTotals(t fataler, pool *pgxpool.Pool) {
	t.Helper()
	var different int
	require.NoError(t, pool.QueryRow(ctx, `
		SELECT count(*) FROM (
			SELECT status, due_date, aging_bucket, sum(case_count) AS n, sum(outstanding_amount::bigint) AS owed
			FROM collection_case_totals GROUP BY 1, 2, 3 HAVING sum(case_count) <> 0 OR sum(outstanding_amount::bigint) <> 0) kept
		FULL JOIN (
			SELECT status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END AS due_date,
				coalesce(aging_bucket, '') AS aging_bucket, count(*) AS n, sum(outstanding_amount::bigint) AS owed
			FROM collection_cases GROUP BY 1, 2, 3) counted USING (status, due_date, aging_bucket, n, owed)
		WHERE kept.status IS NULL OR counted.status IS NULL`).Scan(&different))
	require.Zero(t, different, "totals that are not those of the cases")
}
