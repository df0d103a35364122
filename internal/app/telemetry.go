package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/telemetry"
)

// flushTimeout bounds how long a stop waits until the last traces are sent.
const flushTimeout = 5 * time.Second

// openTelemetry begins what the settings ask for: traces with a collector in the OTEL_*
// variables, metrics with an address.
func (a *App) openTelemetry(ctx context.Context) (err error) {
	if a.Config.MetricsAddress != config.Off {
		if a.Metrics, err = telemetry.NewMetrics(); err != nil {
			return err
		}
	}
	a.tracing, err = telemetry.StartTracing(ctx)
	return err
}

// observeTemporal has the client, and the workers made of it, count and trace.
func (a *App) observeTemporal(options *client.Options) error {
	traced, err := a.tracing.Interceptor()
	if err != nil {
		return err
	}
	if traced != nil {
		options.Interceptors = append(options.Interceptors, traced)
	}
	if counted := a.Metrics.Temporal(); counted != nil {
		options.MetricsHandler = counted
	}
	return nil
}

// watch publishes the state of the dependencies and of the business.
func (a *App) watch() error {
	a.Metrics.WatchDependencies(map[string]telemetry.Probe{"postgresql": a.Pool.Ping, "temporal": a.pingTemporal})
	// The clock of an app may be set after it was opened.
	a.Metrics.WatchState(a.Pool, a.Zone, func() time.Time { return a.Now() })
	return a.Metrics.WatchPool(a.Pool)
}

// serveMetrics answers Prometheus until stop is called.
func (a *App) serveMetrics(version string) (stop func(), err error) {
	if a.Metrics == nil {
		return func() {}, nil
	}
	a.Metrics.SetVersion(version)
	address, stop, err := a.Metrics.Serve(a.Config.MetricsAddress)
	if err != nil {
		return nil, err
	}
	a.metricsListening = address
	slog.Info("metrics listening", "listen", address.String())
	return stop, nil
}

// MetricsURL is where Prometheus is answered once Serve has started, empty when it is nowhere.
func (a *App) MetricsURL() string {
	if a.metricsListening == nil {
		return ""
	}
	return "http://" + a.metricsListening.String() + telemetry.MetricsPath
}

// traced puts each request into a trace. Trusted proxies may bring the trace that it is part of.
func (a *App) traced(next http.Handler) http.Handler {
	return a.tracing.Handler(next, func(r *http.Request) bool {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		return err == nil && a.Config.Proxies.Trust(peer.Addr().Unmap())
	})
}

// stopTracing sends the last traces.
func (a *App) stopTracing() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if err := a.tracing.Stop(ctx); err != nil {
		slog.WarnContext(ctx, "traces are lost", "error", err)
	}
}
