package operators

import (
	"context"
	"errors"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/workflows"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// joinSync returns the function that joins or starts the sync workflow of a business day and
// waits for its end.
func joinSync(processes *starter.Starter) collections.SyncProcess {
	return func(ctx context.Context, day calendar.Date) error {
		err := processes.Join(ctx, starter.Singleton{
			ID: workflows.CollectionsSyncID(day), Workflow: workflows.SyncCollections, Input: workflows.CollectionsSyncInput{Day: day},
			Queue: workflows.CollectionsSyncQueue, Summary: workflows.CollectionsSyncSummary(day),
			Attributes: workflows.CollectionsSyncAttributes(day),
		})
		if errors.Is(err, starter.ErrPending) {
			return collections.ErrBehind
		}
		return err
	}
}
