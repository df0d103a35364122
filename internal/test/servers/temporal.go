package servers

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// Temporal returns the settings of a client in a fresh namespace.
func Temporal(t testing.TB) client.Options {
	t.Helper()
	options := client.Options{
		HostPort:  fromEnvironment(t, temporalVariable),
		Namespace: "test-" + uuid.NewString(),
		Logger:    log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	}
	namespaces, err := client.NewNamespaceClient(options)
	require.NoError(t, err)
	defer namespaces.Close()
	require.NoError(t, namespaces.Register(context.Background(), &workflowservice.RegisterNamespaceRequest{
		Namespace:                        options.Namespace,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	}))
	// One call in place of the calls of searchattribute.Ensure, which then finds the attributes.
	require.NoError(t, namespaces.Update(context.Background(), &workflowservice.UpdateNamespaceRequest{
		Namespace: options.Namespace, Config: &namespacepb.NamespaceConfig{CustomSearchAttributeAliases: searchattribute.Columns()},
	}))
	return options
}
