package activities

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/landing"
)

// Activities holds the dependencies of the activities. A worker registers one value of it.
type Activities struct {
	Pool      *pgxpool.Pool
	Documents *documents.Service
	Landing   *landing.Service
	Seller    billing.Seller
	Zone      calendar.Zone
	// FaultyAttempts is the number of attempts of a batch that fails for another reason than an outage.
	FaultyAttempts int32
	Dunning        Dunning
	// StartMonth starts the billing run of a month, unless the month has one.
	StartMonth func(ctx context.Context, month calendar.Period, terms billing.MonthlyTerms) (billing.MonthBilled, error)
	// Now returns the current time in UTC, in whole microseconds, the precision of PostgreSQL.
	Now func() time.Time
}

// inTransaction runs work in one transaction. A refusal is not retried; any other error is.
func inTransaction[T any](ctx context.Context, a *Activities, work func(tx pgx.Tx, now time.Time) (T, error)) (T, error) {
	result, err := inTransactionRaw(ctx, a, work)
	return result, applicationError(err)
}

// inTransactionRaw is like inTransaction but returns the original error, which has more detail than
// the error that Temporal stores.
func inTransactionRaw[T any](ctx context.Context, a *Activities, work func(tx pgx.Tx, now time.Time) (T, error)) (T, error) {
	var result T
	err := db.InTransaction(ctx, a.Pool, func(tx pgx.Tx) (err error) {
		result, err = work(tx, a.Now())
		return err
	})
	return result, err
}

// act returns what an actor does now, on the business day of that instant.
func (a *Activities) act(id actor.ID, now time.Time) actor.Act {
	return actor.Act{Actor: id, Today: a.Zone.DateAt(now), Now: now}
}
