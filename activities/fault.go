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

// lasting ends the attempts at a batch whose fault does not go away: by then it is a
// defect, and waiting would only hide it. After outages and a worker's stop it is
// tried again for as long as the run lives; refusals end it at once.
func (a *Activities) lasting(ctx context.Context, err error) error {
	outage := db.Unavailable(err) || filestore.Unavailable(err)
	if err == nil || ctx.Err() != nil || refusal.As(err) != nil || outage {
		return applicationError(err)
	}
	info := activity.GetInfo(ctx)
	if info.Attempt < a.FaultyAttempts {
		return applicationError(err)
	}
	slog.ErrorContext(ctx, "batch given up", "activity", info.ActivityType.Name, "workflow_id", info.WorkflowExecution.ID, "error", db.Scrub(err))
	return temporal.NewNonRetryableApplicationError(faultName(err, info.Attempt), info.ActivityType.Name, nil)
}

// faultName tells what kind of fault it is, without values that could be personal data.
func faultName(err error, attempts int32) string {
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "PostgreSQL refuses with " + failure.Code + " " + failure.ConstraintName
	}
	return fmt.Sprintf("failed %d times, the log of the worker says why", attempts)
}
