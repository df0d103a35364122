package faults

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/cmd/dev/postgres"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/apiclient"
)

const (
	workers = 2
	apis    = 2
	// frozen is longer than a batch may be silent: another worker gets it while this one still believes that it has it.
	frozen = 12 * time.Second
)

// site is the whole system as separate OS processes: two APIs and two workers on one Temporal and one PostgreSQL. The
// application speaks to PostgreSQL and Temporal, and Temporal to PostgreSQL, through proxies that can be cut; the test
// itself looks at PostgreSQL directly.
type site struct {
	pool            *pgxpool.Pool
	apis            []*apiclient.Client
	documents       string
	temporalAddress string
	// server is the address of PostgreSQL.
	server *url.URL

	postgres, temporal *service
	http, workers      []*service

	workerDatabase, workerTemporal, apiDatabase, apiTemporal, temporalDatabase *proxy
}

// newSite starts the system with additional settings. prepare is called on the migrated database before any process uses
// it. Schedules are off unless a setting turns them on, since tests run at any hour of any day.
func newSite(t *testing.T, chunkClients int, prepare func(*pgxpool.Pool), settings ...string) *site {
	t.Helper()
	dir := t.TempDir()
	free := func() int {
		number, err := port.Free()
		require.NoError(t, err)
		return number
	}
	databasePort, temporalPort := free(), free()
	s := &site{documents: filepath.Join(dir, "documents"), temporalAddress: port.Address(temporalPort)}
	created := make(chan *postgres.Server, 1)
	s.postgres = database(t, dir, databasePort, created)
	s.keep(t, s.postgres)
	var server *postgres.Server
	select {
	case server = <-created:
	case <-time.After(time.Minute):
		t.Fatal("PostgreSQL does not start")
	}
	address, err := url.Parse(server.URL("mtf"))
	require.NoError(t, err)
	s.server = address
	require.NoError(t, server.EnsureDatabases(t.Context(), "mtf", "temporal", "temporal_visibility"))
	_, err = db.Migrate(t.Context(), server.URL("mtf"))
	require.NoError(t, err)
	s.pool, err = pgxpool.New(t.Context(), server.URL("mtf"))
	require.NoError(t, err)
	t.Cleanup(s.pool.Close)
	prepare(s.pool)

	newDatabaseProxy := func() *proxy { return newProxy(t, port.Address(databasePort)) }
	s.workerDatabase, s.apiDatabase, s.temporalDatabase = newDatabaseProxy(), newDatabaseProxy(), newDatabaseProxy()
	s.workerTemporal, s.apiTemporal = newProxy(t, s.temporalAddress), newProxy(t, s.temporalAddress)
	s.temporal = program(t, "temporal", dir, []string{
		"MTF_TEMPORAL_DATABASE_URL=" + through(t, s.temporalDatabase, server.URL("temporal")),
		"MTF_TEMPORAL_VISIBILITY_URL=" + through(t, s.temporalDatabase, server.URL("temporal_visibility")),
		"MTF_TEMPORAL_PORT=" + strconv.Itoa(temporalPort), "TEMPORAL_NAMESPACE=default",
	}, "mtf-dev", "temporal")
	environment := func(database, temporal *proxy) []string {
		return append([]string{
			"DATABASE_URL=" + through(t, database, server.URL("mtf")), "TEMPORAL_ADDRESS=" + temporal.address(), "TEMPORAL_NAMESPACE=default",
			"MTF_ENV=test", "MTF_DUNNING_ENABLED=false", "MTF_LOG_LEVEL=warn", "MTF_DATA_DIR=" + dir, "MTF_DOCUMENTS_DIR=" + s.documents,
			"MTF_MONTHLY_BILLING_CRON=off", "MTF_COLLECTIONS_SYNC_CRON=off", "MTF_DOCUMENT_CHECK_CRON=off",
			"MTF_BILLING_CHUNK_CLIENTS=" + strconv.Itoa(chunkClients), "MTF_BILLING_CONCURRENCY=2", "MTF_TIME_ZONE=Africa/Casablanca",
		}, settings...)
	}
	s.keep(t, s.temporal)
	for i := range workers {
		worker := program(t, "worker-"+strconv.Itoa(i+1), dir, environment(s.workerDatabase, s.workerTemporal), "mtf", "worker")
		s.workers = append(s.workers, worker)
		s.keep(t, worker)
	}
	for i := range apis {
		address := port.Address(free())
		api := program(t, "api-"+strconv.Itoa(i+1), dir, append(environment(s.apiDatabase, s.apiTemporal), "MTF_HTTP_ADDR="+address), "mtf", "api")
		s.http = append(s.http, api)
		s.apis = append(s.apis, apiclient.New("http://"+address, "test:ops,billing"))
		s.keep(t, api)
	}
	t.Cleanup(func() { s.showLogs(t, dir) })
	return s
}

