package rest

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

type outerKey struct{}

// WithDeadline bounds the work on a request, including the wait for a database connection.
func WithDeadline(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	return context.WithValue(bounded, outerKey{}, ctx), cancel
}

// WithoutDeadline returns the context without the bound of WithDeadline, for waits with their own
// bound. It still ends when the caller disconnects.
func WithoutDeadline(ctx context.Context) context.Context {
	if outer, bounded := ctx.Value(outerKey{}).(context.Context); bounded {
		return outer
	}
	return ctx
}

// deadlineExceeded reports whether a request exceeded its deadline, as opposed to failing to connect
// to the database.
func deadlineExceeded(ctx context.Context, err error) bool {
	if _, unreachable := errors.AsType[*pgconn.ConnectError](err); unreachable {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded)
}
