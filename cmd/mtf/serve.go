package main

import (
	"context"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/config"
)

type serveCommand struct{}

// Run serves until a signal stops it.
func (serveCommand) Run(ctx context.Context) error {
	return serve(ctx, app.Parts{API: true, Worker: true})
}

type apiCommand struct{}

// Run serves until a signal stops it.
func (apiCommand) Run(ctx context.Context) error { return serve(ctx, app.Parts{API: true}) }

type workerCommand struct{}

// Run works until a signal stops it.
func (workerCommand) Run(ctx context.Context) error { return serve(ctx, app.Parts{Worker: true}) }

func serve(ctx context.Context, parts app.Parts) error {
	settings, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	temporal, err := app.TemporalOptions()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, settings, temporal)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Serve(ctx, parts, version, nil)
}
