package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// Off is written for a schedule that starts nothing.
const Off = "off"

// Expression is a cron expression with the time zone of its clock. The zero value is off.
type Expression struct {
	// Cron has five fields of local time: minute, hour, day of the month, month, day of the week.
	Cron string
	// Zone is the IANA name of the time zone that Cron is in.
	Zone string
}

// zonePrefix is how a cron table names the time zone of an expression.
const zonePrefix = "CRON_TZ="

// ParseExpression reads a configured expression: five fields in the given zone, five fields
// after their own zone ("CRON_TZ=Europe/Paris 5 0 1 * *"), or Off. The error says what is
// wrong with it.
//
// It refuses expressions that Temporal cannot read or reads as other times: "?", which means
// "*"; an empty element of a list; a day of the week with a step, such as MON/2, which
// continues to Sunday in Temporal; and an expression that restricts both the day of the month
// and the day of the week, because cron fires on either and Temporal on both.
func ParseExpression(text, zone string) (Expression, error) {
	if text == Off {
		return Expression{}, nil
	}
	// With one space between the parts, as Temporal gives it back.
	text = strings.Join(strings.Fields(text), " ")
	e := Expression{Cron: text, Zone: zone}
	if named, rest, found := strings.Cut(text, " "); found && strings.HasPrefix(named, zonePrefix) {
		e = Expression{Cron: rest, Zone: strings.TrimPrefix(named, zonePrefix)}
	}
	return e, e.check()
}

// Off reports whether the expression never starts anything.
func (e Expression) Off() bool { return e == Expression{} }

func (e Expression) check() error {
	if strings.Contains(e.Cron, "=") {
		return fmt.Errorf("schedule: %q: a time zone stands before the fields, as %sAfrica/Casablanca", e.Cron, zonePrefix)
	}
	if _, err := calendar.LoadZone(e.Zone); err != nil {
		return fmt.Errorf("schedule: %q: %w", e.Cron, err)
	}
	if _, err := e.times(); err != nil {
		return err
	}
	parts := strings.Fields(e.Cron)
	for _, part := range parts {
		for element := range strings.SplitSeq(part, ",") {
			if !readByBoth.MatchString(element) {
				return fmt.Errorf("schedule: %q: %q is no star, value or range, with a step or without", e.Cron, element)
			}
		}
	}
	dayOfMonth, dayOfWeek := parts[2], parts[4]
	if steppedValue.MatchString(dayOfWeek) {
		return fmt.Errorf("schedule: %q: a day of the week has a step: a range can have one, such as MON-FRI/2", e.Cron)
	}
	if dayOfMonth != "*" && dayOfWeek != "*" {
		return fmt.Errorf("schedule: %q restricts the day of the month and the day of the week: only one of them can be", e.Cron)
	}
	return nil
}

var (
	// readByBoth is an element of a field's list that cron and Temporal take for the same values.
	readByBoth = regexp.MustCompile(`^(\*|\w+|\w+-\w+)(/\d+)?$`)
	// steppedValue is a single value with a step, in a list or alone.
	steppedValue = regexp.MustCompile(`(^|,)\w+/`)
)

// fields are the parts of an expression that all cron tables have, without
// descriptors such as @daily.
var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

func (e Expression) times() (cron.Schedule, error) {
	times, err := fields.Parse(zonePrefix + e.Zone + " " + e.Cron)
	if err != nil {
		return nil, fmt.Errorf("schedule: %q: %w", e.Cron, err)
	}
	return times, nil
}

// Next returns the next times after an instant, as many as asked for unless there are
// fewer in the years that come: an expression that is off has none.
func (e Expression) Next(after time.Time, count int) []time.Time {
	return e.collect(after, func(found []time.Time, _ time.Time) bool { return len(found) < count })
}

// longestLookBack is how far Previous looks: as far as cron looks ahead.
const longestLookBack = 5 * 366 * 24 * time.Hour

// Previous returns the last times before an instant or at it, the latest first, at most
// as many as asked for.
func (e Expression) Previous(until time.Time, count int) []time.Time {
	// cron looks ahead alone, so it begins further and further back.
	for back := time.Hour; ; back *= 2 {
		back = min(back, longestLookBack)
		found := e.Between(until.Add(-back), until)
		if len(found) >= count || back == longestLookBack {
			slices.Reverse(found)
			return found[:min(count, len(found))]
		}
	}
}

// Between returns the times from one instant to another, both included.
func (e Expression) Between(from, to time.Time) []time.Time {
	return e.collect(from.Add(-time.Nanosecond), func(_ []time.Time, next time.Time) bool { return !next.After(to) })
}

// collect returns the times after an instant for as long as they are wanted.
func (e Expression) collect(after time.Time, wanted func(found []time.Time, next time.Time) bool) []time.Time {
	found := []time.Time{}
	times, err := e.times()
	if err != nil {
		return found
	}
	for next := times.Next(after); !next.IsZero() && wanted(found, next); next = times.Next(next) {
		found = append(found, next.UTC())
	}
	return found
}
