// Package calendar holds civil dates and the business time zone.
//
// A date has no time and no zone; the business zone says which date an instant
// falls on. Time zone data is embedded for machines that have none.
package calendar

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// ErrSyntax is returned for a text that is not a date of the form YYYY-MM-DD.
var ErrSyntax = errors.New("calendar: not a date of the form YYYY-MM-DD")

// MaxYear is the last year that a date can be written in.
const MaxYear = 9999

// Date is a day of the Gregorian calendar between the years 1 and 9999.
// The zero value means an absent date. Dates compare with == and Before.
type Date struct {
	year  int16
	month int8
	day   int8
}

// NewDate returns the date; days beyond the month's end carry over as in time.Date.
func NewDate(year int, month time.Month, day int) Date {
	return dateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// Parse reads YYYY-MM-DD and returns ErrSyntax for anything else.
func Parse(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, ErrSyntax
	}
	return dateOf(t), nil
}

// MustParse is Parse for constants; it panics on a malformed text.
func MustParse(text string) Date {
	date, err := Parse(text)
	if err != nil {
		panic(fmt.Sprintf("%v: %q", err, text))
	}
	return date
}

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year: int16(year), month: int8(month), day: int8(day)}
}

// Year returns the year, 1 to 9999.
func (d Date) Year() int { return int(d.year) }

// Month returns the month.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day returns the day of the month, from 1.
func (d Date) Day() int { return int(d.day) }

// IsZero reports whether d is the absent date.
func (d Date) IsZero() bool { return d == Date{} }

// String renders YYYY-MM-DD.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)
}

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.compare(other) < 0 }

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return d.compare(other) > 0 }

func (d Date) compare(other Date) int {
	if d.year != other.year {
		return int(d.year) - int(other.year)
	}
	if d.month != other.month {
		return int(d.month) - int(other.month)
	}
	return int(d.day) - int(other.day)
}

// AddDays returns the date a number of days later, or earlier if it is negative.
func (d Date) AddDays(days int) Date { return dateOf(d.midnightUTC().AddDate(0, 0, days)) }

// AddMonths returns the same day a number of months later, clamped to the end of a
// shorter month: 31 January plus one month is 28 or 29 February.
func (d Date) AddMonths(months int) Date {
	first := NewDate(d.Year(), d.Month()+time.Month(months), 1)
	return NewDate(first.Year(), first.Month(), min(d.Day(), first.lastDayOfMonth()))
}

// DaysSince returns the number of days from other to d, negative when d is earlier.
func (d Date) DaysSince(other Date) int {
	// A Duration ends at 292 years, seconds do not.
	const secondsOfDay = 24 * 60 * 60
	return int((d.midnightUTC().Unix() - other.midnightUTC().Unix()) / secondsOfDay)
}

// FirstOfMonth returns the first day of d's month.
func (d Date) FirstOfMonth() Date { return NewDate(d.Year(), d.Month(), 1) }

// LastOfMonth returns the last day of d's month.
func (d Date) LastOfMonth() Date { return NewDate(d.Year(), d.Month(), d.lastDayOfMonth()) }

func (d Date) lastDayOfMonth() int { return NewDate(d.Year(), d.Month()+1, 0).Day() }

func (d Date) midnightUTC() time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
}

// MarshalText renders the date for JSON and for map keys.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	date, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = date
	return nil
}

// ScanDate reads a PostgreSQL date; NULL and infinity are errors, since columns
// that allow NULL are read into a *Date.
func (d *Date) ScanDate(v pgtype.Date) error {
	if !v.Valid || v.InfinityModifier != pgtype.Finite {
		return errors.New("calendar: cannot read NULL or infinity into a Date")
	}
	*d = dateOf(v.Time)
	return nil
}

// DateValue writes a PostgreSQL date; the zero Date is NULL.
func (d Date) DateValue() (pgtype.Date, error) {
	if d.IsZero() {
		return pgtype.Date{}, nil
	}
	return pgtype.Date{Time: d.midnightUTC(), Valid: true}, nil
}

// Value writes the date for database/sql.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}
