package starter

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// NewSyncGateWith returns a gate with a join of the test's own.
func NewSyncGateWith(pool *pgxpool.Pool, join func(context.Context, calendar.Date) error, wait time.Duration) *SyncGate {
	return &SyncGate{starter: &Starter{pool: pool}, join: join, wait: wait}
}
