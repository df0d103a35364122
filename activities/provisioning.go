package activities

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/idempotency"
)

// ProvisionInput is a provisioning under its key.
type ProvisionInput struct {
	Request   idempotency.Request     `json:"request"`
	Provision contract.ProvisionInput `json:"provision"`
	ActorID   string                  `json:"actor_id"`
}

// Provision creates or upgrades a contract in one transaction.
func (a *Activities) Provision(ctx context.Context, input ProvisionInput) (contract.Provisioned, error) {
	return inTransaction(ctx, a, func(tx pgx.Tx, now time.Time) (contract.Provisioned, error) {
		var provisioned contract.Provisioned
		if found, err := idempotency.Load(ctx, tx, input.Request, &provisioned); found || err != nil {
			return provisioned, err
		}
		provisioned, err := contract.Provision(ctx, tx, input.Provision, a.act(actor.ID(input.ActorID), now))
		if err != nil {
			return provisioned, err
		}
		return provisioned, idempotency.Save(ctx, tx, input.Request, provisioned, now)
	})
}
