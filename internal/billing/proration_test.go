package billing_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func daysOf(start, end string) calendar.Period {
	return calendar.Period{Start: calendar.MustParse(start), End: calendar.MustParse(end)}
}

func daily(period calendar.Period) billing.Terms {
	return billing.Terms{Period: period, DueDays: 15, Proration: billing.ProrationDaily}
}

// TestTermsWithoutProrationReadAsBeforeThereWasAny keeps the fingerprints of old keys.
func TestTermsWithoutProrationReadAsBeforeThereWasAny(t *testing.T) {
	t.Parallel()
	terms := billing.Terms{Period: daysOf("2026-10-01", "2026-10-31"), DueDays: 15, TaxRate: 200_000, Proration: billing.ProrationNamed("none")}
	for proration, want := range map[string]string{
		"":      `{"period":{"start":"2026-10-01","end":"2026-10-31"},"due_days":15,"tax_rate":"0.20"}`,
		"none":  `{"period":{"start":"2026-10-01","end":"2026-10-31"},"due_days":15,"tax_rate":"0.20"}`,
		"daily": `{"period":{"start":"2026-10-01","end":"2026-10-31"},"due_days":15,"tax_rate":"0.20","proration":"daily"}`,
	} {
		terms.Proration = billing.ProrationNamed(proration)
		written, err := json.Marshal(terms)
		require.NoError(t, err)
		assert.Equal(t, want, string(written), "proration %q", proration)
		var read billing.Terms
		require.NoError(t, json.Unmarshal(written, &read))
		assert.Equal(t, terms, read)
	}
}

func TestDailyProrationBillsTheDaysThatAreActiveAndNotBilled(t *testing.T) {
	t.Parallel()
	const october, start, fee = "2026-10-01 to 2026-10-31", "2026-09-20", 40_000
	for name, c := range map[string]struct {
		start, end string
		billed     []calendar.Period
		period     calendar.Period
		want       map[string]money.Amount
	}{
		"a whole month":          {start, "", nil, daysOf("2026-10-01", "2026-10-31"), map[string]money.Amount{october: fee}},
		"from the 15th":          {"2026-10-15", "", nil, daysOf("2026-10-01", "2026-10-31"), map[string]money.Amount{"2026-10-15 to 2026-10-31": 21_935}},
		"until the 14th":         {start, "2026-10-14", nil, daysOf("2026-10-01", "2026-10-31"), map[string]money.Amount{"2026-10-01 to 2026-10-14": 18_065}},
		"one day":                {"2026-10-31", "2026-10-31", nil, daysOf("2026-10-01", "2026-10-31"), map[string]money.Amount{"2026-10-31": 1_290}},
		"a part of the month":    {start, "", nil, daysOf("2026-10-10", "2026-10-12"), map[string]money.Amount{"2026-10-10 to 2026-10-12": 3_871}},
		"months of their length": {start, "", nil, daysOf("2027-02-15", "2027-03-15"), map[string]money.Amount{"2027-02-15 to 2027-03-15": 20_000 + 19_355}},
		"a leap day":             {start, "", nil, daysOf("2028-02-29", "2028-02-29"), map[string]money.Amount{"2028-02-29": 1_379}},
		"ten years":              {start, "", nil, daysOf("2027-01-01", "2036-12-31"), map[string]money.Amount{"2027-01-01 to 2036-12-31": 120 * fee}},
		"the last day there is":  {start, "", nil, daysOf("9999-12-31", "9999-12-31"), map[string]money.Amount{"9999-12-31": 1_290}},
		"around what was billed": {
			start, "",
			[]calendar.Period{daysOf("2026-10-10", "2026-10-12")},
			daysOf("2026-10-01", "2026-10-31"),
			map[string]money.Amount{"2026-10-01 to 2026-10-09": 11_613, "2026-10-13 to 2026-10-31": 24_516},
		},
		"after what was billed": {
			start, "",
			[]calendar.Period{daysOf("2026-09-25", "2026-10-30")},
			daysOf("2026-10-01", "2026-10-31"),
			map[string]money.Amount{"2026-10-31": 1_290},
		},
		"all was billed": {start, "", []calendar.Period{daysOf("2026-10-01", "2026-10-31")}, daysOf("2026-10-05", "2026-10-31"), nil},
	} {
		contract := fiberSince(c.start)
		contract.BilledDays, contract.ActivationFee = c.billed, 0
		if c.end != "" {
			end := calendar.MustParse(c.end)
			contract.EndDate = &end
		}
		statement, err := billing.NewStatement([]billing.Contract{contract}, daily(c.period))
		require.NoError(t, err, name)
		require.Len(t, statement.Lines, len(c.want), name)
		for _, line := range statement.Lines {
			days := line.Days.Start.String()
			if line.Days.Days() > 1 {
				days += " to " + line.Days.End.String()
			}
			assert.Equal(t, "Fiber 100 monthly recurring fee, "+days, line.Description, name)
			assert.Equal(t, c.want[days], line.Total(), "%s: %s", name, days)
			assert.Equal(t, int32(1), line.Quantity(), name)
		}
	}
}

