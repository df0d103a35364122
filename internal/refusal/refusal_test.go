package refusal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestRefusal_HasMessageOfCode(t *testing.T) {
	t.Parallel()
	refused := refusal.New(refusal.OfferNotFound)
	assert.Equal(t, &refusal.Error{Code: "offer_not_found", Message: "Offer not found"}, refused)
	assert.Equal(t, "offer_not_found: Offer not found", refused.Error())
}

func TestWith_Copies(t *testing.T) {
	t.Parallel()
	plain := refusal.New(refusal.ClientCINConflict)
	first := plain.With("client_id", "c-1")
	second := first.With("client_id", "c-2")
	third := first.With("field", "cin")

	assert.Nil(t, plain.Details)
	assert.Equal(t, map[string]any{"client_id": "c-1"}, first.Details)
	assert.Equal(t, map[string]any{"client_id": "c-2"}, second.Details)
	assert.Equal(t, map[string]any{"client_id": "c-1", "field": "cin"}, third.Details)
	for _, refused := range []*refusal.Error{first, second, third} {
		assert.Equal(t, plain.Code, refused.Code)
		assert.Equal(t, plain.Message, refused.Message)
	}
}

func TestIs_ComparesCodes(t *testing.T) {
	t.Parallel()
	refused := refusal.New(refusal.OfferNotFound).With("offer_id", "o-1")
	assert.ErrorIs(t, refused, refusal.New(refusal.OfferNotFound))
	assert.ErrorIs(t, fmt.Errorf("find offer: %w", refused), refusal.New(refusal.OfferNotFound))
	assert.NotErrorIs(t, refused, refusal.New(refusal.OfferNotActive))
	assert.NotErrorIs(t, refused, errors.New("offer_not_found: Offer not found"))
	assert.NotErrorIs(t, io.EOF, refused)
}

func TestAs_FindsRefusalInChain(t *testing.T) {
	t.Parallel()
	refused := refusal.New(refusal.InvoiceVoid)
	for name, err := range map[string]error{
		"itself":        refused,
		"wrapped":       fmt.Errorf("pay: %w", refused),
		"wrapped twice": fmt.Errorf("api: %w", fmt.Errorf("pay: %w", refused)),
		"joined":        errors.Join(io.EOF, refused),
	} {
		assert.Same(t, refused, refusal.As(err), name)
	}
	for name, err := range map[string]error{
		"no error": nil, "a fault": io.EOF, "its text only": fmt.Errorf("pay: %v", refused),
	} {
		assert.Nil(t, refusal.As(err), name)
	}
}

func TestInvalid_ListsProblems(t *testing.T) {
	t.Parallel()
	name, fee := refusal.InBody("name", "too short"), refusal.InBody("monthly_fee", "must be positive")
	refused := refusal.Invalid(name, fee)
	require.Equal(t, refusal.ValidationError, refused.Code)
	assert.Equal(t, []refusal.Problem{name, fee}, refused.Details["errors"])

	encoded, err := json.Marshal(refused.Details)
	require.NoError(t, err)
	assert.JSONEq(t, `{"errors": [
		{"loc": ["body", "name"], "msg": "too short", "type": "value_error"},
		{"loc": ["body", "monthly_fee"], "msg": "must be positive", "type": "value_error"}
	]}`, string(encoded))
}
