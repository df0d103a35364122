package billing

import (
	"slices"

	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// NewStatement computes what a client owes for the contracts: for each one its
// recurring fee, and its activation fee when its first day is among those charged.
// Tax is computed once on the subtotal and rounded half up to the centime.
//
// It refuses with amount_out_of_range when a sum is beyond what an invoice can hold.
func NewStatement(contracts []Contract, terms Terms) (Statement, error) {
	var statement Statement
	for _, contract := range contracts {
		if !contract.MonthlyFee.InRange() {
			return Statement{}, outOfRange()
		}
		statement.Lines = append(statement.Lines, contractLines(contract, terms)...)
	}
	var err error
	for _, line := range statement.Lines {
		if statement.Subtotal, err = statement.Subtotal.Add(line.Total()); err != nil {
			return Statement{}, outOfRange()
		}
	}
	if statement.Tax, err = statement.Subtotal.Tax(terms.TaxRate); err != nil {
		return Statement{}, outOfRange()
	}
	if statement.Total, err = statement.Subtotal.Add(statement.Tax); err != nil {
		return Statement{}, outOfRange()
	}
	return statement, nil
}

func contractLines(contract Contract, terms Terms) []Line {
	lines := recurringLines(contract, terms)
	starts := slices.ContainsFunc(lines, func(line Line) bool { return line.Days.Contains(contract.StartDate) })
	if contract.ActivationFee > 0 && starts {
		lines = append(lines, Line{
			Contract:    contract,
			Type:        LineActivation,
			Description: contract.OfferName + " activation fee",
			UnitAmount:  contract.ActivationFee,
		})
	}
	return lines
}

func outOfRange() error {
	return refusal.New(refusal.AmountOutOfRange).With("maximum", money.MaxAmount)
}
