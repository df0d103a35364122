package idempotency_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/money"
)

const key idempotency.Key = "demo-key-12345678"

type payload struct {
	InvoiceID string        `json:"invoice_id"`
	Amount    money.Amount  `json:"amount"`
	Date      calendar.Date `json:"date"`
	Note      *string       `json:"note"`
}

func newRequest(t require.TestingT, operation idempotency.Operation, payload any) idempotency.Request {
	request, err := idempotency.NewRequest(operation, key, payload)
	require.NoError(t, err)
	return request
}

func TestFingerprint_EqualPayloads(t *testing.T) {
	t.Parallel()
	note := func() *string { return new("cash") }
	first := payload{"i-1", 19_900, calendar.MustParse("2026-10-01"), note()}
	second := payload{"i-1", 19_900, calendar.NewDate(2026, 10, 1), note()}
	assert.Equal(t, newRequest(t, idempotency.Payment, first), newRequest(t, idempotency.Payment, second))
	assert.Equal(t, newRequest(t, idempotency.Payment, first), newRequest(t, idempotency.Payment, &second))
	assert.Equal(t,
		newRequest(t, idempotency.Payment, map[string]int{"a": 1, "b": 2, "c": 3}),
		newRequest(t, idempotency.Payment, map[string]int{"c": 3, "b": 2, "a": 1}))
	assert.Len(t, newRequest(t, idempotency.Payment, nil).Fingerprint, 32)
}

func TestFingerprint_ChangesWithPayload(t *testing.T) {
	t.Parallel()
	day := calendar.MustParse("2026-10-01")
	seen := map[string]any{}
	for _, value := range []any{
		payload{"i-1", 19_900, day, nil},
		payload{"i-2", 19_900, day, nil},
		payload{"i-1", 19_901, day, nil},
		payload{"i-1", 19_900, day.AddDays(1), nil},
		payload{"i-1", 19_900, day, new("")},
		payload{"i-1", 19_900, day, new("cash")},
		nil, "", 0, false,
		[]any{},
		map[string]any{},
	} {
		fingerprint := string(newRequest(t, idempotency.Payment, value).Fingerprint)
		other, taken := seen[fingerprint]
		assert.False(t, taken, "%#v and %#v have one fingerprint", other, value)
		seen[fingerprint] = value
	}
}

func TestFingerprint_DiffersExactlyWithPayload(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		anyPayload := rapid.Custom(func(t *rapid.T) payload {
			return payload{
				InvoiceID: rapid.StringMatching(`[ab]{0,2}`).Draw(t, "invoice"),
				Amount:    money.Amount(rapid.Int64Range(0, 2).Draw(t, "amount")),
				Date:      calendar.MustParse("2026-10-01").AddDays(rapid.IntRange(0, 1).Draw(t, "day")),
			}
		})
		a, b := anyPayload.Draw(t, "a"), anyPayload.Draw(t, "b")
		same := string(newRequest(t, idempotency.Payment, a).Fingerprint) == string(newRequest(t, idempotency.Payment, b).Fingerprint)
		require.Equal(t, a == b, same)
	})
}

func TestRequest_NamedByOperationAndKey(t *testing.T) {
	t.Parallel()
	request := newRequest(t, idempotency.BillingRun, "payload")
	assert.Equal(t, idempotency.BillingRun, request.Operation)
	assert.Equal(t, key, request.Key)
	assert.Equal(t, request.Fingerprint, newRequest(t, idempotency.Payment, "payload").Fingerprint)
	_, err := idempotency.NewRequest(idempotency.Provision, "", "payload")
	require.ErrorContains(t, err, "has no key")
}

func TestRequest_OperationScopesKey(t *testing.T) {
	t.Parallel()
	seen := map[idempotency.Operation]bool{}
	for _, operation := range []idempotency.Operation{
		idempotency.LandingNew, idempotency.PlanChange, idempotency.Provision, idempotency.BillingRun,
		idempotency.Payment, idempotency.ApprovePaid, idempotency.ContractDocument,
	} {
		assert.False(t, seen[operation], "two operations are called %s", operation)
		seen[operation] = true
	}
}

func TestRequest_JSONRoundTrip(t *testing.T) {
	t.Parallel()
	request := newRequest(t, idempotency.BillingRun, "payload")
	encoded, err := json.Marshal(request)
	require.NoError(t, err)
	var decoded idempotency.Request
	require.NoError(t, json.Unmarshal(encoded, &decoded))
	assert.Equal(t, request, decoded, "%s", encoded)
}

func TestNewRequest_RefusesNonJSON(t *testing.T) {
	t.Parallel()
	request, err := idempotency.NewRequest(idempotency.Payment, key, func() {})
	require.ErrorContains(t, err, "encode payload")
	assert.Equal(t, idempotency.Request{}, request)
}
