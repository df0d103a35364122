package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

type billCommand struct {
	Period    string `required:"" help:"Month to bill, YYYY-MM." placeholder:"2026-10"`
	TaxRate   string `default:"0.20" help:"Tax rate from 0 to 1."`
	DueDays   int    `default:"15" help:"Days from the end of the month to the due date."`
	Proration string `default:"none" enum:"none,daily" help:"What is billed of a month that a contract is active in for a part: none for all of it, daily for its days."`
	Key       string `required:"" help:"Idempotency key: the same key never bills twice." placeholder:"monthly-2026-10"`
	Watch     bool   `help:"Show how the run goes on: a bar on a terminal, lines elsewhere."`
	apiFlags
}

// Run starts the billing run, or joins the one of the same key, and follows it.
func (c billCommand) Run(ctx context.Context, out io.Writer) error {
	period, err := calendar.ParseMonth(c.Period)
	if err != nil {
		return fmt.Errorf("--period: %w", err)
	}
	rate, err := money.ParseRate(c.TaxRate)
	if err != nil {
		return fmt.Errorf("--tax-rate: %w", err)
	}
	bar := runBar{quiet: c.JSON && !c.Watch, lines: c.Watch}
	result, err := c.client().RunBilling(ctx, apiclient.BillingRun{
		PeriodStart: period.Start, PeriodEnd: period.End, DueDays: c.DueDays, TaxRate: rate, Proration: c.Proration,
	}, c.Key, bar.show)
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(out, result)
	}
	_, err = fmt.Fprintf(out, "%s %s: %d invoices, %s before tax, %s tax, %s in total; %d clients skipped, %d could not be billed\n",
		c.Period, result.Status, result.InvoiceCount, result.SubtotalAmount, result.TaxAmount, result.TotalAmount,
		result.SkippedCount, result.FailedCount)
	return err
}

// runBar shows a run's progress: a bar on a terminal; elsewhere lines, if they are
// wanted, and else nothing. It writes to standard error.
type runBar struct {
	quiet bool
	lines bool
	bar   *progressbar.ProgressBar
	last  string
}

func (b *runBar) show(progress apiclient.BillingProgress) {
	if b.quiet {
		return
	}
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		b.line(progress)
		return
	}
	if progress.HoldReason != nil && b.last == "" {
		b.last = *progress.HoldReason
		fmt.Fprintf(os.Stderr, "held, %s: mtf runs approve or cancel %s\n", b.last, progress.ID)
	}
	if progress.ClientCount == 0 {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions(progress.ClientCount,
			progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("billing"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("clients"),
			progressbar.OptionFullWidth(), progressbar.OptionSetPredictTime(true))
	}
	// The bar is decoration: an error of the terminal must not end the command.
	_ = b.bar.Set(progress.Progress.BilledClients)
}

// line writes what has changed since the line before.
func (b *runBar) line(progress apiclient.BillingProgress) {
	line := fmt.Sprintf("%s: %d of %d clients, %d invoices, %s", progress.Status, progress.Progress.BilledClients,
		progress.ClientCount, progress.InvoiceCount, progress.TotalAmount)
	if progress.HoldReason != nil {
		line += "; held, " + *progress.HoldReason
	}
	if b.lines && line != b.last {
		fmt.Fprintln(os.Stderr, line)
	}
	b.last = line
}

func (b *runBar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
		fmt.Fprintln(os.Stderr)
	}
}
