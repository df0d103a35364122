package identity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/test/issuer"
)

// fileOf writes a key set of any keys and returns its path.
func fileOf(t *testing.T, keys ...jose.JSONWebKey) string {
	t.Helper()
	content, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	require.NoError(t, err)
	return written(t, string(content))
}

func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// of signs the good claims for an issuer, good for a week.
func of(t *testing.T, server *issuer.Issuer, key issuer.Key) string {
	t.Helper()
	issued := goodBut("iss", server.URL)
	issued["exp"] = now.Add(7 * 24 * time.Hour).Unix()
	return key.Sign(t, issued)
}

func TestKeys_Rotation(t *testing.T) {
	t.Parallel()
	first, second := issuer.ECKey(t, "first"), issuer.RSAKey(t, "second")
	server := issuer.StartIssuer(t, first)
	v := newVerifier(t, identity.Settings{Issuer: server.URL})
	require.Zero(t, server.Readings(), "nothing is asked of the server before a token comes")

	_, err := v.Verify(t.Context(), of(t, server, first), now)
	require.NoError(t, err)

	server.Rotate(t, first, second)
	soon := now.Add(time.Minute)
	_, err = v.Verify(t.Context(), of(t, server, second), soon)
	require.NoError(t, err, "an unknown key is looked for")

	server.Rotate(t, second)
	later := soon.Add(time.Hour)
	_, err = v.Verify(t.Context(), of(t, server, first), later)
	require.NoError(t, err, "nobody waits for keys to be confirmed")
	require.Eventually(t, func() bool {
		_, err := v.Verify(t.Context(), of(t, server, first), later)
		return err != nil
	}, 10*time.Second, time.Millisecond, "a key that was withdrawn ends")
	_, err = v.Verify(t.Context(), of(t, server, first), later.Add(time.Minute))
	require.ErrorIs(t, err, identity.ErrInvalid)
	_, err = v.Verify(t.Context(), of(t, server, second), later)
	require.NoError(t, err)
}

func TestKeys_UnknownKeysDoNotFloodIssuer(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "known")
	server := issuer.StartIssuer(t, key)
	v := newVerifier(t, identity.Settings{Issuer: server.URL})
	invented := of(t, server, issuer.ECKey(t, "invented"))
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			_, err := v.Verify(t.Context(), invented, now)
			assert.ErrorIs(t, err, identity.ErrInvalid)
		})
	}
	callers.Wait()
	require.Equal(t, 1, server.Readings())
	_, err := v.Verify(t.Context(), of(t, server, key), now)
	require.NoError(t, err)
	require.Equal(t, 1, server.Readings())
}

func TestKeys_RetryAfterIssuerOutage(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	server := issuer.StartIssuer(t, key)
	server.Down(true)
	v := newVerifier(t, identity.Settings{Issuer: server.URL})
	token := of(t, server, key)

	for range 3 {
		_, err := v.Verify(t.Context(), token, now)
		require.ErrorIs(t, err, identity.ErrUnavailable)
		require.NotErrorIs(t, err, identity.ErrInvalid)
	}
	require.Equal(t, 1, server.Readings(), "it is left alone for a moment")

	server.Down(false)
	back := now.Add(time.Minute)
	_, err := v.Verify(t.Context(), token, back)
	require.NoError(t, err)

	server.Down(true)
	_, err = v.Verify(t.Context(), token, back.Add(23*time.Hour))
	require.NoError(t, err, "keys that were read outlive a failure of the issuer")
	_, err = v.Verify(t.Context(), of(t, server, issuer.ECKey(t, "unknown")), back.Add(23*time.Hour+time.Minute))
	require.ErrorIs(t, err, identity.ErrUnavailable, "it cannot be told whether there is such a key")
	_, err = v.Verify(t.Context(), token, back.Add(25*time.Hour))
	require.ErrorIs(t, err, identity.ErrUnavailable, "but not forever")
}

