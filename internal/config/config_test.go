package config_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/notify"
	"github.com/mtfacturation/mtf/internal/token"
)

// setenv sets the program's variables to the given ones and unsets all others.
func setenv(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "MTF_") || name == "DATABASE_URL" {
			t.Setenv(name, "") // Registers the restoration of the value.
			require.NoError(t, os.Unsetenv(name))
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

func TestAnEmptyEnvironmentIsALocalOne(t *testing.T) {
	setenv(t, nil)
	got, err := config.FromEnvironment()
	require.NoError(t, err)

	assert.Equal(t, config.Local, got.Environment)
	assert.True(t, got.Environment.TrustsCallers())
	assert.Equal(t, "127.0.0.1:8000", got.HTTPAddress)
	assert.Equal(t, config.Off, got.MetricsAddress)
	assert.Equal(t, "Africa/Casablanca", got.TimeZone)
	assert.Equal(t, filepath.Join(".data", "documents"), got.DocumentsDirectory)
	assert.Equal(t, config.Billing{
		ChunkClients: 1000, Concurrency: 2, MaxGrowth: 3, MinInvoices: 1000, FaultyAttempts: 10,
	}, got.Billing)
	assert.Equal(t, "5 0 * * *", got.Collections.SyncCron)
	assert.Equal(t, "MTF", got.Seller.Code)
	assert.Equal(t, "FA", got.Seller.NumberPrefix)
	assert.Equal(t, "{prefix}-{year}-{sequence:7}", got.Seller.NumberFormat)
	assert.Equal(t, []string{"12, avenue Mohammed V", "10000 Rabat, Maroc"}, got.Seller.AddressLines)
	assert.Empty(t, got.CORSOrigins)
	assert.Equal(t, []string{"mtf"}, got.Organisations)
	assert.NotEmpty(t, got.TokenSecret, "tokens are signed locally too")
	assert.ErrorContains(t, got.RequireDatabase(), "DATABASE_URL")
}

// payloadKey is what every environment other than local and test must have.
const payloadKey = "2026-11:c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M="

func TestOnlyLocalAndTestDoWithoutEncryption(t *testing.T) {
	for environment, required := range map[string]bool{"local": false, "test": false, "production": true, "staging": true} {
		set := map[string]string{
			"MTF_ENV": environment, "MTF_TOKEN_SECRET": strings.Repeat("s", token.MinSecretLength), "MTF_SELLER_NAME": "X SA", "MTF_NOTIFY": "log",
		}
		setenv(t, set)
		got, err := config.FromEnvironment()
		if required {
			assert.ErrorContains(t, err, "MTF_PAYLOAD_KEYS must be set", environment)
		} else if assert.NoError(t, err, environment) {
			assert.True(t, got.PayloadKeys.Empty())
		}
		set["MTF_PAYLOAD_KEYS"] = payloadKey
		setenv(t, set)
		got, err = config.FromEnvironment()
		require.NoError(t, err, environment)
		assert.False(t, got.PayloadKeys.Empty())
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", got, got, got), "c3Nz", "printed settings show the key")
	}
	setenv(t, map[string]string{"MTF_PAYLOAD_KEYS": "2026-11:c3Nzc3Nz"})
	_, err := config.FromEnvironment()
	assert.ErrorContains(t, err, "PayloadKeys")
	assert.ErrorContains(t, err, "32 bytes in base64")
	assert.NotContains(t, err.Error(), "c3Nz", "an error must not show the key")
}

func TestTheEnvironmentSetsEverySetting(t *testing.T) {
	secret := strings.Repeat("s", token.MinSecretLength)
	setenv(t, map[string]string{
		"MTF_ENV": "production", "DATABASE_URL": "postgres://mtf@db/mtf", "MTF_HTTP_ADDR": ":8000", "MTF_METRICS_ADDR": ":9464", "MTF_TIME_ZONE": "UTC",
		"MTF_PAYLOAD_KEYS": "old:" + strings.TrimPrefix(payloadKey, "2026-11:") + "," + payloadKey,
		"MTF_TOKEN_SECRET": secret, "MTF_DATA_DIR": "/data", "MTF_DOCUMENTS_DIR": "/documents",
		"MTF_CORS_ORIGINS": "https://a.example,https://b.example", "MTF_ORGANISATIONS": "operator,Operator.Business", "MTF_BILLING_CHUNK_CLIENTS": "250", "MTF_BILLING_CONCURRENCY": "8",
		"MTF_BILLING_MAX_GROWTH": "2.5", "MTF_BILLING_MAX_GROWTH_MIN_INVOICES": "10", "MTF_BILLING_MAX_TOTAL": "1000000", "MTF_BILLING_FAULTY_ATTEMPTS": "4",
		"MTF_COLLECTIONS_SYNC_CRON": "30 1 * * *",
		"MTF_INVOICE_NUMBER_FORMAT": "{year}/{prefix}/{sequence:6}",
		"MTF_NOTIFY":                "smtp", "MTF_NOTIFY_FROM": "Facturation <facturation@x.example>", "MTF_NOTIFY_SMTP_ADDR": "mail.x.example:465",
		"MTF_NOTIFY_SMTP_TLS": "implicit", "MTF_NOTIFY_SMTP_USER": "mtf", "MTF_NOTIFY_SMTP_PASSWORD": "secret", "MTF_NOTIFY_SMTP_TIMEOUT": "10s",
		"MTF_NOTIFY_CONCURRENCY": "8", "MTF_NOTIFY_LOG_FILE": "/log", "MTF_DUNNING_SEND_AFTER": "10h30m", "MTF_DUNNING_SPREAD": "2h",
		"MTF_DUNNING_STARTS_PER_SECOND": "20",
		"MTF_SELLER_CODE":               "X", "MTF_INVOICE_NUMBER_PREFIX": "XF", "MTF_SELLER_NAME": "X SA", "MTF_SELLER_ADDRESS": "one|two, three",
	})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.NoError(t, got.RequireDatabase())
	assert.False(t, got.Environment.TrustsCallers())
	assert.Equal(t, secret, got.TokenSecret)
	assert.Equal(t, "payload keys [old 2026-11]", got.PayloadKeys.String())
	assert.Equal(t, "UTC", got.TimeZone)
	assert.Equal(t, ":9464", got.MetricsAddress)
	assert.Equal(t, "/documents", got.DocumentsDirectory)
	assert.Equal(t, []string{"https://a.example", "https://b.example"}, got.CORSOrigins)
	assert.Equal(t, []string{"operator", "Operator.Business"}, got.Organisations)
	assert.Equal(t, config.Billing{
		ChunkClients: 250, Concurrency: 8, MaxGrowth: 2.5, MinInvoices: 10, MaxTotal: 1_000_000, FaultyAttempts: 4,
	}, got.Billing)
	assert.Equal(t, config.Collections{SyncCron: "30 1 * * *"}, got.Collections)
	assert.Equal(t, config.Seller{
		Code: "X", NumberPrefix: "XF", NumberFormat: "{year}/{prefix}/{sequence:6}", Name: "X SA", AddressLines: []string{"one", "two, three"},
	}, got.Seller)
	assert.Equal(t, got.Seller.AddressLines, got.Seller.Letterhead().AddressLines)
	assert.Equal(t, config.Dunning{Enabled: true, From: 10*time.Hour + 30*time.Minute, Spread: 2 * time.Hour, StartsPerSecond: 20}, got.Dunning)
	assert.Equal(t, config.NotifyBySMTP, got.Notify.By)
	assert.Equal(t, "/log", got.Notify.LogFile)
	assert.Equal(t, 8, got.Notify.Concurrency)
	assert.Equal(t, notify.SMTPSettings{
		Address: "mail.x.example:465", TLS: notify.ImplicitTLS, User: "mtf", Password: "secret", From: "Facturation <facturation@x.example>",
		Timeout: 10 * time.Second,
	}, got.Notify.SMTP())
}

func TestDocumentsAreKeptInTheDataDirectory(t *testing.T) {
	setenv(t, map[string]string{"MTF_DATA_DIR": "/srv/mtf"})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, "/srv/mtf/documents", got.DocumentsDirectory)
}

