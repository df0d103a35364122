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
	Prove        ledgerProveCommand        `cmd:"" help:"Prove that every balance follows from its entries, and they from invoices, payments and events."`
	EnterMissing ledgerEnterMissingCommand `cmd:"" help:"Enter what processes wrote that knew no ledger, after an update."`
}

type ledgerProveCommand struct {
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// errNotProven ends the command with 1.
var errNotProven = errors.New("the ledger is not right")

// Run looks through the whole ledger in one snapshot.
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

type ledgerEnterMissingCommand struct{}

// Run enters what has no entry and notes what has no history, beside whoever bills, pays and provisions.
func (ledgerEnterMissingCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		entries, err := ledger.EnterMissing(ctx, pool)
		if err != nil {
			return err
		}
		contracts, err := ledger.NoteMissing(ctx, pool)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%d entries were missing, and what %d contracts cost\n", entries, contracts)
		return err
	})
}
