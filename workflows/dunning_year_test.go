package workflows

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/dunning"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/servers"
)

// calendarOfEvents plays the months of one client: what happens at which instant, with a
// sync shortly after each midnight, and the client's workflow in Temporal's environment
// that skips time, with the real activities on a real database.
type calendarOfEvents struct {
	dunningtest.World
	client uuid.UUID
	hours  dunning.Hours
	outbox dunningtest.Outbox
	events []*event
	// clock is the time while no workflow runs.
	clock time.Time
	now   func() time.Time
	// adjust changes an environment before a workflow runs in it.
	adjust func(*testsuite.TestWorkflowEnvironment, *activities.Activities)
	// ends are the instants at which a workflow ended.
	ends []time.Time
	// turns limits the steps of an execution. continued counts the executions that continued as new.
	turns, continued int
}

// event is something that happens at an instant, whether a workflow runs or not.
type event struct {
	at   time.Time
	do   func(now time.Time)
	wake bool
	done bool
}

func (e *event) happen(now time.Time) {
	if !e.done {
		e.done = true
		e.do(now)
	}
}

func newCalendar(t *testing.T, from string) *calendarOfEvents {
	t.Helper()
	c := &calendarOfEvents{hours: dunningtest.Hours(t)}
	c.World = dunningtest.World{TB: t, Pool: servers.Database(t), Zone: c.hours.Zone}
	c.client = c.Client("amina@example.ma")
	c.clock = c.local(from + " 00:00")
	c.now = func() time.Time { return c.clock }
	return c
}

// local reads an instant from the local clock.
func (c *calendarOfEvents) local(text string) time.Time {
	c.Helper()
	location, err := time.LoadLocation(c.Zone.String())
	require.NoError(c, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", text, location)
	require.NoError(c, err)
	return at.UTC()
}

// on schedules an event for a local time. The event wakes the workflow, as the API does after a payment.
func (c *calendarOfEvents) on(local string, do func(now time.Time)) {
	c.events = append(c.events, &event{at: c.local(local), do: do, wake: true})
}

// silently is like on for an event that does not wake the workflow.
func (c *calendarOfEvents) silently(local string, do func(now time.Time)) {
	c.on(local, do)
	c.events[len(c.events)-1].wake = false
}

// pays schedules a payment of 100 dirhams for an invoice.
func (c *calendarOfEvents) pays(local string, invoice uuid.UUID) {
	c.on(local, func(now time.Time) { c.Pay(invoice, 10_000, now) })
}

// play lets the time pass until an instant. Between two given days nothing syncs.
func (c *calendarOfEvents) play(until, noSyncFrom, noSyncTo string) {
	c.Helper()
	end := c.local(until + " 00:00")
	for day := c.Zone.DateAt(c.clock).AddDays(1); c.Zone.At(day, 0).Before(end); day = day.AddDays(1) {
		if day.String() >= noSyncFrom && day.String() < noSyncTo {
			continue
		}
		c.events = append(c.events, &event{at: c.Zone.At(day, 5*time.Minute), do: c.Sync})
	}
	slices.SortStableFunc(c.events, func(a, b *event) int { return a.at.Compare(b.at) })
	for _, next := range c.events {
		if next.done {
			continue
		}
		c.clock = next.at
		next.happen(next.at)
		// The enrolment at the end of the sync.
		for {
			taken, err := dunning.Enrol(context.Background(), c.Pool, c.clock)
			require.NoError(c, err)
			if taken == 0 {
				break
			}
		}
		for c.Count(`SELECT count(*) FROM dunning_episodes WHERE ended_at IS NULL`) > 0 && c.clock.Before(end) {
			c.follow(end)
		}
	}
}

// follow runs the client's workflow from the current time until it ends or the time is up.
func (c *calendarOfEvents) follow(end time.Time) {
	c.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(c.clock)
	env.SetTestTimeout(time.Minute)
	a := &activities.Activities{
		Pool: c.Pool, Zone: c.Zone, Now: func() time.Time { return env.Now().UTC().Truncate(time.Microsecond) },
		Dunning: activities.Dunning{Hours: c.hours, Notifier: &c.outbox, Seller: dunningtest.Seller},
	}
	env.RegisterWorkflow(DunClient)
	env.RegisterActivity(a)
	if c.adjust != nil {
		c.adjust(env, a)
	}
	for _, each := range c.events {
		if each.done {
			continue
		}
		env.RegisterDelayedCallback(func() {
			each.happen(each.at)
			if each.wake {
				env.SignalWorkflow(WakeSignal, nil)
			}
		}, each.at.Sub(c.clock))
	}
	// A workflow that still waits at the end of the story is cancelled.
	env.RegisterDelayedCallback(env.CancelWorkflow, end.Sub(c.clock))
	env.ExecuteWorkflow(DunClient, DunningInput{ClientID: c.client, TurnsPerExecution: cmp.Or(c.turns, 1000)})
	require.True(c, env.IsWorkflowCompleted())
	c.clock = env.Now().UTC()
	err := env.GetWorkflowError()
	if _, again := errors.AsType[*workflow.ContinueAsNewError](err); again {
		c.continued++
		return
	}
	if !c.clock.Before(end) {
		return
	}
	require.NoError(c, err)
	c.ends = append(c.ends, c.clock)
}

// requireSteps checks which steps were taken when, by the local clock and by UTC, and
// that each has its message and its action on the cases once.
func (c *calendarOfEvents) requireSteps(want ...string) {
	c.Helper()
	rows, err := c.Pool.Query(context.Background(), `
		SELECT to_char(done_at AT TIME ZONE 'Africa/Casablanca', 'YYYY-MM-DD HH24:MI') || to_char(done_at AT TIME ZONE 'UTC', ' HH24:MI"Z "') || step
		FROM dunning_steps ORDER BY done_at`)
	require.NoError(c, err)
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var step string
		require.NoError(c, rows.Scan(&step))
		steps = append(steps, step)
	}
	require.NoError(c, rows.Err())
	require.Equal(c, want, steps)
	require.Equal(c, len(want), c.Count(`SELECT count(*) FROM notifications WHERE status = 'sent'`))
	messages := map[uuid.UUID]bool{}
	for _, message := range c.outbox.Sent() {
		messages[message.ID] = true
	}
	require.Len(c, messages, len(want))
}

