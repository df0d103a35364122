package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mtfacturation/mtf/cmd/dev/demo"
	"github.com/mtfacturation/mtf/cmd/dev/stack"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/seed"
)

const (
	demoDataDir = ".demo"
	demoClients = 1000
	demoSeed    = 2026
	// demoChunkClients makes the run of the demo's clients long enough to be watched.
	demoChunkClients = "50"
)

// demoCommand shows the main job on its own system.
type demoCommand struct {
	Exit bool `help:"Stop after the walk; the exit code is 0 only if every step was checked and true."`
}

// elsewhere are the names and name prefixes of settings that point to other systems. A shell may have them set; the demo
// must not load invented clients there, bill real clients, or send messages.
var elsewhere = []string{stack.DatabaseURLVariable, "TEMPORAL_", "MTF_DOCUMENTS_", "MTF_NOTIFY"}

// pointElsewhere returns the names of the variables that would have the demo use something outside its data directory.
func pointElsewhere(environment []string) (names []string) {
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && slices.ContainsFunc(elsewhere, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Run brings the system up on its own data directory, walks through the main job over HTTP, and stays up.
func (c demoCommand) Run() error {
	if outside := pointElsewhere(os.Environ()); len(outside) > 0 {
		fmt.Fprintf(os.Stderr, "ignored, since the demo runs on its own system: %s\n", strings.Join(outside, ", "))
		for _, name := range outside {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	config, err := stack.FromEnvironment(os.Getenv)
	if err != nil {
		return err
	}
	if os.Getenv(stack.DataDirVariable) == "" {
		config.DataDir = demoDataDir
	}
	if os.Getenv("MTF_BILLING_CHUNK_CLIENTS") == "" {
		if err := os.Setenv("MTF_BILLING_CHUNK_CLIENTS", demoChunkClients); err != nil {
			return err
		}
	}
	return runStack(config, func(ctx context.Context, endpoints stack.Endpoints) (stay bool, err error) {
		if err := c.walk(ctx, endpoints); err != nil {
			return false, err
		}
		if !c.Exit {
			fmt.Println("\nThe system stays up: Ctrl-C stops it.")
		}
		return !c.Exit, nil
	})
}

func (c demoCommand) walk(ctx context.Context, endpoints stack.Endpoints) error {
	settings, err := settingsFor(endpoints)
	if err != nil {
		return err
	}
	zone, err := calendar.LoadZone(settings.TimeZone)
	if err != nil {
		return err
	}
	now := app.Clock()
	today := zone.DateAt(now)
	if err := loadDemoData(ctx, settings.DatabaseURL, seed.Options{
		Clients: demoClients, Seed: demoSeed, Today: today, Now: now,
	}); err != nil {
		return err
	}
	return demo.Walk(ctx, demo.Stage{
		APIURL:  "http://" + endpoints.APIAddress,
		UIURL:   endpoints.TemporalUIURL,
		Folder:  endpoints.DataDir,
		Today:   today,
		Attempt: now.Format("20060102150405"),
		Out:     os.Stdout,
	})
}

// loadDemoData loads the catalogue and the clients; a demo that runs again finds them there.
func loadDemoData(ctx context.Context, url string, options seed.Options) error {
	pool, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	began := time.Now()
	loaded, err := seed.Load(ctx, pool, options)
	if errors.Is(err, seed.ErrLoaded) {
		fmt.Println("demo data: loaded by an earlier demo")
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Printf("demo data: %d offers, %d clients, %d contracts in %s\n",
		loaded.Offers, loaded.Clients, loaded.Contracts, time.Since(began).Round(10*time.Millisecond))
	return nil
}
