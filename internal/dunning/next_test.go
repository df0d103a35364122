package dunning_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/dunning"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
)

// ladder is a policy of three steps.
var ladder = dunning.Policy{Version: 1, Steps: []dunning.Step{
	{Name: "reminder", DaysPastDue: 7, Action: dunning.ActionReminder, Channel: dunning.ChannelEmail, Template: "reminder"},
	{Name: "warning", DaysPastDue: 21, Action: dunning.ActionWarning, Channel: dunning.ChannelEmail, Template: "warning"},
	{Name: "suspension", DaysPastDue: 30, Action: dunning.ActionSuspend, Channel: dunning.ChannelNone},
}}

func TestTheNextStepFollowsTheDaysPastDueAndWhatWasDone(t *testing.T) {
	t.Parallel()
	hours := dunningtest.Hours(t)
	reminded, warned := dunning.Done{Name: "reminder", DaysPastDue: 7}, dunning.Done{Name: "warning", DaysPastDue: 21}
	suspended := dunning.Done{Name: "suspension", DaysPastDue: 30}
	for name, c := range map[string]struct {
		done    []dunning.Done
		oldest  string
		now     string // UTC; Morocco is an hour ahead.
		want    string // Empty: none.
		at      string
		another dunning.Policy
	}{
		"the first is waited for":                 {oldest: "2026-06-01", now: "2026-06-02T00:00", want: "reminder", at: "2026-06-08T08:00"},
		"on its day before the hour":              {oldest: "2026-06-01", now: "2026-06-08T07:59", want: "reminder", at: "2026-06-08T08:00"},
		"on its day after the hour":               {oldest: "2026-06-01", now: "2026-06-08T12:00", want: "reminder", at: "2026-06-08T08:00"},
		"late, it waits for the hour":             {oldest: "2026-06-01", now: "2026-06-10T04:00", want: "reminder", at: "2026-06-10T08:00"},
		"after midnight by the local clock":       {oldest: "2026-06-01", now: "2026-06-10T23:30", want: "reminder", at: "2026-06-11T08:00"},
		"the second follows the first":            {done: []dunning.Done{reminded}, oldest: "2026-06-01", now: "2026-06-08T08:01", want: "warning", at: "2026-06-22T08:00"},
		"of two that are due the last":            {oldest: "2026-06-01", now: "2026-06-23T10:00", want: "warning", at: "2026-06-23T08:00"},
		"of three that are due the last":          {oldest: "2026-01-01", now: "2026-06-23T10:00", want: "suspension", at: "2026-06-23T08:00"},
		"what was passed over does not follow":    {done: []dunning.Done{suspended}, oldest: "2026-06-01", now: "2026-07-23T10:00"},
		"all done":                                {done: []dunning.Done{reminded, warned, suspended}, oldest: "2026-06-01", now: "2026-07-23T10:00"},
		"a younger invoice is the oldest now":     {done: []dunning.Done{reminded}, oldest: "2026-07-01", now: "2026-07-09T10:00", want: "warning", at: "2026-07-22T08:00"},
		"no steps at all":                         {oldest: "2026-06-01", now: "2026-06-30T10:00", another: dunning.Policy{Version: 2, Steps: []dunning.Step{}}},
		"a step that moved is not taken again":    {done: []dunning.Done{reminded}, oldest: "2026-06-01", now: "2026-06-09T10:00", want: "warning", at: "2026-06-22T08:00", another: moved("reminder", 10)},
		"a new one below what was done is not":    {done: []dunning.Done{warned}, oldest: "2026-06-01", now: "2026-06-23T10:00", want: "suspension", at: "2026-07-01T08:00", another: moved("early", 14)},
		"one day before the last, the one before": {done: []dunning.Done{reminded}, oldest: "2026-06-01", now: "2026-06-30T10:00", want: "warning", at: "2026-06-30T08:00"},
	} {
		policy := ladder
		if c.another.Version != 0 {
			policy = c.another
		}
		now, err := time.Parse("2006-01-02T15:04", c.now)
		require.NoError(t, err)
		next, found := dunning.Next(policy, c.done, uuid.Nil, calendar.MustParse(c.oldest), hours, now)
		assert.Equal(t, c.want != "", found, name)
		if found {
			assert.Equal(t, c.want, next.Step.Name, name)
			assert.Equal(t, c.at, next.At.Format("2006-01-02T15:04"), name)
			assert.Equal(t, hours.Zone.DateAt(next.At), next.Date, name)
		}
	}
}

// moved is the ladder with another first step.
func moved(name string, days int) dunning.Policy {
	policy := dunning.Policy{Version: 2, Steps: append([]dunning.Step{}, ladder.Steps...)}
	policy.Steps[0].Name, policy.Steps[0].DaysPastDue = name, days
	return policy
}

func TestClientsAreSpreadOverTheHour(t *testing.T) {
	t.Parallel()
	hours := dunningtest.Hours(t)
	hours.Spread = time.Hour
	oldest, now := calendar.MustParse("2026-06-01"), time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC)
	from, seen := time.Date(2026, 6, 8, 8, 0, 0, 0, time.UTC), map[time.Time]bool{}
	for range 1000 {
		client := db.NewID()
		next, found := dunning.Next(ladder, nil, client, oldest, hours, now)
		require.True(t, found)
		again, _ := dunning.Next(ladder, nil, client, oldest, hours, now.Add(time.Hour))
		require.Equal(t, next, again, "a client has one time")
		require.False(t, next.At.Before(from))
		require.True(t, next.At.Before(from.Add(time.Hour)))
		seen[next.At] = true
	}
	require.Greater(t, len(seen), 500)
}

// However late somebody looks, each step is taken at most once, upwards, never before its
// day and hour, and the last step that was due is always among them.
func TestStepsGoUpOnceWheneverSomebodyLooks(t *testing.T) {
	t.Parallel()
	hours := dunningtest.Hours(t)
	oldest := calendar.MustParse("2026-01-20")
	rapid.Check(t, func(t *rapid.T) {
		now := hours.Zone.At(oldest.AddDays(1), 0)
		var done []dunning.Done
		for range rapid.IntRange(1, 60).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes")) * time.Minute)
			next, found := dunning.Next(ladder, done, uuid.Nil, oldest, hours, now)
			if !found || next.At.After(now) {
				continue
			}
			require.GreaterOrEqual(t, hours.Zone.DateAt(now).DaysSince(oldest), next.Step.DaysPastDue)
			require.False(t, now.Before(hours.Zone.At(hours.Zone.DateAt(now), hours.From)))
			if len(done) > 0 {
				require.Greater(t, next.Step.DaysPastDue, done[len(done)-1].DaysPastDue)
			}
			done = append(done, dunning.Done{Name: next.Step.Name, DaysPastDue: next.Step.DaysPastDue})
			following, more := dunning.Next(ladder, done, uuid.Nil, oldest, hours, now)
			require.True(t, !more || following.At.After(now), "nothing is due behind it")
		}
	})
}
