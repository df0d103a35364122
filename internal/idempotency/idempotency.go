// Package idempotency gives the same request the same answer, exactly once.
//
// An operation and a key name an effect. The answer is stored in the effect's own
// transaction, with a fingerprint of the normalised request: the same request is
// answered from the store, another one under the same key is refused.
package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Operation scopes keys: one key may be used once in each operation.
type Operation string

// The operations that take an Idempotency-Key.
const (
	LandingNew Operation = "landing-new"
	PlanChange Operation = "plan-change"
	Provision  Operation = "provision"
	BillingRun Operation = "billing-run"
	Payment    Operation = "payment"
	// ApprovePaid is a payment of all that is outstanding.
	ApprovePaid Operation = "approve-paid"

	PaymentReversal Operation = "payment-reversal"
	InvoiceVoid     Operation = "invoice-void"

	// ContractDocument is keyed by the contract's id: its answer is the document itself.
	ContractDocument Operation = "contract-document"
)

const (
	minKeyLength = 8
	maxKeyLength = 200
)

// Key is a checked Idempotency-Key.
type Key string

// ParseKey trims and checks a key. It returns the refusal idempotency_key_invalid
// for fewer than 8 or more than 200 characters, or for an unprintable character.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	length := utf8.RuneCountInString(text)
	printable := utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
	if length < minKeyLength || length > maxKeyLength || !printable {
		return "", refusal.New(refusal.IdempotencyKeyInvalid)
	}
	return Key(text), nil
}

// Request identifies an idempotent request wherever it is handled.
type Request struct {
	Operation   Operation   `json:"operation"`
	Key         Key         `json:"key"`
	Fingerprint Fingerprint `json:"fingerprint"`
}

// Fingerprint is the SHA-256 of a normalised request.
type Fingerprint []byte

// NewRequest returns the request with an operation, a key, and a normalised payload: a
// value whose JSON is the same for requests that mean the same. The key must not be
// empty: without one, a repeated request would have its effect twice.
func NewRequest(operation Operation, key Key, payload any) (Request, error) {
	if key == "" {
		return Request{}, fmt.Errorf("idempotency: a %s request has no key", operation)
	}
	encoded, err := json.Marshal(payload)
	if err != nil {
		return Request{}, fmt.Errorf("idempotency: encode payload: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return Request{Operation: operation, Key: key, Fingerprint: sum[:]}, nil
}

// Load reads the stored answer into answer and reports whether there is one. It
// refuses with idempotency_key_payload_conflict when the key was used for a
// different request.
func Load(ctx context.Context, db dbsqlc.DBTX, request Request, answer any) (found bool, err error) {
	stored, err := dbsqlc.New().IdempotencyKeyGet(ctx, db, dbsqlc.IdempotencyKeyGetParams{
		Operation: string(request.Operation),
		Key:       string(request.Key),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("idempotency: load %s: %w", request.Operation, err)
	}
	if string(stored.Fingerprint) != string(request.Fingerprint) {
		return false, refusal.New(refusal.IdempotencyKeyPayloadConflict)
	}
	if err := json.Unmarshal(stored.Answer, answer); err != nil {
		return false, fmt.Errorf("idempotency: decode stored answer: %w", err)
	}
	return true, nil
}

// Save stores the answer. It must run in the transaction of the effect, so that either both
// exist or neither. If two transactions save one key at once, the primary key fails the second;
// its retry loads the answer of the first.
func Save(ctx context.Context, tx dbsqlc.DBTX, request Request, answer any, now time.Time) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("idempotency: encode answer: %w", err)
	}
	return dbsqlc.New().IdempotencyKeyInsert(ctx, tx, dbsqlc.IdempotencyKeyInsertParams{
		Operation:   string(request.Operation),
		Key:         string(request.Key),
		Fingerprint: request.Fingerprint,
		Answer:      encoded,
		Now:         now,
	})
}
