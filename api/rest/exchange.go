package rest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/telemetry"
)

// responseRecorder records the answer to a request.
type responseRecorder struct {
	http.ResponseWriter
	answerTimeout time.Duration

	status int
	bytes  int64
	actor  string
	// code is the code of the last error created for the request, which is the one answered.
	code refusal.Code
}

type recorderKey struct{}

// WriteHeader implements http.ResponseWriter. It starts the caller's time limit for reading the
// answer.
func (e *responseRecorder) WriteHeader(status int) {
	if e.status == 0 && status >= http.StatusOK {
		e.status = status
		// Without support for deadlines the server's own timeout applies.
		_ = http.NewResponseController(e.ResponseWriter).SetWriteDeadline(time.Now().Add(e.answerTimeout))
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (e *responseRecorder) Write(content []byte) (int, error) {
	if e.status == 0 {
		e.WriteHeader(http.StatusOK)
	}
	written, err := e.ResponseWriter.Write(content)
	e.bytes += int64(written)
	return written, err
}

// Unwrap gives http.ResponseController the writer beneath.
func (e *responseRecorder) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// accessLog logs every request with the pattern of its route and a mask of its actor, because paths
// and queries contain CINs and tokens, and an actor's id may be an e-mail address. Metrics and the
// request's span use the pattern too.
func accessLog(answerTimeout time.Duration, metrics *telemetry.Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun := time.Now()
			done := &responseRecorder{ResponseWriter: w, answerTimeout: answerTimeout}
			ctx := context.WithValue(r.Context(), recorderKey{}, done)
			// The router fills in this context later.
			route := chi.RouteContext(ctx)
			metrics.BeginRequest()
			defer func() {
				request := done.summary(r.Method, route.RoutePattern(), time.Since(begun))
				metrics.EndRequest(request)
				telemetry.NameRequest(ctx, request.Method, request.Route)
				done.log(ctx, request)
			}()
			next.ServeHTTP(done, r.WithContext(ctx))
		})
	}
}

// unmatched is the label of unknown routes and methods.
const unmatched = "unmatched"

// summary describes the finished request in low-cardinality values, for metrics.
func (e *responseRecorder) summary(method, route string, took time.Duration) telemetry.Request {
	if route == "" || route == "/*" {
		route = unmatched
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = unmatched
	}
	request := telemetry.Request{Method: method, Route: route, Status: e.status, Took: took}
	if e.status >= http.StatusBadRequest {
		request.Code = string(e.code)
	}
	return request
}

func (e *responseRecorder) log(ctx context.Context, request telemetry.Request) {
	level := slog.LevelInfo
	if request.Route == "/livez" || request.Route == "/readyz" {
		level = slog.LevelDebug // Probes come every few seconds.
	}
	attributes := []slog.Attr{
		slog.String("method", request.Method), slog.String("route", request.Route), slog.Int("status", request.Status),
		slog.Float64("duration_ms", float64(request.Took.Microseconds())/1000), slog.Int64("bytes", e.bytes),
		slog.String(LogRequestID, RequestID(ctx)),
	}
	if e.actor != "" {
		attributes = append(attributes, slog.String("actor", e.actor))
	}
	slog.LogAttrs(ctx, level, "request", attributes...)
}

// noteCode records the code of an error for the metrics.
func noteCode(ctx context.Context, code refusal.Code) {
	if done, known := ctx.Value(recorderKey{}).(*responseRecorder); known {
		done.code = code
	}
}

// noteActor records the actor of a request for the log.
func noteActor(ctx context.Context, mask func(id string) string) {
	done, known := ctx.Value(recorderKey{}).(*responseRecorder)
	if id := Caller(ctx).ID; known && id != "" {
		done.actor = mask(id)
	}
}

// MaskActor returns the pseudonym of an actor in logs. It is the same in all processes that share the
// token secret, and cannot be reversed without the secret.
func (a *API) MaskActor(id string) string {
	const visible = 6 // bytes
	mac := hmac.New(sha256.New, []byte(a.Config.TokenSecret))
	mac.Write([]byte("log/actor/" + id))
	return hex.EncodeToString(mac.Sum(nil)[:visible])
}
