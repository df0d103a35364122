package benchmark_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/benchmark"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/systemtest"
	"github.com/mtfacturation/mtf/internal/testenv"
)

// programSettings holds the settings of a process that is the program and no test.
const programSettings = "MTF_BENCH_PROGRAM"

// programInput is what such a process is told.
type programInput struct {
	Config           config.Config
	Address          string
	Namespace        string
	BusinessDayBegun time.Time
}

func TestMain(m *testing.M) {
	if told := os.Getenv(programSettings); told != "" {
		if err := beProgram(told); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beProgram serves as mtf does until it is told to stop.
func beProgram(told string) error {
	var input programInput
	if err := json.Unmarshal([]byte(told), &input); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := app.Open(ctx, input.Config, client.Options{HostPort: input.Address, Namespace: input.Namespace})
	if err != nil {
		return err
	}
	defer a.Close()
	begun := time.Now()
	a.Now = func() time.Time {
		return input.BusinessDayBegun.Add(time.Since(begun)).UTC().Truncate(time.Microsecond)
	}
	return a.Serve(ctx, app.Parts{API: true, Worker: true}, "benchmark", func(address string) { fmt.Println(address) })
}

// BenchmarkBillingRunGrowth bills three times as many clients as before, each time by
// the program in a process of its own, and reports how many times as long it takes
// and as much memory it needs at its peak.
func BenchmarkBillingRunGrowth(b *testing.B) {
	clients := sizeOf(b, "MTF_BENCH_CLIENTS", 100_000)
	small, smallPeak := billByProgram(b, clients)
	large, largePeak := billByProgram(b, 3*clients)
	b.Logf("%d clients: %.1f s, %.0f MB; %d clients: %.1f s, %.0f MB", clients, small.Seconds(), smallPeak, 3*clients, large.Seconds(), largePeak)
	b.ReportMetric(large.Seconds()/small.Seconds(), "times-as-long")
	b.ReportMetric(largePeak/smallPeak, "times-as-much-memory")
	b.ReportMetric(smallPeak, "peak-MB")
}

// billByProgram returns how long a run took, and the peak of the process's memory.
func billByProgram(b *testing.B, clients int) (took time.Duration, peak float64) {
	b.Helper()
	url, temporal, directory := testenv.DatabaseURL(b), testenv.Temporal(b), b.TempDir()
	pool, err := db.Open(context.Background(), url)
	require.NoError(b, err)
	defer pool.Close()
	seedClients(b, pool, clients)
	settings, err := config.Config{
		Environment: config.Test, DatabaseURL: url, HTTPAddress: "127.0.0.1:0", TimeZone: "Africa/Casablanca", DocumentsDirectory: directory,
		Billing: config.Billing{ChunkClients: billedChunk, Concurrency: 2},
		Seller:  config.Seller{Code: "MTF", NumberPrefix: "FA", Name: "Opérateur d'essai"},
	}.Complete()
	require.NoError(b, err)
	told, err := json.Marshal(programInput{settings, temporal.HostPort, temporal.Namespace, systemtest.Today})
	require.NoError(b, err)

	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), programSettings+"="+string(told), "MTF_LOG_LEVEL=error")
	program.Stderr = os.Stderr
	output, err := program.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, program.Start())
	defer func() {
		require.NoError(b, program.Process.Signal(syscall.SIGTERM))
		require.NoError(b, program.Wait())
	}()
	address, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(b, err)

	const key = "bench-growth"
	caller, err := client.Dial(temporal)
	require.NoError(b, err)
	defer caller.Close()
	begun := time.Now()
	require.NoError(b, benchmark.NewCaller("http://"+strings.TrimSpace(address)).PostAsync("/api/v1/billing/runs", key,
		map[string]any{"period_start": billedMonth.Start, "period_end": billedMonth.End}))
	require.NoError(b, caller.GetWorkflow(context.Background(), "billing-run/"+key, "").Get(context.Background(), nil))
	took = time.Since(begun)
	perSecond(b, pool, directory, took)
	return took, peakMemory(b, program.Process.Pid)
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
