package config_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/token"
)

func TestRateLimitsAreOffWhereDemonstrationsRun(t *testing.T) {
	setenv(t, map[string]string{"MTF_RATE_LIMIT_VERIFY_PER_CIN": "3/1h"})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, ratelimit.Off, got.RateLimits.SubmitPerAddress)
	assert.Equal(t, ratelimit.Limit{Count: 3, Period: time.Hour}, got.RateLimits.VerifyPerCIN, "what is told is kept")
	assert.Positive(t, got.Admission.Interactive)
	assert.Positive(t, got.Admission.Billing)
	assert.Positive(t, got.HTTP.HeaderTimeout)
	assert.Less(t, got.HTTP.SyncTimeout, got.HTTP.RequestTimeout, "after the wait there is time to read")
	assert.Empty(t, got.Proxies.Trusted, "no proxy is trusted unless it is named")
}

func TestProductionHasLimitsOfItsOwn(t *testing.T) {
	production := map[string]string{
		"MTF_ENV": "production", "MTF_TOKEN_SECRET": strings.Repeat("s", token.MinSecretLength), "MTF_SELLER_NAME": "X SA",
		"MTF_NOTIFY": "log", "MTF_PAYLOAD_KEYS": payloadKey,
	}
	setenv(t, production)
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	for _, limit := range []ratelimit.Limit{
		got.RateLimits.VerifyPerAddress, got.RateLimits.VerifyPerCIN, got.RateLimits.SubmitPerAddress, got.RateLimits.SubmitPerCIN,
		got.RateLimits.LinkPerAddress, got.RateLimits.LinkPerCIN, got.RateLimits.DraftPerAddress, got.RateLimits.TokenPerAddress,
		got.RateLimits.ContractDocumentsPerAddress, got.RateLimits.LedgerPerAddress,
	} {
		assert.Positive(t, limit.Count)
	}
	production["MTF_RATE_LIMIT_TOKEN_PER_ADDRESS"] = "off"
	production["MTF_TRUSTED_PROXIES"] = "10.0.0.0/8,fd00::/8"
	production["MTF_FORWARDED_HEADER"] = "forwarded"
	production["MTF_HTTP_BODY_TIMEOUT"] = "1m"
	setenv(t, production)
	got, err = config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, ratelimit.Off, got.RateLimits.TokenPerAddress)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, got.Proxies.Trusted)
	assert.Equal(t, "Forwarded", got.Proxies.Header)
	assert.Equal(t, time.Minute, got.HTTP.BodyTimeout)
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, value := range map[string]string{
		"MTF_ADMISSION_LIMIT": "-1", "MTF_ADMISSION_LIMIT_BILLING": "-1", "MTF_ADMISSION_LIMIT_EXPORTS": "-1",
		"MTF_HTTP_REQUEST_TIMEOUT": "-1s", "MTF_HTTP_IDLE_TIMEOUT": "2h",
		"MTF_HTTP_SYNC_TIMEOUT": "10s",
		"MTF_FORWARDED_HEADER":  "X-Real-Ip", "MTF_TRUSTED_PROXIES": "10.0.0.1/99", "MTF_RATE_LIMIT_VERIFY_PER_CIN": "often",
	} {
		setenv(t, map[string]string{name: value})
		_, err := config.FromEnvironment()
		assert.Error(t, err, "%s=%s", name, value)
	}
}
