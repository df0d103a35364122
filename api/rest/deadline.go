package rest

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

type outerKey struct{}

// WithDeadline bounds the work on a request, a wait for a database connection included.
func WithDeadline(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	return context.WithValue(bounded, outerKey{}, ctx), cancel
}

// WithoutDeadline is the context without the bound, for the wait for a process, which has
// a bound of its own. It still ends when the caller goes away.
func WithoutDeadline(ctx context.Context) context.Context {
	if outer, bounded := ctx.Value(outerKey{}).(context.Context); bounded {
		return outer
	}
	return ctx
}

// deadlineExceeded reports whether a request failed because its time was up, rather than
// because the database could not be reached.
func deadlineExceeded(ctx context.Context, err error) bool {
	if _, unreachable := errors.AsType[*pgconn.ConnectError](err); unreachable {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded)
}
