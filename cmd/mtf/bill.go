package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

type billCommand struct {
	Period  string `required:"" help:"Month to bill, YYYY-MM." placeholder:"2026-10"`
	TaxRate string `default:"0.20" help:"Tax rate from 0 to 1."`
	DueDays int    `default:"15" help:"Days from the end of the month to the due date."`
	Key     string `required:"" help:"Idempotency key: the same key never bills twice." placeholder:"monthly-2026-10"`
	JSON    bool   `name:"json" help:"Print the answer as JSON."`
	API     string `env:"MTF_API_URL" default:"http://127.0.0.1:8000" help:"The API to ask."`
	Token   string `env:"MTF_API_TOKEN" default:"mtf-cli:ops,billing" help:"Bearer token."`
}

// Run starts the billing run, or joins the one of the same key, and follows it.
func (c billCommand) Run(ctx context.Context) error {
	period, err := calendar.ParseMonth(c.Period)
	if err != nil {
		return fmt.Errorf("--period: %w", err)
	}
	rate, err := money.ParseRate(c.TaxRate)
	if err != nil {
		return fmt.Errorf("--tax-rate: %w", err)
	}
	bar := runBar{quiet: c.JSON}
	result, err := apiclient.New(c.API, c.Token).RunBilling(ctx, apiclient.BillingRun{
		PeriodStart: period.Start, PeriodEnd: period.End, DueDays: c.DueDays, TaxRate: rate,
	}, c.Key, bar.show)
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	fmt.Printf("%s %s: %d invoices, %s before tax, %s tax, %s in total; %d clients skipped, %d could not be billed\n",
		c.Period, result.Status, result.InvoiceCount, result.SubtotalAmount, result.TaxAmount, result.TotalAmount,
		result.SkippedCount, result.FailedCount)
	return nil
}

// runBar shows a run's progress on a terminal and nothing elsewhere.
type runBar struct {
	quiet bool
	bar   *progressbar.ProgressBar
}

func (b *runBar) show(progress apiclient.BillingProgress) {
	if b.quiet || !term.IsTerminal(int(os.Stderr.Fd())) || progress.ClientCount == 0 {
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

func (b *runBar) end() {
	if b.bar != nil {
		_ = b.bar.Finish()
		fmt.Fprintln(os.Stderr)
	}
}
