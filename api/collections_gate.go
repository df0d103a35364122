package api

import (
	"context"
	"errors"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/process"
	"github.com/mtfacturation/mtf/workflows"
)

// joinSync is the process that the readers of cases wait for.
func (d Dependencies) joinSync(ctx context.Context, day calendar.Date) error {
	err := d.Processes.Join(ctx, process.Shared{
		ID: workflows.CollectionsSyncID(day), Workflow: workflows.SyncCollections, Input: workflows.CollectionsSyncInput{Day: day},
		Queue: workflows.CollectionsSyncQueue, Summary: workflows.CollectionsSyncSummary(day),
		Attributes: workflows.CollectionsSyncAttributes(day),
	})
	if errors.Is(err, process.ErrPending) {
		return collections.ErrBehind
	}
	return err
}