func (c *calendarOfEvents) requireEnds(local ...string) {
	c.Helper()
	var want []time.Time
	for _, each := range local {
		want = append(want, c.local(each))
	}
	require.Equal(c, want, c.ends)
}

func TestAYearOfDunning(t *testing.T) {
	t.Parallel()
	c := newCalendar(t, "2026-01-01")

	// Paid between the reminder and the warning.
	january := c.Invoice(c.client, "2026-01-10")
	c.pays("2026-01-25 15:30", january)

	// Through Ramadan, when nine o'clock is an hour later by UTC. Another invoice becomes
	// overdue in the same episode, which lasts until both are paid.
	february, march := c.Invoice(c.client, "2026-02-10"), c.Invoice(c.client, "2026-03-15")
	c.pays("2026-04-20 11:00", february)
	c.pays("2026-05-01 08:00", march)

	// A part is paid, which changes nothing, and the policy gets a third step meanwhile.
	june := c.Invoice(c.client, "2026-06-01")
	contract := c.Contract(c.client)
	c.on("2026-06-10 10:00", func(now time.Time) { c.Pay(june, 4_000, now) })
	c.on("2026-06-12 10:00", func(now time.Time) {
		policy, err := dunning.CurrentPolicy(context.Background(), c.Pool)
		require.NoError(t, err)
		c.SetPolicy(now, append(policy.Steps, dunning.Step{
			Name: "suspension", DaysPastDue: 30, Action: dunning.ActionSuspend, Channel: dunning.ChannelEmail, Template: "suspension",
		})...)
	})
	c.on("2026-07-05 18:00", func(now time.Time) { c.Pay(june, 6_000, now) })

	// No signal reports this payment. The workflow finds it before its next step, and takes no step.
	august := c.Invoice(c.client, "2026-08-01")
	c.silently("2026-08-10 12:00", func(now time.Time) { c.Pay(august, 10_000, now) })

	// No sync runs for five weeks. Of the three steps that are then due, the workflow takes only the last one.
	september := c.Invoice(c.client, "2026-09-01")
	c.pays("2026-10-20 09:00", september)

	c.play("2027-01-01", "2026-09-01", "2026-10-05")

	c.requireSteps(
		"2026-01-17 09:00 08:00Z reminder",
		"2026-02-17 09:00 09:00Z reminder", "2026-03-03 09:00 09:00Z warning",
		"2026-06-08 09:00 08:00Z reminder", "2026-06-22 09:00 08:00Z warning", "2026-07-01 09:00 08:00Z suspension",
		"2026-08-08 09:00 08:00Z reminder",
		"2026-10-05 09:00 08:00Z suspension",
	)
	// The fourth looks again after a week at the latest.
	c.requireEnds("2026-01-25 15:30", "2026-05-01 08:00", "2026-07-05 18:00", "2026-08-15 09:00", "2026-10-20 09:00")
	require.Equal(t, 5, c.Count(`SELECT count(*) FROM dunning_episodes WHERE ended_at IS NOT NULL`))
	require.Equal(t, 1, c.Count(`SELECT count(*) FROM contracts WHERE id = $1 AND status = 'suspended'`, contract))
	require.Equal(t, 1, c.Count(`SELECT count(*) FROM contract_audit_events WHERE actor_id = 'dunning' AND event_type = 'contract_status_changed'`))
	require.Equal(t, 4, c.Count(`SELECT count(*) FROM collection_case_actions WHERE actor_id = 'dunning' AND action_type = 'reminder_sent'`))
	require.Equal(t, 2, c.Count(`SELECT count(*) FROM collection_case_actions WHERE actor_id = 'dunning' AND action_type = 'warning_sent'`))
	require.Equal(t, 2, c.Count(`SELECT count(*) FROM collection_case_actions WHERE actor_id = 'dunning' AND action_type = 'note'`))
	require.Contains(t, c.outbox.Sent()[4].Body, "60,00 MAD", "what is outstanding when the step is taken")
}

