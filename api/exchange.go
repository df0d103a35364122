package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

// exchange is what is known of a request once it is answered.
type exchange struct {
	http.ResponseWriter
	answerTimeout time.Duration

	status int
	bytes  int64
	actor  string
}

type exchangeKey struct{}

// WriteHeader implements http.ResponseWriter. From here on the caller has a bounded
// time to read its answer.
func (e *exchange) WriteHeader(status int) {
	if e.status == 0 && status >= http.StatusOK {
		e.status = status
		// Not every writer has deadlines; the server's own bound remains.
		_ = http.NewResponseController(e.ResponseWriter).SetWriteDeadline(time.Now().Add(e.answerTimeout))
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (e *exchange) Write(content []byte) (int, error) {
	if e.status == 0 {
		e.WriteHeader(http.StatusOK)
	}
	written, err := e.ResponseWriter.Write(content)
	e.bytes += int64(written)
	return written, err
}

// Unwrap gives http.ResponseController the writer beneath.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// accessLog writes one line for each request. It names the route by its pattern and
// the actor by a mask: paths and queries hold CINs and tokens, and an actor's id may
// be an e-mail address.
func accessLog(answerTimeout time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun := time.Now()
			done := &exchange{ResponseWriter: w, answerTimeout: answerTimeout}
			ctx := context.WithValue(r.Context(), exchangeKey{}, done)
			// The router fills in its context, which is there already.
			route := chi.RouteContext(ctx)
			defer func() { done.log(ctx, r.Method, route.RoutePattern(), time.Since(begun)) }()
			next.ServeHTTP(done, r.WithContext(ctx))
		})
	}
}

// unmatched stands for a route or a method that the API does not have.
const unmatched = "unmatched"

func (e *exchange) log(ctx context.Context, method, route string, took time.Duration) {
	level := slog.LevelInfo
	if route == "/livez" || route == "/readyz" {
		level = slog.LevelDebug // Probes come every few seconds.
	}
	if route == "" || route == "/*" {
		route = unmatched
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = unmatched
	}
	attributes := []slog.Attr{
		slog.String("method", method), slog.String("route", route), slog.Int("status", e.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", e.bytes),
		slog.String("trace_id", traceID(ctx)),
	}
	if e.actor != "" {
		attributes = append(attributes, slog.String("actor", e.actor))
	}
	slog.LogAttrs(ctx, level, "request", attributes...)
}

// noteActor keeps the actor of a request for the log.
func noteActor(ctx context.Context, mask func(id string) string) {
	done, known := ctx.Value(exchangeKey{}).(*exchange)
	if id := actorOf(ctx).ID; known && id != "" {
		done.actor = mask(id)
	}
}

// maskActor names an actor in logs: the same name for the same id in all processes
// that share the token secret, and nothing that leads back to the id without it.
func (s *Server) maskActor(id string) string {
	const visible = 6 // bytes
	mac := hmac.New(sha256.New, []byte(s.Config.TokenSecret))
	mac.Write([]byte("log/actor/" + id))
	return hex.EncodeToString(mac.Sum(nil)[:visible])
}
