package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// The codes of errors that no business rule causes.
const (
	codeNotFound         refusal.Code = "not_found"
	codeMethodNotAllowed refusal.Code = "method_not_allowed"
	codePayloadTooLarge  refusal.Code = "payload_too_large"
	codeRequestTimeout   refusal.Code = "request_timeout"
	codeRangeInvalid     refusal.Code = "range_not_satisfiable"
	codeInternal         refusal.Code = "internal_error"
	CodeUnavailable      refusal.Code = "service_unavailable"
	codeOverloaded       refusal.Code = "overloaded"
	codeDeadlineExceeded refusal.Code = "deadline_exceeded"
	codeURITooLong       refusal.Code = "uri_too_long"
	codeHeadersTooLarge  refusal.Code = "request_headers_too_large"
	// codeStale is answered while collection cases are not yet synced to the business day.
	codeStale refusal.Code = "collections_behind"
)

// retryAfterSeconds is the Retry-After of temporary errors.
const retryAfterSeconds = 2

// ErrorEnvelope is the body of every error.
type ErrorEnvelope struct {
	Detail ErrorDetail `json:"error"`

	status int
	format *ErrorFormat
}

// ErrorDetail describes an error to the caller.
type ErrorDetail struct {
	Code    refusal.Code   `json:"code" doc:"Stable error code." example:"offer_not_found"`
	Message string         `json:"message" doc:"Human-readable message." example:"Offer not found"`
	Details map[string]any `json:"details" doc:"Details named in the code's description, otherwise empty."`
	TraceID string         `json:"trace_id" doc:"The request's X-Request-ID."`
}

// Error implements error.
func (e *ErrorEnvelope) Error() string { return string(e.Detail.Code) + ": " + e.Detail.Message }

// GetStatus implements huma.StatusError.
func (e *ErrorEnvelope) GetStatus() int { return e.status }

// body returns the body in the format of the request's path.
func (e *ErrorEnvelope) body() any { return e.format.Body(e.status, e.Detail) }

// GetHeaders implements huma.HeadersError. Temporary errors have Retry-After.
func (e *ErrorEnvelope) GetHeaders() http.Header {
	header := e.format.headers(e.Detail.Code)
	switch e.status {
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	case http.StatusTooManyRequests:
		header.Set("Retry-After", fmt.Sprint(e.Detail.Details[detailRetryAfter]))
	}
	return header
}

// newEnvelope returns the envelope of a refusal; status is its default status.
func newEnvelope(ctx context.Context, status int, refused *refusal.Error) *ErrorEnvelope {
	format, details := requestErrorFormat(ctx), refused.Details
	if details == nil {
		details = map[string]any{}
	}
	noteCode(ctx, refused.Code)
	return &ErrorEnvelope{
		status: format.statusOf(status, refused), format: format,
		Detail: ErrorDetail{Code: refused.Code, Message: refused.Message, Details: details, TraceID: RequestID(ctx)},
	}
}

// PlainEnvelope returns an envelope without details.
func PlainEnvelope(ctx context.Context, status int, code refusal.Code, message string) *ErrorEnvelope {
	return newEnvelope(ctx, status, &refusal.Error{Code: code, Message: message})
}

// newErrorEnvelope converts any error of a handler to its envelope. A fault is logged and
// answered without its text.
func newErrorEnvelope(ctx context.Context, err error) *ErrorEnvelope {
	if refused := refusal.As(err); refused != nil {
		return newEnvelope(ctx, statusOf(refused.Code), refused)
	}
	if errors.Is(err, starter.ErrOverloaded) {
		return faultEnvelope(ctx, codeOverloaded)
	}
	if errors.Is(err, starter.ErrStale) {
		return faultEnvelope(ctx, codeStale)
	}
	if deadlineExceeded(ctx, err) {
		slog.WarnContext(ctx, "request took too long", LogRequestID, RequestID(ctx), "error", err)
		return faultEnvelope(ctx, codeDeadlineExceeded)
	}
	if errors.Is(err, starter.ErrUnavailable) || db.Unavailable(err) {
		slog.WarnContext(ctx, "Temporal or PostgreSQL is unavailable", LogRequestID, RequestID(ctx), "error", err)
		return faultEnvelope(ctx, CodeUnavailable)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return PlainEnvelope(ctx, http.StatusRequestTimeout, codeRequestTimeout, "The request was cancelled")
	}
	slog.ErrorContext(ctx, "request failed", LogRequestID, RequestID(ctx), "error", err)
	return faultEnvelope(ctx, codeInternal)
}

// humaError returns the envelope of an error that huma reports: a request that does not match its
// operation.
func humaError(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	requestCtx := context.Background()
	if ctx != nil {
		requestCtx = ctx.Context()
	}
	switch status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return newEnvelope(requestCtx, http.StatusUnprocessableEntity, refusal.Invalid(newProblems(message, errs)...))
	case http.StatusRequestEntityTooLarge:
		return faultEnvelope(requestCtx, codePayloadTooLarge)
	case http.StatusRequestTimeout:
		return faultEnvelope(requestCtx, codeRequestTimeout)
	case http.StatusInternalServerError:
		// Handlers return their own errors. This one is huma's own, for a body that could not be read.
		problem := refusal.Problem{Location: []any{"body"}, Message: "Body could not be read", Type: "body_unreadable"}
		return newEnvelope(requestCtx, http.StatusUnprocessableEntity, refusal.Invalid(problem))
	default:
		return newErrorEnvelope(requestCtx, errors.Join(append(errs, errors.New(message))...))
	}
}

// writeEnvelope answers outside of operations: in middleware, or if no route matches.
func writeEnvelope(w http.ResponseWriter, envelope *ErrorEnvelope) {
	for name, values := range envelope.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(envelope.status)
	// An error means that the client disconnected.
	_ = json.NewEncoder(w).Encode(envelope.body())
}

// OrNotFound replaces pgx.ErrNoRows by a refusal with the code.
func OrNotFound(err error, code refusal.Code) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal.New(code)
	}
	return err
}
