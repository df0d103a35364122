package apikey

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/identity"
)

// usePrecision is how exactly the last use of a key is known: the row is not written
// on every request.
const usePrecision = time.Minute

// The reasons why a key is not made or not revoked.
var (
	ErrNameTaken = errors.New("apikey: an unrevoked key has this name already")
	ErrNotFound  = errors.New("apikey: no unrevoked key has this name or id")
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// CreateInput says what a new key may do.
type CreateInput struct {
	Name  string
	Roles []string
	// Organisations are the organisations that the key may act for. An empty list means all.
	Organisations []string
	// Lifetime is after which time the key ends; 0 is never.
	Lifetime time.Duration
}

// Validate returns all that is wrong with the input.
func (in CreateInput) Validate() error {
	var problems []error
	if !nameForm.MatchString(in.Name) || uuid.Validate(in.Name) == nil {
		problems = append(problems, errors.New("apikey: a name is 1 to 64 of a-z, 0-9, '.', '_' and '-', begins with a letter or a digit, and is not a UUID"))
	}
	if len(in.Roles) == 0 {
		problems = append(problems, errors.New("apikey: a key needs a role"))
	}
	for _, role := range in.Roles {
		if !slices.Contains(identity.Roles, role) {
			problems = append(problems, fmt.Errorf("apikey: role %q is none of %s", role, strings.Join(identity.Roles, ", ")))
		}
	}
	for _, name := range in.Organisations {
		if !identity.ValidOrganisation(name) {
			problems = append(problems, fmt.Errorf("apikey: %q is not the name of an organisation", name))
		}
	}
	if in.Lifetime < 0 {
		problems = append(problems, errors.New("apikey: a key cannot end before it is made"))
	}
	return errors.Join(problems...)
}

// State is whether a key is good.
type State string

// The states of a key. Only an active one proves an identity.
const (
	Active  State = "active"
	Expired State = "expired"
	Revoked State = "revoked"
)

// StateOf returns the state of a key at an instant. A key ends at its expiry itself.
func StateOf(row dbsqlc.APIKey, now time.Time) State {
	switch {
	case row.RevokedAt != nil:
		return Revoked
	case row.ExpiresAt != nil && !now.Before(*row.ExpiresAt):
		return Expired
	default:
		return Active
	}
}

// Create makes a key. It returns ErrNameTaken if an unrevoked key, even an expired one, has the
// name. Only the returned value holds the secret.
func Create(ctx context.Context, tx dbsqlc.DBTX, input CreateInput, now time.Time) (Key, dbsqlc.APIKey, error) {
	if err := input.Validate(); err != nil {
		return Key{}, dbsqlc.APIKey{}, err
	}
	id := db.NewID()
	key := newKey(id)
	var expiresAt *time.Time
	if input.Lifetime > 0 {
		expiresAt = new(now.Add(input.Lifetime))
	}
	row, err := dbsqlc.New().APIKeyInsert(ctx, tx, dbsqlc.APIKeyInsertParams{
		ID: id, Name: input.Name, Roles: distinct(input.Roles), Organisations: distinct(input.Organisations), SecretHash: key.hash(), Now: now, ExpiresAt: expiresAt,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Key{}, dbsqlc.APIKey{}, ErrNameTaken
	}
	if err != nil {
		return Key{}, dbsqlc.APIKey{}, fmt.Errorf("apikey: create: %w", err)
	}
	return key, row, nil
}

// distinct sorts texts and leaves out repeated ones; nil stays nil.
func distinct(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

// List returns all keys, the revoked ones too, newest first.
func List(ctx context.Context, tx dbsqlc.DBTX) ([]dbsqlc.APIKey, error) {
	rows, err := dbsqlc.New().APIKeyList(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("apikey: list: %w", err)
	}
	return rows, nil
}

// Revoke ends the key with a name or an id for the next request of every process. It
// returns ErrNotFound when there is none or it was revoked before.
func Revoke(ctx context.Context, tx dbsqlc.DBTX, nameOrID string, now time.Time) (dbsqlc.APIKey, error) {
	params := dbsqlc.APIKeyRevokeParams{Now: &now, Name: &nameOrID}
	if id, err := uuid.Parse(nameOrID); err == nil {
		params.ID, params.Name = &id, nil
	}
	row, err := dbsqlc.New().APIKeyRevoke(ctx, tx, params)
	if errors.Is(err, pgx.ErrNoRows) {
		return dbsqlc.APIKey{}, ErrNotFound
	}
	if err != nil {
		return dbsqlc.APIKey{}, fmt.Errorf("apikey: revoke: %w", err)
	}
	return row, nil
}

// Authenticate returns the actor of a key. It returns identity.ErrInvalid for a key
// that is unknown, revoked, expired or has another secret.
func Authenticate(ctx context.Context, pool dbsqlc.DBTX, key Key, now time.Time) (identity.Actor, error) {
	row, err := dbsqlc.New().APIKeyGetByID(ctx, pool, key.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return identity.Actor{}, fmt.Errorf("%w: unknown API key", identity.ErrInvalid)
	}
	if err != nil {
		return identity.Actor{}, fmt.Errorf("apikey: read: %w", err)
	}
	if subtle.ConstantTimeCompare(key.hash(), row.SecretHash) != 1 {
		return identity.Actor{}, fmt.Errorf("%w: wrong secret of an API key", identity.ErrInvalid)
	}
	if state := StateOf(row, now); state != Active {
		return identity.Actor{}, fmt.Errorf("%w: %s API key", identity.ErrInvalid, state)
	}
	touch(ctx, pool, row, now)
	return identity.Actor{ID: identity.KeyActorPrefix + row.Name, Roles: row.Roles, Organisations: row.Organisations}, nil
}

// touch records the use of a key, at most once per usePrecision. A failure does not fail the
// request: the time of use only helps operators find unused keys. A replica records nothing.
func touch(ctx context.Context, pool dbsqlc.DBTX, row dbsqlc.APIKey, now time.Time) {
	before := now.Add(-usePrecision)
	if row.LastUsedAt != nil && !row.LastUsedAt.Before(before) {
		return
	}
	err := dbsqlc.New().APIKeyMarkUsed(ctx, pool, dbsqlc.APIKeyMarkUsedParams{Now: &now, ID: row.ID, Before: &before})
	if err != nil && !db.ReadOnly(err) {
		slog.WarnContext(ctx, "the use of an API key could not be noted", "key", row.ID, "error", err)
	}
}
