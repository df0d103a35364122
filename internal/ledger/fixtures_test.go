package ledger_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
)

func execute(t *testing.T, tx dbsqlc.DBTX, statement string, args ...any) {
	t.Helper()
	_, err := tx.Exec(t.Context(), statement, args...)
	require.NoError(t, err, statement)
}

func within(t *testing.T, pool *pgxpool.Pool, work func(pgx.Tx) error) {
	t.Helper()
	require.NoError(t, db.InTransaction(t.Context(), pool, work))
}

func newID(t *testing.T) uuid.UUID {
	t.Helper()
	return db.NewID()
}

// newClient makes a client with some contracts, which come back in the order of their ids.
func newClient(t *testing.T, pool *pgxpool.Pool, contracts int) (client uuid.UUID, ids []uuid.UUID) {
	t.Helper()
	client = newID(t)
	execute(t, pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		VALUES ($1, 'individual', 'Test Client', 'active', '2026-01-01Z', '2026-01-01Z')`, client)
	for range contracts {
		id := newID(t)
		ids = append(ids, id)
		execute(t, pool, `WITH offer AS (
				INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
					mobile_data_gb, internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
				VALUES (gen_random_uuid(), $1::text, 'mobile', 'mobile', 1, 100, 0, 'active', '2025-01-01', 10, false, false, false, '2025-01-01Z', '2025-01-01Z')
				RETURNING id
			), line AS (
				INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
				VALUES (gen_random_uuid(), $2, 'mobile', $1::text, 'active', '2025-01-01Z', '2025-01-01Z') RETURNING id)
			INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
			SELECT $1::text::uuid, $2, line.id, offer.id, 'active', '2025-01-01', '2025-01-01Z', '2025-01-01Z', '2025-01-01Z' FROM offer, line`, id.String(), client)
	}
	return client, ids
}

// issue posts an invoice with a line for each contract: of 100 centimes for the first, 101 for the second, and so on.
func issue(t *testing.T, pool *pgxpool.Pool, client uuid.UUID, contracts ...uuid.UUID) uuid.UUID {
	t.Helper()
	id, total := newID(t), 0
	for i := range contracts {
		total += 100 + i
	}
	within(t, pool, func(tx pgx.Tx) error {
		execute(t, tx, `WITH run AS (
				INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency,
					status, actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
				VALUES (gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 32), 'hex'), '2026-01-01', '2026-01-31', 15, 0, 'MAD',
					'completed', 'op-1', 1, 1, '2026-02-01Z', '2026-02-01Z', '2026-02-01Z')
				RETURNING id)
			INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date,
				due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, issued_at, created_at, updated_at)
			SELECT $1::uuid, $1::uuid, 'MTF', 2026, ('x' || substr(md5($1::uuid::text), 1, 15))::bit(60)::bigint, run.id, $2, '2026-01-01', '2026-01-31', '2026-02-01',
				'2027-02-01', 'issued', 'MAD', $3::bigint, 0, 0, $3::bigint, 'Test Client', 'individual', '2026-02-01Z', '2026-02-01Z', '2026-02-01Z'
			FROM run`, id, client, total)
		execute(t, tx, `INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
				description, quantity, unit_amount, line_total, created_at)
			SELECT gen_random_uuid(), $1::uuid, n, contract, gen_random_uuid(), 'mobile', 'SIM', 'activation', 'Fee', 1, 99 + n, 99 + n, '2026-02-01Z'
			FROM unnest($2::uuid[]) WITH ORDINALITY AS c (contract, n)`, id, contracts)
		return ledger.PostInvoices(t.Context(), tx, []uuid.UUID{id}, "op-1")
	})
	return id
}

// operators returns the service with which operators change what clients owe.
func operators(pool *pgxpool.Pool) *collections.Service {
	return collections.NewService(pool, func(collections.BalanceChange) {})
}

// byOperator is an act of an operator on the first day.
func byOperator() actor.Act { return actor.Act{Actor: "op-1", Today: firstDay, Now: now} }

func newKey() idempotency.Key { return idempotency.Key(uuid.NewString()) }

func pay(t *testing.T, pool *pgxpool.Pool, invoice uuid.UUID, amount money.Amount) (payment uuid.UUID) {
	t.Helper()
	paid, _, err := operators(pool).RecordPayment(t.Context(), collections.RecordPayment{
		Key: newKey(), InvoiceID: invoice, Amount: amount, PaymentDate: firstDay, Method: "cash",
	}, byOperator())
	require.NoError(t, err)
	return paid.Payment.ID
}

func reverse(t *testing.T, pool *pgxpool.Pool, payment uuid.UUID) {
	t.Helper()
	_, _, err := operators(pool).ReversePayment(t.Context(), collections.ReversePayment{Key: newKey(), PaymentID: payment, Reason: "Bounced"}, byOperator())
	require.NoError(t, err)
}

func void(t *testing.T, pool *pgxpool.Pool, invoice uuid.UUID) {
	t.Helper()
	_, _, err := operators(pool).VoidInvoice(t.Context(), collections.VoidInvoice{Key: newKey(), InvoiceID: invoice, Reason: "Wrong tariff"}, byOperator())
	require.NoError(t, err)
}

func create(t *testing.T, pool *pgxpool.Pool, contract uuid.UUID, amount money.Amount) (event uuid.UUID) {
	t.Helper()
	within(t, pool, func(tx pgx.Tx) (err error) {
		event, err = ledger.CreateEvent(t.Context(), tx, ledger.Event{
			Type: "meter_rental", Direction: ledger.Debit, Amount: amount, Currency: ledger.Currency, ContractID: contract, BookingDate: firstDay, Details: []byte("{}"),
		}, actor.Act{Actor: "op-1", Today: firstDay, Now: now})
		return err
	})
	return event
}

func requireProven(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	faults, err := ledger.Prove(t.Context(), pool)
	require.NoError(t, err)
	require.Empty(t, faults)
}
