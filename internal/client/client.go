package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Type is the kind of client.
type Type = vocabulary.ClientType

// The kinds of client.
const (
	TypeIndividual = vocabulary.ClientIndividual
	TypeBusiness   = vocabulary.ClientBusiness
)

// Status is the state of a client.
type Status = vocabulary.ClientStatus

// StatusActive is the state of a client who can subscribe.
const StatusActive = vocabulary.ClientActive

// MinCINLength is how many characters a CIN has at least.
const MinCINLength = 4

// NormaliseCIN trims a CIN and puts it in upper case, as it is stored.
func NormaliseCIN(cin string) string { return strings.ToUpper(strings.TrimSpace(cin)) }

// New is a client to be made. The CIN is normalised already.
type New struct {
	CIN        *string `json:"cin"`
	ClientType Type    `json:"client_type"`
	FullName   string  `json:"full_name"`
	Address    *string `json:"address"`
	Email      *string `json:"email"`
	Phone      *string `json:"phone"`
	Status     Status  `json:"status"`
}

// Create inserts a client. It refuses with client_cin_conflict, naming the client
// that has the CIN already.
func Create(ctx context.Context, tx pgx.Tx, input New, now time.Time) (dbsqlc.Client, error) {
	created, err := insert(ctx, tx, input, now)
	if errors.Is(err, pgx.ErrNoRows) {
		return created, Conflict(ctx, tx, *input.CIN)
	}
	return created, err
}

// FindOrCreate returns the client with the CIN of the input, locked, and creates the
// client if there is none. It fills only empty fields of an existing client, because
// knowing a CIN proves nothing.
func FindOrCreate(ctx context.Context, tx pgx.Tx, input New, now time.Time) (found dbsqlc.Client, created bool, err error) {
	found, err = insert(ctx, tx, input, now)
	if !errors.Is(err, pgx.ErrNoRows) {
		return found, true, err
	}
	found, err = dbsqlc.New().ClientLockByCIN(ctx, tx, input.CIN)
	if err != nil {
		return found, false, fmt.Errorf("client: lock by CIN: %w", err)
	}
	fills := found.Email == nil && input.Email != nil ||
		found.Address == nil && input.Address != nil ||
		found.Phone == nil && input.Phone != nil
	if !fills {
		return found, false, nil
	}
	found, err = dbsqlc.New().ClientFillEmpty(ctx, tx, dbsqlc.ClientFillEmptyParams{
		ID: found.ID, Email: input.Email, Address: input.Address, Phone: input.Phone, Now: now,
	})
	return found, false, err
}

// Lock returns a client and serialises what decides over them, without blocking
// readers. It refuses with client_not_found.
func Lock(ctx context.Context, tx dbsqlc.DBTX, id uuid.UUID) (dbsqlc.Client, error) {
	owner, err := dbsqlc.New().ClientLock(ctx, tx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return owner, refusal.New(refusal.ClientNotFound)
	}
	if err != nil {
		return owner, fmt.Errorf("client: lock: %w", err)
	}
	return owner, nil
}

// Conflict is the refusal that names the client with this CIN.
func Conflict(ctx context.Context, tx dbsqlc.DBTX, cin string) error {
	existing, err := dbsqlc.New().ClientGetByCIN(ctx, tx, &cin)
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal.New(refusal.ClientCINConflict) // It was deleted since.
	}
	if err != nil {
		return fmt.Errorf("client: find by CIN: %w", err)
	}
	return refusal.New(refusal.ClientCINConflict).With("client_id", existing.ID)
}

func insert(ctx context.Context, tx pgx.Tx, input New, now time.Time) (dbsqlc.Client, error) {
	return dbsqlc.New().ClientInsert(ctx, tx, dbsqlc.ClientInsertParams{
		ID: db.NewID(), CIN: input.CIN, ClientType: input.ClientType, FullName: input.FullName, Address: input.Address,
		Email: input.Email, Phone: input.Phone, Status: input.Status, Now: now,
	})
}
