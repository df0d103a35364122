package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// missingBatch is of how many invoices what is missing is entered in one transaction.
const missingBatch = 500

// EnterMissing enters the invoices, payments, reversals and voids that have no entry, and returns how many these were. They are
// those of processes that knew no ledger and were still running when it began. Anybody may bill and pay meanwhile; what such a
// process writes after the look is left to the next time.
func EnterMissing(ctx context.Context, pool *pgxpool.Pool) (entered int64, err error) {
	invoices, err := dbsqlc.New().LedgerEntryListMissing(ctx, pool)
	if err != nil {
		return 0, fmt.Errorf("ledger: find what is missing: %w", err)
	}
	for batch := range slices.Chunk(invoices, missingBatch) {
		var count int64
		err := db.InTransaction(ctx, pool, func(tx pgx.Tx) (err error) {
			count, err = enterMissing(ctx, tx, batch...)
			return err
		})
		if err != nil {
			return entered, err
		}
		entered += count
	}
	return entered, nil
}

// enterMissing locks some invoices and enters all that is missing of them, with what this transaction has written. The days on
// which something was taken back are those in Morocco.
func enterMissing(ctx context.Context, tx dbsqlc.DBTX, invoices ...uuid.UUID) (entered int64, err error) {
	if entered, err = dbsqlc.New().LedgerEntryEnterMissing(ctx, tx, invoices); err != nil {
		return 0, fmt.Errorf("ledger: enter what is missing: %w", err)
	}
	return entered, nil
}
