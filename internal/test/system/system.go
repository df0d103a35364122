// Package system runs the whole system inside a test: API and workers, on a database and a
// Temporal namespace that no other system shares.
package system

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/workflows"
)

// The output of a test shows only errors of the system's log.
func init() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
}

// Today is the instant at which the clock of every system starts, independent of the real date.
var Today = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// System is a running system.
type System struct {
	*app.App
	// URL is the API's base, without a path.
	URL string

	settings config.Config
	temporal client.Options
	clock    clock
	stop     func()
}

// Start runs the system until the test ends. adjust changes its settings first.
// It skips a test that runs with -short: make test/quick starts no whole system.
func Start(t testing.TB, adjust ...func(*config.Config)) *System {
	t.Helper()
	skipIfShort(t)
	return start(t, adjust...)
}

func skipIfShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a whole system")
	}
}

func start(t testing.TB, adjust ...func(*config.Config)) *System {
	t.Helper()
	settings := config.Config{
		Environment: config.Test, DatabaseURL: servers.DatabaseURL(t), HTTPAddress: "127.0.0.1:0",
		TimeZone: "Africa/Casablanca", DocumentsDirectory: t.TempDir(), PayloadKeys: PayloadKeys(t, PayloadKey(t, "test")),
		Billing: config.Billing{ChunkClients: 20, Concurrency: 2, FaultyAttempts: 2},
		// Tests start scheduled work themselves.
		Collections:    config.Collections{SyncCron: config.Off},
		MonthlyBilling: config.MonthlyBilling{Cron: config.Off, DueDays: 15, TaxRate: 200_000, Proration: "none"},
		DocumentCheck:  config.DocumentCheck{Cron: config.Off},
		// A machine that runs many tests at once is slow, not broken.
		HTTP: config.HTTP{RequestTimeout: time.Minute, StartTimeout: time.Minute},
		// Late in the day, so that dunning does not change the rows of other tests.
		Dunning: config.Dunning{Enabled: true, From: 23 * time.Hour, StartsPerSecond: 1000},
		Notify:  config.Notify{By: config.NotifyByLog, Concurrency: 2, LogFile: filepath.Join(t.TempDir(), "notifications.log")},
		Seller:  config.Seller{Code: "MTF", NumberPrefix: "FA", Name: "Opérateur d'essai"},
	}
	for _, change := range adjust {
		change(&settings)
	}
	settings, err := settings.Complete()
	require.NoError(t, err)
	s := &System{settings: settings, temporal: servers.Temporal(t), clock: clock{ticking: ticking(Today)}}
	s.run(t)
	t.Cleanup(func() { s.stop() })
	return s
}

// Restart stops the system as a deployment does, and starts it again on the same database,
// documents, and namespace.
func (s *System) Restart(t testing.TB) {
	t.Helper()
	s.stop()
	s.run(t)
}

// RestartWith is Restart with other settings.
func (s *System) RestartWith(t testing.TB, adjust func(*config.Config)) {
	t.Helper()
	adjust(&s.settings)
	s.Restart(t)
}

func (s *System) run(t testing.TB) {
	t.Helper()
	opened, err := app.Open(context.Background(), s.settings, s.temporal)
	require.NoError(t, err)
	opened.Now = s.clock.now
	s.App = opened

	ctx, cancel := context.WithCancel(context.Background())
	listening, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- opened.Serve(ctx, app.Parts{API: true, Worker: true}, "test", func(address string) { listening <- address })
	}()
	select {
	case address := <-listening:
		s.URL = "http://" + address
	case err := <-ended:
		require.NoError(t, err)
	}
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the system did not stop cleanly: %v", err)
		}
		opened.Close()
		s.stop = func() {}
	}
}

// AwaitCollections waits for the sync of the business day, which must have been started.
func (s *System) AwaitCollections(t testing.TB) {
	t.Helper()
	sync := s.Temporal.GetWorkflow(context.Background(), workflows.CollectionsSyncID(s.Zone.DateAt(s.Now())), "")
	require.NoError(t, sync.Get(context.Background(), nil))
}

// PayloadKey generates a key with an id. Every system has a different one.
func PayloadKey(t testing.TB, id string) string {
	t.Helper()
	key, err := payloadcodec.Generate(id)
	require.NoError(t, err)
	return key
}

// PayloadKeys parses keys for a system's settings. The first one encrypts.
func PayloadKeys(t testing.TB, keys ...string) payloadcodec.Keys {
	t.Helper()
	parsed, err := payloadcodec.ParseKeys(strings.Join(keys, ","))
	require.NoError(t, err)
	return parsed
}

// ticking returns a clock that starts at an instant and runs at the real speed.
func ticking(start time.Time) func() time.Time {
	begun := time.Now()
	return func() time.Time { return start.Add(time.Since(begun)).UTC().Truncate(time.Microsecond) }
}
