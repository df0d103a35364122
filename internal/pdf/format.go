package pdf

import (
	"strconv"
	"strings"

	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/money"
)

// FormatAmount writes an amount as French documents do: "1 234,50 MAD".
// The groups are parted by a plain space, so that a search for the amount finds it.
func FormatAmount(amount money.Amount, currency string) string {
	magnitude := uint64(amount)
	var text []byte
	if amount < 0 {
		magnitude = -magnitude
		text = append(text, '-')
	}
	units := strconv.FormatUint(magnitude/100, 10)
	for i := range len(units) {
		if i > 0 && (len(units)-i)%3 == 0 {
			text = append(text, ' ')
		}
		text = append(text, units[i])
	}
	cents := byte(magnitude % 100)
	text = append(text, ',', '0'+cents/10, '0'+cents%10)
	if currency != "" {
		text = append(text, ' ')
		text = append(text, currency...)
	}
	return string(text)
}

// formatRate writes a tax rate as a percentage without trailing zeros: "20 %", "7,5 %".
func formatRate(rate money.Rate) string {
	// A millionth is 1/10,000 of a percent.
	sign, magnitude := "", uint64(rate)
	if rate < 0 {
		sign, magnitude = "-", -magnitude
	}
	text := sign + strconv.FormatUint(magnitude/10_000, 10)
	if fraction := magnitude % 10_000; fraction != 0 {
		digits := strconv.FormatUint(10_000+fraction, 10)[1:]
		text += "," + strings.TrimRight(digits, "0")
	}
	return text + " %"
}

// FormatDate writes a date as day/month/year, "31/10/2026", and a missing date as "".
func FormatDate(date calendar.Date) string {
	if date.IsZero() {
		return ""
	}
	text := make([]byte, 0, 10)
	text = appendPadded(text, date.Day(), 2)
	text = append(text, '/')
	text = appendPadded(text, int(date.Month()), 2)
	text = append(text, '/')
	return string(appendPadded(text, date.Year(), 4))
}

// formatPeriod writes "du 01/10/2026 au 31/10/2026", or the part of it that is set.
func formatPeriod(start, end calendar.Date) string {
	switch {
	case start.IsZero() && end.IsZero():
		return ""
	case end.IsZero():
		return "à partir du " + FormatDate(start)
	case start.IsZero():
		return "jusqu'au " + FormatDate(end)
	case start == end:
		return "le " + FormatDate(start)
	}
	return "du " + FormatDate(start) + " au " + FormatDate(end)
}

func appendPadded(text []byte, value, width int) []byte {
	digits := strconv.Itoa(value)
	for range width - len(digits) {
		text = append(text, '0')
	}
	return append(text, digits...)
}

func decimal(number int) string { return strconv.Itoa(number) }
