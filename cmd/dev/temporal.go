package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/mtfacturation/mtf/cmd/dev/temporal"
)

// temporalCommand runs the Temporal server as its own OS process, so that it can be stopped or killed alone.
type temporalCommand struct {
	DatabaseURL   string `name:"database" required:"" env:"MTF_TEMPORAL_DATABASE_URL" help:"Temporal's own database."`
	VisibilityURL string `name:"visibility" required:"" env:"MTF_TEMPORAL_VISIBILITY_URL" help:"Temporal's database of searchable data."`
	Port          int    `required:"" env:"MTF_TEMPORAL_PORT" help:"Port of 127.0.0.1; 0 means any free port."`
	Namespace     string `default:"default" env:"TEMPORAL_NAMESPACE" help:"Namespace that is registered when it does not exist."`
}

// Run serves until a signal stops it or the server finds that it cannot continue.
func (c *temporalCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server, err := temporal.Start(ctx, temporal.Config{
		DatabaseURL: c.DatabaseURL, VisibilityDatabaseURL: c.VisibilityURL, Port: c.Port, Namespace: c.Namespace, Log: os.Stderr,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	fmt.Fprintf(os.Stderr, "ready: Temporal %s\n", server.Address())
	var failure error
	select {
	case failure = <-server.Failed():
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), faultStopLimit)
	defer cancel()
	if err := server.Stop(stopping); failure == nil {
		return err
	}
	return failure
}
