package billing_test

import (
	"math/big"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func october(rate money.Rate) billing.Terms {
	return billing.Terms{Period: calendar.MonthOf(calendar.MustParse("2026-10-01")), DueDays: 15, TaxRate: rate}
}

func fiberSince(start string) billing.Contract {
	return billing.Contract{
		ID: uuid.UUID{15: 1}, StartDate: calendar.MustParse(start), OfferID: uuid.UUID{15: 2}, OfferName: "Fiber 100",
		ServiceCategory: "internet", ServiceIdentifier: "+212522334455", MonthlyFee: 40_000, ActivationFee: 10_000,
	}
}

func TestAContractThatStartedEarlierOwesItsMonthlyFee(t *testing.T) {
	t.Parallel()
	terms, contract := october(200_000), fiberSince("2026-09-20")
	statement, err := billing.NewStatement([]billing.Contract{contract}, terms)
	require.NoError(t, err)
	assert.Equal(t, billing.Statement{
		Lines: []billing.Line{{
			Contract: contract, Type: "recurring", Description: "Fiber 100 monthly recurring fee", UnitAmount: 40_000, Days: &terms.Period,
		}},
		Subtotal: 40_000, Tax: 8_000, Total: 48_000,
	}, statement)
	assert.Equal(t, int32(1), statement.Lines[0].Quantity())
	assert.Equal(t, money.Amount(40_000), statement.Lines[0].Total())
}

func TestAContractThatStartsInThePeriodOwesItsActivationToo(t *testing.T) {
	t.Parallel()
	terms, contract := october(0), fiberSince("2026-10-15")
	statement, err := billing.NewStatement([]billing.Contract{contract}, terms)
	require.NoError(t, err)
	require.Len(t, statement.Lines, 2)
	assert.Equal(t, billing.LineRecurring, statement.Lines[0].Type)
	assert.Equal(t, billing.Line{
		Contract: contract, Type: "activation", Description: "Fiber 100 activation fee", UnitAmount: 10_000,
	}, statement.Lines[1], "a one-off line charges no days")
	assert.Equal(t, money.Amount(50_000), statement.Subtotal)
	assert.Zero(t, statement.Tax)
	assert.Equal(t, statement.Subtotal, statement.Total)
}

func TestActivationIsChargedOnTheDaysOfThePeriodOnly(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]int{
		"2025-10-15": 1, "2026-09-30": 1, "2026-10-01": 2, "2026-10-15": 2, "2026-10-31": 2, "2026-11-01": 1,
	} {
		statement, err := billing.NewStatement([]billing.Contract{fiberSince(start)}, october(0))
		require.NoError(t, err, start)
		assert.Len(t, statement.Lines, want, "a contract from %s", start)
	}
	free := fiberSince("2026-10-15")
	free.ActivationFee = 0
	statement, err := billing.NewStatement([]billing.Contract{free}, october(0))
	require.NoError(t, err)
	assert.Len(t, statement.Lines, 1, "there is no activation line of 0.00")
}

func TestTaxIsComputedOnceOnTheSubtotal(t *testing.T) {
	t.Parallel()
	// Each fee alone would be taxed 0.005, which rounds up; together they are taxed 0.015.
	contract := fiberSince("2026-01-01")
	contract.MonthlyFee = 5
	statement, err := billing.NewStatement([]billing.Contract{contract, contract, contract}, october(100_000))
	require.NoError(t, err)
	assert.Equal(t, money.Amount(15), statement.Subtotal)
	assert.Equal(t, money.Amount(2), statement.Tax)
	assert.Equal(t, money.Amount(17), statement.Total)
}

