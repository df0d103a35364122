package identity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/test/issuer"
)

const issuerName = "https://id.example/realms/mtf"

var now = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

type claims = map[string]any

// good are the claims of a token that is accepted.
func good() claims {
	return claims{"iss": issuerName, "aud": "mtf", "sub": "op-1", "exp": now.Add(time.Hour).Unix(), "roles": []string{"ops"}}
}

func goodBut(name string, value any) claims {
	changed := maps.Clone(good())
	changed[name] = value
	if value == nil {
		delete(changed, name)
	}
	return changed
}

func newVerifier(t *testing.T, settings identity.Settings) *identity.Verifier {
	t.Helper()
	settings.Audience = "mtf"
	if settings.Algorithms == nil {
		settings.Algorithms = []string{"RS256", "ES256"}
	}
	if settings.RolesClaim == "" {
		settings.RolesClaim = "roles"
	}
	v, err := identity.NewVerifier(context.Background(), settings, now)
	require.NoError(t, err)
	return v
}

func TestVerify_AcceptsOnlyValidTokens(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey, stranger := issuer.RSAKey(t, "rsa"), issuer.ECKey(t, "ec"), issuer.ECKey(t, "ec")
	v := newVerifier(t, identity.Settings{Issuer: issuerName, JWKSFile: issuer.SetFile(t, rsaKey, ecKey)})
	signed := func(changes claims) string { return ecKey.Sign(t, changes) }
	at := func(offset time.Duration) int64 { return now.Add(offset).Unix() }

	for name, token := range map[string]string{
		"RS256":                   rsaKey.Sign(t, good()),
		"ES256":                   ecKey.Sign(t, good()),
		"one of some audiences":   signed(goodBut("aud", []string{"other", "mtf"})),
		"expired within leeway":   signed(goodBut("exp", at(-identity.Leeway))),
		"begins within leeway":    signed(goodBut("nbf", at(identity.Leeway))),
		"has begun":               signed(goodBut("nbf", at(-time.Hour))),
		"subject of 128 bytes":    signed(goodBut("sub", strings.Repeat("s", 128))),
		"subject with other text": signed(goodBut("sub", "auth0|64f0-Zoé")),
	} {
		actor, err := v.Verify(context.Background(), token, now)
		require.NoError(t, err, name)
		require.Equal(t, []string{"ops"}, actor.Roles, name)
		require.NotEmpty(t, actor.ID, name)
	}

	header, payload, signature := parts(signed(good()))
	for name, token := range map[string]string{
		"nothing":                      "",
		"a word":                       "op-1:admin",
		"two parts":                    header + "." + payload,
		"four parts":                   signed(good()) + "." + signature,
		"no signature":                 header + "." + payload + ".",
		"another payload":              header + "." + encoded(t, goodBut("sub", "op-2")) + "." + signature,
		"another header":               encoded(t, claims{"alg": "ES256", "kid": "rsa"}) + "." + payload + "." + signature,
		"a cut signature":              header + "." + payload + "." + signature[:len(signature)-2],
		"alg none":                     encoded(t, claims{"alg": "none", "kid": "ec"}) + "." + payload + ".",
		"alg None with a signature":    encoded(t, claims{"alg": "None", "kid": "ec"}) + "." + payload + "." + signature,
		"no alg":                       encoded(t, claims{"kid": "ec"}) + "." + payload + "." + signature,
		"HS256 with the public key":    hmacWithPublicKey(t, rsaKey),
		"an algorithm not allowed":     rs512(t, rsaKey),
		"a critical header":            encoded(t, claims{"alg": "ES256", "kid": "ec", "crit": []string{"x"}, "x": 1}) + "." + payload + "." + signature,
		"an unknown kid":               issuer.ECKey(t, "other").Sign(t, good()),
		"no kid":                       issuer.ECKey(t, "").Sign(t, good()),
		"another's key of that kid":    stranger.Sign(t, good()),
		"another audience":             signed(goodBut("aud", "mtf2")),
		"no audience":                  signed(goodBut("aud", nil)),
		"an empty list of audiences":   signed(goodBut("aud", []string{})),
		"another issuer":               signed(goodBut("iss", issuerName+"/")),
		"no issuer":                    signed(goodBut("iss", nil)),
		"expired":                      signed(goodBut("exp", at(-identity.Leeway-time.Second))),
		"no expiry":                    signed(goodBut("exp", nil)),
		"an expiry that is a text":     signed(goodBut("exp", "never")),
		"begins later":                 signed(goodBut("nbf", at(identity.Leeway+time.Second))),
		"issued in the future":         signed(goodBut("iat", at(time.Hour))),
		"no subject":                   signed(goodBut("sub", nil)),
		"an empty subject":             signed(goodBut("sub", "")),
		"a subject of spaces":          signed(goodBut("sub", "  ")),
		"a subject with a line break":  signed(goodBut("sub", "op\n1")),
		"a subject of 129 bytes":       signed(goodBut("sub", strings.Repeat("s", 129))),
		"a subject that is a number":   signed(goodBut("sub", 1)),
		"the subject of an API key":    signed(goodBut("sub", "apikey:crm")),
		"a huge token":                 signed(goodBut("padding", strings.Repeat("p", 16<<10))),
		"claims that are no object":    ecKey.Sign(t, json.RawMessage(`["op-1"]`)),
		"a subject that is said twice": ecKey.Sign(t, json.RawMessage(`{"sub":"op-1","sub":"op-2","aud":"mtf","iss":"`+issuerName+`","exp":4102444800}`)),
	} {
		actor, err := v.Verify(context.Background(), token, now)
		require.ErrorIs(t, err, identity.ErrInvalid, name)
		require.NotErrorIs(t, err, identity.ErrUnavailable, name)
		require.Zero(t, actor, name)
		if len(token) > 20 {
			require.NotContains(t, err.Error(), token, name)
		}
	}
}

