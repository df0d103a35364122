// Package activities holds what workflows do to the world, one thing each: a
// database transaction, or a batch of documents.
//
// Activities are thin. They open a transaction, call the domain, and turn its
// refusals into Temporal's terms. Each one can be repeated at any point.
package activities

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/documents"
	"github.com/mtfacturation/mtf/internal/landing"
)

// Activities holds what the activities need; a worker registers one value of it.
type Activities struct {
	Pool      *pgxpool.Pool
	Documents *documents.Service
	Desk      *landing.Desk
	Seller    billing.Seller
	Zone      calendar.Zone
	// FaultyAttempts is how often a batch is tried that fails for another reason than an outage.
	FaultyAttempts int32
	Dunning        Dunning
	// StartMonth starts the run of a month, unless it was started.
	StartMonth func(ctx context.Context, month calendar.Period, terms billing.MonthlyTerms) (billing.MonthBilled, error)
	// Now tells the time, in UTC and whole microseconds as PostgreSQL keeps them.
	Now func() time.Time
}

// inTransaction runs work in one transaction. A refusal ends the workflow, any
// other error is retried.
func inTransaction[T any](ctx context.Context, a *Activities, work func(tx pgx.Tx, now time.Time) (T, error)) (T, error) {
	result, err := inTransactionAsIs(ctx, a, work)
	return result, applicationError(err)
}

// inTransactionAsIs is inTransaction with the error as it is, which says more than
// what Temporal is told.
func inTransactionAsIs[T any](ctx context.Context, a *Activities, work func(tx pgx.Tx, now time.Time) (T, error)) (T, error) {
	var result T
	err := db.InTransaction(ctx, a.Pool, func(tx pgx.Tx) (err error) {
		result, err = work(tx, a.Now())
		return err
	})
	return result, err
}
