package activities

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/dunning"
	"github.com/mtfacturation/mtf/internal/notify"
)

// Dunning holds the dependencies of the dunning activities.
type Dunning struct {
	// Enabled is false if no dunning may start.
	Enabled  bool
	Hours    dunning.Hours
	Notifier notify.Notifier
	// Seller is the sender named in messages.
	Seller notify.Seller
	// Wake starts a client's dunning workflow or signals the running one.
	Wake            func(ctx context.Context, clientID uuid.UUID) error
	StartsPerSecond int
}

// LookAtDunning evaluates a client's dunning and returns the next action.
func (a *Activities) LookAtDunning(ctx context.Context, clientID uuid.UUID) (dunning.Turn, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (dunning.Turn, error) {
		return dunning.Look(ctx, tx, clientID, a.Dunning.Hours, now)
	})
}

// DunningStepInput identifies a step of a client's policy.
type DunningStepInput struct {
	ClientID uuid.UUID `json:"client_id"`
	Step     string    `json:"step"`
}

// TakeDunningStep executes a step if it is still due, and reports whether it did.
func (a *Activities) TakeDunningStep(ctx context.Context, input DunningStepInput) (bool, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (bool, error) {
		return dunning.TakeStep(ctx, tx, input.ClientID, input.Step, a.Dunning.Hours, now)
	})
}

// DeliverNotification attempts once to send a message and returns the resulting status. The next
// evaluation finds messages to retry.
func (a *Activities) DeliverNotification(ctx context.Context, id uuid.UUID) (dunning.NotificationStatus, error) {
	status, err := dunning.Deliver(ctx, a.Pool, a.Dunning.Notifier, a.Dunning.Seller, id, a.Now)
	return status, db.Scrub(err)
}

// EnrolDunning processes a batch of clients whose dunning starts or ends, and wakes a batch of workflows
// at a limited rate. It returns the sum of both counts.
func (a *Activities) EnrolDunning(ctx context.Context) (int, error) {
	if !a.Dunning.Enabled {
		return 0, nil
	}
	stop := heartbeat(ctx)
	defer stop()
	taken, err := dunning.Enrol(ctx, a.Pool, a.Now())
	if err != nil {
		return 0, db.Scrub(err)
	}
	ticker := time.NewTicker(time.Second / time.Duration(a.Dunning.StartsPerSecond))
	defer ticker.Stop()
	woken, err := dunning.WakeDue(ctx, a.Pool, a.Now, a.Dunning.Wake, func(ctx context.Context) error {
		select {
		case <-ticker.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return taken + woken, db.Scrub(err)
}
