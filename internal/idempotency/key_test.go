package idempotency_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestParseKey_Trims(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]idempotency.Key{
		"demo-key-12345678":        "demo-key-12345678",
		"  demo-key-12345678\t":    "demo-key-12345678",
		"12345678":                 "12345678",
		" 12345678 ":               "12345678",
		"two words":                "two words",
		"monthly/2026-10":          "monthly/2026-10",
		"éééééééé":                 "éééééééé",
		strings.Repeat("k", 200):   idempotency.Key(strings.Repeat("k", 200)),
		strings.Repeat("é", 200):   idempotency.Key(strings.Repeat("é", 200)),
		strings.Repeat("k", 8):     "kkkkkkkk",
		"\u00a0demo-key-1\u00a0\n": "demo-key-1",
	} {
		key, err := idempotency.ParseKey(text)
		assert.NoError(t, err, "ParseKey(%q)", text)
		assert.Equal(t, want, key, "ParseKey(%q)", text)
	}
}

func TestParseKey_RefusesInvalidKeys(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "        ", "1234567", " 1234567 ", "ééééééé", strings.Repeat("k", 201), strings.Repeat("é", 201), strings.Repeat("k", 1<<20),
		"demo\x00key-1", "demo\nkey-12", "demo\tkey-12", "demo\x7fkey-1", "demo\x1bkey-1", "demo\u200bkey", "demo\u202ekey-1", "demo\u00a0key-1",
		"demo-key-\xff", "\xed\xa0\x80demo-key", "demo-key-\xc3",
	} {
		key, err := idempotency.ParseKey(text)
		assert.ErrorIs(t, err, refusal.New(refusal.IdempotencyKeyInvalid), "ParseKey(%.80q)", text)
		assert.Empty(t, key, "ParseKey(%.80q)", text)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, text := range []string{"demo-key-12345678", " 1234567 ", "", "demo\x00key-1", "demo-key-\xff", strings.Repeat("é", 200)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := idempotency.ParseKey(text)
		if err != nil {
			require.ErrorIs(t, err, refusal.New(refusal.IdempotencyKeyInvalid), "ParseKey(%q)", text)
			return
		}
		require.True(t, utf8.ValidString(string(key)), "%q", key)
		require.Equal(t, strings.TrimSpace(text), string(key))
		length := len([]rune(string(key)))
		require.True(t, 8 <= length && length <= 200, "%q has %d characters", key, length)
		for _, r := range string(key) {
			require.False(t, unicode.IsControl(r), "%q", key)
		}
		again, err := idempotency.ParseKey(string(key))
		require.NoError(t, err, "%q", key)
		require.Equal(t, key, again)
	})
}
