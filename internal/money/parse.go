package money

import (
	"errors"
	"strconv"
	"strings"
)

// ErrSyntax is returned for a text that is not a finite decimal number.
var ErrSyntax = errors.New("money: not a decimal number")

const (
	// maxTextLength bounds the work that one number can cause.
	maxTextLength = 64
	// maxScaledDigits keeps the parsed integer inside an int64.
	maxScaledDigits = 18
)

// parseScaled returns text × 10^decimals, rounded half up (away from zero).
// It accepts an optional sign, digits with at most one point, and an exponent.
func parseScaled(text string, decimals int) (int64, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxTextLength {
		return 0, ErrSyntax
	}
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}

	mantissa, exponent, err := splitExponent(text)
	if err != nil {
		return 0, err
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, ErrSyntax
	}

	// The decimal point follows this many digits after scaling.
	point := len(whole) + exponent + decimals
	scaled, err := roundAt(digits, point)
	if negative {
		scaled = -scaled
	}
	return scaled, err
}

// splitExponent cuts "1.5e3" into "1.5" and 3.
func splitExponent(text string) (mantissa string, exponent int, err error) {
	cut := strings.IndexAny(text, "eE")
	if cut < 0 {
		return text, 0, nil
	}
	exponent, err = strconv.Atoi(text[cut+1:])
	if err != nil || exponent < -1000 || exponent > 1000 {
		return "", 0, ErrSyntax
	}
	return text[:cut], exponent, nil
}

// roundAt reads the first point digits as an integer and rounds half up on the next.
func roundAt(digits string, point int) (int64, error) {
	leading := len(digits) - len(strings.TrimLeft(digits, "0"))
	digits, point = digits[leading:], point-leading
	switch {
	case digits == "" || point < 0:
		return 0, nil
	case point > maxScaledDigits:
		return 0, ErrOutOfRange
	case point > len(digits):
		digits += strings.Repeat("0", point-len(digits))
	}
	var value int64
	for _, digit := range digits[:point] {
		value = value*10 + int64(digit-'0')
	}
	if point < len(digits) && digits[point] >= '5' {
		value++
	}
	return value, nil
}
