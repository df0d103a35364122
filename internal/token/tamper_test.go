package token_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
)

// urlAlphabet holds the digits of base64url: some differ only in bits that a
// careless decoder drops from the last digit.
const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestVerify_RefusesChangedBytes(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	for purpose, text := range oneOfEach(signer) {
		for i := range text {
			for _, replacement := range []byte(urlAlphabet + ".=+/ \n\x00\xff") {
				if text[i] == replacement {
					continue
				}
				tampered := text[:i] + string(replacement) + text[i+1:]
				_, err := signer.Verify(tampered, purpose, noon)
				require.ErrorIs(t, err, invalid, "%s with byte %d replaced by %q", purpose, i, replacement)
			}
			_, err := signer.Verify(text[:i]+text[i+1:], purpose, noon)
			require.ErrorIs(t, err, invalid, "%s without byte %d", purpose, i)
			_, err = signer.Verify(text[:i], purpose, noon)
			require.ErrorIs(t, err, invalid, "%s cut to %d bytes", purpose, i)
		}
	}
}

func TestVerify_RefusesNonTokens(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	good := oneOfEach(signer)[token.Lookup]
	payload, signature, _ := strings.Cut(good, ".")
	for name, text := range map[string]string{
		"empty":                   "",
		"a point":                 ".",
		"no point":                payload + signature,
		"no signature":            payload + ".",
		"no payload":              "." + signature,
		"three parts":             good + "." + signature,
		"the parts swapped":       signature + "." + payload,
		"padded payload":          payload + "=." + signature,
		"padded signature":        good + "=",
		"no base64":               "%%%." + signature,
		"a quoted token":          `"` + good + `"`,
		"a space before":          " " + good,
		"a space behind":          good + " ",
		"a payload of its own":    base64.RawURLEncoding.EncodeToString([]byte(`{"cin":"LA100001"}`)) + "." + signature,
		"a token twice":           good + good,
		"very long":               strings.Repeat("A", 1<<20) + "." + signature,
		"very long signature":     payload + "." + strings.Repeat("A", 1<<20),
		"points only":             strings.Repeat(".", 4096),
		"a lone surrogate's form": "\xed\xa0\x80." + signature,
	} {
		claims, err := signer.Verify(text, token.Lookup, noon)
		assert.ErrorIs(t, err, invalid, name)
		assert.Equal(t, token.Claims{}, claims, name)
	}
}

// TestVerify_RefusesSignedNonsense has the right signature on what the signer would not sign.
func TestVerify_RefusesSignedNonsense(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	for _, payload := range []string{
		``, `null`, `[]`, `"token"`, `{}`, `{`, `{"cin":1}`, `{"v":1}`,
		`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup"}`,
		`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup","v":0}`,
		`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup","v":2}`,
		`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup","v":"1"}`,
		`{"cin":"LA100001","exp":"never","purpose":"landing_lookup","v":1}`,
		`{"cin":"LA100001","exp":9999999999,"v":1}`,
		`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup","v":1}}`,
		`{"cin":"LA100001","contract_id":"x","exp":9999999999,"purpose":"landing_lookup","v":1}`,
	} {
		_, err := signer.Verify(signed(payload), token.Lookup, noon)
		assert.ErrorIs(t, err, invalid, "%s", payload)
	}
	_, err := signer.Verify(signed(`{"cin":"LA100001","purpose":"landing_lookup","v":1}`), token.Lookup, noon)
	assert.ErrorIs(t, err, expired, "a token without an expiry is not good for ever")

	good := signed(`{"cin":"LA100001","exp":9999999999,"purpose":"landing_lookup","v":1}`)
	_, err = signer.Verify(good, token.Lookup, noon)
	require.NoError(t, err, "the signature of this test is right")
}

func TestVerify_RefusesLongTokens(t *testing.T) {
	t.Parallel()
	signer := newSigner(t, secret)
	for padding, want := range map[int]bool{100: true, 1_300: true, 1_500: false, 100_000: false} {
		text := signed(`{"cin":"` + strings.Repeat("A", padding) + `","exp":9999999999,"purpose":"landing_lookup","v":1}`)
		_, err := signer.Verify(text, token.Lookup, noon)
		assert.Equal(t, want, err == nil, "%d characters: %v", len(text), err)
	}
}

// signed puts a payload under a signature that is computed apart from the package.
func signed(payload string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func FuzzVerify(f *testing.F) {
	signer := newSigner(f, secret)
	genuine := map[string]bool{}
	for _, text := range oneOfEach(signer) {
		genuine[text] = true
		f.Add(text)
	}
	f.Add(signed(`{}`))
	f.Add("")
	f.Add("a.b")
	f.Add(strings.Repeat(".", 3_000))
	f.Fuzz(func(t *testing.T, text string) {
		for _, purpose := range []token.Purpose{token.Lookup, token.ContractDocument, token.InvoiceDocument} {
			claims, err := signer.Verify(text, purpose, noon)
			if err == nil {
				// base64 ignores line breaks, which change nothing that is signed.
				plain := strings.NewReplacer("\r", "", "\n", "").Replace(text)
				require.True(t, genuine[plain], "%q was never signed and gives %+v", text, claims)
				require.Equal(t, purpose, claims.Purpose)
				continue
			}
			require.NotNil(t, refusal.As(err), "%q: %v", text, err)
			require.Equal(t, token.Claims{}, claims, "%q", text)
		}
	})
}
