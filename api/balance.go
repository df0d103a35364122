package api

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
)

// changeBalance carries out what changes what a client owes: a payment, its reversal, the
// voiding of an invoice. It is one transaction with no steps after it, so it needs no
// workflow; what is to follow its commit belongs here, once for all of them.
func changeBalance[T any](ctx context.Context, s *Server, change func(pgx.Tx) (T, bool, error)) (changed T, replayed bool, err error) {
	err = db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		changed, replayed, err = change(tx)
		return err
	})
	return changed, replayed, err
}
