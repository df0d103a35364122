package money_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/money"
)

func TestAmount_TwoDecimals(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.Amount]string{
		0: "0.00", 1: "0.01", 10: "0.10", 99: "0.99", 100: "1.00", 19_900: "199.00",
		-1: "-0.01", -100: "-1.00", -19_905: "-199.05",
		money.MaxAmount: "9999999999.99", -money.MaxAmount: "-9999999999.99",
		math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	} {
		assert.Equal(t, want, amount.String(), "%d centimes", int64(amount))
	}
}

func TestAdd_Bounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b, sum  money.Amount
		outOfRange bool
	}{
		{a: 0, b: 0, sum: 0},
		{a: 1, b: 2, sum: 3},
		{a: 1, b: -2, sum: -1},
		{a: money.MaxAmount, b: 0, sum: money.MaxAmount},
		{a: money.MaxAmount - 1, b: 1, sum: money.MaxAmount},
		{a: money.MaxAmount, b: -money.MaxAmount, sum: 0},
		{a: money.MaxAmount, b: 1, outOfRange: true},
		{a: 1, b: money.MaxAmount, outOfRange: true},
		{a: -money.MaxAmount, b: -1, outOfRange: true},
		{a: money.MaxAmount, b: money.MaxAmount, outOfRange: true},
		{a: money.MaxAmount + 1, b: -1, outOfRange: true},
		{a: -1, b: money.MaxAmount + 1, outOfRange: true},
		{a: math.MaxInt64, b: 1, outOfRange: true},
		{a: math.MinInt64, b: -1, outOfRange: true},
		{a: math.MinInt64, b: math.MaxInt64, outOfRange: true},
	} {
		sum, err := c.a.Add(c.b)
		if c.outOfRange {
			assert.ErrorIs(t, err, money.ErrOutOfRange, "%d + %d", int64(c.a), int64(c.b))
		} else {
			assert.NoError(t, err, "%d + %d", int64(c.a), int64(c.b))
		}
		assert.Equal(t, c.sum, sum, "%d + %d", int64(c.a), int64(c.b))
	}
}

func TestTax_RoundsHalfUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount money.Amount
		rate   money.Rate
		want   money.Amount
	}{
		{0, 200_000, 0},
		{19_900, 0, 0},
		{19_900, 200_000, 3_980},
		{19_900, money.MaxRate, 19_900},
		{money.MaxAmount, money.MaxRate, money.MaxAmount},
		{1, 500_000, 1}, // 0.5 centimes
		{1, 499_999, 0}, // just below
		{3, 500_000, 2}, // 1.5: up, and not to even
		{5, 500_000, 3}, // 2.5: up, and not to even
		{10, 50_000, 1}, // 0.5
		{333, 200_000, 67},
		{332, 200_000, 66},
	} {
		tax, err := c.amount.Tax(c.rate)
		assert.NoError(t, err, "%v × %v", c.amount, c.rate)
		assert.Equal(t, c.want, tax, "%v × %v", c.amount, c.rate)
	}
}

func TestTax_RefusesOutOfBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount money.Amount
		rate   money.Rate
	}{
		{-1, 200_000},
		{money.MaxAmount + 1, 200_000},
		{math.MaxInt64, money.MaxRate},
		{math.MinInt64, 1},
		{100, -1},
		{100, money.MaxRate + 1},
		{100, math.MaxInt64},
		{100, math.MinInt64},
	} {
		tax, err := c.amount.Tax(c.rate)
		assert.ErrorIs(t, err, money.ErrOutOfRange, "%d × %d", int64(c.amount), int64(c.rate))
		assert.Zero(t, tax, "%d × %d", int64(c.amount), int64(c.rate))
	}
}

func TestTax_MatchesExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Amount(rapid.Int64Range(0, int64(money.MaxAmount)).Draw(t, "amount"))
		rate := money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate"))

		product := new(big.Rat).Mul(big.NewRat(int64(amount), 1), big.NewRat(int64(rate), 1_000_000))
		tax, err := amount.Tax(rate)
		require.NoError(t, err)
		require.Equal(t, roundHalfUp(product, 0).Int64(), int64(tax), "%v × %v", amount, rate)
	})
}

func TestAdd_MatchesExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		bound := big.NewInt(int64(money.MaxAmount))
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		inRange := big.NewInt(a).CmpAbs(bound) <= 0 && big.NewInt(b).CmpAbs(bound) <= 0 && exact.CmpAbs(bound) <= 0

		sum, err := money.Amount(a).Add(money.Amount(b))
		require.Equal(t, inRange, err == nil, "error: %v", err)
		if inRange {
			require.Equal(t, exact.Int64(), int64(sum))
		}
	})
}

func TestAmount_TextAndJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Amount(rapid.Int64Range(-int64(money.MaxAmount), int64(money.MaxAmount)).Draw(t, "amount"))
		encoded, err := json.Marshal(amount)
		require.NoError(t, err)
		require.Equal(t, `"`+amount.String()+`"`, string(encoded))

		var decoded money.Amount
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, amount, decoded)
	})
}
