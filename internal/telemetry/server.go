package telemetry

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// MetricsPath is where Prometheus finds the metrics.
const MetricsPath = "/metrics"

const (
	scrapeTimeout = 10 * time.Second
	// maxScrapes bounds how many scrapes are answered at once.
	maxScrapes = 4
)

// Serve answers Prometheus on a separate address, which must not be public, until stop is
// called. It returns the address that it listens on.
func (m *Metrics) Serve(address string) (listening net.Addr, stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("telemetry: the metrics cannot listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+MetricsPath, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// Report the available metrics if others fail.
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: faults{},
		MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
	}))
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 2 * scrapeTimeout, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	// It ends with Close alone.
	go func() { _ = server.Serve(listener) }()
	return listener.Addr(), func() { _ = server.Close() }, nil
}

// faults logs the errors of a scrape.
type faults struct{}

// Println implements promhttp.Logger.
func (faults) Println(values ...any) {
	slog.Warn("metrics are incomplete", "reason", fmt.Sprint(values...))
}
