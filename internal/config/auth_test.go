package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/token"
)

func TestTokensOfAnIssuerAreConfigured(t *testing.T) {
	setenv(t, map[string]string{
		"MTF_AUTH_ISSUER": "https://id.example/realms/mtf", "MTF_AUTH_JWKS_FILE": "/etc/mtf/jwks.json", "MTF_AUTH_AUDIENCE": "mtf",
		"MTF_AUTH_ALGORITHMS": "PS256, EdDSA", "MTF_AUTH_ROLES_CLAIM": "realm_access.roles",
		"MTF_AUTH_ORGANISATIONS_CLAIM": "orgs",
	})
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, identity.Settings{
		Issuer: "https://id.example/realms/mtf", JWKSFile: "/etc/mtf/jwks.json", Audience: "mtf",
		Algorithms: []string{"PS256", "EdDSA"}, RolesClaim: "realm_access.roles", OrganisationsClaim: "orgs",
	}, got.Auth.Settings())
}

func TestTokensHaveDefaultsAndAreNotRequired(t *testing.T) {
	for _, empty := range []map[string]string{
		{}, {"MTF_AUTH_ISSUER": "", "MTF_AUTH_JWKS_FILE": "", "MTF_AUTH_AUDIENCE": "", "MTF_AUTH_ALGORITHMS": "", "MTF_AUTH_ROLES_CLAIM": ""},
	} {
		empty["MTF_ENV"], empty["MTF_TOKEN_SECRET"], empty["MTF_SELLER_NAME"] = "production", strings.Repeat("s", token.MinSecretLength), "X SA"
		empty["MTF_NOTIFY"], empty["MTF_PAYLOAD_KEYS"] = "log", payloadKey
		setenv(t, empty)
		got, err := config.FromEnvironment()
		require.NoError(t, err, "API keys suffice")
		assert.Equal(t, identity.Settings{Algorithms: []string{"RS256", "ES256"}, RolesClaim: "roles"}, got.Auth.Settings())
	}
}

func TestSettingsOfTokensAreChecked(t *testing.T) {
	for _, c := range []struct {
		variables map[string]string
		refused   string
	}{
		{map[string]string{"MTF_AUTH_ISSUER": "https://id.example", "MTF_AUTH_AUDIENCE": "mtf"}, ""},
		{map[string]string{"MTF_AUTH_ISSUER": "http://127.0.0.1:8080", "MTF_AUTH_AUDIENCE": "mtf"}, ""},
		{map[string]string{"MTF_AUTH_ISSUER": "any name", "MTF_AUTH_JWKS_FILE": "keys.json", "MTF_AUTH_AUDIENCE": "mtf"}, ""},
		{map[string]string{"MTF_AUTH_ISSUER": "https://id.example"}, "MTF_AUTH_AUDIENCE must be set"},
		{map[string]string{"MTF_AUTH_JWKS_FILE": "keys.json"}, "MTF_AUTH_AUDIENCE must be set"},
		{map[string]string{"MTF_AUTH_AUDIENCE": "mtf"}, "MTF_AUTH_AUDIENCE is set, but"},
		{map[string]string{"MTF_AUTH_ISSUER": "http://id.example", "MTF_AUTH_AUDIENCE": "mtf"}, "MTF_AUTH_ISSUER"},
		{map[string]string{"MTF_AUTH_ISSUER": "id.example", "MTF_AUTH_AUDIENCE": "mtf"}, "MTF_AUTH_ISSUER"},
		{map[string]string{"MTF_AUTH_ALGORITHMS": "RS256,HS256"}, `"HS256"`},
		{map[string]string{"MTF_AUTH_ALGORITHMS": "none"}, `"none"`},
		{map[string]string{"MTF_AUTH_ALGORITHMS": "rs256"}, `"rs256"`},
	} {
		setenv(t, c.variables)
		_, err := config.FromEnvironment()
		if c.refused == "" {
			assert.NoError(t, err, "%v", c.variables)
		} else {
			assert.ErrorContains(t, err, c.refused, "%v", c.variables)
		}
	}
}
