package telemetry

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// recorded is tracing whose spans are kept as they would be sent.
func recorded() (*Tracing, *tracetest.InMemoryExporter) {
	sent := tracetest.NewInMemoryExporter()
	return &Tracing{sdktrace.NewTracerProvider(sdktrace.WithSyncer(redactingExporter{sent}))}, sent
}

func TestSpansAreSentWithoutTextsOfErrors(t *testing.T) {
	t.Parallel()
	tracing, sent := recorded()
	ctx, span := tracing.provider.Tracer("test").Start(t.Context(), "outer")
	tracer := tracing.Statements()
	asked := tracer.TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{SQL: "-- name: ClientInsert :one\nINSERT", Args: []any{"SECRET"}})
	tracer.TraceQueryEnd(asked, nil, pgx.TraceQueryEndData{Err: &pgconn.PgError{Code: "23505", Message: "SECRET", Detail: "Key (cin)=(SECRET)"}})
	span.RecordError(errors.New("SECRET"))
	span.SetStatus(codes.Error, "SECRET")
	span.End()
	spans := sent.GetSpans()
	require.Len(t, spans, 2)
	require.Equal(t, "ClientInsert", spans[0].Name)
	require.Contains(t, spans[0].Attributes, attribute.String("pgx.sql_state", "23505"))
	for _, span := range spans {
		require.Equal(t, codes.Error, span.Status.Code)
		require.Empty(t, span.Status.Description)
		require.Len(t, span.Events, 1)
		require.NotEmpty(t, span.Events[0].Attributes, "the type of the error is told")
		for _, a := range append(span.Attributes, span.Events[0].Attributes...) {
			require.NotContains(t, a.Value.String(), "SECRET", a.Key)
		}
	}
}

func TestARequestIsNamedByItsRouteAndNotByWhatItAsks(t *testing.T) {
	t.Parallel()
	tracing, sent := recorded()
	handler := tracing.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		NameRequest(r.Context(), r.Method, "/clients/{cin}")
	}), func(*http.Request) bool { return false })
	request := httptest.NewRequest(http.MethodGet, "/clients/SECRET?token=SECRET", nil)
	request.Header.Set("User-Agent", "SECRET")
	handler.ServeHTTP(httptest.NewRecorder(), request)
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/readyz", nil))
	spans := sent.GetSpans()
	require.Len(t, spans, 1, "probes are not traced")
	require.Equal(t, "GET /clients/{cin}", spans[0].Name)
	require.Equal(t, trace.SpanKindServer, spans[0].SpanKind)
	require.Contains(t, spans[0].Attributes, attribute.String("http.route", "/clients/{cin}"))
	for _, a := range spans[0].Attributes {
		require.NotContains(t, a.Value.String(), "SECRET", a.Key)
		require.NotContains(t, a.Value.String(), "192.0.2.1", a.Key)
	}
}

func TestOnlyATrustedPeerBringsATrace(t *testing.T) {
	t.Parallel()
	const brought = "0af7651916cd43dd8448eb211c80319c"
	for _, trusted := range []bool{true, false} {
		tracing, sent := recorded()
		handler := tracing.Handler(http.NotFoundHandler(), func(*http.Request) bool { return trusted })
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Traceparent", "00-"+brought+"-b7ad6b7169203331-01")
		handler.ServeHTTP(httptest.NewRecorder(), request)
		require.Len(t, sent.GetSpans(), 1)
		require.Equal(t, trusted, sent.GetSpans()[0].SpanContext.TraceID().String() == brought)
	}
}

func TestWithoutACollectorThereIsNoTracing(t *testing.T) {
	for name, value := range map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": ""} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv(name, value)
			tracing, err := StartTracing(t.Context())
			require.NoError(t, err)
			require.Nil(t, tracing)
		})
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "telegraph")
	_, err := StartTracing(t.Context())
	require.ErrorContains(t, err, "telegraph")

	var off *Tracing
	require.NoError(t, off.Stop(t.Context()))
	require.Nil(t, off.Statements())
	interceptor, err := off.Interceptor()
	require.NoError(t, err)
	require.Nil(t, interceptor)
	handler := http.NewServeMux()
	require.Same(t, handler, off.Handler(handler, nil))
}
