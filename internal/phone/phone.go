// Package phone normalises Moroccan service numbers by the rules of the landing
// API: it accepts any punctuation, drops the country prefix or the leading zero, and returns
// +212 with nine digits.
package phone

import (
	"log/slog"
	"strings"
	"unicode"

	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	countryCode    = "212"
	nationalDigits = 9
	maxInputLength = 40
)

// Number is a normalised service number, such as +212612345678.
type Number string

// Kind is a family of numbers: which first digits it has and how it is refused.
type Kind struct {
	firstDigits string
	code        refusal.Code
	examples    []string
}

// The kinds of service number that can be subscribed.
var (
	Mobile = Kind{
		firstDigits: "67", code: refusal.MobileNumberInvalid,
		examples: []string{"0612345678", "+212612345678", "712345678"},
	}
	Landline = Kind{
		firstDigits: "58", code: refusal.LandlineNumberInvalid,
		examples: []string{"0522334455", "+212522334455", "822334455"},
	}
)

// Parse normalises a number of this kind. It refuses with mobile_number_invalid
// or landline_number_invalid and lists accepted examples.
func (k Kind) Parse(text string) (Number, error) {
	national, ok := nationalNumber(text)
	if !ok || !strings.ContainsRune(k.firstDigits, rune(national[0])) {
		return "", refusal.New(k.code).With("accepted_examples", k.examples)
	}
	return Number("+" + countryCode + national), nil
}

// FromDigits builds a number of this kind from a random value, for numbers that
// the operator assigns. Every value gives a valid number.
func (k Kind) FromDigits(random uint64) Number {
	digits := []byte(k.firstDigits[random%uint64(len(k.firstDigits)):][:1])
	random /= uint64(len(k.firstDigits))
	for range nationalDigits - 1 {
		digits = append(digits, byte('0'+random%10))
		random /= 10
	}
	return Number("+" + countryCode + string(digits))
}

// Masked hides all but the last four digits: "+******5678".
func (n Number) Masked() string { return Mask(string(n)) }

// LogValue implements slog.LogValuer: a log shows a number masked, whatever its attribute is called.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.Masked()) }

// Mask hides all but the last four digits of any number: "+******1234". A number of
// four digits or fewer is hidden whole.
func Mask(text string) string {
	const hidden, shown = "+******", 4
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
	if len(digits) <= shown {
		return hidden
	}
	return hidden + digits[len(digits)-shown:]
}

// nationalNumber keeps the digits and drops +212, 212 or a leading zero.
func nationalNumber(text string) (string, bool) {
	if len(text) > maxInputLength {
		return "", false
	}
	var digits strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case unicode.IsLetter(r), unicode.IsDigit(r), r == unicode.ReplacementChar:
			// Punctuation may separate digits. Letters and other digits are errors.
			return "", false
		}
	}
	national := digits.String()
	switch {
	case len(national) == len(countryCode)+nationalDigits && strings.HasPrefix(national, countryCode):
		national = national[len(countryCode):]
	case len(national) == nationalDigits+1 && national[0] == '0':
		national = national[1:]
	}
	return national, len(national) == nationalDigits
}
