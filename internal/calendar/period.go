package calendar

import (
	"fmt"
	"time"
)

// Period is a span of whole days, both ends included.
type Period struct {
	Start Date `json:"start"`
	End   Date `json:"end"`
}

// MonthOf returns the whole month that a day lies in.
func MonthOf(day Date) Period {
	return Period{Start: day.FirstOfMonth(), End: day.LastOfMonth()}
}

// ParseMonth reads YYYY-MM and returns that whole month, or ErrSyntax.
func ParseMonth(text string) (Period, error) {
	t, err := time.Parse("2006-01", text)
	if err != nil || t.Year() < 1 {
		return Period{}, fmt.Errorf("%w: a month is written YYYY-MM", ErrSyntax)
	}
	return MonthOf(dateOf(t)), nil
}

// Contains reports whether the day lies in the period.
func (p Period) Contains(day Date) bool { return !day.Before(p.Start) && !day.After(p.End) }

// Days returns the number of days, at least 1 for a period whose end is not before its start.
func (p Period) Days() int { return p.End.DaysSince(p.Start) + 1 }

// String renders "2026-10-01..2026-10-31".
func (p Period) String() string { return p.Start.String() + ".." + p.End.String() }
