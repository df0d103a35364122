package seed

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// store writes the batch in one transaction.
func (b *batch) store(ctx context.Context, pool *pgxpool.Pool) error {
	return db.InTransaction(ctx, pool, func(tx pgx.Tx) error {
		queries := dbsqlc.New()
		if _, err := queries.ClientInsertMany(ctx, tx, b.clients); err != nil {
			return err
		}
		if _, err := queries.SubscriberInsertMany(ctx, tx, b.subscribers); err != nil {
			return err
		}
		if _, err := queries.ContractInsertMany(ctx, tx, b.contracts); err != nil {
			return err
		}
		if _, err := queries.ContractPriceChangeInsertMany(ctx, tx, b.prices); err != nil {
			return err
		}
		_, err := queries.ContractAuditEventInsertMany(ctx, tx, b.auditEvents)
		return err
	})
}
