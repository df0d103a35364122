package phone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// kinds names each kind with the digits that its numbers start with.
var kinds = map[string]struct {
	kind        phone.Kind
	firstDigits string
	code        refusal.Code
}{
	"mobile":   {phone.Mobile, "67", refusal.MobileNumberInvalid},
	"landline": {phone.Landline, "58", refusal.LandlineNumberInvalid},
}

func TestParse_DropsPrefixesAndPunctuation(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"612345678", "0612345678", "212612345678", "+212612345678",
		"06 12 34 56 78", "06-12-34-56-78", "06.12.34.56.78", "(06) 12/34/56/78", "+212 6 12 34 56 78", "+212-612-345-678",
		"+212 (6) 12_34_56_78", "  0612345678\t", "06,12;34:56'78",
	} {
		number, err := phone.Mobile.Parse(text)
		assert.NoError(t, err, "Parse(%q)", text)
		assert.Equal(t, phone.Number("+212612345678"), number, "Parse(%q)", text)
	}
	number, err := phone.Landline.Parse("05 22 33 44 55")
	require.NoError(t, err)
	assert.Equal(t, phone.Number("+212522334455"), number)
}

func TestParse_FirstDigitDecidesKind(t *testing.T) {
	t.Parallel()
	for name, k := range kinds {
		for first := '0'; first <= '9'; first++ {
			for _, prefix := range []string{"", "0", "212", "+212"} {
				text := prefix + string(first) + "12345678"
				number, err := k.kind.Parse(text)
				if strings.ContainsRune(k.firstDigits, first) {
					assert.NoError(t, err, "%s %q", name, text)
					assert.Equal(t, phone.Number("+212"+string(first)+"12345678"), number, "%s %q", name, text)
				} else {
					assert.ErrorIs(t, err, refusal.New(k.code), "%s %q gives %q", name, text, number)
				}
			}
		}
	}
}

func TestParse_RefusesInvalidNumbers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "+", "+212", "0", "6", "61234567", "6123456789", "061234567", "06123456789", "00612345678",
		"21261234567", "2126123456789", "+2120612345678", "00212612345678", "+33612345678", "0033612345678",
		"06123A5678", "O612345678", "0612345678x", "tel:0612345678", "０６12345678", "٠٦12345678", "06123456\xff78", "0612345678é",
		strings.Repeat("0", 41), "0612345678" + strings.Repeat(" ", 31),
	} {
		for name, k := range kinds {
			number, err := k.kind.Parse(text)
			assert.ErrorIs(t, err, refusal.New(k.code), "%s %q gives %q", name, text, number)
			assert.Empty(t, number, "%s %q", name, text)
		}
	}
}

func TestParse_RefusalHasValidExamples(t *testing.T) {
	t.Parallel()
	for name, k := range kinds {
		_, err := k.kind.Parse("nonsense")
		refused := refusal.As(err)
		require.NotNil(t, refused, name)
		examples, ok := refused.Details["accepted_examples"].([]string)
		require.True(t, ok, "%s: %v", name, refused.Details)
		require.NotEmpty(t, examples, name)
		for _, example := range examples {
			_, err := k.kind.Parse(example)
			assert.NoError(t, err, "%s example %q", name, example)
		}
	}
}

func TestRandom_IsAlwaysValid(t *testing.T) {
	t.Parallel()
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				number := k.kind.FromDigits(rapid.Uint64().Draw(t, "random"))
				require.Regexp(t, `^\+212[`+k.firstDigits+`][0-9]{8}$`, number)

				for _, text := range []string{string(number), string(number[1:]), "0" + string(number[4:]), string(number[4:])} {
					again, err := k.kind.Parse(text)
					require.NoError(t, err, "Parse(%q)", text)
					require.Equal(t, number, again, "Parse(%q)", text)
				}
			})
		})
	}
}

func TestRandom_CoversRange(t *testing.T) {
	t.Parallel()
	assert.Equal(t, phone.Number("+212600000000"), phone.Mobile.FromDigits(0))
	assert.Equal(t, phone.Number("+212700000000"), phone.Mobile.FromDigits(1))
	assert.Equal(t, phone.Number("+212799999999"), phone.Mobile.FromDigits(199_999_999))
	assert.Equal(t, phone.Mobile.FromDigits(3), phone.Mobile.FromDigits(200_000_003), "digits beyond the ninth do not matter")

	seen := map[phone.Number]uint64{}
	for random := range uint64(2_000) {
		number := phone.Landline.FromDigits(random)
		other, taken := seen[number]
		require.False(t, taken, "%d and %d both give %s", random, other, number)
		seen[number] = random
	}
}

func TestMask_ShowsLastFourDigits(t *testing.T) {
	t.Parallel()
	number, err := phone.Mobile.Parse("0612345678")
	require.NoError(t, err)
	assert.Equal(t, "+******5678", number.Masked())
	rapid.Check(t, func(t *rapid.T) {
		number := phone.Landline.FromDigits(rapid.Uint64().Draw(t, "random"))
		require.Equal(t, "+******"+string(number[9:]), number.Masked(), number)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"0612345678", "+212 522-334455", "212612345678", "", "+", "06123A5678", "\xff0612345678", "00212612345678"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, k := range kinds {
			number, err := k.kind.Parse(text)
			if err != nil {
				require.ErrorIs(t, err, refusal.New(k.code), "%s %q", name, text)
				continue
			}
			require.Regexp(t, `^\+212[`+k.firstDigits+`][0-9]{8}$`, number, "%s %q", name, text)
			require.True(t, strings.HasSuffix(digitsOf(text), string(number[4:])), "%s %q gives %q", name, text, number)
		}
	})
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
}
