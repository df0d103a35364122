package money_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/money"
)

// plainDecimal is the grammar of what the package accepts, with an exponent that
// exact arithmetic can follow.
var plainDecimal = regexp.MustCompile(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$`)

// maxRate is the largest number of millionths that a parsed rate can have: eighteen
// digits. Rounding may carry it one further.
const maxRate = 999_999_999_999_999_999

func decimalSeeds(f *testing.F) {
	for _, text := range []string{
		"0", "199.00", "0.005", "-0.005", "1e3", "1.5E-2", "9999999999.99", "9999999999.995", "1e18", "999999999999999999.5", "1e12", "999999999999.9999995",
		"NaN", "Infinity", "--1", "1e", "", ".", "1.2.3", "1e1000", "1e-1000", "١", "0x1p4", "1_0", " 1 ",
	} {
		f.Add(text)
	}
}

func FuzzParseAmount(f *testing.F) {
	decimalSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		checkParse(t, text, 2, int64(money.MaxAmount), parseAmount)
		amount, err := money.ParseAmount(text)
		if err != nil {
			return
		}
		again, err := money.ParseAmount(amount.String())
		require.NoError(t, err, "%q is rendered as %q", text, amount)
		require.Equal(t, amount, again, "%q is rendered as %q", text, amount)
	})
}

func FuzzParseRate(f *testing.F) {
	decimalSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		rate, err := money.ParseRate(text)
		if rate == maxRate+1 || rate == -maxRate-1 {
			return
		}
		checkParse(t, text, 6, maxRate, parseRate)
		if err != nil {
			return
		}
		again, err := money.ParseRate(rate.String())
		require.NoError(t, err, "%q is rendered as %q", text, rate)
		require.Equal(t, rate, again, "%q is rendered as %q", text, rate)
	})
}

// checkParse requires the exact value of every decimal number and one of the
// package's errors for all other texts.
func checkParse(t *testing.T, text string, decimals int, bound int64, parse func(string) (int64, error)) {
	t.Helper()
	trimmed := strings.TrimSpace(text)
	if len(trimmed) <= 64 && plainDecimal.MatchString(trimmed) {
		requireExact(t, trimmed, decimals, bound, parse)
		return
	}
	value, err := parse(text)
	if err == nil {
		// Any other accepted text has an exponent of more digits.
		require.Regexp(t, `^[-+]?[0-9.]+[eE][-+]?[0-9]{4,}$`, trimmed, "parsed as %d", value)
		return
	}
	require.True(t, errors.Is(err, money.ErrSyntax) || errors.Is(err, money.ErrOutOfRange), "parse %q: %v", text, err)
	require.Zero(t, value, "parse %q: %v", text, err)
}
