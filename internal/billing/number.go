package billing

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Seller issues invoices: its code scopes the legal numbering.
type Seller struct {
	// Code names the seller's sequence in the database.
	Code string
	// NumberPrefix replaces {prefix} in numbers: "FA" gives FA-2026-0000001.
	NumberPrefix string
	// NumberFormat is the layout of numbers; the zero value is {prefix}-{year}-{sequence:7}.
	NumberFormat NumberFormat
}

// Number formats a legal invoice number from the year of issue and the number within
// that year.
func (s Seller) Number(year int, sequence int64) string {
	format := s.NumberFormat
	if format.layout == "" {
		format = defaultNumberFormat
	}
	return fieldOfNumber.ReplaceAllStringFunc(format.layout, func(field string) string {
		switch {
		case field == "{prefix}":
			return s.NumberPrefix
		case field == "{year}":
			return fmt.Sprintf("%04d", year)
		default:
			return fmt.Sprintf("%0*d", format.digits, sequence)
		}
	})
}

// NumberFormat is a layout of legal numbers, such as {prefix}-{year}-{sequence:7}.
type NumberFormat struct {
	layout string
	// digits is the minimum number of digits of the sequence.
	digits int
}

// defaultNumberFormat gives FA-2026-0000001.
var defaultNumberFormat = NumberFormat{layout: "{prefix}-{year}-{sequence:7}", digits: 7}

const (
	maxNumberDigits = 12
	maxNumberLayout = 60
)

var (
	fieldOfNumber = regexp.MustCompile(`\{[^{}]*\}`)
	// sequenceField has an optional number of digits.
	sequenceField = regexp.MustCompile(`^\{sequence(?::([0-9]{1,2}))?\}$`)
	// aroundFields matches the text between the fields, which is printed and part of file names.
	aroundFields = regexp.MustCompile(`^[A-Za-z0-9 ./_-]*$`)
)

// ParseNumberFormat reads a layout with the fields {year} and {sequence} or
// {sequence:DIGITS}, each once, and optionally {prefix}. Without the year or the
// sequence, numbers would repeat. An empty text is the default layout.
func ParseNumberFormat(layout string) (NumberFormat, error) {
	format := NumberFormat{layout: layout}
	if layout == "" {
		return format, nil
	}
	if len(layout) > maxNumberLayout || !aroundFields.MatchString(fieldOfNumber.ReplaceAllString(layout, "")) {
		return NumberFormat{}, fmt.Errorf("%q must have at most %d characters, and letters, digits, spaces and ./_- between its fields", layout, maxNumberLayout)
	}
	years, sequences := 0, 0
	for _, field := range fieldOfNumber.FindAllString(layout, -1) {
		sequence := sequenceField.FindStringSubmatch(field)
		switch {
		case sequence != nil:
			sequences++
			// Zero digits mean the same as one.
			format.digits, _ = strconv.Atoi(sequence[1])
		case field == "{year}":
			years++
		case field != "{prefix}":
			return NumberFormat{}, fmt.Errorf("%s is not a field; there are {prefix}, {year}, {sequence} and {sequence:DIGITS}", field)
		}
	}
	if years != 1 || sequences != 1 {
		return NumberFormat{}, errors.New("it must contain {year} and {sequence} once each")
	}
	if format.digits > maxNumberDigits {
		return NumberFormat{}, fmt.Errorf("a sequence has at most %d digits", maxNumberDigits)
	}
	if layout != strings.TrimSpace(layout) {
		return NumberFormat{}, errors.New("it must not begin or end with a space")
	}
	return format, nil
}
