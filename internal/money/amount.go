// Package money holds exact amounts and tax rates.
//
// An amount is an integer number of centimes and a rate an integer number of
// millionths. There is no float in this package, so a sum never drifts.
package money

import (
	"errors"
	"fmt"
	"math/bits"
)

// Amount is a sum of money in centimes (1/100 of the currency unit).
type Amount int64

// MaxAmount is the largest amount the system accepts: one centime below
// 10^10 currency units. The database's centimes domain has the same bound.
const MaxAmount Amount = 1_000_000_000_000 - 1

// ErrOutOfRange is returned when a sum or a product leaves ±MaxAmount.
var ErrOutOfRange = errors.New("money: amount out of range")

// String renders the amount with exactly two decimals, as the API writes it: "199.00".
func (a Amount) String() string {
	sign, magnitude := "", uint64(a)
	if a < 0 {
		sign, magnitude = "-", -uint64(a)
	}
	return fmt.Sprintf("%s%d.%02d", sign, magnitude/100, magnitude%100)
}

// Add returns a+b, or ErrOutOfRange.
func (a Amount) Add(b Amount) (Amount, error) {
	// Both operands are far from the int64 bounds, so the sum cannot wrap.
	if !a.InRange() || !b.InRange() || !(a + b).InRange() {
		return 0, ErrOutOfRange
	}
	return a + b, nil
}

// InRange reports whether the amount lies within ±MaxAmount.
func (a Amount) InRange() bool { return -MaxAmount <= a && a <= MaxAmount }

// Tax returns the tax on a non-negative amount: amount × rate, rounded half up
// to the centime. It returns ErrOutOfRange for an amount or a rate out of bounds.
func (a Amount) Tax(rate Rate) (Amount, error) {
	if a < 0 || !a.InRange() || rate < 0 || rate > MaxRate {
		return 0, ErrOutOfRange
	}
	hi, lo := bits.Mul64(uint64(a), uint64(rate))
	lo, carry := bits.Add64(lo, rateScale/2, 0)
	tax, _ := bits.Div64(hi+carry, lo, rateScale)
	return Amount(tax), nil
}

// ParseAmount reads a decimal number, with at most an exponent, and rounds it
// half up (away from zero) to the centime: "199", "0.005", "1e3".
// It returns ErrSyntax when the text is not a finite decimal number and
// ErrOutOfRange when the rounded amount is not within ±MaxAmount.
func ParseAmount(text string) (Amount, error) {
	scaled, err := parseScaled(text, 2)
	if err != nil {
		return 0, err
	}
	if amount := Amount(scaled); amount.InRange() {
		return amount, nil
	}
	return 0, ErrOutOfRange
}
