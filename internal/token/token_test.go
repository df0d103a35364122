package token_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
)

const (
	secret = "a secret of thirty-two characters"
	cin    = "LA100001"
)

var (
	noon       = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	contractID = uuid.MustParse("4d912278-fadc-42a7-9d2e-a6bc67dd9da6")
	invoiceID  = uuid.MustParse("2bf77575-fc5c-4215-b00d-210203ab3b13")
	invalid    = refusal.New(refusal.LandingTokenInvalid)
	expired    = refusal.New(refusal.LandingTokenExpired)
)

func newSigner(t testing.TB, secret string) *token.Signer {
	t.Helper()
	signer, err := token.NewSigner(secret)
	require.NoError(t, err)
	return signer
}

// oneOfEach signs a token for every purpose, all good for a minute after noon.
func oneOfEach(signer *token.Signer) map[token.Purpose]string {
	lookup, _ := signer.Lookup(cin, noon.Add(time.Minute-token.LookupLifetime))
	return map[token.Purpose]string{
		token.Lookup:           lookup,
		token.ContractDocument: signer.ContractDocument(cin, contractID, noon.Add(time.Minute)),
		token.InvoiceDocument:  signer.InvoiceDocument(cin, invoiceID, noon.Add(time.Minute)),
	}
}

func TestToken_CarriesSubject(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	until := noon.Add(time.Minute).Unix()
	for purpose, want := range map[token.Purpose]token.Claims{
		token.Lookup:           {CIN: cin, ExpiresAt: until, Purpose: token.Lookup, Version: 1},
		token.ContractDocument: {CIN: cin, ContractID: &contractID, ExpiresAt: until, Purpose: token.ContractDocument, Version: 1},
		token.InvoiceDocument:  {CIN: cin, InvoiceID: &invoiceID, ExpiresAt: until, Purpose: token.InvoiceDocument, Version: 1},
	} {
		claims, err := signer.Verify(oneOfEach(signer)[purpose], purpose, noon)
		require.NoError(t, err, purpose)
		assert.Equal(t, want, claims, purpose)
	}
}

func TestToken_IsBoundToPurpose(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	signed := oneOfEach(signer)
	for made, text := range signed {
		for asked := range signed {
			claims, err := signer.Verify(text, asked, noon)
			if asked == made {
				assert.NoError(t, err, "%s for %s", made, asked)
				continue
			}
			assert.ErrorIs(t, err, invalid, "%s for %s", made, asked)
			assert.Equal(t, token.Claims{}, claims, "%s for %s", made, asked)
		}
		_, err := signer.Verify(text, "", noon)
		assert.ErrorIs(t, err, invalid, "%s for no purpose", made)
	}
}

func TestToken_Expires(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	expiry := noon.Add(time.Minute)
	for purpose, text := range oneOfEach(signer) {
		for at, want := range map[time.Time]error{
			noon:                              nil,
			expiry.Add(-time.Second):          nil,
			expiry.Add(-time.Nanosecond):      nil,
			expiry:                            expired,
			expiry.Add(time.Nanosecond):       expired,
			expiry.Add(10_000 * time.Hour):    expired,
			expiry.In(time.FixedZone("", 60)): expired,
		} {
			_, err := signer.Verify(text, purpose, at)
			if want == nil {
				assert.NoError(t, err, "%s at %s", purpose, at)
			} else {
				assert.ErrorIs(t, err, want, "%s at %s", purpose, at)
			}
		}
		_, err := signer.Verify(text, "other", expiry)
		assert.ErrorIs(t, err, invalid, "a token for another purpose is not said to be expired")
	}
}

func TestLookupToken_LivesTenMinutes(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	now := noon.Add(123_456 * time.Microsecond)
	text, expiresAt := signer.Lookup(cin, now)
	assert.Equal(t, noon.Add(10*time.Minute), expiresAt)

	claims, err := signer.Verify(text, token.Lookup, now)
	require.NoError(t, err)
	assert.Equal(t, expiresAt.Unix(), claims.ExpiresAt)
	assert.Equal(t, 24*time.Hour, token.DocumentLifetime)
}

func TestVerify_RefusesOtherSecret(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	for _, other := range []string{"x", secret + " ", strings.ToUpper(secret), secret[1:]} {
		for purpose, text := range oneOfEach(newSigner(t, other)) {
			_, err := signer.Verify(text, purpose, noon)
			assert.ErrorIs(t, err, invalid, "%s signed with %q", purpose, other)
		}
	}
	_, err := token.NewSigner("")
	assert.Error(t, err, "an empty secret")
}

func TestToken_DiffersBySubject(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	until := noon.Add(time.Minute)
	seen := map[string]bool{}
	for _, text := range []string{
		signer.ContractDocument(cin, contractID, until), signer.ContractDocument(cin, invoiceID, until),
		signer.ContractDocument("LA100002", contractID, until), signer.ContractDocument(cin, contractID, until.Add(time.Second)),
		signer.InvoiceDocument(cin, contractID, until), signer.InvoiceDocument(cin, invoiceID, until),
	} {
		assert.False(t, seen[text], text)
		seen[text] = true
	}
	assert.Equal(t, signer.ContractDocument(cin, contractID, until), signer.ContractDocument(cin, contractID, until),
		"one subject has one token until one expiry")
}

func TestToken_KeepsAnyCharacters(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	for _, cin := range []string{"", "É<>&\"'\\", "٠١", strings.Repeat("Ω", 40)} {
		text, _ := signer.Lookup(cin, noon)
		claims, err := signer.Verify(text, token.Lookup, noon)
		require.NoError(t, err, "%q", cin)
		assert.Equal(t, cin, claims.CIN)
	}
}
