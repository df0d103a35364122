package collections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// Gate stands before everything that reads cases: who has passed it reads them in
// step with the business day.
type Gate struct {
	pool *pgxpool.Pool
	// turn is held by the one reader that syncs.
	turn chan struct{}
}

// NewGate returns the gate of a database.
func NewGate(pool *pgxpool.Pool) *Gate { return &Gate{pool: pool, turn: make(chan struct{}, 1)} }

// Pass returns once nothing is behind the business day. When nothing is, that costs
// SyncDue alone. Else one reader syncs while the others wait for it.
func (g *Gate) Pass(ctx context.Context, today calendar.Date, now time.Time) error {
	if due, err := SyncDue(ctx, g.pool, today); err != nil || !due {
		return err
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return fmt.Errorf("collections: wait for the sync: %w", ctx.Err())
	}
	// Who had the turn before may have left nothing to do.
	if due, err := SyncDue(ctx, g.pool, today); err != nil || !due {
		return err
	}
	return Sync(ctx, g.pool, today, now)
}
