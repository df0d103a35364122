package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/seed"
)

type seedCommand struct {
	Clients int    `default:"1000" help:"Number of clients."`
	Seed    uint64 `default:"1" help:"Seed of the generator. The same seed generates the same data."`
}

// Run loads the data into the configured database.
func (c seedCommand) Run(ctx context.Context) error {
	settings, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	zone, err := calendar.LoadZone(settings.TimeZone)
	if err != nil {
		return err
	}
	pool, err := app.OpenDatabase(ctx, settings)
	if err != nil {
		return err
	}
	defer pool.Close()

	now := app.Clock()
	options := seed.Options{Clients: c.Clients, Seed: c.Seed, Today: zone.DateAt(now), Now: now}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		bar := progressbar.Default(int64(c.Clients), "clients")
		// A terminal error must not end the command.
		options.Progress = func(done, _ int) { _ = bar.Set(done) }
	}
	loaded, err := seed.Load(ctx, pool, options)
	if err != nil {
		return err
	}
	fmt.Printf("loaded %d offers, %d clients, %d subscribers and %d contracts in %s\n",
		loaded.Offers, loaded.Clients, loaded.Subscribers, loaded.Contracts, time.Since(now).Round(100*time.Millisecond))
	return nil
}
