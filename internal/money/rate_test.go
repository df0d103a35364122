package money_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/money"
)

func TestRate_AtLeastTwoDecimals(t *testing.T) {
	t.Parallel()
	for rate, want := range map[money.Rate]string{
		0: "0.00", 200_000: "0.20", 100_000: "0.10", 75_000: "0.075", 145_500: "0.1455", 1: "0.000001",
		10_000: "0.01", 999_999: "0.999999", money.MaxRate: "1.00", 1_500_000: "1.50", 10_000_000: "10.00", -200_000: "-0.20", -75_000: "-0.075",
	} {
		assert.Equal(t, want, rate.String(), "%d millionths", int64(rate))
	}
}

func TestRate_TextAndJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := money.Rate(rapid.Int64Range(-int64(money.MaxRate), int64(money.MaxRate)).Draw(t, "rate"))
		encoded, err := json.Marshal(rate)
		require.NoError(t, err)
		require.Equal(t, `"`+rate.String()+`"`, string(encoded))

		var decoded money.Rate
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, rate, decoded)
	})
}

func TestUnmarshalText_ReportsErrors(t *testing.T) {
	t.Parallel()
	var amount money.Amount
	require.ErrorIs(t, amount.UnmarshalText([]byte("much")), money.ErrSyntax)
	require.ErrorIs(t, amount.UnmarshalText([]byte("1e30")), money.ErrOutOfRange)
	require.NoError(t, amount.UnmarshalText([]byte("10000000000.00")), "a sum over many invoices has no bound of its own")
	var rate money.Rate
	require.ErrorIs(t, rate.UnmarshalText([]byte("much")), money.ErrSyntax)
}
