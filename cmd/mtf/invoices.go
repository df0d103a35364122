package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db/dbsqlc"
)

type invoicesCommand struct {
	Gaps invoiceGapsCommand `cmd:"" help:"Prove that invoice numbers have no gaps."`
}

type invoiceGapsCommand struct {
	Year *int32 `help:"Check this year of issue only." placeholder:"2026"`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// errGaps makes the command exit with 1.
var errGaps = errors.New("invoice numbers have gaps")

// numbering is the result: every sequence and its gaps.
type numbering struct {
	Sequences []dbsqlc.InvoiceNumberSequenceListRow `json:"sequences"`
	Gaps      []dbsqlc.InvoiceGapListRow            `json:"gaps"`
}

// Run compares the numbers of all invoices with the last numbers assigned, in one snapshot.
func (c invoiceGapsCommand) Run(ctx context.Context, out io.Writer) error {
	return withDatabase(ctx, func(pool *pgxpool.Pool) error {
		var found numbering
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		err := pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) (err error) {
			if found.Sequences, err = dbsqlc.New().InvoiceNumberSequenceList(ctx, tx, c.Year); err != nil {
				return err
			}
			found.Gaps, err = dbsqlc.New().InvoiceGapList(ctx, tx, c.Year)
			return err
		})
		if err != nil {
			return err
		}
		if err := found.write(out, c.JSON); err != nil {
			return err
		}
		if len(found.Gaps) > 0 {
			return errGaps
		}
		return nil
	})
}

func (n numbering) write(out io.Writer, asJSON bool) error {
	if asJSON {
		n.Sequences = append([]dbsqlc.InvoiceNumberSequenceListRow{}, n.Sequences...)
		n.Gaps = append([]dbsqlc.InvoiceGapListRow{}, n.Gaps...)
		return writeJSON(out, n)
	}
	for _, sequence := range n.Sequences {
		if _, err := fmt.Fprintf(out, "%s %d: numbers 1 to %d assigned, %d invoices\n",
			sequence.SellerCode, sequence.Year, sequence.LastNumber, sequence.InvoiceCount); err != nil {
			return err
		}
	}
	for _, gap := range n.Gaps {
		what := "missing"
		if gap.Beyond {
			what = "beyond the last number given"
		}
		if _, err := fmt.Fprintf(out, "%s %d: %d to %d %s\n", gap.SellerCode, gap.Year, gap.FirstMissing, gap.LastMissing, what); err != nil {
			return err
		}
	}
	if len(n.Gaps) > 0 {
		return nil
	}
	_, err := fmt.Fprintln(out, "no gaps")
	return err
}