func TestKeys_RefusesOtherIssuerName(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	server := issuer.StartIssuer(t, key)
	server.Rename("https://other.example")
	v := newVerifier(t, identity.Settings{Issuer: server.URL})
	_, err := v.Verify(t.Context(), of(t, server, key), now)
	require.ErrorIs(t, err, identity.ErrUnavailable)
}

func TestKeyFile_Replacement(t *testing.T) {
	t.Parallel()
	first, second := issuer.ECKey(t, "first"), issuer.ECKey(t, "second")
	path := issuer.SetFile(t, first)
	v := newVerifier(t, identity.Settings{JWKSFile: path})
	require.NoError(t, os.WriteFile(path, issuer.Set(t, first, second), 0o600))
	_, err := v.Verify(t.Context(), second.Sign(t, good()), now.Add(time.Minute))
	require.NoError(t, err)
}

func TestKeyFile_RequiresPublicKeys(t *testing.T) {
	t.Parallel()
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	for name, path := range map[string]string{
		"missing":        filepath.Join(t.TempDir(), "none.json"),
		"no JSON":        written(t, "-----BEGIN PUBLIC KEY-----"),
		"no set":         written(t, "[]"),
		"empty":          fileOf(t),
		"private":        fileOf(t, jose.JSONWebKey{Key: strong, KeyID: "k"}),
		"shared secret":  fileOf(t, jose.JSONWebKey{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "k"}),
		"encryption":     fileOf(t, jose.JSONWebKey{Key: strong.Public(), KeyID: "k", Use: "enc"}),
		"too short":      fileOf(t, jose.JSONWebKey{Key: weak.Public(), KeyID: "k"}),
		"of other kinds": written(t, `{"keys": [{"kty": "PQ", "kid": "k"}]}`),
	} {
		_, err := identity.NewVerifier(t.Context(), identity.Settings{
			JWKSFile: path, Audience: "mtf", Algorithms: []string{"RS256"}, RolesClaim: "roles",
		}, now)
		require.ErrorContains(t, err, path, name)
	}
}

func TestKeys_IgnoresOtherKinds(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	public, err := json.Marshal(key.Public())
	require.NoError(t, err)
	path := written(t, `{"keys": [{"kty": "PQ", "kid": "ec"}, {"kty": "oct", "k": "AAAA", "kid": "ec"}, `+string(public)+`]}`)
	v := newVerifier(t, identity.Settings{JWKSFile: path})
	_, err = v.Verify(context.Background(), key.Sign(t, good()), now)
	require.NoError(t, err)
}

func TestVerifier_RequiresKeySource(t *testing.T) {
	t.Parallel()
	v, err := identity.NewVerifier(t.Context(), identity.Settings{}, now)
	require.NoError(t, err)
	require.Nil(t, v)
	for _, settings := range []identity.Settings{
		{JWKSFile: "keys.json", Algorithms: []string{"RS256"}},
		{JWKSFile: "keys.json", Audience: "mtf"},
		{JWKSFile: "keys.json", Audience: "mtf", Algorithms: []string{"HS256"}},
		{JWKSFile: "keys.json", Audience: "mtf", Algorithms: []string{"none"}},
	} {
		_, err := identity.NewVerifier(t.Context(), settings, now)
		require.Error(t, err, "%+v", settings)
	}
}

func TestKeys_RequireHTTPSOrLoopback(t *testing.T) {
	t.Parallel()
	for address, refused := range map[string]bool{
		"https://id.example/realms/mtf": false, "http://127.0.0.1:8080": false, "http://localhost:8080/x": false, "http://[::1]:8080": false,
		"http://id.example": true, "http://127.0.0.1.id.example": true, "ftp://localhost": true, "id.example": true, "": true,
		"https://": true, "file:///etc/keys.json": true, "http://10.0.0.1": true,
	} {
		require.Equal(t, refused, identity.CheckURL(address) != nil, address)
	}
}