func TestStepsAreTakenAtTheLocalHourOnTheDaysThatChangeTheClock(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct{ from, due, want, until string }{
		"back before Ramadan":   {"2026-02-07", "2026-02-08", "2026-02-15 09:00 09:00Z reminder", "2026-02-20"},
		"forward after Ramadan": {"2026-03-14", "2026-03-15", "2026-03-22 09:00 08:00Z reminder", "2026-03-25"},
		"the year after":        {"2027-01-30", "2027-01-31", "2027-02-07 09:00 09:00Z reminder", "2027-02-10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCalendar(t, story.from)
			c.Invoice(c.client, story.due)
			c.play(story.until, "", "")
			c.requireSteps(story.want)
		})
	}
}

func TestAStepWhoseAnswerIsLostIsNotTakenTwice(t *testing.T) {
	t.Parallel()
	c := newCalendar(t, "2026-05-01")
	invoice := c.Invoice(c.client, "2026-05-02")
	c.pays("2026-06-01 12:00", invoice)
	lost := errors.New("the worker is gone")
	lostSteps, lostMessages := 0, 0
	c.adjust = func(env *testsuite.TestWorkflowEnvironment, a *activities.Activities) {
		env.OnActivity(step.TakeDunningStep, mock.Anything, mock.Anything).Return(func(ctx context.Context, input activities.DunningStepInput) (bool, error) {
			taken, err := a.TakeDunningStep(ctx, input)
			if taken && err == nil {
				lostSteps++
				return false, lost
			}
			return taken, err
		})
		env.OnActivity(step.DeliverNotification, mock.Anything, mock.Anything).Return(func(ctx context.Context, id uuid.UUID) (dunning.NotificationStatus, error) {
			status, err := a.DeliverNotification(ctx, id)
			if lostMessages++; lostMessages%2 == 1 {
				return "", lost
			}
			return status, err
		})
	}
	c.play("2026-07-01", "", "")
	c.requireSteps("2026-05-09 09:00 08:00Z reminder", "2026-05-23 09:00 08:00Z warning")
	c.requireEnds("2026-06-01 12:00")
	require.Len(t, c.outbox.Sent(), 2, "what is noted as sent is not sent again")
	require.Equal(t, 2, lostSteps)
	require.Equal(t, 2, c.Count(`SELECT count(*) FROM collection_case_actions WHERE actor_id = 'dunning'`))
}

func TestDunningGoesOnAsANewExecution(t *testing.T) {
	t.Parallel()
	c := newCalendar(t, "2026-05-01")
	c.turns = 2
	invoice := c.Invoice(c.client, "2026-05-02")
	c.pays("2026-06-01 12:00", invoice)
	c.play("2026-07-01", "", "")
	c.requireSteps("2026-05-09 09:00 08:00Z reminder", "2026-05-23 09:00 08:00Z warning")
	c.requireEnds("2026-06-01 12:00")
	require.Positive(t, c.continued)
}
