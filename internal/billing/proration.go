package billing

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// Proration determines the fee of a contract that is active for only a part of the period.
type Proration string

// The kinds of proration.
const (
	// ProrationNone bills a whole monthly fee once for the period, even if the contract
	// is active for only a part of it.
	ProrationNone Proration = ""
	// ProrationDaily bills the active days, each as its part of its month.
	ProrationDaily Proration = "daily"
)

const prorationNoneName = "none"

// ProrationNamed returns the proration for a name that String returns.
func ProrationNamed(name string) Proration {
	if name == prorationNoneName {
		return ProrationNone
	}
	return Proration(name)
}

// String is the name on the wire and in the database: none or daily.
func (p Proration) String() string {
	if p == ProrationNone {
		return prorationNoneName
	}
	return string(p)
}

// recurringLines returns the lines of a contract's monthly fee.
func recurringLines(contract Contract, terms Terms) []Line {
	const fee = " monthly recurring fee"
	if terms.Proration == ProrationNone {
		return []Line{{
			Contract: contract, Type: LineRecurring, Description: contract.OfferName + fee,
			UnitAmount: contract.MonthlyFee, Days: &terms.Period,
		}}
	}
	var lines []Line
	for _, days := range contract.unbilledDays(terms.Period) {
		lines = append(lines, Line{
			Contract: contract, Type: LineRecurring, Description: contract.OfferName + fee + ", " + inWords(days),
			UnitAmount: accruedBefore(contract.MonthlyFee, days.End.AddDays(1)) - accruedBefore(contract.MonthlyFee, days.Start),
			Days:       &days,
		})
	}
	return lines
}

// accruedBefore returns the part of a fee that has accrued when a day begins: the fee of
// every previous month, plus fee × days passed / days of the month for the day's month,
// rounded half up to the centime.
//
// The amount for a span of days is the difference of two results, so the parts of a
// month add up to its fee however it is divided. The fee is within ±MaxAmount.
func accruedBefore(fee money.Amount, day calendar.Date) money.Amount {
	months := money.Amount(day.Year()*12 + int(day.Month()))
	passed, length := money.Amount(day.Day()-1), money.Amount(day.LastOfMonth().Day())
	return fee*months + (2*fee*passed+length)/(2*length)
}

// unbilledDays returns the days of the period on which the contract is active and whose
// fee was not charged before, as the fewest possible spans.
func (c Contract) unbilledDays(period calendar.Period) []calendar.Period {
	var spans []calendar.Period
	add := func(start, end calendar.Date) {
		if !end.Before(start) {
			spans = append(spans, calendar.Period{Start: start, End: end})
		}
	}
	next, last := period.Start, period.End
	if c.StartDate.After(next) {
		next = c.StartDate
	}
	if c.EndDate != nil && c.EndDate.Before(last) {
		last = *c.EndDate
	}
	for _, billed := range c.BilledDays {
		if billed.End.Before(next) {
			continue
		}
		if billed.Start.After(last) {
			break
		}
		add(next, billed.Start.AddDays(-1))
		next = billed.End.AddDays(1)
	}
	add(next, last)
	return spans
}

func inWords(days calendar.Period) string {
	if days.Start == days.End {
		return days.Start.String()
	}
	return days.Start.String() + " to " + days.End.String()
}

// parseSpans converts the database's ranges, whose upper ends are excluded.
func parseSpans(ranges pgtype.Multirange[pgtype.Range[pgtype.Date]]) ([]calendar.Period, error) {
	var spans []calendar.Period
	for _, days := range ranges {
		var start, end calendar.Date
		if err := start.ScanDate(days.Lower); err != nil {
			return nil, err
		}
		if err := end.ScanDate(days.Upper); err != nil {
			return nil, err
		}
		spans = append(spans, calendar.Period{Start: start, End: end.AddDays(-1)})
	}
	return spans, nil
}
