package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	headerRequestID    = "X-Request-ID"
	maxRequestIDLength = 128
)

// LogRequestID is the key of the request's id in logs.
const LogRequestID = "request_id"

type requestKey struct{}

// RequestID returns the id of the request, which errors repeat as trace_id.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// identify accepts the caller's X-Request-ID or generates one, and adds it to the answer. A generated
// id is the id of the request's trace, if there is one.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimSpace(r.Header.Get(headerRequestID))
		if id == "" || len(id) > maxRequestIDLength || !printable(id) {
			id = newRequestID(r.Context())
		}
		w.Header().Set(headerRequestID, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

func newRequestID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		return span.TraceID().String()
	}
	return uuid.NewString()
}

// recoverPanics answers a panic with the envelope and logs its stack.
func recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause)
			}
			slog.ErrorContext(r.Context(), "panic in a handler", LogRequestID, RequestID(r.Context()),
				"panic", panicText(cause), "stack", string(debug.Stack()))
			writeEnvelope(w, faultEnvelope(r.Context(), codeInternal))
		}()
		next.ServeHTTP(w, r)
	})
}

// panicText describes a panic. Only runtime errors are known not to quote the request; other panics
// are described by their type.
func panicText(cause any) string {
	if failure, ok := cause.(runtime.Error); ok {
		return failure.Error()
	}
	return fmt.Sprintf("%T", cause)
}

// repeatable are the query parameters with several values.
var repeatable = []string{"entity_id"}

// cleanURL refuses paths and queries with NUL characters or invalid UTF-8. It keeps the last value of
// repeated query parameters, except for repeatable ones.
func cleanURL(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if !storableText(r.URL.Path) {
			refuseURL(w, r, "path")
			return
		}
		if err != nil {
			refuseURL(w, r, "query")
			return
		}
		cleaned := url.Values{}
		for name, values := range query {
			// Some clients write a list as name[]=a&name[]=b.
			if list := strings.TrimSuffix(name, "[]"); slices.Contains(repeatable, list) {
				name = list
			} else {
				values = values[len(values)-1:]
			}
			if !storableText(name) || !storableText(strings.Join(values, "")) {
				refuseURL(w, r, "query")
				return
			}
			cleaned[name] = append(cleaned[name], values...)
		}
		r.URL.RawQuery = cleaned.Encode()
		next.ServeHTTP(w, r)
	})
}

// refuseURL reports invalid characters in the path or the query.
func refuseURL(w http.ResponseWriter, r *http.Request, location string) {
	problem := refusal.Problem{Location: []any{location}, Message: "URL contains characters that are not valid text", Type: "value_error"}
	writeEnvelope(w, newEnvelope(r.Context(), http.StatusUnprocessableEntity, refusal.Invalid(problem)))
}

func storableText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// noRoute answers requests to unknown paths.
func noRoute(w http.ResponseWriter, r *http.Request) {
	writeEnvelope(w, faultEnvelope(r.Context(), codeNotFound))
}

// noMethod answers requests with a method that the path does not have.
func noMethod(w http.ResponseWriter, r *http.Request) {
	writeEnvelope(w, faultEnvelope(r.Context(), codeMethodNotAllowed))
}
