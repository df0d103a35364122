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
	Proration string `default:"none" enum:"none,daily" help:"How a partly active month is billed: none bills the whole month, daily bills the active days."`
	Key       string `required:"" help:"Idempotency key. The same key never bills twice." placeholder:"monthly-2026-10"`
	Watch     bool   `help:"Show progress: a bar on a terminal, lines elsewhere."`
	apiFlags
}

// Run starts the billing run, or joins the run of the same key, and follows it to its end.
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

// runBar shows the progress of a run on standard error: a bar on a terminal, and lines
// elsewhere if --watch asks for them.
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
	// A terminal error must not end the command.
	_ = b.bar.Set(progress.Progress.BilledClients)
}

// line writes a line if the progress changed since the last one.
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
