package faults

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/postgres"
	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/seed"
)

// backedUp are the databases in the order of their dumps. Temporal comes first: work that it has forgotten is repeated
// without effect, whereas work that it believes done and the application has lost would be missing.
var backedUp = []string{"temporal", "temporal_visibility", "mtf"}

// TestFault_RestoredBackupContinues takes a backup in the middle of a run, as docs/operations.md says, loses everything
// later in the run, and restores what was taken.
func TestFault_RestoredBackupContinues(t *testing.T) {
	programs := clientPrograms(t)
	const clients = 2_000
	s := newSite(t, clients/100, func(pool *pgxpool.Pool) {
		_, err := seed.Load(t.Context(), pool, seed.Options{
			Clients: clients, Seed: 1, Today: calendar.MustParse("2026-11-22"), Now: time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC),
		})
		require.NoError(t, err)
	})
	before := subscription{key: "before-the-backup", request: map[string]any{
		"service_category": "mobile", "offer_id": s.mobileOffer(t), "cin": "BACKUP1", "full_name": "Nadia Berrada",
		"contract_start_date": "2026-11-22", "mobile_number_mode": "assign_new",
	}}
	s.eventually(t, "somebody subscribes", func(ctx context.Context) bool {
		before.submit(ctx, s.apis)
		return len(before.contractIDs) > 0
	})
	month := calendar.MustParse("2026-10-15")
	run := apiclient.BillingRun{PeriodStart: month.FirstOfMonth(), PeriodEnd: month.LastOfMonth(), DueDays: 15, TaxRate: 200_000}
	accepted, err := s.api().Do(t.Context(), http.MethodPost, runsPath, run, nil, "Idempotency-Key", runKey, "Prefer", "respond-async")
	require.NoError(t, err)
	location := accepted.Header.Get("Location")
	runID := location[strings.LastIndex(location, "/")+1:]

	billed := func(ctx context.Context) float64 { return s.share(ctx, runID) }
	s.reach(t, 0.3, billed)
	backup := s.backUp(t, programs)
	taken := s.reach(t, 0.3, billed)
	lost := s.reach(t, min(taken+0.2, 1), billed)
	reconnect := s.restore(t, programs, backup)
	// The old connections are broken, and no worker bills yet.
	restored := s.reach(t, 0, billed)
	t.Logf("backup up to %.0f %%, lost at %.0f %%", 100*restored, 100*lost)
	require.Less(t, restored, lost, "the backup is older than what was lost")
	reconnect()

	var final apiclient.BillingProgress
	s.eventually(t, "the run ends without a request", func(ctx context.Context) bool {
		_, err := s.api().Do(ctx, http.MethodGet, location, nil, &final)
		return err == nil && final.Ended()
	})
	s.requireServing(t)
	require.Equal(t, "completed", final.Status)
	s.requireBilledOnce(t, run, final)
	s.requireNumbers(t)
	// Files of invoices that were issued after the database was dumped may have been copied; no row refers to them.
	s.unregistered(t)
	s.requireKept(t, []subscription{before})
	s.requireAnswerKept(t, run, final)
	s.requireNothingLeftToBill(t, run, final)
	s.requireNothingStuck(t)
}

// clientPrograms finds the directory of pg_dump and pg_restore, which not every installation of the server has.
func clientPrograms(t *testing.T) string {
	t.Helper()
	binaries, err := postgres.SystemLocator().Locate(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.NoError(t, err)
	if _, err := os.Stat(filepath.Join(binaries.Dir, "pg_dump")); err != nil {
		t.Skipf("%s has no pg_dump: install PostgreSQL's client programs of version %d", binaries.Dir, binaries.Major)
	}
	return binaries.Dir
}

// backUp takes the databases and then the documents while everything runs, and returns the directory.
func (s *site) backUp(t *testing.T, programs string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range backedUp {
		execute(t, filepath.Join(programs, "pg_dump"), "--format=custom", "--file="+filepath.Join(dir, name), "--dbname="+s.database(t, name))
	}
	execute(t, "cp", "-R", s.documents, filepath.Join(dir, "documents"))
	return dir
}

// restore kills every process, drops all state and restores the backup. Only the test reaches the databases until
// reconnect is called.
func (s *site) restore(t *testing.T, programs, backup string) (reconnect func()) {
	t.Helper()
	proxies := []*proxy{s.workerDatabase, s.workerTemporal, s.apiDatabase, s.apiTemporal, s.temporalDatabase}
	for _, each := range proxies {
		each.setCut(true)
	}
	for _, service := range s.everything()[1:] {
		service.kill(0)
	}
	server, err := pgx.Connect(t.Context(), s.database(t, postgres.MaintenanceDatabase))
	require.NoError(t, err)
	defer server.Close(context.WithoutCancel(t.Context()))
	for _, name := range backedUp {
		for _, statement := range []string{"DROP DATABASE " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
			_, err := server.Exec(t.Context(), statement)
			require.NoError(t, err, statement)
		}
		execute(t, filepath.Join(programs, "pg_restore"), "--exit-on-error", "--no-owner", "--dbname="+s.database(t, name), filepath.Join(backup, name))
	}
	require.NoError(t, os.RemoveAll(s.documents))
	execute(t, "cp", "-R", filepath.Join(backup, "documents"), s.documents)
	return func() {
		for _, each := range proxies {
			each.setCut(false)
		}
	}
}

// database is the address of a database, not by way of a proxy.
func (s *site) database(t *testing.T, name string) string {
	t.Helper()
	address := *s.server
	address.Path = name
	return address.String()
}

func execute(t *testing.T, program string, arguments ...string) {
	t.Helper()
	printed, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput()
	require.NoError(t, err, "%s: %s", filepath.Base(program), printed)
}
