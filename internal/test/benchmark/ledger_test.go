package benchmark_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	// balanceTimes is how many times as long the balance of a client with a thousand times as many entries may take.
	balanceTimes = 2
	// depthTimes is how many times as long the last page of many events may take as the first.
	depthTimes = 3

	fewEntries, manyEntries = 10, 10_000
	eventsPage              = 100
)

// loadLedger adds a client with a contract that has the given number of events, and returns both.
func loadLedger(b *testing.B, s *system.System, events int) (client, contract uuid.UUID) {
	b.Helper()
	ctx := context.Background()
	client, contract = uuid.New(), uuid.New()
	run(b, s.Pool, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		VALUES ($1, 'individual', 'Test Client', 'active', now(), now())`, client)
	run(b, s.Pool, `WITH offer AS (
			INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from, mobile_data_gb,
				internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
			VALUES (gen_random_uuid(), $2::text, 'mobile', 'mobile', 1, 100, 0, 'active', '2025-01-01', 10, false, false, false, now(), now()) RETURNING id
		), line AS (
			INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
			VALUES (gen_random_uuid(), $1, 'mobile', $2::text, 'active', now(), now()) RETURNING id)
		INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
		SELECT $2::text::uuid, $1, line.id, offer.id, 'active', '2025-01-01', now(), now(), now() FROM offer, line`, client, contract.String())
	require.NoError(b, db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) error {
		for i := range events {
			_, err := ledger.CreateEvent(ctx, tx, ledger.Event{
				Type: "meter_rental", Direction: ledger.Debit, Amount: 100, Currency: ledger.Currency, ContractID: contract,
				BookingDate: businessDay.AddDays(-i % 1000), Details: []byte("{}"),
			}, actor.Act{Actor: "bench", Today: businessDay, Now: s.Now()})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return client, contract
}

// BenchmarkLedger compares the balance of a client with many entries with that of a client with few, and the last page of
// a contract's events with the first, by one caller over HTTP.
func BenchmarkLedger(b *testing.B) {
	s := system.Start(b)
	few, _ := loadLedger(b, s, fewEntries)
	many, contract := loadLedger(b, s, manyEntries)
	run(b, s.Pool, "VACUUM ANALYZE")

	balance := func(client uuid.UUID) benchmark.Operation {
		return getPage(b, s.URL, fmt.Sprintf("/v1/billing/customers/%s/balance", client))
	}
	c := benchmark.Compare(b, 1, 5, time.Second/2, balance(many), balance(few))
	benchmark.Report(b, "balance, 10,000 entries", c, benchmark.P50AtMost(balanceTimes))
	events := func(from int) benchmark.Operation {
		return getPage(b, s.URL, fmt.Sprintf("/v1/billing/events?entity_id=%s&from=%d&size=%d", contract, from, eventsPage))
	}
	c = benchmark.Compare(b, 1, 5, time.Second/2, events(manyEntries-eventsPage), events(0))
	benchmark.Report(b, "events, at the end", c, benchmark.P50AtMost(depthTimes))
}