// keep runs a service to the end of the test.
func (s *site) keep(t *testing.T, service *service) {
	t.Helper()
	t.Cleanup(service.keep(t))
}

// through is the address of a database by way of a proxy.
func through(t *testing.T, p *proxy, database string) string {
	t.Helper()
	address, err := url.Parse(database)
	require.NoError(t, err)
	address.Host = p.address()
	return address.String()
}

// showLogs prints the ends of the processes' logs when the test has failed.
func (s *site) showLogs(t *testing.T, dir string) {
	if !t.Failed() {
		return
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, log := range logs {
		content, _ := os.ReadFile(log)
		t.Logf("%s ends with:\n%s", filepath.Base(log), content[max(0, len(content)-4000):])
	}
}

// api is one of the APIs, whichever a load balancer would choose.
func (s *site) api() *apiclient.Client { return s.apis[rand.IntN(len(s.apis))] }

// everything is all processes.
func (s *site) everything() []*service {
	return slices.Concat([]*service{s.postgres, s.temporal}, s.http, s.workers)
}

// requireServing waits until every API serves.
func (s *site) requireServing(t *testing.T) {
	t.Helper()
	for _, api := range s.apis {
		s.eventually(t, "every API is ready", func(ctx context.Context) bool {
			_, err := api.Do(ctx, http.MethodGet, "/readyz", nil, nil)
			return err == nil
		})
	}
}

// strike brings a fault about. It returns while what was struck may still be away.
func (s *site) strike(t *testing.T, r round) {
	t.Helper()
	switch r.kind {
	case killWorker:
		s.workers[r.victim].kill(r.down)
	case killTemporal:
		s.temporal.kill(r.down)
	case killPostgres:
		s.postgres.kill(r.down)
	case killAPI:
		s.http[r.victim].kill(r.down)
	case killEverything:
		for _, service := range s.everything() {
			service.kill(r.down)
		}
	case freezeWorker:
		s.workers[r.victim].signal(syscall.SIGSTOP, 0)
		s.later(t, frozen, func() { s.workers[r.victim].signal(syscall.SIGCONT, 0) })
	case cutWorkerDatabase:
		s.cut(t, r.down, s.workerDatabase)
	case cutWorkerTemporal:
		s.cut(t, r.down, s.workerTemporal)
	case cutAPI:
		s.cut(t, r.down, s.apiDatabase, s.apiTemporal)
	case cutTemporal:
		s.cut(t, r.down, s.temporalDatabase)
	}
}

func (s *site) cut(t *testing.T, down time.Duration, proxies ...*proxy) {
	for _, proxy := range proxies {
		proxy.setCut(true)
		s.later(t, down, func() { proxy.setCut(false) })
	}
}

// later does something after a while, unless the test is over before.
func (s *site) later(t *testing.T, wait time.Duration, do func()) {
	timer := time.AfterFunc(wait, do)
	t.Cleanup(func() { timer.Stop() })
}

// share is how much of a run's clients is billed; -1 while PostgreSQL does not answer.
func (s *site) share(ctx context.Context, runID string) float64 {
	var share float64
	err := s.pool.QueryRow(ctx, `
		SELECT coalesce(sum(client_count) FILTER (WHERE status <> 'planned'), 0)::float8 / greatest(coalesce(sum(client_count), 0), 1)
		FROM billing_run_chunks WHERE billing_run_id = $1`, runID).Scan(&share)
	if err != nil {
		return -1
	}
	return share
}
