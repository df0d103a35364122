package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/process"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestACallerSaysHowLongItWaits(t *testing.T) {
	t.Parallel()
	for prefer, want := range map[string]time.Duration{
		"": process.DefaultWait, "return=minimal": process.DefaultWait, "respond-async": 0, "Respond-Async": 0, "wait=0": 0,
		"wait=5": 5 * time.Second, "WAIT=5": 5 * time.Second, " wait=5 ": 5 * time.Second, "return=minimal, wait=5": 5 * time.Second,
		"wait=60": maxWait, "wait=61": maxWait, "wait=86400": maxWait, "wait=9223372036": maxWait,
		"wait=9223372037": maxWait, "wait=36893488148": maxWait, "wait=9223372036854775807": maxWait,
		"wait": process.DefaultWait, "wait=": process.DefaultWait, "wait=soon": process.DefaultWait, "wait=-1": process.DefaultWait,
		"wait=1.5": process.DefaultWait, "wait=99999999999999999999": process.DefaultWait, "waiting=5": process.DefaultWait, ",,,": process.DefaultWait,
	} {
		assert.Equal(t, want, preferredWait(prefer), "Prefer: %s", prefer)
	}
}

func TestAKeyedRequestNeedsAGoodKey(t *testing.T) {
	t.Parallel()
	request, err := keyedRequest(idempotency.Payment, "  demo-key-12345678 ", map[string]any{"amount": "1.00"})
	assert.NoError(t, err)
	assert.Equal(t, idempotency.Key("demo-key-12345678"), request.Key)
	assert.Equal(t, idempotency.Payment, request.Operation)

	_, err = keyedRequest(idempotency.Payment, "short", nil)
	assert.ErrorIs(t, err, refusal.New(refusal.IdempotencyKeyInvalid))
}
