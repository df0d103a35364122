package billing_test

import (
	"math/big"
	"slices"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// The rules of billing once more, a day at a time and in exact fractions.

// modelContract is a contract and the days of it that were charged.
type modelContract struct {
	start, end      calendar.Date // an end that is zero is none
	active          bool
	fee, activation int64
	charged         map[calendar.Date]bool
}

func (c *modelContract) activeOn(d calendar.Date) bool {
	return c.active && !d.Before(c.start) && (c.end.IsZero() || !d.After(c.end))
}

// owes is what a run charges and for which days; known says whether the run looks at the contract.
func (c *modelContract) owes(terms billing.Terms) (sum int64, days []calendar.Date, known bool) {
	before, all, open := false, []calendar.Date{}, []calendar.Date{}
	for d := terms.Period.Start; !d.After(terms.Period.End); d = d.AddDays(1) {
		all, known, before = append(all, d), known || c.activeOn(d), before || c.charged[d]
		if c.activeOn(d) && !c.charged[d] {
			open = append(open, d)
			n := int64(d.LastOfMonth().Day())
			sum += rounded(big.NewRat(c.fee*int64(d.Day()), n)) - rounded(big.NewRat(c.fee*int64(d.Day()-1), n))
		}
	}
	if terms.Proration == billing.ProrationNone {
		if sum, open = c.fee, all; before || !known {
			sum, open = 0, nil
		}
	}
	if slices.Contains(open, c.start) {
		sum += c.activation
	}
	return sum, open, known
}

// modelBill is what a run does for a client: nothing, or "skipped", "parked" or "billed".
type modelBill struct {
	outcome       string
	subtotal, tax int64
}

func billModel(contracts []*modelContract, terms billing.Terms) modelBill {
	bill, days := modelBill{}, map[*modelContract][]calendar.Date{}
	for _, c := range contracts {
		sum, charged, known := c.owes(terms)
		if days[c], bill.subtotal = charged, bill.subtotal+sum; known {
			bill.outcome = "skipped"
		}
	}
	if bill.subtotal == 0 {
		return bill
	}
	bill.tax = rounded(new(big.Rat).Mul(big.NewRat(bill.subtotal, 1), big.NewRat(int64(terms.TaxRate), 1_000_000)))
	if bill.subtotal+bill.tax > int64(money.MaxAmount) {
		return modelBill{"parked", bill.subtotal, bill.tax}
	}
	for c, charged := range days {
		for _, d := range charged {
			c.charged[d] = true
		}
	}
	bill.outcome = "billed"
	return bill
}

// rounded rounds half up to a whole number.
func rounded(exact *big.Rat) int64 {
	doubled := new(big.Rat).Add(new(big.Rat).Add(exact, exact), big.NewRat(1, 1))
	return new(big.Int).Div(doubled.Num(), new(big.Int).Mul(doubled.Denom(), big.NewInt(2))).Int64()
}
