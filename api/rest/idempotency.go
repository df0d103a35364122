package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows/starter"
)

// KeyParams are the headers of an operation that needs an Idempotency-Key.
type KeyParams struct {
	Key    string `header:"Idempotency-Key" required:"true" doc:"8 to 200 characters. Repeating a request with the same key and body returns the same answer." example:"demo-key-12345678"`
	Prefer string `header:"Prefer" doc:"wait=N limits the wait to N seconds; respond-async does not wait." example:"wait=30"`
}

// MaxWait is the longest wait that a caller may request.
const MaxWait = 60 * time.Second

// Wait returns how long the caller wants to wait (RFC 7240).
func (p KeyParams) Wait() time.Duration { return PreferredWait(p.Prefer) }

// PreferredWait parses the header Prefer. respond-async alone does not wait; together with wait=N it
// waits up to N seconds for the answer.
func PreferredWait(prefer string) time.Duration {
	wait := starter.DefaultWait
	for preference := range strings.SplitSeq(prefer, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(preference), "=")
		switch strings.ToLower(name) {
		case "respond-async":
			wait = 0
		case "wait":
			if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
				return time.Duration(min(seconds, int(MaxWait/time.Second))) * time.Second
			}
		}
	}
	return wait
}

// Accepted answers a request whose workflow is still running. It is not a failure, but handlers
// return it as an error because it replaces the operation's answer.
type Accepted struct {
	Status  string `json:"status" example:"running"`
	Message string `json:"message" example:"Accepted and still running: send the same request again for its answer"`

	location string
}

// Error implements error.
func (a *Accepted) Error() string { return a.Message }

// GetStatus implements huma.StatusError.
func (a *Accepted) GetStatus() int { return http.StatusAccepted }

// GetHeaders implements huma.HeadersError.
func (a *Accepted) GetHeaders() http.Header {
	return http.Header{"Location": {a.location}, "Retry-After": {strconv.Itoa(retryAfterSeconds)}}
}

// NewAccepted returns the answer 202; location is the path of the outcome.
func NewAccepted(location string) error {
	return &Accepted{
		Status:   "running",
		Message:  "Accepted and still running: repeat the request to get its answer",
		location: location,
	}
}

// refuseBlankKey refuses an empty key, which huma would treat as absent.
func refuseBlankKey(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if sent := r.Header.Values("Idempotency-Key"); len(sent) > 0 && strings.TrimSpace(sent[0]) == "" {
		writeEnvelope(w, newEnvelope(r.Context(), http.StatusBadRequest, refusal.New(refusal.IdempotencyKeyInvalid)))
		return
	}
	next(ctx)
}

// NewRequest validates the key and fingerprints the normalised payload.
func NewRequest(operation idempotency.Operation, key string, payload any) (idempotency.Request, error) {
	parsed, err := idempotency.ParseKey(key)
	if err != nil {
		return idempotency.Request{}, err
	}
	return idempotency.NewRequest(operation, parsed, payload)
}

// Run executes a workflow. If it does not finish in time, Run returns the answer 202 with its location.
func (a *API) Run(ctx context.Context, p starter.Execution, answer any) (replayed bool, err error) {
	outcome, err := a.Starter.Run(WithoutDeadline(ctx), p, answer)
	if errors.Is(err, starter.ErrPending) {
		return outcome.Replayed, NewAccepted(outcome.Location)
	}
	return outcome.Replayed, err
}
