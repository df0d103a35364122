package benchmark_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/benchmark"
	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// program is set for a process that is the program and no test.
const program = "MTF_BENCH_PROGRAM"

func TestMain(m *testing.M) {
	work := serve
	if os.Getenv(program) == "" {
		work = func() error { return measure(m) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// directories has the documents of all benchmarks until the last one is done.
var directories string

var errFailed = errors.New("a benchmark failed")

func measure(m *testing.M) (err error) {
	if directories, err = os.MkdirTemp("", "mtf-benchmark-"); err != nil {
		return err
	}
	if m.Run() != 0 {
		err = errFailed
	}
	return errors.Join(err, os.RemoveAll(directories))
}

// serve does what mtf serve does, on the business day of tests, until it is signalled to
// stop. It prints its address.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	settings, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	temporal, err := app.TemporalOptions()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, settings, temporal)
	if err != nil {
		return err
	}
	defer a.Close()
	begun := time.Now()
	a.Now = func() time.Time { return system.Today.Add(time.Since(begun)).UTC().Truncate(time.Microsecond) }
	return a.Serve(ctx, app.Parts{API: true, Worker: true}, "benchmark", func(address string) { fmt.Println(address) })
}

// BenchmarkBillingRunGrowth bills a number of clients, then three times as many, then the first number again. Each run
// is a separate OS process. It reports the ratios of the duration and of the peak memory. The speed of a shared machine
// drifts during these minutes, so the large run is compared with the mean of the small runs before and after it.
func BenchmarkBillingRunGrowth(b *testing.B) {
	clients := sizeOf(b, "MTF_BENCH_CLIENTS", 100_000)
	before, beforePeak := billByProgram(b, clients)
	large, largePeak := billByProgram(b, 3*clients)
	after, afterPeak := billByProgram(b, clients)
	small, smallPeak := (before+after).Seconds()/2, (beforePeak+afterPeak)/2
	b.Logf("%d clients: %.1f and %.1f s, %.0f MB; %d clients: %.1f s, %.0f MB", clients, before.Seconds(), after.Seconds(), smallPeak,
		3*clients, large.Seconds(), largePeak)
	benchmark.ReportRatio(b, "times-as-long", large.Seconds()/small, benchmark.MostRatio(3.3))
	benchmark.ReportRatio(b, "times-as-much-memory", largePeak/smallPeak, benchmark.MostRatio(1.15))
	b.ReportMetric(smallPeak, "peak-MB")
}

// billByProgram returns the duration of a run and the peak memory of its OS process.
func billByProgram(b *testing.B, clients int) (took time.Duration, peak float64) {
	b.Helper()
	url, temporal, directory := servers.DatabaseURL(b), servers.Temporal(b), newDirectory(b)
	pool, err := db.Open(context.Background(), url)
	require.NoError(b, err)
	defer pool.Close()
	seedClients(b, pool, clients)
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), program+"=1", "DATABASE_URL="+url, "MTF_ENV=test", "MTF_HTTP_ADDR=127.0.0.1:0",
		"MTF_DOCUMENTS_DIR="+directory, fmt.Sprintf("MTF_BILLING_CHUNK_CLIENTS=%d", billedChunk), "MTF_BILLING_CONCURRENCY=2",
		"MTF_BILLING_MAX_GROWTH=0", "TEMPORAL_ADDRESS="+temporal.HostPort, "TEMPORAL_NAMESPACE="+temporal.Namespace)
	server.Stderr = os.Stderr
	output, err := server.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, server.Start())
	defer func() {
		require.NoError(b, server.Process.Signal(syscall.SIGTERM))
		require.NoError(b, server.Wait())
	}()
	address, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(b, err)

	const key = "bench-growth"
	caller, err := client.Dial(temporal)
	require.NoError(b, err)
	defer caller.Close()
	begun := time.Now()
	require.NoError(b, benchmark.NewCaller("http://"+strings.TrimSpace(address)).PostAsync("/api/v1/billing/runs", key,
		map[string]any{"period_start": billedMonth.Start, "period_end": billedMonth.End, "due_days": billedDueDays}))
	require.NoError(b, caller.GetWorkflow(context.Background(), "billing-run/"+key, "").Get(context.Background(), nil))
	took = time.Since(begun)
	perSecond(b, pool, directory, took)
	logThirds(b, pool, clients)
	return took, peakMemory(b, server.Process.Pid)
}

// logThirds logs how long each third of a run took, and what PostgreSQL wrote for it: a run that is longer than the
// machine can put off writing becomes slower then.
func logThirds(b *testing.B, pool *pgxpool.Pool, clients int) {
	b.Helper()
	var seconds []float64
	var megabytes float64
	var checkpoints int
	require.NoError(b, pool.QueryRow(context.Background(), `SELECT
		(SELECT array_agg(extract(epoch FROM ended - begun)::float8 ORDER BY third) FROM (
			SELECT third, max(documented_at) AS ended, coalesce(lag(max(documented_at)) OVER (ORDER BY third), min(started_at)) AS begun
			FROM (SELECT c.documented_at, r.planned_at AS started_at, ntile(3) OVER (ORDER BY c.documented_at) AS third
				FROM billing_run_chunks c JOIN billing_runs r ON r.id = c.billing_run_id) t GROUP BY third) s),
		pg_wal_lsn_diff(pg_current_wal_lsn(), (pg_control_checkpoint()).redo_lsn) / 1e6,
		(SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter)`).Scan(&seconds, &megabytes, &checkpoints))
	b.Logf("%d clients: thirds took %.1f s; %.0f MB of WAL since the last of %d checkpoints", clients, seconds, megabytes, checkpoints)
}

// peakMemory is the most memory that a process ever had resident, in megabytes.
func peakMemory(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(b, err, "the peak is read from Linux's /proc")
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