func TestActivationIsChargedWithTheFirstDay(t *testing.T) {
	t.Parallel()
	period := daysOf("2026-10-01", "2026-10-31")
	for name, c := range map[string]struct {
		start  string
		billed []calendar.Period
		want   int
	}{
		"starts in the period":            {"2026-10-15", nil, 1},
		"started before it":               {"2026-09-30", nil, 0},
		"its first day was billed before": {"2026-10-15", []calendar.Period{daysOf("2026-10-01", "2026-10-20")}, 0},
		"its first day was left out":      {"2026-10-15", []calendar.Period{daysOf("2026-10-16", "2026-10-31")}, 1},
	} {
		contract := fiberSince(c.start)
		contract.BilledDays = c.billed
		statement, err := billing.NewStatement([]billing.Contract{contract}, daily(period))
		require.NoError(t, err, name)
		activations := slices.DeleteFunc(statement.Lines, func(line billing.Line) bool { return line.Type != billing.LineActivation })
		assert.Len(t, activations, c.want, name)
	}
}

func TestDaysOfAFeeThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fee    money.Amount
		period calendar.Period
	}{
		"a fee too large":            {1 << 62, daysOf("2026-10-01", "2026-10-01")},
		"months that add up to much": {money.MaxAmount, daysOf("2026-10-01", "9999-12-30")},
	} {
		contract := fiberSince("2026-01-01")
		contract.MonthlyFee = c.fee
		_, err := billing.NewStatement([]billing.Contract{contract}, daily(c.period))
		require.NotNil(t, refusal.As(err), name)
		assert.Equal(t, refusal.AmountOutOfRange, refusal.As(err).Code, name)
	}
}

// feeOf is what a contract without an end owes for the days.
func feeOf(t require.TestingT, fee money.Amount, days calendar.Period) money.Amount {
	contract := billing.Contract{StartDate: calendar.MustParse("2000-01-01"), MonthlyFee: fee}
	statement, err := billing.NewStatement([]billing.Contract{contract}, daily(days))
	require.NoError(t, err)
	return statement.Subtotal
}

func TestThePartsOfAMonthAddUpToItsFee(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fee := money.Amount(rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, int64(money.MaxAmount))).Draw(t, "fee"))
		month := calendar.MonthOf(calendar.MustParse("2026-01-01").AddMonths(rapid.IntRange(0, 60).Draw(t, "month")))
		ends := rapid.SliceOfNDistinct(rapid.IntRange(1, month.Days()), 0, -1, rapid.ID).Draw(t, "ends of parts")
		slices.Sort(ends)
		var sum money.Amount
		next := month.Start
		for _, end := range append(ends, month.Days()) {
			if last := calendar.NewDate(month.Start.Year(), month.Start.Month(), end); !last.Before(next) {
				sum += feeOf(t, fee, calendar.Period{Start: next, End: last})
				next = last.AddDays(1)
			}
		}
		require.Equal(t, fee, sum)
	})
}

func TestMoreDaysNeverCostLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fee := money.Amount(rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, 1_000_000_000)).Draw(t, "fee"))
		inner := anyPeriod(t, "inner", 100)
		outer := calendar.Period{
			Start: inner.Start.AddDays(-rapid.IntRange(0, 40).Draw(t, "earlier")),
			End:   inner.End.AddDays(rapid.IntRange(0, 40).Draw(t, "later")),
		}
		require.GreaterOrEqual(t, feeOf(t, fee, outer), feeOf(t, fee, inner))
		months := (inner.End.Year()-inner.Start.Year())*12 + int(inner.End.Month()) - int(inner.Start.Month()) + 1
		require.LessOrEqual(t, feeOf(t, fee, inner), fee*money.Amount(months), "at most the months touched")
	})
}

