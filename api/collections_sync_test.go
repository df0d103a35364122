package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/api"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// syncID is the workflow id of the sync of the tests' business day.
const syncID = "collections-sync/2026-11-22"

// holdSyncs keeps every sync waiting until release is called.
func holdSyncs(t testing.TB, s *system.System) (release func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.Config.DatabaseURL)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('collections-sync', 0))")
	require.NoError(t, err)
	release = func() { _ = conn.Close(ctx) }
	t.Cleanup(release)
	return release
}

// otherAPI returns the base URL of another API of the same system, with a separate Temporal client.
func otherAPI(t *testing.T, s *system.System, temporal client.Client) string {
	t.Helper()
	settings := s.Config
	handler := api.NewHandler(api.Dependencies{Framework: rest.Dependencies{
		Config: rest.Config{Environment: settings.Environment, HTTP: settings.HTTP, TokenSecret: settings.TokenSecret},
		Pool:   s.Pool, Zone: s.Zone, Now: s.Now,
		Starter: starter.New(temporal, s.Pool, starter.Settings{StartTimeout: settings.HTTP.StartTimeout}),
	}})
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// overviewAt asks an API for the overview and returns the status of its answer.
func overviewAt(url string) (int, error) {
	request, err := http.NewRequest(http.MethodGet, url+overviewPath, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer op-1:ops")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// joining records which workflow runs an OS process has joined.
type joining struct {
	client.Client
	runs chan<- string
}

func (j joining) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	run, err := j.Client.ExecuteWorkflow(ctx, options, workflow, args...)
	if err == nil {
		j.runs <- run.GetRunID()
	}
	return run, err
}

func TestCollectionsSync_SharedByTwoOSProcesses(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	newInvoice(t, s, september)
	release := holdSyncs(t, s)
	statuses := make(chan int, 8)
	// A late caller may start another sync of the day.
	joined := [2]chan string{make(chan string, cap(statuses)), make(chan string, cap(statuses))}
	programs := [2]string{otherAPI(t, s, joining{s.Temporal, joined[0]}), otherAPI(t, s, joining{s.Temporal, joined[1]})}
	for i := range cap(statuses) {
		url := programs[i%2]
		go func() {
			status, err := overviewAt(url)
			if err != nil {
				t.Error(err)
			}
			statuses <- status
		}()
	}
	require.Eventually(t, func() bool { return len(joined[0]) > 0 && len(joined[1]) > 0 }, patience, 10*time.Millisecond, "a program joins no sync")
	require.Equal(t, <-joined[0], <-joined[1], "both programs wait for one sync")
	for _, others := range joined {
		require.Empty(t, others, "the readers of a program wait as one")
	}
	release()
	for range cap(statuses) {
		require.Equal(t, http.StatusOK, <-statuses)
	}
	require.Subset(t, overview(t, s), object{"open_cases": 1.0, "overdue_invoices": 1.0})
}

func TestCollectionsSync_ReaderTimesOut(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.HTTP.SyncTimeout = 100 * time.Millisecond })
	invoice := newInvoice(t, s, september)
	release := holdSyncs(t, s)
	for _, path := range []string{overviewPath, casesPath} {
		answer := s.Call(t, http.MethodGet, path, nil)
		require.Empty(t, answer.Refused(t, http.StatusServiceUnavailable, "collections_behind"))
		require.NotEmpty(t, answer.Header.Get("Retry-After"))
	}
	release()
	s.AwaitCollections(t)
	require.Equal(t, "open", invoiceCase(t, s, invoice)["status"])
}

// unreachable is a Temporal that cannot be reached.
type unreachable struct{ client.Client }

func (unreachable) ExecuteWorkflow(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	return nil, serviceerror.NewUnavailable("no server")
}

func TestCollectionsSync_WithoutTemporal(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	newInvoice(t, s, september)
	status, err := overviewAt(otherAPI(t, s, unreachable{s.Temporal}))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM collection_cases WHERE status = 'open'"))
	_, err = s.Temporal.DescribeWorkflowExecution(t.Context(), syncID, "")
	require.IsType(t, &serviceerror.NotFound{}, err)
}

func TestCollectionsSync_SameDayAgain(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	invoice := newInvoice(t, s, september)
	about := invoiceCase(t, s, invoice)
	// Each time an operator closes the case of an overdue invoice, the next sync reopens it.
	for range 2 {
		answer := s.Call(t, http.MethodPut, casesPath+"/"+text(t, about, "id")+"/status", object{"status": "closed"})
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
		require.Equal(t, "open", invoiceCase(t, s, invoice)["status"])
	}
	s.AwaitCollections(t)
	var did object
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), syncID, "").Get(t.Context(), &did))
	require.Subset(t, did, object{"reopened": 1.0, "overdue": 0.0})
}

func TestCollectionsSync_AfterBillingRun(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	bill(t, s, september)
	// No request has read the cases yet.
	invoice := clientInvoice(t, s, client)
	require.Equal(t, "overdue", invoice["status"])
	require.Equal(t, []string{"case_opened"}, kinds(actionsOf(t, s, invoice)))
	require.Subset(t, clientOf(t, s, invoice), object{"is_delinquent": true})
	var did object
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), syncID, "").Get(t.Context(), &did))
	require.Subset(t, did, object{"overdue": 1.0, "opened": 1.0, "delinquent": 1.0})
}
