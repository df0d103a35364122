package telemetry

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"

	"github.com/mtfacturation/mtf/internal/money"
)

// durations are the bounds of the buckets of all histograms, in seconds: from a read by
// index to the longest wait for a process.
var durations = []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// Metrics collects what one process does. Its methods are safe for concurrent use, and
// the nil Metrics collects nothing.
type Metrics struct {
	registry *prometheus.Registry
	// meters collects the metrics of libraries that use OpenTelemetry.
	meters *sdkmetric.MeterProvider

	inFlight      prometheus.Gauge
	requests      *prometheus.CounterVec
	durations     *prometheus.HistogramVec
	errors        *prometheus.CounterVec
	payments      *prometheus.CounterVec
	paid          *prometheus.CounterVec
	documents     *prometheus.CounterVec
	storeErrors   *prometheus.CounterVec
	notifications *prometheus.CounterVec
}

// NewMetrics returns the metrics of a process: those of the Go runtime and of the process
// itself to begin with.
func NewMetrics() (*Metrics, error) {
	registry := prometheus.NewRegistry()
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(registry), otelprometheus.WithoutScopeInfo(), otelprometheus.WithoutTargetInfo())
	if err != nil {
		return nil, fmt.Errorf("telemetry: export meters: %w", err)
	}
	m := &Metrics{
		registry: registry,
		meters: sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithView(sdkmetric.NewView(
			sdkmetric.Instrument{Kind: sdkmetric.InstrumentKindHistogram},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationExplicitBucketHistogram{Boundaries: durations}},
		))),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mtf_http_requests_in_flight", Help: "Requests that are being answered.",
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_http_requests_total", Help: "Requests that were answered, by route and class of status.",
		}, []string{"method", "route", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mtf_http_request_duration_seconds", Help: "How long requests took, the wait for a process included.", Buckets: durations,
		}, []string{"method", "route"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_http_errors_total",
			Help: "Answers that were errors, by their code: overloaded is a refusal of admission, rate_limited one of a rate limit.",
		}, []string{"route", "code"}),
		payments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_payments_total", Help: "Payments that this process recorded or reversed.",
		}, []string{"kind"}),
		paid: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_payments_centimes_total", Help: "The total of those payments, in centimes.",
		}, []string{"kind"}),
		documents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_documents_stored_total", Help: "Documents that this process made and stored, those made again included.",
		}, []string{"type"}),
		storeErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_document_store_errors_total", Help: "Calls of the document store that failed.",
		}, []string{"operation"}),
		notifications: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mtf_notification_attempts_total",
			Help: "Attempts at sending a message: sent, refused for good, or failed for now.",
		}, []string{"result"}),
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.inFlight, m.requests, m.durations, m.errors, m.payments, m.paid, m.documents, m.storeErrors, m.notifications)
	m.begin()
	return m, nil
}

// begin has the series of short lists start at zero, so that their first increase shows.
func (m *Metrics) begin() {
	for vector, values := range map[*prometheus.CounterVec][]string{
		m.payments: {kindPayment, kindReversal}, m.paid: {kindPayment, kindReversal},
		m.documents: {documentInvoice, documentContract}, m.storeErrors: {storeGet, storePut},
		m.notifications: {notificationSent, notificationRefused, notificationFailed},
	} {
		for _, value := range values {
			vector.WithLabelValues(value)
		}
	}
}

// SetVersion publishes the version of the program.
func (m *Metrics) SetVersion(version string) {
	if m == nil {
		return
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "mtf_build_info", Help: "1, with the version of the program and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(info)
}

// WatchPool publishes the state of a pool of database connections.
func (m *Metrics) WatchPool(pool *pgxpool.Pool) error {
	if m == nil {
		return nil
	}
	if err := otelpgx.RecordStats(pool, otelpgx.WithStatsMeterProvider(m.meters)); err != nil {
		return fmt.Errorf("telemetry: watch pool: %w", err)
	}
	return nil
}

// Temporal returns what Temporal's SDK counts with, nil for nothing.
func (m *Metrics) Temporal() client.MetricsHandler {
	if m == nil {
		return nil
	}
	return opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter:                m.meters.Meter("temporal-sdk-go"),
		OnError:              func(err error) { slog.Warn("a metric of Temporal's SDK is not counted", "error", err) },
		UseMonotonicCounters: true,
	})
}

// Request is an HTTP request that was answered.
type Request struct {
	// Method is one of HTTP's own; Route is the pattern of the route, never the path.
	Method, Route string
	Status        int
	// Code is the error code of the answer, or empty if the answer is not an error.
	Code string
	Took time.Duration
}

// BeginRequest counts a request that is being answered, until EndRequest.
func (m *Metrics) BeginRequest() {
	if m != nil {
		m.inFlight.Inc()
	}
}

// EndRequest counts a request that was answered.
func (m *Metrics) EndRequest(r Request) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	m.requests.WithLabelValues(r.Method, r.Route, class(r.Status)).Inc()
	m.durations.WithLabelValues(r.Method, r.Route).Observe(r.Took.Seconds())
	if r.Code != "" {
		m.errors.WithLabelValues(r.Route, r.Code).Inc()
	}
}

// class is the class of a status: "2xx". No status was sent when the caller was gone.
func class(status int) string {
	if status == 0 {
		return "none"
	}
	return fmt.Sprintf("%dxx", status/100)
}

const (
	kindPayment  = "payment"
	kindReversal = "reversal"
)

// CountPayment counts a payment that was committed, or with a negative amount its reversal.
// Zero counts nothing.
func (m *Metrics) CountPayment(amount money.Amount) {
	if m == nil || amount == 0 {
		return
	}
	kind := kindPayment
	if amount < 0 {
		kind, amount = kindReversal, -amount
	}
	m.payments.WithLabelValues(kind).Inc()
	m.paid.WithLabelValues(kind).Add(float64(amount))
}
