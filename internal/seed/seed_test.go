package seed

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

var tables = []string{"offers", "clients", "subscribers", "contracts", "contract_audit_events"}

func optionsOf(seed uint64, clients int) Options {
	return Options{
		Clients: clients, Seed: seed, Today: calendar.MustParse("2026-11-22"),
		Now: time.Date(2026, time.November, 22, 9, 30, 15, 123_456_789, time.UTC),
	}
}

func load(t *testing.T, pool *pgxpool.Pool, options Options) Summary {
	t.Helper()
	summary, err := Load(t.Context(), pool, options)
	require.NoError(t, err)
	return summary
}

// number returns the single number that a query answers.
func number(t *testing.T, pool *pgxpool.Pool, query string, arguments ...any) int {
	t.Helper()
	var result int
	require.NoError(t, pool.QueryRow(t.Context(), query, arguments...).Scan(&result), query)
	return result
}

// contents returns, for every table, the number of its rows and a hash of all their columns.
func contents(t *testing.T, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	result := map[string]string{}
	for _, table := range tables {
		var content string
		query := fmt.Sprintf("SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, E'\\n' ORDER BY id)), '') FROM %s r", table)
		require.NoError(t, pool.QueryRow(t.Context(), query).Scan(&content))
		result[table] = content
	}
	return result
}

func TestLoad_IsDeterministic(t *testing.T) {
	t.Parallel()
	// More than one batch, so that the comparison covers their order.
	options := optionsOf(7, batchSize+300)
	one, other := servers.Database(t), servers.Database(t)
	summary := load(t, one, options)
	require.Equal(t, summary, load(t, other, options))
	require.Equal(t, contents(t, one), contents(t, other))

	require.Equal(t, options.Clients, summary.Clients)
	require.Equal(t, summary.Offers, number(t, one, "SELECT count(*) FROM offers"))
	require.Equal(t, summary.Clients, number(t, one, "SELECT count(*) FROM clients"))
	require.Equal(t, summary.Subscribers, number(t, one, "SELECT count(*) FROM subscribers"))
	require.Equal(t, summary.Contracts, number(t, one, "SELECT count(*) FROM contracts"))
	require.Equal(t, summary.Contracts, number(t, one, "SELECT count(*) FROM contract_audit_events"))
}

func TestLoad_ReportsProgressPerBatch(t *testing.T) {
	t.Parallel()
	options := optionsOf(1, batchSize+1)
	var told [][2]int
	options.Progress = func(done, total int) { told = append(told, [2]int{done, total}) }
	load(t, servers.Database(t), options)
	require.Equal(t, [][2]int{{batchSize, batchSize + 1}, {batchSize + 1, batchSize + 1}}, told)
}

func TestLoad_IsIdempotent(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	load(t, pool, optionsOf(7, 40))
	before := contents(t, pool)

	for _, again := range []Options{optionsOf(7, 40), optionsOf(7, 90), optionsOf(107, 40)} {
		summary, err := Load(t.Context(), pool, again)
		require.ErrorIs(t, err, ErrLoaded, "seed %d, %d clients", again.Seed, again.Clients)
		require.ErrorContains(t, err, "seed "+strconv.FormatUint(again.Seed, 10))
		require.Zero(t, summary)
	}
	require.Equal(t, before, contents(t, pool))
}

func TestLoad_SeedsShareCatalogue(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	require.Equal(t, len(Catalogue(optionsOf(0, 0).Today)), load(t, pool, optionsOf(0, 300)).Offers)

	second := optionsOf(1, 300)
	require.Zero(t, load(t, pool, second).Offers)
	require.Equal(t, 600, number(t, pool, "SELECT count(*) FROM clients"))
	require.Equal(t, len(Catalogue(second.Today)), number(t, pool, "SELECT count(*) FROM offers"))

	// A later day would make another catalogue; the stored one is used all the same.
	third := optionsOf(2, 300)
	third.Today, third.Now = third.Today.AddDays(40), third.Now.AddDate(0, 0, 40)
	require.Zero(t, load(t, pool, third).Offers)
	require.Zero(t, number(t, pool, `SELECT count(*) FROM contracts c JOIN offers o ON o.id = c.offer_id
		WHERE c.start_date < o.valid_from OR c.start_date > o.valid_to`))
}

func TestLoad_RefusesLateCatalogue(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	load(t, pool, optionsOf(0, 10))
	earlier := optionsOf(1, 10)
	earlier.Today, earlier.Now = earlier.Today.AddDays(-40), earlier.Now.AddDate(0, 0, -40)
	_, err := Load(t.Context(), pool, earlier)
	require.ErrorContains(t, err, "no mobile offer that is valid from 2024-10-13")
	require.Equal(t, 10, number(t, pool, "SELECT count(*) FROM clients"))
}

func TestLoad_CatalogueOnly(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	require.Equal(t, Summary{Offers: 9}, load(t, pool, optionsOf(0, 0)))
	require.Equal(t, Summary{}, load(t, pool, optionsOf(0, 0)))
}

func TestLoad_RefusesInvalidOptions(t *testing.T) {
	t.Parallel()
	tooMany, negative := optionsOf(0, MaxClients+1), optionsOf(0, -1)
	noDay, noTime := optionsOf(0, 1), optionsOf(0, 1)
	noDay.Today, noTime.Now = calendar.Date{}, time.Time{}
	for _, options := range []Options{tooMany, negative, noDay, noTime} {
		_, err := Load(t.Context(), nil, options)
		require.Error(t, err, "%+v", options)
	}
}

func TestLoad_InterruptionLeavesWholeClients(t *testing.T) {
	t.Parallel()
	pool := servers.Database(t)
	ctx, cancel := context.WithCancel(t.Context())
	options := optionsOf(3, 4*batchSize)
	options.Progress = func(int, int) { cancel() }
	summary, err := Load(ctx, pool, options)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, batchSize, summary.Clients)
	require.Equal(t, batchSize, number(t, pool, "SELECT count(*) FROM clients"))
	require.Equal(t, summary.Contracts, number(t, pool, "SELECT count(*) FROM contract_audit_events"))
}

// BenchmarkLoad reports how many clients and rows are stored in a second. Set
// MTF_BENCH_CLIENTS for another number than 100,000.
func BenchmarkLoad(b *testing.B) {
	clients := 100_000
	if text := os.Getenv("MTF_BENCH_CLIENTS"); text != "" {
		var err error
		clients, err = strconv.Atoi(text)
		require.NoError(b, err)
	}
	rows, elapsed := 0, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		pool := servers.Database(b)
		b.StartTimer()
		start := time.Now()
		summary, err := Load(b.Context(), pool, optionsOf(0, clients))
		require.NoError(b, err)
		elapsed += time.Since(start)
		rows += summary.Clients + summary.Subscribers + 2*summary.Contracts
	}
	b.ReportMetric(float64(rows)/elapsed.Seconds(), "rows/s")
	b.ReportMetric(float64(b.N*clients)/elapsed.Seconds(), "clients/s")
}
