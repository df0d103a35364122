package rest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func TestACallerSaysHowLongItWaits(t *testing.T) {
	t.Parallel()
	for prefer, want := range map[string]time.Duration{
		"": starter.DefaultWait, "return=minimal": starter.DefaultWait, "respond-async": 0, "Respond-Async": 0, "wait=0": 0,
		"wait=5": 5 * time.Second, "WAIT=5": 5 * time.Second, " wait=5 ": 5 * time.Second, "return=minimal, wait=5": 5 * time.Second,
		"wait=60": MaxWait, "wait=61": MaxWait, "wait=86400": MaxWait, "wait=9223372036": MaxWait,
		"wait=9223372037": MaxWait, "wait=36893488148": MaxWait, "wait=9223372036854775807": MaxWait,
		"wait": starter.DefaultWait, "wait=": starter.DefaultWait, "wait=soon": starter.DefaultWait, "wait=-1": starter.DefaultWait,
		"wait=1.5": starter.DefaultWait, "wait=99999999999999999999": starter.DefaultWait, "waiting=5": starter.DefaultWait, ",,,": starter.DefaultWait,
	} {
		assert.Equal(t, want, PreferredWait(prefer), "Prefer: %s", prefer)
	}
}

func TestAKeyedRequestNeedsAGoodKey(t *testing.T) {
	t.Parallel()
	request, err := NewRequest(idempotency.Payment, "  demo-key-12345678 ", map[string]any{"amount": "1.00"})
	assert.NoError(t, err)
	assert.Equal(t, idempotency.Key("demo-key-12345678"), request.Key)
	assert.Equal(t, idempotency.Payment, request.Operation)

	_, err = NewRequest(idempotency.Payment, "short", nil)
	assert.ErrorIs(t, err, refusal.New(refusal.IdempotencyKeyInvalid))
}
