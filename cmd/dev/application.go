package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/cmd/dev/stack"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/config"
)

// version is what the API calls this program; the linker sets it.
var version = "dev"

// runApplication migrates the database, serves the API and runs the workers until ctx ends, then drains running
// requests and workflow tasks and returns nil. An error means that the application could not continue. ready is called once requests are served.
func runApplication(ctx context.Context, endpoints stack.Endpoints, ready func()) error {
	logFile, err := os.OpenFile(filepath.Join(endpoints.DataDir, "log", "mtf.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the application's log: %w", err)
	}
	defer func() { _ = logFile.Close() }()
	slog.SetDefault(app.Logger(logFile))

	application, err := openApplication(ctx, endpoints)
	if err != nil {
		if ctx.Err() != nil {
			return nil // The stop came before the start had finished: not a fault.
		}
		return err
	}
	defer application.Close()
	return application.Serve(ctx, app.Parts{API: true, Worker: true}, version, func(string) { ready() })
}

// openApplication migrates the database and connects to the stack.
func openApplication(ctx context.Context, endpoints stack.Endpoints) (*app.App, error) {
	settings, err := settingsFor(endpoints)
	if err != nil {
		return nil, err
	}
	if _, err := db.Migrate(ctx, settings.DatabaseURL); err != nil {
		return nil, err
	}
	options, err := temporalFor(endpoints)
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, settings, options)
}

// settingsFor reads the application's settings and puts it on the stack.
func settingsFor(endpoints stack.Endpoints) (config.Config, error) {
	settings, err := config.FromEnvironment()
	if err != nil {
		return config.Config{}, err
	}
	settings.DatabaseURL = endpoints.DatabaseURL
	settings.HTTPAddress = endpoints.APIAddress
	settings.MetricsAddress = endpoints.MetricsAddress
	settings.DataDirectory = endpoints.DataDir
	if settings.PayloadKeys.Empty() {
		if settings.PayloadKeys, err = payloadKeys(endpoints.DataDir); err != nil {
			return config.Config{}, err
		}
	}
	if os.Getenv("MTF_DOCUMENTS_DIR") == "" {
		settings.DocumentsDirectory = ""
	}
	return settings.Complete()
}

func temporalFor(endpoints stack.Endpoints) (client.Options, error) {
	options, err := app.TemporalOptions()
	if err != nil {
		return client.Options{}, err
	}
	options.HostPort = endpoints.TemporalAddress
	options.Namespace = endpoints.TemporalNamespace
	return options, nil
}
