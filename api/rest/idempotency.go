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

// MaxWait bounds what a caller may ask to wait for.
const MaxWait = 60 * time.Second

// Wait returns how long the caller wants to wait (RFC 7240).
func (p KeyParams) Wait() time.Duration { return PreferredWait(p.Prefer) }

// PreferredWait reads the header Prefer. respond-async alone does not wait; together
// with wait=N it asks for an answer within N seconds if there is one by then.
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

// Accepted is the answer to a request whose process is still running. It is no
// failure, but it travels where errors do: instead of the operation's answer.
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

// NewAccepted answers 202; location is where the caller finds the outcome.
func NewAccepted(location string) error {
	return &Accepted{
		Status:   "running",
		Message:  "Accepted and still running: repeat the request to get its answer",
		location: location,
	}
}

// refuseBlankKey keeps a key that is sent but empty from being taken for none.
func refuseBlankKey(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if sent := r.Header.Values("Idempotency-Key"); len(sent) > 0 && strings.TrimSpace(sent[0]) == "" {
		writeEnvelope(w, newEnvelope(r.Context(), http.StatusBadRequest, refusal.New(refusal.IdempotencyKeyInvalid)))
		return
	}
	next(ctx)
}

// NewRequest checks the key and fingerprints the normalised payload.
func NewRequest(operation idempotency.Operation, key string, payload any) (idempotency.Request, error) {
	parsed, err := idempotency.ParseKey(key)
	if err != nil {
		return idempotency.Request{}, err
	}
	return idempotency.NewRequest(operation, parsed, payload)
}

// Run carries out a process and answers 202 with its location when it is not done in time.
func (a *API) Run(ctx context.Context, p starter.Execution, answer any) (replayed bool, err error) {
	outcome, err := a.Starter.Run(WithoutDeadline(ctx), p, answer)
	if errors.Is(err, starter.ErrPending) {
		return outcome.Replayed, NewAccepted(outcome.Location)
	}
	return outcome.Replayed, err
}