func anyPeriod(t *rapid.T, name string, days int) calendar.Period {
	start := calendar.MustParse("2027-12-01").AddDays(rapid.IntRange(0, 120).Draw(t, name+" start"))
	return calendar.Period{Start: start, End: start.AddDays(rapid.IntRange(0, days-1).Draw(t, name+" days"))}
}

func TestStatementsByTheDayAgreeWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := daily(anyPeriod(t, "period", 70))
		terms.TaxRate = money.Rate(rapid.Int64Range(0, int64(money.MaxRate)).Draw(t, "rate"))
		models := rapid.SliceOfN(anyModelContract(), 1, 4).Draw(t, "contracts")
		var contracts []billing.Contract
		for _, model := range models {
			contract := billing.Contract{
				StartDate: model.start, MonthlyFee: money.Amount(model.fee), ActivationFee: money.Amount(model.activation),
			}
			if !model.end.IsZero() {
				contract.EndDate = &model.end
			}
			contract.BilledDays = anyBilledDays(t, model)
			contracts = append(contracts, contract)
		}
		statement, err := billing.NewStatement(contracts, terms)
		for _, line := range statement.Lines {
			requireDaysAreOwed(t, line, terms.Period)
		}
		want := billModel(models, terms)
		if want.outcome == "parked" {
			require.NotNil(t, refusal.As(err))
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.subtotal, int64(statement.Subtotal))
		require.Equal(t, want.tax, int64(statement.Tax))
		require.Equal(t, statement.Subtotal+statement.Tax, statement.Total)
	})
}

// requireDaysAreOwed checks the days of a line: within the period and the contract's dates,
// not billed before, and bounded on both sides by a day that is not owed.
func requireDaysAreOwed(t require.TestingT, line billing.Line, period calendar.Period) {
	if line.Days == nil {
		require.Equal(t, billing.LineActivation, line.Type)
		return
	}
	owed := func(day calendar.Date) bool {
		c := line.Contract
		return period.Contains(day) && !day.Before(c.StartDate) && (c.EndDate == nil || !day.After(*c.EndDate)) &&
			!slices.ContainsFunc(c.BilledDays, func(billed calendar.Period) bool { return billed.Contains(day) })
	}
	for day := line.Days.Start; !day.After(line.Days.End); day = day.AddDays(1) {
		require.True(t, owed(day), "%s is not owed", day)
	}
	require.False(t, owed(line.Days.Start.AddDays(-1)), "the day before %s is owed too", line.Days)
	require.False(t, owed(line.Days.End.AddDays(1)), "the day after %s is owed too", line.Days)
}

// anyBilledDays draws days that were charged before and notes them in the model.
func anyBilledDays(t *rapid.T, model *modelContract) []calendar.Period {
	var spans []calendar.Period
	next := calendar.MustParse("2027-11-15")
	for range rapid.IntRange(0, 5).Draw(t, "spans billed") {
		start := next.AddDays(rapid.IntRange(1, 30).Draw(t, "days between"))
		span := calendar.Period{Start: start, End: start.AddDays(rapid.IntRange(0, 40).Draw(t, "days billed"))}
		for day := span.Start; !day.After(span.End); day = day.AddDays(1) {
			model.charged[day] = true
		}
		spans, next = append(spans, span), span.End.AddDays(1)
	}
	return spans
}

// anyModelContract draws active contracts: fees of some centimes, whose days round to
// nothing, as often as common ones and such that an invoice cannot hold.
func anyModelContract() *rapid.Generator[*modelContract] {
	return rapid.Custom(func(t *rapid.T) *modelContract {
		fee := rapid.OneOf(rapid.Int64Range(1, 40), rapid.Int64Range(1, 1_000_000), rapid.Int64Range(int64(money.MaxAmount)/3, int64(money.MaxAmount)))
		contract := &modelContract{
			start: calendar.MustParse("2027-11-15").AddDays(rapid.IntRange(0, 120).Draw(t, "start")), active: true,
			fee: fee.Draw(t, "fee"), activation: rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 10_000)).Draw(t, "activation"),
			charged: map[calendar.Date]bool{},
		}
		if rapid.Bool().Draw(t, "ends") {
			contract.end = contract.start.AddDays(rapid.IntRange(0, 100).Draw(t, "length"))
		}
		return contract
	})
}
