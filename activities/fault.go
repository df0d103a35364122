package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/filestore"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// stopRetryingPermanentFault makes the error of a batch non-retryable after FaultyAttempts attempts: by
// then the fault is a defect, and more retries would only hide it. Outages and a worker's shutdown are
// retried without limit. A refusal is never retried.
func (a *Activities) stopRetryingPermanentFault(ctx context.Context, err error) error {
	outage := db.Unavailable(err) || filestore.Unavailable(err)
	if err == nil || ctx.Err() != nil || refusal.As(err) != nil || outage {
		return applicationError(err)
	}
	info := activity.GetInfo(ctx)
	if info.Attempt < a.FaultyAttempts {
		return applicationError(err)
	}
	slog.ErrorContext(ctx, "batch failed permanently", "activity", info.ActivityType.Name, "workflow_id", info.WorkflowExecution.ID, "error", db.Scrub(err))
	return temporal.NewNonRetryableApplicationError(describeFault(err, info.Attempt), info.ActivityType.Name, nil)
}

// describeFault names the kind of a fault, without values that could be personal data.
func describeFault(err error, attempts int32) string {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "PostgreSQL error " + failure.Code + " " + failure.ConstraintName
	}
	return fmt.Sprintf("failed %d times; see the log of the worker", attempts)
}
