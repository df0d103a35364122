package app

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/telemetry"
)

const (
	masked = "***"
	// maxLogText bounds a text in a log, in bytes. Workflow ids hold keys that callers
	// choose; stacks are longer and hold no values.
	maxLogText = 1024
)

// personal names the attributes that are never shown: data of persons, and secrets.
var personal = map[string]bool{
	"cin": true, "client_cin": true, "full_name": true, "name": true, "client_name": true, "address": true,
	"client_address": true, "email": true, "phone": true, "contact_phone": true, "service_identifier": true, "number": true,
	"token": true, "lookup_token": true, "authorization": true, "password": true, "secret": true, "cookie": true,
	"query": true, "url": true, "body": true, "input": true, "result": true,
}

// long names the attributes that may be longer than others.
var long = map[string]bool{"stack": true, "PanicStack": true, "StackTrace": true}

// renamed gives the attributes of Temporal's SDK the names that all records have.
var renamed = map[string]string{"TraceID": telemetry.LogTraceID, "SpanID": telemetry.LogSpanID}

// redact keeps personal data out of every log record: it masks attributes by name and by
// type, and removes the values that PostgreSQL quotes from errors.
func redact(_ []string, attribute slog.Attr) slog.Attr {
	if personal[strings.ReplaceAll(strings.ToLower(attribute.Key), "-", "_")] {
		return slog.String(attribute.Key, masked)
	}
	if attribute.Key == "PanicError" && !strings.HasPrefix(attribute.Value.String(), "runtime error: ") {
		return slog.String(attribute.Key, masked) // The value of a panic may contain anything.
	}
	if name, other := renamed[attribute.Key]; other {
		attribute.Key = name
	}
	var text string
	switch value := attribute.Value.Any().(type) {
	case error:
		text = db.Scrub(value).Error()
	case string:
		text = value
	default:
		return maskByType(attribute, value)
	}
	if len(text) > maxLogText && !long[attribute.Key] {
		text = strings.ToValidUTF8(text[:maxLogText], "") + "…"
	}
	return slog.String(attribute.Key, text)
}

// maskByType shows what cannot be about a person: numbers, instants, days, ids, and texts
// of types of the program's own, which are codes and states. Of all else, such as a row of the
// database, an input or a list, the log gets the name of its type. A type that holds
// personal data and is worth a look masks itself by its LogValue, as phone.Number does.
func maskByType(attribute slog.Attr, value any) slog.Attr {
	switch value.(type) {
	case nil, time.Time, time.Duration, uuid.UUID, calendar.Date, calendar.Period, trace.TraceID, trace.SpanID, slog.Level, *slog.Source:
		return attribute
	}
	switch reflect.TypeOf(value).Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return attribute
	}
	return slog.String(attribute.Key, fmt.Sprintf("%T", value))
}