func parts(token string) (header, payload, signature string) {
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, _ = strings.Cut(rest, ".")
	return header, payload, signature
}

func encoded(t *testing.T, value any) string {
	t.Helper()
	content, err := json.Marshal(value)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(content)
}

// hmacWithPublicKey signs with the public key, as if it were a shared secret.
func hmacWithPublicKey(t *testing.T, key issuer.Key) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public().Key)
	require.NoError(t, err)
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return issuer.NewKey("rsa", jose.HS256, secret).Sign(t, good())
}

// rs512 signs with its own key: the algorithm is refused before the key matters.
func rs512(t *testing.T, key issuer.Key) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return issuer.NewKey(key.Public().KeyID, jose.RS512, private).Sign(t, good())
}

func TestVerify_PinsAlgorithmOfKey(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public := jose.JSONWebKey{Key: private.Public(), KeyID: "rsa", Algorithm: "RS256", Use: "sig"}
	v := newVerifier(t, identity.Settings{Issuer: issuerName, JWKSFile: fileOf(t, public), Algorithms: []string{"RS256", "PS256"}})

	_, err = v.Verify(context.Background(), issuer.NewKey("rsa", jose.RS256, private).Sign(t, good()), now)
	require.NoError(t, err)
	_, err = v.Verify(context.Background(), issuer.NewKey("rsa", jose.PS256, private).Sign(t, good()), now)
	require.ErrorIs(t, err, identity.ErrInvalid)
}

func TestVerify_RolesClaim(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	file := issuer.SetFile(t, key)
	for name, test := range map[string]struct {
		claim  string
		claims claims
		want   []string
	}{
		"a list":                       {"roles", claims{"roles": []string{"ops", "billing"}}, []string{"ops", "billing"}},
		"a text with spaces":           {"scope", claims{"scope": "ops  billing"}, []string{"ops", "billing"}},
		"a text with commas":           {"roles", claims{"roles": "ops, billing,"}, []string{"ops", "billing"}},
		"nested":                       {"realm_access.roles", claims{"realm_access": claims{"roles": []string{"admin"}}}, []string{"admin"}},
		"nested twice":                 {"resource_access.mtf.roles", claims{"resource_access": claims{"mtf": claims{"roles": []string{"ops"}}}}, []string{"ops"}},
		"a name with dots":             {"https://mtf.example/roles", claims{"https://mtf.example/roles": []string{"ops"}}, []string{"ops"}},
		"missing":                      {"roles", claims{}, []string{}},
		"missing when nested":          {"realm_access.roles", claims{"realm_access": claims{}, "roles": []string{"admin"}}, []string{}},
		"a path into a text":           {"realm_access.roles", claims{"realm_access": "admin"}, []string{}},
		"null":                         {"roles", claims{"roles": json.RawMessage("null")}, []string{}},
		"a number":                     {"roles", claims{"roles": 7}, []string{}},
		"an object":                    {"roles", claims{"roles": claims{"admin": true}}, []string{}},
		"a list with other things":     {"roles", claims{"roles": []any{"ops", 1, nil, "", []string{"admin"}}}, []string{"ops"}},
		"an empty list":                {"roles", claims{"roles": []string{}}, []string{}},
		"a role with a space inside":   {"roles", claims{"roles": []string{"not admin"}}, []string{"not admin"}},
		"roles that nothing asks for":  {"roles", claims{"roles": []string{"offline_access"}}, []string{"offline_access"}},
		"another claim is not a claim": {"groups", claims{"roles": []string{"admin"}}, []string{}},
	} {
		v := newVerifier(t, identity.Settings{JWKSFile: file, RolesClaim: test.claim})
		all := goodBut("roles", nil)
		maps.Copy(all, test.claims)
		actor, err := v.Verify(context.Background(), key.Sign(t, all), now)
		require.NoError(t, err, name)
		require.Equal(t, identity.Actor{ID: "op-1", Roles: test.want}, actor, name)
	}
}

func TestVerify_OrganisationsClaim(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	file := issuer.SetFile(t, key)
	for name, test := range map[string]struct {
		claim    string
		claims   claims
		mtf, biz bool
	}{
		"no claim is asked for":    {"", claims{"orgs": []string{"other"}}, true, true},
		"both":                     {"orgs", claims{"orgs": "mtf biz"}, true, true},
		"one":                      {"tenant.orgs", claims{"tenant": claims{"orgs": []string{"biz"}}}, false, true},
		"none":                     {"orgs", claims{"orgs": []string{}}, false, false},
		"the claim is missing":     {"orgs", claims{}, false, false},
		"the claim is of no shape": {"orgs", claims{"orgs": 7}, false, false},
	} {
		v := newVerifier(t, identity.Settings{JWKSFile: file, OrganisationsClaim: test.claim})
		all := good()
		maps.Copy(all, test.claims)
		actor, err := v.Verify(context.Background(), key.Sign(t, all), now)
		require.NoError(t, err, name)
		require.Equal(t, []bool{test.mtf, test.biz}, []bool{actor.ActsFor("mtf"), actor.ActsFor("biz")}, name)
	}
}
