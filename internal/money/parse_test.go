package money_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/money"
)

func TestParseAmount_RoundsHalfUp(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Amount{
		"0": 0, "-0": 0, "+0": 0, "000": 0, "0.00": 0, "0e999": 0,
		"199": 19_900, "199.00": 19_900, "+199.5": 19_950, "-199.5": -19_950, "007": 700,
		".5": 50, "5.": 500, "-.5": -50, " 12 ": 1_200, "\t12\n": 1_200,

		"0.004": 0, "0.005": 1, "0.0049999999": 0, "0.00500000001": 1, "0.0009": 0,
		"-0.004": 0, "-0.005": -1, "-0.0149": -1, "-0.015": -2,
		"0.994": 99, "0.995": 100, "1.005": 101, "2.675": 268, "99.995": 10_000,

		"1e3": 100_000, "1E3": 100_000, "1e+3": 100_000, "1.5e2": 15_000, "-1.5e2": -15_000,
		"5e-3": 1, "4e-3": 0, "5e-4": 0, "199e-2": 199, "19900e-4": 199, "1e-1000": 0,
		"9999999999.99": money.MaxAmount, "-9999999999.99": -money.MaxAmount,
		"9999999999.994": money.MaxAmount, "0000000000000009999999999.99": money.MaxAmount,
		"999999999999e-2": money.MaxAmount, "0.999999999999e10": money.MaxAmount,
	} {
		got, err := money.ParseAmount(text)
		if assert.NoError(t, err, "ParseAmount(%q)", text) {
			assert.Equal(t, want, got, "ParseAmount(%q)", text)
		}
	}
}

func TestParseAmount_RefusesNonDecimals(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "-", "+", ".", "-.", "e", "e3", ".e3", "1e", "1e+", "1e1.5", "1e3e3", "1ee3",
		"abc", "12a", "a12", "1a2", "1 2", "- 1", "+ 1", "--1", "++1", "-+1", "+-1", "1-", "1+",
		"1,5", "1.2.3", "1..2", "1_000", "0x10", "0b1", "1/3", "$1", "1 MAD", "١٢", "１２", "1\x00", "\xff1",
		"NaN", "nan", "-NaN", "sNaN", "Inf", "inf", "+Inf", "-Infinity", "infinity", "null", "true",
		strings.Repeat("1", 65), "0." + strings.Repeat("0", 63), strings.Repeat("9", 1_000_000),
	} {
		got, err := money.ParseAmount(text)
		assert.ErrorIs(t, err, money.ErrSyntax, "ParseAmount(%.80q) = %v", text, got)
		assert.Zero(t, got, "ParseAmount(%.80q)", text)
	}
}

func TestParseAmount_RefusesTooLarge(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"1e10", "10000000000", "10000000000.00", "-10000000000", "9999999999.995", "-9999999999.995",
		"1e15", "1e16", "1e17", "1e18", "1e19", "1e100", "1e1000", "-1e1000",
		"92233720368547758.07", "92233720368547758.08", "184467440737095516.16", strings.Repeat("9", 64),
		"999999999999999999999999999999e-12",
	} {
		got, err := money.ParseAmount(text)
		assert.ErrorIs(t, err, money.ErrOutOfRange, "ParseAmount(%q) = %v", text, got)
		assert.Zero(t, got, "ParseAmount(%q)", text)
	}
}

func TestParseRate_RoundsHalfUp(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Rate{
		"0": 0, "0.2": 200_000, "0.20": 200_000, "20e-2": 200_000, "1": money.MaxRate, "1.00": money.MaxRate,
		"0.075": 75_000, "0.0000005": 1, "0.00000049": 0, "0.1234565": 123_457, "-0.2": -200_000, "1.5": 1_500_000,
	} {
		got, err := money.ParseRate(text)
		if assert.NoError(t, err, "ParseRate(%q)", text) {
			assert.Equal(t, want, got, "ParseRate(%q)", text)
		}
	}
	for _, text := range []string{"", "NaN", "Infinity", "20%", "0,2", "1e", strings.Repeat("0", 65)} {
		_, err := money.ParseRate(text)
		assert.ErrorIs(t, err, money.ErrSyntax, "ParseRate(%q)", text)
	}
	_, err := money.ParseRate("1e13")
	assert.ErrorIs(t, err, money.ErrOutOfRange)
}

func TestParseAmount_MatchesExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[-+]?([0-9]{1,14}(\.[0-9]{0,8})?|\.[0-9]{1,8})([eE][-+]?[0-9]{1,2})?`).Draw(t, "text")
		requireExact(t, text, 2, int64(money.MaxAmount), parseAmount)
	})
}

// requireExact compares a parse of a valid decimal number with exact arithmetic.
func requireExact(t require.TestingT, text string, decimals int, bound int64, parse func(string) (int64, error)) {
	exact, ok := new(big.Rat).SetString(text)
	require.True(t, ok, "%q is no decimal number", text)
	want := roundHalfUp(exact, decimals)

	got, err := parse(text)
	if want.CmpAbs(big.NewInt(bound)) > 0 {
		require.ErrorIs(t, err, money.ErrOutOfRange, "parse %q: exactly %v", text, want)
		return
	}
	require.NoError(t, err, "parse %q", text)
	require.Equal(t, want.Int64(), got, "parse %q", text)
}

// roundHalfUp returns value × 10^decimals, rounded half away from zero.
func roundHalfUp(value *big.Rat, decimals int) *big.Int {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	scaled := new(big.Rat).Mul(new(big.Rat).Abs(value), new(big.Rat).SetInt(scale))
	scaled.Add(scaled, big.NewRat(1, 2))
	rounded := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	if value.Sign() < 0 {
		rounded.Neg(rounded)
	}
	return rounded
}

func parseAmount(text string) (int64, error) {
	amount, err := money.ParseAmount(text)
	return int64(amount), err
}

func parseRate(text string) (int64, error) {
	rate, err := money.ParseRate(text)
	return int64(rate), err
}
