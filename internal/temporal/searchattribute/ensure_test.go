package searchattribute_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// bare returns a client in a namespace that has no search attributes yet.
func bare(t *testing.T, dial ...grpc.DialOption) (temporal client.Client, namespace string) {
	t.Helper()
	options := servers.Temporal(t)
	options.Namespace = "bare-" + uuid.NewString()
	options.ConnectionOptions.DialOptions = dial
	temporal, err := client.Dial(options)
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	_, err = temporal.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: options.Namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	return temporal, options.Namespace
}

func TestManyProcessesAddTheAttributesOnce(t *testing.T) {
	t.Parallel()
	temporal, namespace := bare(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var processes sync.WaitGroup
	for range 4 {
		processes.Go(func() { assert.NoError(t, searchattribute.Ensure(ctx, temporal, namespace)) })
	}
	processes.Wait()
	require.NoError(t, searchattribute.Ensure(ctx, temporal, namespace), "once more")
	known, err := temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	require.NoError(t, err)
	added := 0
	for name := range known.GetCustomAttributes() {
		if strings.HasPrefix(name, "Mtf") {
			added++
		}
	}
	require.Equal(t, len(searchattribute.All()), added)
}

// Temporal Cloud does not allow adding search attributes this way.
func TestWhoMayNotAddAttributesIsToldHow(t *testing.T) {
	t.Parallel()
	temporal, namespace := bare(t, grpc.WithChainUnaryInterceptor(
		func(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
			if strings.HasSuffix(method, "/AddSearchAttributes") {
				return status.Error(codes.PermissionDenied, "not here")
			}
			return invoke(ctx, method, request, reply, connection, options...)
		}))
	err := searchattribute.Ensure(t.Context(), temporal, namespace)
	require.ErrorContains(t, err, "temporal operator search-attribute create --namespace "+namespace+" --name MtfOperation --type Keyword")
	require.ErrorContains(t, err, "not here")
}

func TestPeriodsAreWrittenAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	for want, period := range map[string][2]string{
		"2026-02":                {"2026-02-01", "2026-02-28"},
		"2026-11-22":             {"2026-11-22", "2026-11-22"},
		"2026-10-05..2026-10-20": {"2026-10-05", "2026-10-20"},
		"2026-10-01..2026-11-30": {"2026-10-01", "2026-11-30"},
	} {
		update := searchattribute.Days(calendar.Period{Start: calendar.MustParse(period[0]), End: calendar.MustParse(period[1])})
		value, _ := searchattribute.Of("o", update).GetKeyword(searchattribute.Period)
		require.Equal(t, want, value)
	}
}
