package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

// Cursor reads the rows of one query in batches, all in the snapshot in which it
// began. It replaces the connection in a generated method: the first call of the
// method runs its query, and each call returns the next rows. So a method that reads
// all rows into memory reads a result of any length in pieces.
//
// A cursor is for one query. Its transaction must stay open while it is read.
type Cursor struct {
	dbsqlc.DBTX
	batch    int
	declared bool
}

// NewCursor returns a cursor within a transaction that returns up to batch rows at a
// time. A shorter batch is the last.
func NewCursor(tx pgx.Tx, batch int) *Cursor { return &Cursor{DBTX: tx, batch: batch} }

// Query implements dbsqlc.DBTX. Neither statement is kept as prepared: the rows of
// FETCH depend on what the cursor is for.
func (c *Cursor) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	if !c.declared {
		declared := append([]any{pgx.QueryExecModeDescribeExec}, args...)
		if _, err := c.Exec(ctx, "DECLARE batches NO SCROLL CURSOR FOR "+query, declared...); err != nil {
			return nil, fmt.Errorf("db: declare cursor: %w", err)
		}
		c.declared = true
	}
	return c.DBTX.Query(ctx, fmt.Sprintf("FETCH %d FROM batches", c.batch), pgx.QueryExecModeDescribeExec)
}
