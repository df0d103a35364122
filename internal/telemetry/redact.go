package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// redactingExporter sends spans without personal data. Libraries write down what they see of a
// request and of an error; what may hold a CIN, a token, an address or a value of a row
// is left out here, once for all of them. The log has the errors, without their values.
type redactingExporter struct{ sdktrace.SpanExporter }

// personal are the attributes that are not sent: paths and queries hold CINs and tokens,
// and where a caller is and what they browse with is theirs. Texts of errors may quote rows.
var personal = map[attribute.Key]bool{
	"url.path": true, "url.query": true, "url.full": true, "url.fragment": true, "http.target": true, "http.url": true,
	"client.address": true, "client.port": true, "network.peer.address": true, "network.peer.port": true, "user_agent.original": true,
	"exception.message": true, "exception.stacktrace": true,
}

// ExportSpans implements sdktrace.SpanExporter.
func (e redactingExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	cleaned := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		cleaned[i] = cleanedSpan{span}
	}
	return e.SpanExporter.ExportSpans(ctx, cleaned)
}

type cleanedSpan struct{ sdktrace.ReadOnlySpan }

// Attributes implements sdktrace.ReadOnlySpan.
func (s cleanedSpan) Attributes() []attribute.KeyValue { return cleaned(s.ReadOnlySpan.Attributes()) }

// Events implements sdktrace.ReadOnlySpan.
func (s cleanedSpan) Events() []sdktrace.Event {
	events := append([]sdktrace.Event(nil), s.ReadOnlySpan.Events()...)
	for i := range events {
		events[i].Attributes = cleaned(events[i].Attributes)
	}
	return events
}

// Status implements sdktrace.ReadOnlySpan.
func (s cleanedSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

func cleaned(attributes []attribute.KeyValue) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(attributes))
	for _, a := range attributes {
		if !personal[a.Key] {
			kept = append(kept, a)
		}
	}
	return kept
}