func TestWhatAnInvoiceCannotHoldIsRefused(t *testing.T) {
	t.Parallel()
	of := func(fees ...money.Amount) (contracts []billing.Contract) {
		for _, fee := range fees {
			contract := fiberSince("2026-01-01")
			contract.MonthlyFee = fee
			contracts = append(contracts, contract)
		}
		return contracts
	}
	for name, c := range map[string]struct {
		contracts []billing.Contract
		rate      money.Rate
		fits      bool
	}{
		"the largest amount":        {of(money.MaxAmount), 0, true},
		"lines that just fit":       {of(money.MaxAmount-1, 1), 0, true},
		"a subtotal too large":      {of(money.MaxAmount, 1), 0, false},
		"a fee too large":           {of(money.MaxAmount + 1), 0, false},
		"a total too large":         {of(money.MaxAmount), 1, false},
		"a total that just fits":    {of(money.MaxAmount / 2), money.MaxRate, true},
		"a rate above one":          {of(100), money.MaxRate + 1, false},
		"a negative rate":           {of(100), -1, false},
		"a negative subtotal":       {of(-100), 200_000, false},
		"a sum that leaves int64's": {of(1<<62, 1<<62, 1<<62), 0, false},
	} {
		statement, err := billing.NewStatement(c.contracts, october(c.rate))
		if c.fits {
			assert.NoError(t, err, name)
			continue
		}
		refused := refusal.As(err)
		require.NotNil(t, refused, "%s: %v", name, err)
		assert.Equal(t, refusal.AmountOutOfRange, refused.Code, name)
		assert.Equal(t, map[string]any{"maximum": money.MaxAmount}, refused.Details, name)
		assert.Equal(t, billing.Statement{}, statement, name)
	}
}

func TestNoContractsOweNothing(t *testing.T) {
	t.Parallel()
	statement, err := billing.NewStatement(nil, october(200_000))
	require.NoError(t, err)
	assert.Equal(t, billing.Statement{}, statement)
}

func TestStatementsAgreeWithExactArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := october(money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate")))
		contracts := rapid.SliceOfN(anyContract(), 0, 20).Draw(t, "contracts")
		statement, err := billing.NewStatement(contracts, terms)
		require.NoError(t, err)

		subtotal, lineCount := new(big.Rat), 0
		for _, contract := range contracts {
			subtotal.Add(subtotal, big.NewRat(int64(contract.MonthlyFee), 100))
			lineCount++
			if start := contract.StartDate.String(); "2026-10-01" <= start && start <= "2026-10-31" && contract.ActivationFee > 0 {
				subtotal.Add(subtotal, big.NewRat(int64(contract.ActivationFee), 100))
				lineCount++
			}
		}
		tax := halfUp(new(big.Rat).Mul(subtotal, big.NewRat(int64(terms.TaxRate), 1_000_000)))
		require.Equal(t, subtotal.FloatString(2), statement.Subtotal.String())
		require.Equal(t, tax.FloatString(2), statement.Tax.String())
		require.Equal(t, new(big.Rat).Add(subtotal, tax).FloatString(2), statement.Total.String())

		var lines money.Amount
		for _, line := range statement.Lines {
			require.Equal(t, line.Total(), line.UnitAmount*money.Amount(line.Quantity()))
			lines += line.Total()
		}
		require.Len(t, statement.Lines, lineCount)
		require.Equal(t, lines, statement.Subtotal, "the subtotal is the sum of the lines")
		require.Equal(t, statement.Subtotal+statement.Tax, statement.Total)
	})
}

// anyContract draws contracts whose fees make small sums as often as large ones.
func anyContract() *rapid.Generator[billing.Contract] {
	return rapid.Custom(func(t *rapid.T) billing.Contract {
		fee := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 1_000_000_000))
		return billing.Contract{
			OfferName:     "Offer",
			StartDate:     calendar.MustParse("2026-09-15").AddDays(rapid.IntRange(0, 60).Draw(t, "start")),
			MonthlyFee:    money.Amount(fee.Draw(t, "monthly")),
			ActivationFee: money.Amount(rapid.OneOf(rapid.Just(int64(0)), fee).Draw(t, "activation")),
		}
	})
}

// halfUp rounds a positive number of currency units to the centime.
func halfUp(exact *big.Rat) *big.Rat {
	centimes := new(big.Rat).Mul(exact, big.NewRat(100, 1))
	centimes.Add(centimes, big.NewRat(1, 2))
	whole := new(big.Int).Quo(centimes.Num(), centimes.Denom())
	return new(big.Rat).SetFrac(whole, big.NewInt(100))
}
