package operators

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
)

// changeBalance runs a change of a client's balance (a payment, its reversal, or the voiding of an
// invoice) in one transaction. After the commit it counts the amount and signals the dunning
// workflow of a client who was or is delinquent.
func changeBalance[T interface {
	Affected() collections.Delinquency
	Moved() money.Amount
}](ctx context.Context, h *handlers, change func(pgx.Tx) (T, bool, error)) (changed T, replayed bool, err error) {
	err = db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) (err error) {
		changed, replayed, err = change(tx)
		return err
	})
	if err == nil && !replayed {
		h.Metrics.CountPayment(changed.Moved())
	}
	if affected := changed.Affected(); err == nil && (affected.Before || affected.After) {
		h.Starter.NudgeDunning(affected.ClientID, affected.After)
	}
	return changed, replayed, err
}