func TestOnlyLocalAndTestDoWithoutATokenSecret(t *testing.T) {
	short, long := strings.Repeat("s", token.MinSecretLength-1), strings.Repeat("s", token.MinSecretLength)
	for _, c := range []struct {
		environment, secret string
		refused             bool
	}{
		{"local", "", false},
		{"test", "", false},
		{"local", "x", false},
		{"production", "", true},
		{"production", short, true},
		{"production", long, false},
		{"staging", "", true},
		{"Local", "", true},
		{"LOCAL", short, true},
		{"local ", "", true},
		{"anything", long, false},
	} {
		setenv(t, map[string]string{"MTF_ENV": c.environment, "MTF_TOKEN_SECRET": c.secret, "MTF_SELLER_NAME": "X SA", "MTF_NOTIFY": "log", "MTF_PAYLOAD_KEYS": payloadKey})
		got, err := config.FromEnvironment()
		if !c.refused {
			assert.NoError(t, err, "%+v", c)
			assert.NotEmpty(t, got.TokenSecret, "%+v", c)
			continue
		}
		if assert.ErrorContains(t, err, "MTF_TOKEN_SECRET", "%+v", c) && c.secret != "" {
			assert.NotContains(t, err.Error(), c.secret, "an error must not show the secret")
		}
	}
}

