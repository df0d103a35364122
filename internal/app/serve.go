package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/mtfacturation/mtf/api"
	"github.com/mtfacturation/mtf/api/contractdocs"
	"github.com/mtfacturation/mtf/api/epilot"
	"github.com/mtfacturation/mtf/api/landing"
	"github.com/mtfacturation/mtf/api/operators"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/token"
)

// drainTimeout bounds how long a stop waits for requests under way.
const drainTimeout = 20 * time.Second

// Parts says what a process runs.
type Parts struct {
	API    bool
	Worker bool
}

// Serve runs the parts until ctx ends and stops them in order: first no new
// requests and the end of those under way, then the workers. started is called once
// requests are taken; it may be nil.
//
// If a worker fails, it stops in the same order and returns an error: an OS process that
// continued would look healthy and do nothing.
//
// Metrics are served as long as any part runs.
func (a *App) Serve(ctx context.Context, parts Parts, version string, started func(address string)) error {
	stopMetrics, err := a.serveMetrics(version)
	if err != nil {
		return err
	}
	defer stopMetrics()
	ctx, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	if parts.Worker {
		stopWorkers, err := a.startWorkers(lost)
		if err != nil {
			return err
		}
		defer stopWorkers()
	}
	if parts.API {
		err = a.serveHTTP(ctx, version, started)
	} else {
		<-ctx.Done()
	}
	if queue, isLost := errors.AsType[*lostQueue](context.Cause(ctx)); isLost {
		err = errors.Join(queue, err)
	}
	return err
}

func (a *App) serveHTTP(ctx context.Context, version string, started func(address string)) error {
	tokens, err := a.tokens()
	if err != nil {
		return err
	}
	identities, err := identity.NewVerifier(ctx, a.Config.Auth.Settings(), a.Now())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.Config.HTTPAddress)
	if err != nil {
		return fmt.Errorf("app: the API cannot listen: %w", err)
	}
	server := api.NewServer(a.api(tokens, identities, version))
	server.Handler = a.traced(server.Handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	slog.Info("API listening", "listen", listener.Addr().String())
	if started != nil {
		started(listener.Addr().String())
	}

	select {
	case err := <-served:
		return fmt.Errorf("app: the API ended: %w", err)
	case <-ctx.Done():
	}
	a.Starter.StopWaiting()
	// The requests under way outlive ctx, which only asked for the stop.
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(draining); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(fmt.Errorf("app: requests under way were cut off: %w", err), server.Close())
	}
	return nil
}

// api returns what the API works with.
func (a *App) api(tokens *token.Signer, identities *identity.Verifier, version string) api.Dependencies {
	settings := a.Config
	return api.Dependencies{
		Framework: rest.Dependencies{
			Config: rest.Config{
				Environment: settings.Environment, HTTP: settings.HTTP, TokenSecret: settings.TokenSecret, CORSOrigins: settings.CORSOrigins,
				Organisations: settings.Organisations, Proxies: settings.Proxies, Exports: settings.Admission.Exports,
			},
			Pool: a.Pool, Starter: a.Starter, Zone: a.Zone, Now: a.Now, Version: version, Metrics: a.Metrics, Identities: identities,
		},
		Operators: operators.Dependencies{
			Schedules: a.Schedules, Documents: a.Documents, Ready: a.Ready, PayloadKeys: settings.PayloadKeys,
			SendWindow: settings.Dunning.Hours(a.Zone),
		},
		Landing:      landing.Dependencies{Documents: a.Documents, Tokens: tokens, Limits: settings.RateLimits},
		Epilot:       epilot.Dependencies{Organisation: settings.Seller.Code, PerAddress: settings.RateLimits.LedgerPerAddress},
		ContractDocs: contractdocs.Dependencies{PerAddress: settings.RateLimits.ContractDocumentsPerAddress},
	}
}
