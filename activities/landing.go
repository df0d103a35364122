package activities

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/landing"
)

// SubscribeInput is a new subscription under its key.
type SubscribeInput struct {
	Request      idempotency.Request     `json:"request"`
	Subscription landing.NewSubscription `json:"subscription"`
}

// Subscribe executes a new subscription in one transaction.
func (a *Activities) Subscribe(ctx context.Context, input SubscribeInput) (landing.Submitted, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (landing.Submitted, error) {
		return a.Landing.Subscribe(ctx, tx, input.Request, input.Subscription, a.act(landing.ActorID, now))
	})
}

// ChangePlanInput is a plan change under its key.
type ChangePlanInput struct {
	Request idempotency.Request `json:"request"`
	Change  landing.PlanChange  `json:"change"`
}

// ChangePlan executes a plan change in one transaction.
func (a *Activities) ChangePlan(ctx context.Context, input ChangePlanInput) (landing.Submitted, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (landing.Submitted, error) {
		return a.Landing.ChangePlan(ctx, tx, input.Request, input.Change, a.act(landing.ActorID, now))
	})
}
