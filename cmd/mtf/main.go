// Command mtf is the billing system: its API, its workers, and the tools to run it.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/mtfacturation/mtf/internal/app"
)

// version is set by the linker.
var version = "dev"

// commands are the subcommands. Settings come from the environment, see docs/configuration.md.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run the API and the workers in one process."`
	API       apiCommand       `cmd:"" name:"api" help:"Run the API alone."`
	Worker    workerCommand    `cmd:"" help:"Run the workers alone."`
	Migrate   migrateCommand   `cmd:"" help:"Migrate the database to the schema of this version."`
	Seed      seedCommand      `cmd:"" help:"Load a demo catalogue and synthetic clients."`
	Bill      billCommand      `cmd:"" help:"Bill a month and follow the run."`
	Runs      runsCommand      `cmd:"" help:"List, show, pause, resume, approve, cancel and retry billing runs."`
	Schedules schedulesCommand `cmd:"" help:"List, pause, resume, trigger and backfill schedules."`
	Invoices  invoicesCommand  `cmd:"" help:"Check invoice numbers."`
	Ledger    ledgerCommand    `cmd:"" help:"Prove the ledger."`
	Dunning   dunningCommand   `cmd:"" help:"Show and replace the dunning policy."`
	APIKeys   apiKeysCommand   `cmd:"" name:"apikeys" help:"Create, list and revoke API keys."`
	Key       payloadKey       `cmd:"" name:"payload-key" help:"Create a key that encrypts Temporal payloads."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

func main() {
	slog.SetDefault(app.Logger(os.Stderr))
	parsed := kong.Parse(&commands{},
		kong.Name("mtf"),
		kong.Description("Billing of mobile, internet and landline offers."),
		kong.UsageOnError(),
	)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.BindTo(os.Stdout, (*io.Writer)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "mtf:", err)
		os.Exit(1)
	}
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	fmt.Println(version)
	return nil
}
