// Package issuer is an identity provider for tests: it signs tokens and serves
// the keys to check them.
package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// Key signs tokens.
type Key struct {
	private   jose.JSONWebKey
	algorithm jose.SignatureAlgorithm
}

// RSAKey returns a new key for RS256 with a key id.
func RSAKey(t testing.TB, id string) Key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return NewKey(id, jose.RS256, private)
}

// ECKey returns a new key for ES256 with a key id.
func ECKey(t testing.TB, id string) Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return NewKey(id, jose.ES256, private)
}

// NewKey returns a key of any kind that go-jose can sign with.
func NewKey(id string, algorithm jose.SignatureAlgorithm, private any) Key {
	return Key{private: jose.JSONWebKey{Key: private, KeyID: id, Use: "sig"}, algorithm: algorithm}
}

// Sign returns a token whose claims are the JSON of a value.
func (k Key) Sign(t testing.TB, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.algorithm, Key: k.private}, (&jose.SignerOptions{}).WithType("JWT"))
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// Public returns the key that checks what this one signs.
func (k Key) Public() jose.JSONWebKey { return k.private.Public() }

// Set returns the JSON Web Key Set of some keys.
func Set(t testing.TB, keys ...Key) []byte {
	t.Helper()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range keys {
		set.Keys = append(set.Keys, key.Public())
	}
	encoded, err := json.Marshal(set)
	require.NoError(t, err)
	return encoded
}

// SetFile writes the key set of some keys to a file and returns its path.
func SetFile(t testing.TB, keys ...Key) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jwks.json")
	require.NoError(t, os.WriteFile(path, Set(t, keys...), 0o600))
	return path
}

// Issuer is an OpenID Connect issuer on 127.0.0.1, as far as its keys go.
type Issuer struct {
	URL string

	mu       sync.Mutex
	set      []byte
	name     string
	down     bool
	readings int
}

// StartIssuer serves the keys until the test ends.
func StartIssuer(t testing.TB, keys ...Key) *Issuer {
	t.Helper()
	i := &Issuer{set: Set(t, keys...)}
	server := httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(server.Close)
	i.URL, i.name = server.URL, server.URL
	return i
}

// Rotate replaces the keys.
func (i *Issuer) Rotate(t testing.TB, keys ...Key) {
	t.Helper()
	i.change(func() { i.set = Set(t, keys...) })
}

// Down says whether every request is answered with a failure.
func (i *Issuer) Down(down bool) { i.change(func() { i.down = down }) }

// Rename makes the issuer call itself otherwise.
func (i *Issuer) Rename(name string) { i.change(func() { i.name = name }) }

// Readings returns how often the configuration was read.
func (i *Issuer) Readings() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.readings
}

func (i *Issuer) change(what func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	what()
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path == "/.well-known/openid-configuration" {
		i.readings++
	}
	switch {
	case i.down:
		http.Error(w, "down", http.StatusBadGateway)
	case r.URL.Path == "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.name, "jwks_uri": i.URL + "/keys"})
	case r.URL.Path == "/keys":
		_, _ = w.Write(i.set)
	default:
		http.NotFound(w, r)
	}
}
