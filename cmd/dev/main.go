// Command mtf-dev runs the billing system and everything it needs in one process, without containers: a private
// PostgreSQL, a Temporal server, Temporal's web interface, and the application.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kong"
)

// commands are the subcommands; each one's Run method returns one sentence for the user as its error.
type commands struct {
	Run      runCommand      `cmd:"" default:"1" help:"Run the application with its own PostgreSQL and Temporal until interrupted."`
	Demo     demoCommand     `cmd:"" help:"Run the application with demo data and walk through its main job."`
	Exec     execCommand     `cmd:"" help:"Run a command, usually tests, with a fresh PostgreSQL and Temporal that are thrown away."`
	Temporal temporalCommand `cmd:"" help:"Run the Temporal server alone, on databases that exist."`
}

func main() {
	parsed := kong.Parse(&commands{},
		kong.Name("mtf-dev"),
		kong.Description("The billing system for development, in one process and without containers."),
		kong.UsageOnError(),
	)
	if err := parsed.Run(); err != nil {
		os.Exit(report(err))
	}
}

// report prints why the program ends and returns its exit code: the code of the child command for exec, 1 otherwise.
func report(err error) int {
	if ended, ok := errors.AsType[childEnded](err); ok {
		return int(ended)
	}
	fmt.Fprintln(os.Stderr, "mtf-dev:", err)
	return 1
}
