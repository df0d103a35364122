package money

import (
	"fmt"
	"strings"
)

// Rate is a tax rate in millionths: 200000 is 20 %.
type Rate int64

const (
	rateScale = 1_000_000

	// MaxRate is the highest accepted rate, 100 %.
	MaxRate Rate = rateScale
)

// String renders the rate as the API writes it, with at least two decimals and
// no trailing zero beyond them: "0.20", "0.075".
func (r Rate) String() string {
	sign := ""
	if r < 0 {
		sign, r = "-", -r
	}
	text := fmt.Sprintf("%s%d.%06d", sign, r/rateScale, r%rateScale)
	trimmed := strings.TrimRight(text, "0")
	if shortest := len(text) - 4; len(trimmed) < shortest {
		return text[:shortest]
	}
	return trimmed
}

// ParseRate reads a decimal number and rounds it half up to a millionth.
// It returns ErrSyntax or ErrOutOfRange like ParseAmount; bounds such as
// 0..1 are the caller's to check, so that the error can name them.
func ParseRate(text string) (Rate, error) {
	scaled, err := parseScaled(text, 6)
	return Rate(scaled), err
}
