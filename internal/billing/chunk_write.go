package billing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
)

// write numbers the invoices and copies all rows. The numbers are taken last: the
// sequence's row is locked from then on until the commit.
func (c *chunk) write(ctx context.Context, tx dbsqlc.DBTX) error {
	if err := c.number(ctx, tx); err != nil {
		return err
	}
	queries := dbsqlc.New()
	if _, err := queries.InvoiceInsertMany(ctx, tx, c.invoices); err != nil {
		return fmt.Errorf("billing: copy invoices: %w", err)
	}
	if _, err := queries.InvoiceLineInsertMany(ctx, tx, c.lines); err != nil {
		return fmt.Errorf("billing: copy invoice lines: %w", err)
	}
	if _, err := queries.BillingRunFailureInsertMany(ctx, tx, c.failures); err != nil {
		return fmt.Errorf("billing: copy failures: %w", err)
	}
	err := queries.BillingRunChunkBilled(ctx, tx, dbsqlc.BillingRunChunkBilledParams{
		BillingRunID: c.run.ID, Number: c.input.Number, InvoiceCount: c.result.InvoiceCount,
		SkippedCount: c.result.SkippedCount, FailedCount: c.result.FailedCount,
		SubtotalAmount: c.result.SubtotalAmount, TaxAmount: c.result.TaxAmount, TotalAmount: c.result.TotalAmount,
		Now: &c.input.IssuedAt,
	})
	if err != nil {
		return fmt.Errorf("billing: mark chunk as billed: %w", err)
	}
	return nil
}

// number takes a block of legal numbers of the year of issue.
func (c *chunk) number(ctx context.Context, tx dbsqlc.DBTX) error {
	if len(c.invoices) == 0 {
		return nil
	}
	year := c.input.IssueDate.Year()
	last, err := dbsqlc.New().InvoiceNumberReserve(ctx, tx, dbsqlc.InvoiceNumberReserveParams{
		SellerCode: c.input.Seller.Code, Year: int32(year), Count: int64(len(c.invoices)),
	})
	if err != nil {
		return fmt.Errorf("billing: reserve invoice numbers: %w", err)
	}
	first := last - int64(len(c.invoices)) + 1
	for i := range c.invoices {
		c.invoices[i].Number = c.input.Seller.Number(year, first+int64(i))
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
