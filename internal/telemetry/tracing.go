package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// serviceName is what traces are found under unless OTEL_SERVICE_NAME says otherwise.
const serviceName = "mtf"

// propagator carries the ids of a trace alone. Baggage may hold whatever a caller likes,
// and would be written into the histories of workflows.
var propagator = propagation.TraceContext{}

// Tracing follows a request from the HTTP server through its workflow and the activities
// to the statements on PostgreSQL. The nil Tracing follows nothing and costs nothing.
type Tracing struct{ provider *sdktrace.TracerProvider }

// StartTracing sends traces where the OTEL_* variables of OpenTelemetry say, and returns
// nil when they name no collector. The caller stops it.
func StartTracing(ctx context.Context) (*Tracing, error) {
	if !wanted() {
		return nil, nil
	}
	exporter, err := newExporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("telemetry: OTEL_* settings: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", serviceName)),
		resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("telemetry: OTEL_* settings: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("traces are not sent", "error", err) }))
	return &Tracing{sdktrace.NewTracerProvider(sdktrace.WithBatcher(redactingExporter{exporter}), sdktrace.WithResource(described))}, nil
}

// wanted reports whether the environment names a collector.
func wanted() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// newExporter speaks the protocol that the environment asks for. All else, such as the
// address, headers and certificates, is read by the exporters themselves.
func newExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	protocol := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"))
	switch protocol {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	}
	return nil, fmt.Errorf("the protocol is %q: give http/protobuf or grpc", protocol)
}

// Stop exports the remaining spans until ctx ends.
func (t *Tracing) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("telemetry: the last traces are lost: %w", err)
	}
	return nil
}

// Handler starts a span for each request. The span of a trusted peer joins the caller's trace.
// Any other span starts a new trace, so that untrusted callers do not decide what is recorded.
func (t *Tracing) Handler(next http.Handler, trusted func(*http.Request) bool) http.Handler {
	if t == nil {
		return next
	}
	return otelhttp.NewHandler(next, "request",
		otelhttp.WithTracerProvider(t.provider), otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()), otelhttp.WithPropagators(propagator),
		otelhttp.WithFilter(func(r *http.Request) bool { return r.URL.Path != "/livez" && r.URL.Path != "/readyz" }),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return !trusted(r) }))
}

// NameRequest names the span of a request after its route is known. The name contains the
// pattern of the route, because a path may contain a CIN.
func NameRequest(ctx context.Context, method, route string) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetName(method + " " + route)
	span.SetAttributes(attribute.String("http.route", route))
}

// Interceptor returns the Temporal interceptor that propagates the trace from the starter of a
// workflow to the workflow and its activities. It uses headers and adds no steps, so histories
// stay the same. It is nil if tracing is off.
func (t *Tracing) Interceptor() (interceptor.Interceptor, error) {
	if t == nil {
		return nil, nil
	}
	traced, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.provider.Tracer("temporal-sdk-go"), TextMapPropagator: propagator, DisableBaggage: true,
		// An unreadable header must not fail a workflow.
		AllowInvalidParentSpans: true,
	})
	if err != nil {
		return nil, fmt.Errorf("telemetry: trace Temporal: %w", err)
	}
	return traced, nil
}

// Statements traces what a connection is asked within a trace, by the names of the queries
// and without their parameters. It is nil when there is no tracing.
func (t *Tracing) Statements() pgx.QueryTracer {
	if t == nil {
		return nil
	}
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(t.provider), otelpgx.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelpgx.WithDisableSQLStatementInAttributes(), otelpgx.WithDisableConnectionDetailsInAttributes(),
		otelpgx.WithSpanNameCtxFunc(queryName))
}

// queryName is the name that a query has in db/queries, or the first word of a statement
// that has none, such as BEGIN.
func queryName(ctx context.Context, statement string) string {
	if named, found := strings.CutPrefix(statement, "-- name: "); found {
		name, _, _ := strings.Cut(named, " ")
		return name
	}
	return otelpgx.SQLOperationName(ctx, statement)
}