func TestTheLocalSecretIsNoSecretInProduction(t *testing.T) {
	setenv(t, nil)
	local, err := config.FromEnvironment()
	require.NoError(t, err)

	setenv(t, map[string]string{"MTF_ENV": "production", "MTF_TOKEN_SECRET": local.TokenSecret, "MTF_SELLER_NAME": "X SA", "MTF_NOTIFY": "log", "MTF_PAYLOAD_KEYS": payloadKey})
	_, err = config.FromEnvironment()
	assert.ErrorContains(t, err, "MTF_TOKEN_SECRET", "anybody can read the local secret in the source")
}

func TestAllBadValuesAreReportedAtOnce(t *testing.T) {
	setenv(t, map[string]string{
		"MTF_ENV": "production", "MTF_TIME_ZONE": "Africa/Atlantis", "MTF_BILLING_CHUNK_CLIENTS": "0", "MTF_BILLING_CONCURRENCY": "65",
		"MTF_SELLER_ICE": "1", "MTF_METRICS_ADDR": "9464",
	})
	_, err := config.FromEnvironment()
	for _, want := range []string{"MTF_TOKEN_SECRET", "Africa/Atlantis", "MTF_BILLING_CHUNK_CLIENTS", "MTF_BILLING_CONCURRENCY", "MTF_SELLER_NAME", "MTF_SELLER_ICE", "MTF_METRICS_ADDR"} {
		assert.ErrorContains(t, err, want)
	}

	setenv(t, map[string]string{"MTF_BILLING_CHUNK_CLIENTS": "many", "MTF_BILLING_CONCURRENCY": "2.5"})
	_, err = config.FromEnvironment()
	for _, want := range []string{"ChunkClients", "Concurrency"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestBillingLimitsAreInclusive(t *testing.T) {
	for _, c := range []struct {
		chunk       int32
		concurrency int
		refused     bool
	}{
		{1, 1, false}, {10_000, 64, false}, {0, 1, true}, {10_001, 1, true}, {-1, 1, true}, {1, 0, true}, {1, 65, true},
	} {
		setenv(t, nil)
		settings, err := config.FromEnvironment()
		require.NoError(t, err)
		settings.Billing = config.Billing{ChunkClients: c.chunk, Concurrency: c.concurrency, FaultyAttempts: 1}
		_, err = settings.Complete()
		assert.Equal(t, c.refused, err != nil, "%+v: %v", c, err)
	}
}

func TestBillingBoundsAreNotNegative(t *testing.T) {
	for _, change := range []func(b *config.Billing){
		func(b *config.Billing) { b.MaxGrowth = -1 }, func(b *config.Billing) { b.MinInvoices = -1 },
		func(b *config.Billing) { b.MaxTotal = -1 }, func(b *config.Billing) { b.MaxTotal = math.MaxInt64 },
		func(b *config.Billing) { b.FaultyAttempts = 0 },
	} {
		setenv(t, nil)
		settings, err := config.FromEnvironment()
		require.NoError(t, err)
		change(&settings.Billing)
		_, err = settings.Complete()
		assert.Error(t, err, "%+v", settings.Billing)
	}
}

func TestAnInvoiceNumberHasItsYearAndSequence(t *testing.T) {
	for _, format := range []string{"{prefix}-{year}", "{sequence:7}", "{year}-{sequence:x}", "{year}-{month}-{sequence}"} {
		setenv(t, map[string]string{"MTF_INVOICE_NUMBER_FORMAT": format})
		_, err := config.FromEnvironment()
		assert.ErrorContains(t, err, "MTF_INVOICE_NUMBER_FORMAT", format)
	}
}

func TestASellerHasACodeAndAPrefix(t *testing.T) {
	for _, clear := range []func(s *config.Seller){
		func(s *config.Seller) { s.Code = "" },
		func(s *config.Seller) { s.NumberPrefix = "" },
	} {
		setenv(t, nil)
		settings, err := config.FromEnvironment()
		require.NoError(t, err)
		clear(&settings.Seller)
		_, err = settings.Complete()
		assert.ErrorContains(t, err, "MTF_SELLER_CODE", "%+v", settings.Seller)
	}
}

func TestOrganisationsAreStepsOfAPath(t *testing.T) {
	for _, names := range []string{"a/b", "a,,b", "a, b", ".", "..", "a b", "é", strings.Repeat("a", 65)} {
		setenv(t, map[string]string{"MTF_ORGANISATIONS": names})
		_, err := config.FromEnvironment()
		assert.ErrorContains(t, err, "MTF_ORGANISATIONS", "%q", names)
	}
}

func TestOnlyLocalAndTestHaveASellerToShow(t *testing.T) {
	for environment, refused := range map[string]bool{"local": false, "test": false, "production": true, "staging": true} {
		setenv(t, map[string]string{"MTF_ENV": environment, "MTF_TOKEN_SECRET": strings.Repeat("s", token.MinSecretLength)})
		got, err := config.FromEnvironment()
		if refused {
			assert.ErrorContains(t, err, "MTF_SELLER_NAME", environment)
			continue
		}
		assert.NoError(t, err, environment)
		assert.NotEmpty(t, got.Seller.Name, environment)
		assert.NotEmpty(t, got.Seller.ICE, environment)
	}
}

func TestAnICEHasFifteenDigitsAndACheck(t *testing.T) {
	for ice, refused := range map[string]bool{
		"": false, "001234567000062": false, "000000000000097": false,
		"001234567000063": true, "01234567000062": true, "0001234567000062": true, "00123456700006X": true, "+01234567000062": true,
		"97": true, "001234567 00062": true, "001_234_567_062": true,
	} {
		setenv(t, map[string]string{"MTF_SELLER_NAME": "X SA", "MTF_SELLER_ICE": ice})
		_, err := config.FromEnvironment()
		if refused {
			assert.ErrorContains(t, err, "MTF_SELLER_ICE", "%q", ice)
		} else {
			assert.NoError(t, err, "%q", ice)
		}
	}
}
