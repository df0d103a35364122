package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// maxAttempts bounds how often a transaction is repeated after it lost a race.
	maxAttempts = 8
	firstPause  = 5 * time.Millisecond
)

// InTransaction runs work in one transaction and commits when it returns nil.
//
// A transaction that lost a race (a deadlock, a serialisation failure, or a
// second writer of the same idempotency key) is repeated from the start, so work
// must not keep state between calls. A violated constraint that expresses a
// business rule is returned as its refusal; any other error is returned unchanged.
func InTransaction(ctx context.Context, pool *pgxpool.Pool, work func(tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := pgx.BeginFunc(ctx, pool, work)
		if err == nil {
			return nil
		}
		if !LostRace(err) || attempt == maxAttempts {
			return Translate(err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// LostRace reports whether the same transaction may succeed when it is repeated.
func LostRace(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	switch failure.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	return repeatable[failure.ConstraintName]
}

// Unavailable reports whether an error says that the database cannot be reached or
// takes no more work now, rather than anything about the work itself.
func Unavailable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if ReadOnly(err) {
		return true
	}
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch failure.Code[:2] {
		case "08", "53", "57": // connection_exception, insufficient_resources, operator_intervention
			return true
		}
	}
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// ReadOnly reports whether an error says that this server takes no writes: it is a
// replica, or has become one.
func ReadOnly(err error) bool {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	return ok && failure.Code == "25006" // read_only_sql_transaction
}

// pause waits with full jitter, longer after every attempt.
func pause(ctx context.Context, attempt int) error {
	limit := firstPause << (attempt - 1)
	timer := time.NewTimer(rand.N(limit) + time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("db: waiting to repeat a transaction: %w", ctx.Err())
	}
}
