package temporal

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/mtfacturation/mtf/cmd/dev/postgres"
)

// databases starts a PostgreSQL with Temporal's two databases, which ends with the test.
func databases(t *testing.T) (mainURL, visibilityURL string) {
	t.Helper()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "postgres.log"))
	require.NoError(t, err)
	t.Cleanup(func() { log.Close() })
	files := filepath.Join(dir, "postgres")
	binaries, err := postgres.SystemLocator().Locate(t.Context(), files)
	require.NoError(t, err)
	server, err := postgres.Start(t.Context(), binaries, postgres.Config{Dir: files, LogFile: log, Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })
	require.NoError(t, server.EnsureDatabases(t.Context(), "temporal", "temporal_visibility"))
	return server.URL("temporal"), server.URL("temporal_visibility")
}

// wait is a workflow that ends after a timer.
func wait(ctx workflow.Context, duration time.Duration) (string, error) {
	return "waited", workflow.Sleep(ctx, duration)
}

func TestNamespace_UsableOnceRegistered(t *testing.T) {
	t.Parallel()
	mainURL, visibilityURL := databases(t)
	server, err := Start(t.Context(), Config{
		DatabaseURL: mainURL, VisibilityDatabaseURL: visibilityURL, Namespace: "default", Log: io.Discard,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop(context.Background())) })

	const namespace = "registered-by-a-test"
	connection, err := client.NewLazyClient(client.Options{
		HostPort: server.Address(), Namespace: namespace, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	defer connection.Close()
	_, err = connection.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace:                        namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	w := worker.New(connection, "queue", worker.Options{})
	w.RegisterWorkflow(wait)
	require.NoError(t, w.Start())
	defer w.Stop()
	run, err := connection.ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{TaskQueue: "queue", EnableEagerStart: true}, wait, time.Millisecond)
	require.NoError(t, err)
	var result string
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, "waited", result)

	described, err := connection.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(t, err)
	require.Equal(t, retention, described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
}

func TestSchema_InterruptedMigrationIsAtomic(t *testing.T) {
	t.Parallel()
	_, visibilityURL := databases(t)
	const schemaName = "postgresql/v12/visibility"
	quiet := &logger{slog: slog.New(slog.DiscardHandler)}

	interrupted, interrupt := context.WithCancel(t.Context())
	interrupting := &logger{slog: slog.New(&interruptOn{Handler: slog.DiscardHandler, message: "Schema updated from 1.1 to 1.2", do: interrupt})}
	require.ErrorIs(t, migrate(interrupted, visibilityURL, schemaName, v12.VisibilityVersion, interrupting), context.Canceled)

	conn, err := pgx.Connect(t.Context(), visibilityURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var tables int
	const count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
	require.NoError(t, conn.QueryRow(t.Context(), count).Scan(&tables))
	require.Zero(t, tables)

	for range 2 {
		require.NoError(t, migrate(t.Context(), visibilityURL, schemaName, v12.VisibilityVersion, quiet))
		version, err := readVersion(t.Context(), conn, "temporal_visibility")
		require.NoError(t, err)
		require.Equal(t, v12.VisibilityVersion, version)
	}
}

// interruptOn calls do when a record with the message comes by.
type interruptOn struct {
	slog.Handler
	message string
	do      func()
}

func (h *interruptOn) Enabled(context.Context, slog.Level) bool { return true }

func (h *interruptOn) Handle(_ context.Context, record slog.Record) error {
	if record.Message == h.message {
		h.do()
	}
	return nil
}
