package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/internal/ledger"
)

type ledgerCommand struct {
	Prove ledgerProveCommand `cmd:"" help:"Prove that balances match their entries, and entries match invoices, payments and events."`
}

type ledgerProveCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// errNotProven makes the command exit with 1.
var errNotProven = errors.New("the ledger has faults")

// Run checks the whole ledger in one snapshot.
func (c ledgerProveCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		var faults []ledger.Fault
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		err := pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) (err error) {
			faults, err = ledger.Prove(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
		if err := writeFaults(out, faults, c.JSON); err != nil {
			return err
		}
		if len(faults) > 0 {
			return errNotProven
		}
		return nil
	})
}

func writeFaults(out io.Writer, faults []ledger.Fault, asJSON bool) error {
	if asJSON {
		return writeJSON(out, map[string]any{"faults": faults})
	}
	for _, fault := range faults {
		if _, err := fmt.Fprintf(out, "%s %s: %s\n", fault.AccountID, fault.Currency, fault.Fault); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return nil
	}
	_, err := fmt.Fprintln(out, "every balance is proven")
	return err
}
