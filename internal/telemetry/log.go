package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// The attributes of log records that name the span they were written in.
const (
	LogTraceID = "trace_id"
	LogSpanID  = "span_id"
)

// LogHandler adds the ids of the trace and the span to a record within a span.
func LogHandler(next slog.Handler) slog.Handler { return tracedHandler{next} }

type tracedHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h tracedHandler) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record = record.Clone()
		record.AddAttrs(slog.String(LogTraceID, span.TraceID().String()), slog.String(LogSpanID, span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h tracedHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return tracedHandler{h.Handler.WithAttrs(attributes)}
}

// WithGroup implements slog.Handler.
func (h tracedHandler) WithGroup(name string) slog.Handler {
	return tracedHandler{h.Handler.WithGroup(name)}
}
