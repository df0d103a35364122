package identity

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// refreshAge is the age at which keys are read again, so that withdrawn keys expire.
	refreshAge = 15 * time.Minute
	// staleAge is for how long keys still count whose source does not answer.
	staleAge = 24 * time.Hour
	// retryPause lies between two readings: tokens with invented key ids must not
	// make this program a burden on the issuer.
	retryPause = 10 * time.Second
	// loadTimeout bounds one reading, for which callers with an unknown key wait.
	loadTimeout = 5 * time.Second
)

// keys are the public keys of an issuer as they were read last.
type keys struct {
	load   func(context.Context) (jose.JSONWebKeySet, error)
	flight singleflight.Group

	mu     sync.Mutex
	set    jose.JSONWebKeySet
	loaded time.Time // The last reading that succeeded.
	tried  time.Time // The last reading.
	failed error     // Why the last reading failed.
}

// find returns the keys with an id. It reads the source for an unknown id, which is how it finds
// new keys. The error is ErrInvalid if there is no such key and ErrUnavailable if the source
// cannot be read.
func (k *keys) find(ctx context.Context, id string, now time.Time) ([]jose.JSONWebKey, error) {
	found, age := k.known(id, now)
	if len(found) > 0 && age < refreshAge {
		return found, nil
	}
	if len(found) > 0 && age < staleAge {
		// The caller does not wait, since its key is known. refresh logs its failure.
		go func() { _ = k.refresh(context.WithoutCancel(ctx), now) }()
		return found, nil
	}
	if err := k.refresh(ctx, now); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if found, _ = k.known(id, now); len(found) == 0 {
		return nil, invalid("unknown key")
	}
	return found, nil
}

func (k *keys) known(id string, now time.Time) ([]jose.JSONWebKey, time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.set.Key(id), now.Sub(k.loaded)
}

// refresh reads the keys, unless that was done a moment ago: then it returns what
// came of that. Callers at the same time share one reading.
func (k *keys) refresh(ctx context.Context, now time.Time) error {
	_, err, _ := k.flight.Do("", func() (any, error) {
		if pause, failed := k.attempt(now); pause {
			return nil, failed
		}
		// The reading is for all who wait: it outlives the caller that began it.
		loading, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		set, err := k.load(loading)
		if err != nil {
			slog.WarnContext(ctx, "the keys that sign identities could not be read", "error", err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.tried, k.failed = now, err
		if err == nil {
			k.set, k.loaded = set, now
		}
		return nil, err
	})
	return err
}

// attempt reports whether the last reading is too recent for another, and its error.
func (k *keys) attempt(now time.Time) (pause bool, failed error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	elapsed := now.Sub(k.tried)
	// A clock that was put back must not stop the readings.
	return elapsed >= 0 && elapsed < retryPause, k.failed
}
