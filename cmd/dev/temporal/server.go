// Package temporal runs a Temporal server inside this process, for development and tests, on a PostgreSQL server.
//
// All four services of Temporal run here. Everything that they acknowledge is in PostgreSQL, so a killed process loses
// nothing: a server that starts on the same databases continues the workflows.
package temporal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/temporal"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

// startLimit bounds a start; it takes one to three seconds.
const startLimit = time.Minute

// Config describes a server to start.
type Config struct {
	// DatabaseURL and VisibilityDatabaseURL are two databases that exist and are Temporal's alone.
	DatabaseURL, VisibilityDatabaseURL string
	// Port of 127.0.0.1 that clients connect to; 0 means any free port.
	Port int
	// Namespace is registered when it does not exist, with a retention of 30 days.
	Namespace string
	// Log receives the server's warnings and errors, a record a line.
	Log io.Writer
}

// Server is a running Temporal server.
type Server struct {
	server  temporal.Server
	address string
	failed  chan error
}

// Start brings the schema of both databases up to date, starts the server and returns once workflows can be started in
// the namespace. On an error nothing is left running.
func Start(ctx context.Context, options Config) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if options.Port == 0 {
		free, err := port.Free()
		if err != nil {
			return nil, err
		}
		options.Port = free
	}
	s := &Server{address: port.Address(options.Port), failed: make(chan error, 1)}
	logger := &logger{
		slog:  slog.New(slog.NewTextHandler(options.Log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		fatal: s.fail,
	}
	if err := migrate(ctx, options.DatabaseURL, "postgresql/v12/temporal", v12.Version, logger); err != nil {
		return nil, err
	}
	if err := migrate(ctx, options.VisibilityDatabaseURL, "postgresql/v12/visibility", v12.VisibilityVersion, logger); err != nil {
		return nil, err
	}
	conf, hosts, err := configuration(options)
	if err != nil {
		return nil, err
	}
	s.server, err = temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(settings()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
	)
	if err != nil {
		return nil, fmt.Errorf("set up Temporal: %w", err)
	}
	if err := s.start(ctx, options.Namespace, logger); err != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stop))
	}
	return s, nil
}

// start starts the services and prepares the namespace, unless the server fails or ctx ends first.
func (s *Server) start(ctx context.Context, namespace string, logger *logger) error {
	ready := make(chan error, 1)
	go func() {
		if err := s.server.Start(); err != nil {
			ready <- fmt.Errorf("start Temporal: %w", err)
			return
		}
		ready <- prepareNamespace(ctx, s.address, namespace, logger)
	}()
	select {
	case err := <-ready:
		return err
	case err := <-s.failed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("start Temporal: %w", ctx.Err())
	}
}

// fail records the first reason why the server cannot continue.
func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// Address returns the host and port that clients connect to.
func (s *Server) Address() string { return s.address }

// Failed yields one error when the server finds that it cannot continue. It must then be stopped.
func (s *Server) Failed() <-chan error { return s.failed }

// Stop stops the services in order. When ctx ends first it returns an error and leaves them to the end of the process:
// whatever they had acknowledged is in the database.
func (s *Server) Stop(ctx context.Context) error {
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return fmt.Errorf("Temporal did not stop in time: %w", ctx.Err()) //nolint:staticcheck // It begins with a name.
	}
}

func joinHostPort(host string, number uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(number)))
}
