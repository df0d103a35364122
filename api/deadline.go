package api

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

type patientKey struct{}

// hurry bounds the work on a request, a wait for a database connection included.
func hurry(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	hurried, cancel := context.WithTimeout(ctx, timeout)
	return context.WithValue(hurried, patientKey{}, ctx), cancel
}

// patient is the context without the bound, for the wait for a process, which has
// a bound of its own. It still ends when the caller goes away.
func patient(ctx context.Context) context.Context {
	if outer, hurried := ctx.Value(patientKey{}).(context.Context); hurried {
		return outer
	}
	return ctx
}

// outOfTime reports whether a request failed because its time was up, rather than
// because the database could not be reached.
func outOfTime(ctx context.Context, err error) bool {
	if _, unreachable := errors.AsType[*pgconn.ConnectError](err); unreachable {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded)
}
