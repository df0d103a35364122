package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/mtfacturation/mtf/internal/apiclient"
)

// apiFlags select the API and the output format of a command.
type apiFlags struct {
	JSON  bool   `name:"json" help:"Print the response as JSON."`
	API   string `env:"MTF_API_URL" default:"http://127.0.0.1:8000" help:"Base URL of the API."`
	Token string `env:"MTF_API_TOKEN" default:"mtf-cli:ops,billing" help:"Bearer token."`
}

func (f apiFlags) client() *apiclient.Client { return apiclient.New(f.API, f.Token) }

type runsCommand struct {
	List    runsListCommand `cmd:"" help:"List billing runs, newest first."`
	Show    runShowCommand  `cmd:"" help:"Show the progress of a run."`
	Pause   runPause        `cmd:"" help:"Pause a run after the chunks under way."`
	Resume  runResume       `cmd:"" help:"Resume a paused run."`
	Approve runApprove      `cmd:"" help:"Approve a run that exceeds its safety limits."`
	Cancel  runCancel       `cmd:"" help:"Cancel a run. Issued invoices stay."`
	Retry   runRetry        `cmd:"" help:"Retry failed clients and continue after a fault."`
}

type runsListCommand struct {
	apiFlags
	Status string `help:"List only runs with this status." placeholder:"running"`
	Size   int    `default:"20" help:"Number of runs, 1 to 100."`
}

// Run prints a table of runs.
func (c runsListCommand) Run(ctx context.Context, out io.Writer) error {
	runs, err := c.client().Runs(ctx, c.Status, c.Size)
	if err != nil {
		return err
	}
	if c.JSON {
		whole := make([]json.RawMessage, len(runs))
		for i, run := range runs {
			whole[i] = run.Whole
		}
		return writeJSON(out, whole)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	// A tabwriter reports its errors in Flush.
	fmt.Fprintln(table, "ID\tPERIOD\tSTATUS\tCLIENTS\tINVOICES\tTOTAL\tKEY")
	for _, run := range runs {
		fmt.Fprintf(table, "%s\t%s..%s\t%s\t%d/%d\t%d\t%s\t%s\n", run.ID, run.PeriodStart, run.PeriodEnd, run.Status,
			run.Progress.BilledClients, run.ClientCount, run.InvoiceCount, run.TotalAmount, run.IdempotencyKey)
	}
	return table.Flush()
}

type runShowCommand struct {
	apiFlags
	ID string `arg:"" help:"Id of the run."`
}

// Run prints one run.
func (c runShowCommand) Run(ctx context.Context, out io.Writer) error {
	run, err := c.client().Run(ctx, c.ID)
	if err != nil {
		return err
	}
	return c.write(out, run)
}

// write prints a run line by line.
func (f apiFlags) write(out io.Writer, run apiclient.BillingProgress) error {
	if f.JSON {
		return writeJSON(out, run.Whole)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, value any) { fmt.Fprintf(table, "%s\t%v\n", name, value) }
	row("run", run.ID)
	row("key", run.IdempotencyKey)
	row("period", fmt.Sprintf("%s..%s", run.PeriodStart, run.PeriodEnd))
	row("status", run.Status)
	if run.HoldReason != nil {
		row("held", *run.HoldReason)
	}
	if run.Fault != nil {
		row("fault", *run.Fault)
	}
	row("clients", fmt.Sprintf("%d of %d, %.0f a second", run.Progress.BilledClients, run.ClientCount, run.ClientsPerSecond))
	row("chunks", fmt.Sprintf("%d billed, %d documented, of %d", run.Progress.BilledChunks, run.Progress.DocumentedChunks, run.ChunkCount))
	if run.RemainingSeconds != nil {
		row("remaining", fmt.Sprintf("about %.0f s", *run.RemainingSeconds))
	}
	row("invoices", run.InvoiceCount)
	row("skipped", run.SkippedCount)
	row("not billable", run.FailedCount)
	row("total", run.TotalAmount)
	for _, event := range run.Events {
		line := fmt.Sprintf("%s %s to %s by %s", event.CreatedAt, event.FromStatus, event.ToStatus, event.ActorID)
		if event.Reason != nil {
			line += ": " + *event.Reason
		}
		row("event", line)
	}
	return table.Flush()
}

// runOrder is a command to a run.
type runOrder struct {
	apiFlags
	ID     string `arg:"" help:"Id of the run."`
	Reason string `help:"Reason, stored in the history of the run."`
}

func (c runOrder) send(ctx context.Context, out io.Writer, command string) error {
	run, accepted, err := c.client().CommandRun(ctx, c.ID, command, c.Reason)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(out, run.Whole)
	}
	if accepted {
		_, err = fmt.Fprintf(out, "run %s is %s; %s is accepted and takes effect after the chunks under way\n", run.ID, run.Status, command)
	} else {
		_, err = fmt.Fprintf(out, "run %s is %s\n", run.ID, run.Status)
	}
	return err
}

type (
	runPause   struct{ runOrder }
	runResume  struct{ runOrder }
	runApprove struct{ runOrder }
	runCancel  struct{ runOrder }
	runRetry   struct{ runOrder }
)

// Run pauses the run.
func (c runPause) Run(ctx context.Context, out io.Writer) error { return c.send(ctx, out, "pause") }

// Run resumes the run.
func (c runResume) Run(ctx context.Context, out io.Writer) error { return c.send(ctx, out, "resume") }

// Run approves the run.
func (c runApprove) Run(ctx context.Context, out io.Writer) error { return c.send(ctx, out, "approve") }

// Run cancels the run.
func (c runCancel) Run(ctx context.Context, out io.Writer) error { return c.send(ctx, out, "cancel") }

// Run retries the run.
func (c runRetry) Run(ctx context.Context, out io.Writer) error { return c.send(ctx, out, "retry") }

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
