package benchmark_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/seed"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	billedChunk = 1000
	// billedDueDays has nothing overdue, so that no sync and no dunning follow a run.
	billedDueDays = 60
	usualClients  = 2_000
)

var billedMonth = calendar.MonthOf(calendar.NewDate(2026, time.October, 1))

// BenchmarkBillingRun is a whole run over the API and Temporal, to the last row and
// file, against two others that bill the same clients: a bare loop without workflows
// on all cores, which is the limit, and the usual way, row by row with stock fpdf, on
// a sample. MTF_BENCH_CLIENTS and MTF_BENCH_ROUNDS change how much is done.
func BenchmarkBillingRun(b *testing.B) {
	clients, rounds := sizeOf(b, "MTF_BENCH_CLIENTS", 100_000), sizeOf(b, "MTF_BENCH_ROUNDS", 3)
	s := system.Start(b, func(settings *config.Config) {
		settings.Billing = config.Billing{ChunkClients: billedChunk, Concurrency: 2, FaultyAttempts: 10}
		settings.DocumentsDirectory = newDirectory(b)
	})
	seedClients(b, s.Pool, clients)
	billBare(b, s.Pool, s.Config.DocumentsDirectory) // what is read is in memory from here on
	reset(b, s.Pool, s.Config.DocumentsDirectory)
	var ours, limit, usual []float64
	var times string
	for round := range rounds {
		limit = append(limit, billBare(b, s.Pool, s.Config.DocumentsDirectory))
		reset(b, s.Pool, s.Config.DocumentsDirectory)
		var rate float64
		rate, times = billByRun(b, s, round)
		ours = append(ours, rate)
		reset(b, s.Pool, s.Config.DocumentsDirectory)
		usual = append(usual, billAsUsual(b, s.Pool, s.Config.DocumentsDirectory, min(usualClients, clients)))
		reset(b, s.Pool, s.Config.DocumentsDirectory)
	}
	b.Logf("of each round, in invoices/s: run %.0f, bare loop %.0f, usual way %.0f", ours, limit, usual)
	b.ReportMetric(middle(ours), "invoices/s")
	b.ReportMetric(middle(limit), "bare-loop-invoices/s")
	b.ReportMetric(middle(usual), "usual-way-invoices/s")
	benchmark.ReportRatio(b, "to-bare-loop", middleRatio(ours, limit), benchmark.LeastRatio(0.7))
	benchmark.ReportRatio(b, "to-usual-way", middleRatio(ours, usual), benchmark.LeastRatio(8))
	b.Log(times)
}

// billByRun bills by the system and returns the invoices per second, and where the time went.
func billByRun(b *testing.B, s *system.System, round int) (rate float64, times string) {
	key := fmt.Sprintf("bench-billing-%d", round)
	begun := time.Now()
	answer := s.Call(b, http.MethodPost, "/api/v1/billing/runs",
		map[string]any{"period_start": billedMonth.Start, "period_end": billedMonth.End, "due_days": billedDueDays},
		system.Key(key), system.Header{Name: "Prefer", Value: "respond-async"})
	require.Equal(b, http.StatusAccepted, answer.Status, "%s", answer.Body)
	require.NoError(b, s.Temporal.GetWorkflow(context.Background(), "billing-run/"+key, "").Get(context.Background(), nil))
	took := time.Since(begun)
	return perSecond(b, s.Pool, s.Config.DocumentsDirectory, took), stepTimes(b, s.Temporal, "billing-run/"+key, s.Config.Billing.Concurrency, took)
}

// perSecond checks that every invoice has its document and its file, and returns how
// many there are for each second that they took.
func perSecond(b *testing.B, pool *pgxpool.Pool, directory string, took time.Duration) float64 {
	b.Helper()
	var invoices, documents int
	require.NoError(b, pool.QueryRow(context.Background(), "SELECT (SELECT count(*) FROM invoices), (SELECT count(*) FROM documents)").
		Scan(&invoices, &documents))
	require.Positive(b, invoices)
	require.Equal(b, invoices, documents)
	files, err := filepath.Glob(filepath.Join(directory, "invoices", "*", "*", "*.pdf"))
	require.NoError(b, err)
	require.Len(b, files, invoices)
	return float64(invoices) / took.Seconds()
}

// seedClients loads clients with their contracts, as a system that has run for a while has them.
func seedClients(b *testing.B, pool *pgxpool.Pool, clients int) {
	b.Helper()
	_, err := seed.Load(context.Background(), pool, seed.Options{
		Clients: clients, Seed: 2026, Today: calendar.NewDate(2026, time.November, 22), Now: system.Today.Add(-time.Hour),
	})
	require.NoError(b, err)
	_, err = pool.Exec(context.Background(), "VACUUM ANALYZE")
	require.NoError(b, err)
	settle(b, pool)
}

// reset restores the state before the run for the next run. It moves the documents away instead of removing them: after
// the removal of this many files, ext4 takes several times as long to create a file, for some minutes.
func reset(b *testing.B, pool *pgxpool.Pool, directory string) {
	b.Helper()
	_, err := pool.Exec(context.Background(),
		"TRUNCATE billing_runs, invoices, invoice_number_sequences, idempotency_keys, ledger_postings, ledger_accounts CASCADE")
	require.NoError(b, err)
	require.NoError(b, os.Rename(filepath.Join(directory, "invoices"), filepath.Join(newDirectory(b), "invoices")))
	settle(b, pool)
}

// newDirectory returns a directory for documents. It is removed when all benchmarks are done.
func newDirectory(b *testing.B) string {
	b.Helper()
	directory, err := os.MkdirTemp(directories, "")
	require.NoError(b, err)
	return directory
}

// settle has written what is not yet on disk, which would be paid for by the next.
func settle(b *testing.B, pool *pgxpool.Pool) {
	b.Helper()
	_, err := pool.Exec(context.Background(), "CHECKPOINT")
	require.NoError(b, err)
	syscall.Sync()
}

func sizeOf(b *testing.B, variable string, otherwise int) int {
	b.Helper()
	if os.Getenv(variable) == "" {
		return otherwise
	}
	size, err := strconv.Atoi(os.Getenv(variable))
	require.NoError(b, err, variable)
	return size
}

func middle(values []float64) float64 { return slices.Sorted(slices.Values(values))[len(values)/2] }

func middleRatio(ours, others []float64) float64 {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / others[i]
	}
	return middle(ratios)
}
