package operators

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/collections"
	"github.com/mtfacturation/mtf/internal/money"
)

// changeBalance carries out what changes what a client owes: a payment, its reversal, the
// voiding of an invoice. It is one transaction with no steps after it, so it needs no
// workflow; what is to follow its commit belongs here, once for all of them.
// The dunning of a client who was or is delinquent is told.
func changeBalance[T interface {
	Affected() collections.Delinquency
	Moved() money.Amount
}](ctx context.Context, s *rest.API, change func(pgx.Tx) (T, bool, error)) (changed T, replayed bool, err error) {
	err = db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		changed, replayed, err = change(tx)
		return err
	})
	if err == nil && !replayed {
		s.Metrics.MoveMoney(changed.Moved())
	}
	if affected := changed.Affected(); err == nil && (affected.Before || affected.After) {
		s.Starter.NudgeDunning(affected.ClientID, affected.After)
	}
	return changed, replayed, err
}
