package app

import (
	"cmp"
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// ensureSearchAttributes has Temporal know what workflows are found by, before any is
// started with it. Like the schedules it may be asked for by any number of processes.
func (a *App) ensureSearchAttributes(ctx context.Context, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	if err := searchattribute.Ensure(ctx, a.Temporal, cmp.Or(namespace, client.DefaultNamespace)); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}
