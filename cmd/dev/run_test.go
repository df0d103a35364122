package main

import (
	"io"
	"log/slog"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

// greet waits for a signal and returns what it carries.
func greet(ctx workflow.Context) (string, error) {
	var name string
	workflow.GetSignalChannel(ctx, "name").Receive(ctx, &name)
	return "hello " + name, nil
}

// dial connects to the site's Temporal.
func (s site) dial(t *testing.T) client.Client {
	t.Helper()
	connection, err := client.Dial(client.Options{
		HostPort: port.Loopback + ":" + s.temporalPort, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(connection.Close)
	return connection
}

func TestRun_WorkflowSurvivesKilledStack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.startReady(t)
	started, err := s.dial(t).ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: "greeting", TaskQueue: "greetings"}, greet)
	require.NoError(t, err)
	first.kill()

	s.startReady(t)
	connection := s.dial(t)
	w := worker.New(connection, "greetings", worker.Options{})
	w.RegisterWorkflow(greet)
	require.NoError(t, w.Start())
	defer w.Stop()
	require.NoError(t, connection.SignalWorkflow(t.Context(), "greeting", started.GetRunID(), "name", "Amina"))
	var greeting string
	require.NoError(t, connection.GetWorkflow(t.Context(), "greeting", started.GetRunID()).Get(t.Context(), &greeting))
	require.Equal(t, "hello Amina", greeting)
}

func TestRun_KilledStackLeavesNoServers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.startReady(t).kill()
	s.requireNothingRuns(t)
}

func TestRun_SignalStopsInOrder(t *testing.T) {
	t.Parallel()
	for _, by := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := newSite(t)
		running := s.startReady(t)
		running.signal(by)
		require.Zero(t, running.exitCode(), "after %s", by)
		s.requireNothingRuns(t)
	}
}

func TestRun_SecondSignalStopsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	running := s.startReady(t)
	running.signal(syscall.SIGTERM)
	running.signal(syscall.SIGINT)
	require.Zero(t, running.exitCode())
	s.requireNothingRuns(t)
}

func TestRun_SignalDuringStart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	starting := s.start(t, "run")
	starting.waitFor("starting PostgreSQL")
	starting.signal(syscall.SIGTERM)
	require.Zero(t, starting.exitCode())
	s.requireNothingRuns(t)
}

func TestRun_ServesUIAndMetrics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.startReady(t).waitFor(`metrics http://127\.0\.0\.1:` + s.metricsPort + `/metrics`)
	for path, content := range map[string]string{
		s.uiPort + "/": "<html", s.uiPort + "/api/v1/namespaces/default": `"default"`,
		s.metricsPort + "/metrics": `mtf_dependency_up{dependency="temporal"} 1`,
	} {
		response, err := http.Get("http://" + port.Loopback + ":" + path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, response.Body.Close())
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode, path)
		require.Contains(t, string(body), content, path)
	}
}

func TestRun_EndsWithPostgreSQL(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	running := s.startReady(t)
	require.NoError(t, syscall.Kill(s.postmaster(t), syscall.SIGKILL))
	running.requireSentence("PostgreSQL ended unexpectedly (signal: killed)", s.dataDir)
	s.requireNothingRuns(t)
}
