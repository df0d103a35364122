package app

import (
	"cmp"
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// ensureSearchAttributes registers the search attributes with Temporal before a workflow
// uses them. Like ensureSchedules it can run in any number of OS processes at once.
func (a *App) ensureSearchAttributes(ctx context.Context, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	if err := searchattribute.Ensure(ctx, a.Temporal, cmp.Or(namespace, client.DefaultNamespace)); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}
