// Package dunningtest makes what tests of dunning need: clients who owe something, and a
// notifier that remembers what it was given.
package dunningtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/notify"
)

// Seller is who sends the messages of tests.
var Seller = notify.Seller{Name: "Opérateur d'essai", Phone: "+212 5 37 00 00 00"}

// Hours returns Morocco's dunning hours from nine o'clock, the same for every client.
func Hours(t testing.TB) dunning.Hours {
	t.Helper()
	zone, err := calendar.LoadZone(calendar.DefaultZone)
	require.NoError(t, err)
	return dunning.Hours{Zone: zone, From: 9 * time.Hour}
}

// World is a database with clients who owe something.
type World struct {
	testing.TB
	Pool *pgxpool.Pool
	Zone calendar.Zone
}

// Execute runs a statement.
func (w World) Execute(statement string, args ...any) {
	w.Helper()
	_, err := w.Pool.Exec(context.Background(), statement, args...)
	require.NoError(w, err, statement)
}

// Count runs a query for one number.
func (w World) Count(query string, args ...any) (found int) {
	w.Helper()
	require.NoError(w, w.Pool.QueryRow(context.Background(), query, args...).Scan(&found), query)
	return found
}

// Client makes a client; without an address they cannot be written to.
func (w World) Client(email string) uuid.UUID {
	w.Helper()
	id := db.NewID()
	w.Execute(`INSERT INTO clients (id, client_type, full_name, email, status, created_at, updated_at)
		VALUES ($1, 'individual', 'Amina Bensaïd', nullif($2, ''), 'active', '2026-01-01Z', '2026-01-01Z')`, id, email)
	return id
}

// Invoice issues an invoice of 100 dirhams to a client, for a contract that has ended.
func (w World) Invoice(client uuid.UUID, due string) uuid.UUID {
	w.Helper()
	id, run := db.NewID(), db.NewID()
	w.Execute(`INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status,
			actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
		VALUES ($1, $1::uuid::text, decode(repeat('00', 32), 'hex'), '2026-01-01', '2026-01-31', 15, 0, 'MAD', 'completed', 'op-1', 1, 1,
			'2026-01-01Z', '2026-01-01Z', '2026-01-01Z')`, run)
	w.Execute(`INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start,
			period_end, issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name,
			client_type, issued_at, created_at, updated_at)
		SELECT $1, 'FA-' || n, 'MTF', 2026, n, $2, $3, '2026-01-01', '2026-01-31', '2026-01-01', $4::date, 'issued', 'MAD', 10000, 0, 0,
			10000, 'Amina Bensaïd', 'individual', '2026-01-01Z', '2026-01-01Z', '2026-01-01Z'
		FROM (SELECT count(*) + 1 AS n FROM invoices) numbered`, id, run, client, due)
	contract := w.Contract(client)
	w.Execute("UPDATE contracts SET status = 'terminated', terminated_at = '2026-01-01Z' WHERE id = $1", contract)
	w.Execute(`INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
			description, quantity, unit_amount, line_total, created_at)
		SELECT $1, $1, 1, id, offer_id, 'mobile', 'SIM', 'activation', 'Fee', 1, 10000, 10000, '2026-01-01Z' FROM contracts WHERE id = $2`,
		id, contract)
	require.NoError(w, pgx.BeginFunc(context.Background(), w.Pool, func(tx pgx.Tx) error { return ledger.PostInvoices(context.Background(), tx, []uuid.UUID{id}, "op-1") }))
	return id
}

// Contract gives a client an active contract.
func (w World) Contract(client uuid.UUID) uuid.UUID {
	w.Helper()
	offer, line, id := db.NewID(), db.NewID(), db.NewID()
	w.Execute(`INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
			mobile_data_gb, internet_tv_included, internet_landline_included, landline_national_included, created_at, updated_at)
		VALUES ($1, $1::uuid::text, 'mobile', 'mobile', 1, 10000, 0, 'active', '2026-01-01', 5, false, false, false, '2026-01-01Z', '2026-01-01Z')`, offer)
	w.Execute(`INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
		VALUES ($1, $2, 'mobile', $1::uuid::text, 'active', '2026-01-01Z', '2026-01-01Z')`, line, client)
	w.Execute(`INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, 'active', '2026-01-01', '2026-01-01Z', '2026-01-01Z', '2026-01-01Z')`, id, client, line, offer)
	return id
}

// Sync brings invoices, cases and clients in step with an instant.
func (w World) Sync(now time.Time) {
	w.Helper()
	require.NoError(w, collections.Sync(context.Background(), w.Pool, w.Zone.DateAt(now), now))
}

// Pay pays so much of an invoice.
func (w World) Pay(invoice uuid.UUID, amount money.Amount, now time.Time) {
	w.Helper()
	require.NoError(w, w.TryPay(invoice, amount, now))
}

// TryPay is Pay for goroutines, which must not end the test.
func (w World) TryPay(invoice uuid.UUID, amount money.Amount, now time.Time) error {
	service := collections.NewService(w.Pool, func(collections.BalanceChange) {})
	today := w.Zone.DateAt(now)
	_, _, err := service.RecordPayment(context.Background(), collections.RecordPayment{
		Key: idempotency.Key(uuid.NewString()), InvoiceID: invoice, Amount: amount, PaymentDate: today, Method: "cash",
	}, actor.Act{Actor: "op-1", Today: today, Now: now})
	return err
}

// SetPolicy puts a policy in.
func (w World) SetPolicy(now time.Time, steps ...dunning.Step) {
	w.Helper()
	_, err := dunning.SetPolicy(context.Background(), w.Pool, steps, now)
	require.NoError(w, err)
}

// Outbox is a notifier that keeps what it is given.
type Outbox struct {
	mutex sync.Mutex
	sent  []notify.Message
	// Fail, when set, is what becomes of the next messages.
	Fail func(notify.Message) error
}

// Send implements notify.Notifier.
func (o *Outbox) Send(_ context.Context, message notify.Message) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.Fail != nil {
		if err := o.Fail(message); err != nil {
			return err
		}
	}
	o.sent = append(o.sent, message)
	return nil
}

// Sent are the messages so far.
func (o *Outbox) Sent() []notify.Message {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return append([]notify.Message(nil), o.sent...)
}
