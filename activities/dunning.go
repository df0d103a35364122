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

// Dunning is what the activities of dunning need besides.
type Dunning struct {
	// Enabled is false where no dunning is to begin.
	Enabled  bool
	Hours    dunning.Hours
	Notifier notify.Notifier
	// Seller is in whose name messages are sent.
	Seller notify.Seller
	// Wake starts the workflow of a client, or has it look.
	Wake            func(ctx context.Context, clientID uuid.UUID) error
	StartsPerSecond int
}

// LookAtDunning finds what is to be done about a client now.
func (a *Activities) LookAtDunning(ctx context.Context, clientID uuid.UUID) (dunning.Turn, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (dunning.Turn, error) {
		return dunning.Look(ctx, tx, clientID, a.Dunning.Hours, now)
	})
}

// DunningStepInput names a step of a client's policy.
type DunningStepInput struct {
	ClientID uuid.UUID `json:"client_id"`
	Step     string    `json:"step"`
}

// TakeDunningStep takes a step if it is still what is due, and reports whether it did.
func (a *Activities) TakeDunningStep(ctx context.Context, input DunningStepInput) (bool, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (bool, error) {
		return dunning.TakeStep(ctx, tx, input.ClientID, input.Step, a.Dunning.Hours, now)
	})
}

// DeliverNotification tries once to send a message and returns its state after that. What
// is to be tried again is found by the next look.
func (a *Activities) DeliverNotification(ctx context.Context, id uuid.UUID) (string, error) {
	status, err := dunning.Deliver(ctx, a.Pool, a.Dunning.Notifier, a.Dunning.Seller, id, a.Now)
	return status, db.Scrub(err)
}

// EnrolDunning takes a batch of clients whose dunning begins or is over, and wakes a batch
// of workflows at a bounded rate. It returns how many both were.
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
