package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/ledger"
)

// parkedByDatabase is the reason of a client whose invoice the database refused.
const parkedByDatabase = "constraint_violated"

// write issues the invoices of the chunk and records its result.
func (c *chunk) write(ctx context.Context, tx pgx.Tx) error {
	issue := c.copyAll
	if c.input.OneByOne {
		issue = c.copyOneByOne
	}
	if err := issue(ctx, tx); err != nil {
		return err
	}
	if err := c.writeFailures(ctx, tx); err != nil {
		return err
	}
	err := dbsqlc.New().BillingRunChunkMarkBilled(ctx, tx, dbsqlc.BillingRunChunkMarkBilledParams{
		BillingRunID: c.run.ID, Number: c.input.Number, ClientCount: c.result.ClientCount, InvoiceCount: c.result.InvoiceCount,
		SkippedCount: c.result.SkippedCount, FailedCount: c.result.FailedCount,
		SubtotalAmount: c.result.SubtotalAmount, TaxAmount: c.result.TaxAmount, TotalAmount: c.result.TotalAmount,
		Now: &c.input.IssuedAt,
	})
	if err != nil {
		return fmt.Errorf("billing: mark chunk as billed: %w", err)
	}
	return nil
}

func (c *chunk) copyAll(ctx context.Context, tx pgx.Tx) error {
	if err := c.copy(ctx, tx, c.bills); err != nil {
		return err
	}
	for _, written := range c.bills {
		c.issued(written.invoice)
	}
	return nil
}

// copyOneByOne writes each client's invoice within a separate savepoint and parks
// the client whose invoice the database refuses.
func (c *chunk) copyOneByOne(ctx context.Context, tx pgx.Tx) error {
	for _, one := range c.bills {
		err := pgx.BeginFunc(ctx, tx, func(savepoint pgx.Tx) error { return c.copy(ctx, savepoint, []bill{one}) })
		switch {
		case err == nil:
			c.issued(one.invoice)
		case Poisonous(err):
			refused, _ := errors.AsType[*pgconn.PgError](err)
			c.park(one.invoice.ClientID, parkedByDatabase, "The database refuses the invoice: "+cmp.Or(refused.ConstraintName, refused.Code))
		default:
			return err
		}
	}
	return nil
}

// Poisonous reports whether a database error is caused by some of the rows, so that
// repeating the transaction cannot help.
func Poisonous(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || db.LostRace(err) {
		return false
	}
	class := failure.Code[:2]
	return class == "22" || class == "23" // data_exception, integrity_constraint_violation
}

// copy numbers invoices, copies them with their lines and enters them into the ledger. The numbers are
// taken last: the sequence's row is locked from then on until the commit. The accounts of the ledger are
// locked after everything else.
func (c *chunk) copy(ctx context.Context, tx pgx.Tx, bills []bill) error {
	if err := c.number(ctx, tx, bills); err != nil {
		return err
	}
	invoices, lines := make([]dbsqlc.InvoiceInsertManyParams, len(bills)), []dbsqlc.InvoiceLineInsertManyParams{}
	for i, one := range bills {
		invoices[i] = one.invoice
		lines = append(lines, one.lines...)
	}
	queries := dbsqlc.New()
	if _, err := queries.InvoiceInsertMany(ctx, tx, invoices); err != nil {
		return fmt.Errorf("billing: copy invoices: %w", err)
	}
	if _, err := queries.InvoiceLineInsertMany(ctx, tx, lines); err != nil {
		return fmt.Errorf("billing: copy invoice lines: %w", err)
	}
	ids := make([]uuid.UUID, len(invoices))
	for i, invoice := range invoices {
		ids[i] = invoice.ID
	}
	return ledger.PostInvoices(ctx, tx, ids, c.run.ActorID)
}

// number takes a block of legal numbers of the year of issue, and dates the invoices. The date is not before
// the date of the preceding numbers, which another chunk may have taken on the next day already.
func (c *chunk) number(ctx context.Context, tx pgx.Tx, bills []bill) error {
	if len(bills) == 0 {
		return nil
	}
	year := c.input.IssueDate.Year()
	reserved, err := dbsqlc.New().InvoiceNumberReserve(ctx, tx, dbsqlc.InvoiceNumberReserveParams{
		SellerCode: c.input.Seller.Code, Year: int32(year), Count: int64(len(bills)), IssueDate: c.input.IssueDate,
	})
	if err != nil {
		return fmt.Errorf("billing: reserve invoice numbers: %w", err)
	}
	first := reserved.LastNumber - int64(len(bills)) + 1
	for i := range bills {
		sequence := first + int64(i)
		invoice := &bills[i].invoice
		invoice.NumberYear, invoice.NumberSequence = int32(year), sequence
		invoice.Number = c.input.Seller.Number(year, sequence)
		invoice.IssueDate = reserved.IssueDate
	}
	return nil
}

// writeFailures parks clients. After a retry it resolves the clients that are not parked again.
func (c *chunk) writeFailures(ctx context.Context, tx pgx.Tx) error {
	queries := dbsqlc.New()
	if !c.retrying() {
		if _, err := queries.BillingRunFailureInsertMany(ctx, tx, c.failures); err != nil {
			return fmt.Errorf("billing: copy failures: %w", err)
		}
		return nil
	}
	again := make([]uuid.UUID, 0, len(c.failures))
	for _, failure := range c.failures {
		again = append(again, failure.ClientID)
		err := queries.BillingRunFailureRecordAttempt(ctx, tx, dbsqlc.BillingRunFailureRecordAttemptParams{
			BillingRunID: c.run.ID, ClientID: failure.ClientID, Code: failure.Code, Message: failure.Message,
		})
		if err != nil {
			return fmt.Errorf("billing: repeat failure: %w", err)
		}
	}
	resolved := slices.DeleteFunc(slices.Clone(c.parked), func(id uuid.UUID) bool { return slices.Contains(again, id) })
	err := queries.BillingRunFailureResolve(ctx, tx, dbsqlc.BillingRunFailureResolveParams{
		BillingRunID: c.run.ID, ClientIDS: resolved, Now: &c.input.IssuedAt,
	})
	if err != nil {
		return fmt.Errorf("billing: resolve failures: %w", err)
	}
	return nil
}

// dayRange is the database's form of the days that a line charges.
func dayRange(days *calendar.Period) pgtype.Range[pgtype.Date] {
	if days == nil {
		return pgtype.Range[pgtype.Date]{}
	}
	lower, _ := days.Start.DateValue()
	upper, _ := days.End.AddDays(1).DateValue()
	return pgtype.Range[pgtype.Date]{
		Lower: lower, Upper: upper, LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true,
	}
}
