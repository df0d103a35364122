package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long closed workflows stay visible.
const retention = 30 * 24 * time.Hour

// retryPause separates two attempts to reach a service that is still starting.
const retryPause = 10 * time.Millisecond

// prepareNamespace registers the namespace unless it exists and returns once workflows can be started in it. The server
// may still be starting.
func prepareNamespace(ctx context.Context, address, name string, logger *logger) error {
	connection, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: name, Logger: logger.slog})
	if err != nil {
		return err
	}
	defer connection.Close()
	service := connection.WorkflowService()
	if err := persist(ctx, func(ctx context.Context) error {
		_, err := service.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace:                        name,
			WorkflowExecutionRetentionPeriod: durationpb.New(retention),
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if errors.As(err, &exists) {
			return nil
		}
		return err
	}); err != nil {
		return fmt.Errorf("register the Temporal namespace %s: %w", name, err)
	}
	// Asking for a workflow that does not exist goes through the namespace cache of the frontend to the history service.
	// Only the answer that it does not exist shows that both know the namespace.
	if err := persist(ctx, func(ctx context.Context) error {
		_, err := service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: name,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "readiness"},
		})
		var missing *serviceerror.NotFound
		if errors.As(err, &missing) {
			return nil
		}
		return err
	}); err != nil {
		return fmt.Errorf("wait for the Temporal namespace %s: %w", name, err)
	}
	return nil
}

// persist repeats the attempt until it succeeds or ctx ends, and then returns the attempt's own error.
func persist(ctx context.Context, attempt func(context.Context) error) error {
	for {
		limited, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := attempt(limited)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryPause):
		}
	}
}
