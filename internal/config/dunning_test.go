package config_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/token"
)

func TestDunningCanBeLeftToOthers(t *testing.T) {
	setenv(t, map[string]string{"MTF_DUNNING_ENABLED": "false"})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.False(t, got.Dunning.Enabled)
}

func TestDunningAndMessagesHaveDefaults(t *testing.T) {
	setenv(t, map[string]string{"MTF_DATA_DIR": "/srv/mtf"})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, config.Dunning{Enabled: true, From: 9 * time.Hour, Spread: time.Hour, StartsPerSecond: 50}, got.Dunning)
	assert.Equal(t, config.NotifyByLog, got.Notify.By, "nobody is written to by accident")
	assert.Equal(t, filepath.Join("/srv/mtf", "notifications.log"), got.Notify.LogFile)
}

func TestHowClientsAreNotifiedMustBeToldInProduction(t *testing.T) {
	production := map[string]string{"MTF_ENV": "production", "MTF_TOKEN_SECRET": strings.Repeat("s", token.MinSecretLength), "MTF_SELLER_NAME": "X SA", "MTF_PAYLOAD_KEYS": payloadKey}
	smtp := map[string]string{"MTF_NOTIFY": "smtp", "MTF_NOTIFY_FROM": "a@x.example", "MTF_NOTIFY_SMTP_ADDR": "mail.x.example:587"}
	for _, c := range []struct {
		set  map[string]string
		want string // Empty: accepted.
	}{
		{map[string]string{"MTF_NOTIFY": "log"}, ""},
		{smtp, ""},
		{nil, "MTF_NOTIFY must be"},
		{map[string]string{"MTF_NOTIFY": "sms"}, "MTF_NOTIFY must be"},
		{map[string]string{"MTF_NOTIFY": "log", "MTF_NOTIFY_SMTP_ADDR": "mail.x.example:587"}, "MTF_NOTIFY_SMTP_ADDR is set"},
		{map[string]string{"MTF_NOTIFY": "smtp"}, "host:port"},
		{changed(smtp, "MTF_NOTIFY_FROM", "nobody"), "sender"},
		{changed(smtp, "MTF_NOTIFY_SMTP_TLS", "none"), "without TLS"},
		{changed(smtp, "MTF_NOTIFY_SMTP_TLS", "maybe"), "TLS must be"},
		{changed(smtp, "MTF_NOTIFY_SMTP_USER", "mtf"), "go together"},
		{changed(smtp, "MTF_NOTIFY_SMTP_TIMEOUT", "1ms"), "timeout"},
		{changed(smtp, "MTF_NOTIFY_CONCURRENCY", "0"), "MTF_NOTIFY_CONCURRENCY"},
		{changed(smtp, "MTF_DUNNING_SEND_AFTER", "-1h"), "MTF_DUNNING_SEND_AFTER"},
		{changed(smtp, "MTF_DUNNING_SEND_AFTER", "23h"), "MTF_DUNNING_SPREAD"},
		{changed(smtp, "MTF_DUNNING_STARTS_PER_SECOND", "0"), "MTF_DUNNING_STARTS_PER_SECOND"},
		{changed(smtp, "MTF_DUNNING_STARTS_PER_SECOND", "1001"), "MTF_DUNNING_STARTS_PER_SECOND"},
	} {
		environment := maps.Clone(production)
		maps.Copy(environment, c.set)
		setenv(t, environment)
		_, err := config.FromEnvironment()
		if c.want == "" {
			assert.NoError(t, err, c.set)
			continue
		}
		assert.ErrorContains(t, err, c.want, c.set)
	}
}

// changed is a set of variables with another value of one.
func changed(base map[string]string, name, value string) map[string]string {
	set := maps.Clone(base)
	set[name] = value
	return set
}
