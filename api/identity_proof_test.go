package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/issuer"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const mePath = "/api/v1/me"

// newAPIKey makes an API key and returns it as a bearer.
func newAPIKey(t testing.TB, s *system.System, input apikey.CreateInput) system.Header {
	t.Helper()
	key, _, err := apikey.Create(context.Background(), s.Pool, input, s.Now())
	require.NoError(t, err)
	return bearer(key.Reveal())
}

func TestAPIKey_RevokedInEveryOSProcess(t *testing.T) {
	t.Parallel()
	signer := issuer.ECKey(t, "ec")
	first := system.Start(t, production(t, signer))
	second := system.Start(t, production(t, signer), func(c *config.Config) {
		c.DatabaseURL, c.DocumentsDirectory = first.Config.DatabaseURL, first.Config.DocumentsDirectory
	})
	key := newAPIKey(t, first, apikey.CreateInput{Name: "crm", Roles: []string{"ops"}})
	for _, s := range []*system.System{first, second} {
		require.Equal(t, object{"actor_id": "apikey:crm", "roles": []any{"ops"}}, decoded(t, s.Call(t, http.MethodGet, mePath, nil, key), http.StatusOK))
		created(t, s, customersPath, object{"client_type": "individual", "full_name": "Made By Key"}, key)
		s.Call(t, http.MethodPost, "/api/v1/billing/runs", object{}, key).Refused(t, http.StatusForbidden, "forbidden")
	}
	_, err := apikey.Revoke(t.Context(), first.Pool, "crm", first.Now())
	require.NoError(t, err)
	for _, s := range []*system.System{first, second} {
		s.Call(t, http.MethodGet, mePath, nil, key).Refused(t, http.StatusUnauthorized, "unauthorized")
	}
}

func TestAPIKey_LocalAndTest(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	key := newAPIKey(t, s, apikey.CreateInput{Name: "crm", Roles: []string{"viewer"}})
	want := object{"actor_id": "apikey:crm", "roles": []any{"viewer"}}
	require.Equal(t, want, decoded(t, s.Call(t, http.MethodGet, mePath, nil, key), http.StatusOK))
	require.Equal(t, want, decoded(t, s.Call(t, http.MethodGet, mePath, nil, key, system.Header{Name: "X-Actor-Id", Value: "op-2"}), http.StatusOK),
		"who shows a key is its actor")
	s.Call(t, http.MethodGet, "/api/v1/admin/ping", nil, key).Refused(t, http.StatusForbidden, "forbidden")

	forged := bearer(strings.TrimSuffix(strings.TrimPrefix(key.Value, "Bearer "), key.Value[len(key.Value)-43:]) + strings.Repeat("0", 43))
	s.Call(t, http.MethodGet, mePath, nil, forged).Refused(t, http.StatusUnauthorized, "unauthorized")
	require.Equal(t, "mtf_cli", text(t, decoded(t, s.Call(t, http.MethodGet, mePath, nil, bearer("mtf_cli:ops")), http.StatusOK), "actor_id"),
		"what has not the shape of a key is a say-so")
}

// Whatever is wrong with a proof, the answer is the same.
func TestIdentity_RefusalHidesReason(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	s := system.Start(t, production(t, key))
	claims := object{"sub": "op-1", "aud": "mtf", "exp": system.Today.Add(24 * time.Hour).Unix(), "roles": []string{"admin"}}
	require.Equal(t, object{"actor_id": "op-1", "roles": []any{"admin"}},
		decoded(t, s.Call(t, http.MethodGet, mePath, nil, bearer(key.Sign(t, claims))), http.StatusOK))

	expired, unknown := newAPIKey(t, s, apikey.CreateInput{Name: "expired", Roles: []string{"admin"}, Lifetime: time.Microsecond}), issuer.ECKey(t, "other")
	revoked := newAPIKey(t, s, apikey.CreateInput{Name: "revoked", Roles: []string{"admin"}})
	_, err := apikey.Revoke(t.Context(), s.Pool, "revoked", s.Now())
	require.NoError(t, err)
	var words any
	for name, header := range map[string]system.Header{
		"nothing":            system.Anonymous,
		"a say-so":           bearer("op-1:admin"),
		"an empty bearer":    bearer(""),
		"another scheme":     {Name: "Authorization", Value: "Basic " + key.Sign(t, claims)},
		"a token alone":      {Name: "Authorization", Value: key.Sign(t, claims)},
		"expired":            bearer(key.Sign(t, with(claims, object{"exp": system.Today.Add(-time.Hour).Unix()}))),
		"another audience":   bearer(key.Sign(t, with(claims, object{"aud": "other"}))),
		"no subject":         bearer(key.Sign(t, with(claims, object{"sub": absent{}}))),
		"an unknown key":     bearer(unknown.Sign(t, claims)),
		"an unsigned token":  bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcC0xIn0."),
		"a huge token":       bearer(key.Sign(t, with(claims, object{"padding": strings.Repeat("p", 16<<10)}))),
		"an expired key":     expired,
		"a revoked key":      revoked,
		"an unknown API key": bearer("mtf_" + strings.Repeat("0", 32) + "_" + strings.Repeat("0", 43)),
	} {
		answer := s.Call(t, http.MethodGet, mePath, nil, header, system.Header{Name: "X-Actor-Id", Value: "op-1"}, system.Header{Name: "X-Request-ID", Value: "same"})
		require.Empty(t, answer.Refused(t, http.StatusUnauthorized, "unauthorized"), name)
		require.Equal(t, "Bearer", answer.Header.Get("WWW-Authenticate"), name)
		if words == nil {
			words = string(answer.Body)
		}
		require.Equal(t, words, string(answer.Body), name)
	}
}

func TestIdentity_IssuerUnavailable(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	issuer := issuer.StartIssuer(t, key)
	issuer.Down(true)
	s := system.Start(t, production(t, key), func(c *config.Config) {
		c.Auth = config.Auth{Issuer: issuer.URL, Audience: "mtf"}
	})
	token := bearer(key.Sign(t, object{"iss": issuer.URL, "sub": "op-1", "aud": "mtf", "exp": system.Today.Add(24 * time.Hour).Unix()}))
	answer := s.Call(t, http.MethodGet, mePath, nil, token)
	answer.Refused(t, http.StatusServiceUnavailable, "service_unavailable")
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	require.Equal(t, http.StatusOK, s.Call(t, http.MethodGet, mePath, nil, newAPIKey(t, s, apikey.CreateInput{Name: "crm", Roles: []string{"ops"}})).Status,
		"API keys need no issuer")

	issuer.Down(false)
	s.Restart(t) // Sooner than the pause that an issuer is left alone for.
	require.Equal(t, "op-1", text(t, decoded(t, s.Call(t, http.MethodGet, mePath, nil, token), http.StatusOK), "actor_id"))
}
