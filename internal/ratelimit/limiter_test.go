package ratelimit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/ratelimit"
)

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func TestLimiter_AllowsExactlyTheLimit(t *testing.T) {
	t.Parallel()
	limiter := ratelimit.New(ratelimit.Limit{Count: 3, Period: time.Minute})
	for i := range 3 {
		_, allowed := limiter.Allow("a", noon)
		assert.True(t, allowed, "request %d", i)
	}
	wait, allowed := limiter.Allow("a", noon)
	assert.False(t, allowed)
	assert.Equal(t, 20*time.Second, wait, "a share of one request comes back after a third of the period")

	_, allowed = limiter.Allow("a", noon.Add(wait-time.Nanosecond))
	assert.False(t, allowed, "the wait is not over")
	_, allowed = limiter.Allow("a", noon.Add(wait))
	assert.True(t, allowed, "who waited as told is served")
	_, allowed = limiter.Allow("a", noon.Add(wait))
	assert.False(t, allowed)
}

func TestLimiter_KeysAreIndependent(t *testing.T) {
	t.Parallel()
	limiter := ratelimit.New(ratelimit.Limit{Count: 1, Period: time.Hour})
	served := 0
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		if _, allowed := limiter.Allow(key, noon); allowed {
			served++
		}
	}
	assert.GreaterOrEqual(t, served, 7, "two of eight keys share a slot once in two thousand times, three never do")
}

func TestLimiter_ConcurrentCallers(t *testing.T) {
	t.Parallel()
	limiter := ratelimit.New(ratelimit.Limit{Count: 50, Period: time.Hour})
	var served atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 100 {
				if _, allowed := limiter.Allow("a", noon); allowed {
					served.Add(1)
				}
			}
		})
	}
	callers.Wait()
	assert.EqualValues(t, 50, served.Load())
}

func TestLimiter_NilAllowsAll(t *testing.T) {
	t.Parallel()
	for _, limit := range []ratelimit.Limit{ratelimit.Off, {}} {
		limiter := ratelimit.New(limit)
		for range 1000 {
			_, allowed := limiter.Allow("a", noon)
			require.True(t, allowed)
		}
	}
}

func TestLimit_TextRoundTrip(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ratelimit.Limit{
		"10/1m": {Count: 10, Period: time.Minute}, " 1/1h30m ": {Count: 1, Period: 90 * time.Minute}, "off": ratelimit.Off, "0": ratelimit.Off,
		"1000000/24h": {Count: 1_000_000, Period: 24 * time.Hour},
	} {
		var got, again ratelimit.Limit
		require.NoError(t, got.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, got, text)
		assert.True(t, got.IsSet())
		require.NoError(t, again.UnmarshalText([]byte(got.String())), got.String())
		assert.Equal(t, got, again)
	}
	for _, text := range []string{"", "10", "10/", "/1m", "0/1m", "-1/1m", "1.5/1m", "10/0s", "10/-1s", "10/1", "10/25h", "1000001/1s", "many/1m", "10/1m/1m"} {
		var got ratelimit.Limit
		assert.Error(t, got.UnmarshalText([]byte(text)), text)
	}
	assert.False(t, ratelimit.Limit{}.IsSet())
}
