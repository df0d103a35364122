package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/robfig/cron/v3"
	"go.temporal.io/sdk/client"
)

// spec contains a comment with its source, because Temporal stores the spec in another form.
func (s Schedule) spec() (client.ScheduleSpec, error) {
	comment, err := s.comment()
	return client.ScheduleSpec{CronExpressions: []string{s.Cron + " # " + comment}, TimeZoneName: s.Zone}, err
}

// comment is the expression, and a digest of the arguments where there are any.
func (s Schedule) comment() (string, error) {
	if len(s.Arguments) == 0 {
		return s.Cron, nil
	}
	const visible = 6 // bytes
	encoded, err := json.Marshal(s.Arguments)
	if err != nil {
		return "", fmt.Errorf("encode arguments: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return s.Cron + " (arguments " + hex.EncodeToString(sum[:visible]) + ")", nil
}

// specIs reports whether a spec in Temporal matches the schedule. It compares the comment, and
// also the times, which an operator may have edited in the Temporal UI.
func (s Schedule) specIs(known client.ScheduleSpec) bool {
	comment, err := s.comment()
	return err == nil && known.TimeZoneName == s.Zone && known.Jitter == 0 && len(known.Intervals) == 0 && len(known.Skip) == 0 &&
		len(known.Calendars) == 1 && known.Calendars[0].Comment == comment && s.matches(known.Calendars[0])
}

// matches reports whether a calendar of Temporal has the times of the expression.
func (e Expression) matches(calendar client.ScheduleCalendarSpec) bool {
	parsed, err := e.times()
	times, isSpec := parsed.(*cron.SpecSchedule)
	// The highest bit of a field that cron parsed marks a star, and is not a value.
	const star = 1 << 63
	return err == nil && isSpec && len(calendar.Year) == 0 && values(calendar.Second) == times.Second&^star &&
		values(calendar.Minute) == times.Minute&^star && values(calendar.Hour) == times.Hour&^star &&
		values(calendar.DayOfMonth) == times.Dom&^star && values(calendar.Month) == times.Month&^star &&
		values(calendar.DayOfWeek) == times.Dow&^star
}

// values returns the values of Temporal's ranges as a bit set, as cron does. No field exceeds 59.
func values(ranges []client.ScheduleRange) (set uint64) {
	for _, each := range ranges {
		for value := each.Start; value <= max(each.Start, each.End); value += max(each.Step, 1) {
			set |= 1 << value
		}
	}
	return set
}
