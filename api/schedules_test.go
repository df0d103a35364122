package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

const schedulesPath = "/api/v1/schedules"

// onceAMonth schedules the monthly billing.
func onceAMonth(settings *config.Config) { settings.MonthlyBilling.Cron = "5 0 1 * *" }

// scheduleNamed is a schedule as the list shows it.
func scheduleNamed(t testing.TB, s *system.System, name string) object {
	t.Helper()
	var list object
	s.Get(t, schedulesPath, &list)
	schedules := at(t, list, "data").([]any)
	i := slices.IndexFunc(schedules, func(each any) bool { return at(t, each, "name") == name })
	require.GreaterOrEqual(t, i, 0, "%s is not in %v", name, list)
	return schedules[i].(object)
}

// settled waits until a schedule has fired the given number of times and all started workflows have ended. A start that
// the schedule skipped because another one was running counts too.
func settled(t testing.TB, s *system.System, name string, starts int) {
	t.Helper()
	handle := s.Temporal.ScheduleClient().GetHandle(t.Context(), name)
	require.Eventually(t, func() bool {
		known, err := handle.Describe(t.Context())
		return err == nil && known.Info.NumActions+known.Info.NumActionsSkippedOverlap >= starts && len(known.Info.RunningWorkflows) == 0
	}, time.Minute, 20*time.Millisecond)
	known, err := handle.Describe(t.Context())
	require.NoError(t, err)
	for _, action := range known.Info.RecentActions {
		// The test decides whether a failed workflow is an error.
		_ = s.Temporal.GetWorkflow(t.Context(), action.StartWorkflowResult.WorkflowID, "").Get(t.Context(), nil)
	}
}

// runsAreOver waits for the billing runs of keys.
func runsAreOver(t testing.TB, s *system.System, keys ...string) {
	t.Helper()
	for _, key := range keys {
		require.NoError(t, s.Temporal.GetWorkflow(t.Context(), "billing-run/"+key, "").Get(t.Context(), nil), key)
	}
}

func TestSchedules_ShowPauseResume(t *testing.T) {
	t.Parallel()
	s := system.Start(t, onceAMonth)
	shape := object{
		"name": "monthly-billing", "description": "<text>", "enabled": true, "cron": "5 0 1 * *", "time_zone": "Africa/Casablanca",
		"workflow_type": "BillLastMonth", "starts": "billing-run/monthly-YYYY-MM", "registered": true, "paused": false, "note": nil,
		"previous_times": []any{
			"2026-10-31T23:05:00.000000Z", "2026-09-30T23:05:00.000000Z", "2026-08-31T23:05:00.000000Z",
			"2026-07-31T23:05:00.000000Z", "2026-06-30T23:05:00.000000Z",
		},
		"next_times": []any{
			"2026-11-30T23:05:00.000000Z", "2026-12-31T23:05:00.000000Z", "2027-01-31T23:05:00.000000Z",
			// The clock of Ramadan.
			"2027-03-01T00:05:00.000000Z", "2027-03-31T23:05:00.000000Z",
		},
		"latest": []any{},
	}
	require.Empty(t, captures{}.match("schedule", shape, scheduleNamed(t, s, "monthly-billing"), false))
	off := with(shape, object{
		"name": "collections-day", "enabled": false, "cron": nil, "time_zone": nil, "workflow_type": "<text>", "starts": "<text>", "registered": false,
		"previous_times": []any{}, "next_times": []any{},
	})
	require.Empty(t, captures{}.match("schedule", off, scheduleNamed(t, s, "collections-day"), false))
	var one object
	s.Get(t, schedulesPath+"?times=1", &one)
	require.Len(t, at(t, at(t, one, "data").([]any)[0], "next_times"), 1)

	send := func(command string, body any) object {
		t.Helper()
		return decoded(t, s.Call(t, http.MethodPost, schedulesPath+"/monthly-billing/"+command, body), http.StatusOK)
	}
	paused := with(shape, object{"paused": true, "note": "Prices are being checked"})
	require.Empty(t, captures{}.match("paused", paused, send("pause", object{"note": " Prices are being checked "}), false))
	require.Empty(t, captures{}.match("paused twice", paused, send("pause", nil), false), "it keeps its note")
	s.Restart(t)
	require.Empty(t, captures{}.match("restarted", paused, scheduleNamed(t, s, "monthly-billing"), false))
	require.Empty(t, captures{}.match("resumed", with(shape, object{"note": "They are right"}), send("resume", object{"note": "They are right"}), false))
	require.Empty(t, captures{}.match("resumed twice", with(shape, object{"note": "They are right"}), send("resume", nil), false))

	for _, command := range []string{"pause", "resume", "trigger"} {
		s.Call(t, http.MethodPost, schedulesPath+"/"+command+"/"+command, nil).Refused(t, http.StatusNotFound, "schedule_not_found")
		s.Call(t, http.MethodPost, schedulesPath+"/collections-day/"+command, nil).Refused(t, http.StatusConflict, "schedule_off")
	}
}

func TestSchedules_OperatorTakesOverConfiguredPause(t *testing.T) {
	t.Parallel()
	s := system.Start(t, onceAMonth, func(settings *config.Config) { settings.MonthlyBilling.Paused = true })
	requireState := func(paused bool, note string) {
		t.Helper()
		shown := scheduleNamed(t, s, "monthly-billing")
		require.Equal(t, paused, shown["paused"])
		require.Equal(t, note, shown["note"])
	}
	requireState(true, schedule.PausedNote)
	s.RestartWith(t, func(settings *config.Config) { settings.MonthlyBilling.Paused = false })
	requireState(false, "No longer paused by the configuration")
	s.RestartWith(t, func(settings *config.Config) { settings.MonthlyBilling.Paused = true })
	requireState(true, schedule.PausedNote)
	s.Post(t, schedulesPath+"/monthly-billing/pause", nil, nil)
	requireState(true, "Paused over the API")
	s.RestartWith(t, func(settings *config.Config) { settings.MonthlyBilling.Paused = false })
	requireState(true, "Paused over the API")
}

// An OS process that runs only the API can command a schedule that no worker has created yet.
func TestSchedules_MissingScheduleIsCreated(t *testing.T) {
	t.Parallel()
	s := system.Start(t, onceAMonth)
	require.NoError(t, s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.MonthlyBillingID).Delete(t.Context()))
	require.Equal(t, false, scheduleNamed(t, s, "monthly-billing")["registered"])
	answer := decoded(t, s.Call(t, http.MethodPost, schedulesPath+"/monthly-billing/pause", nil), http.StatusOK)
	require.Equal(t, true, answer["registered"])
	require.Equal(t, true, answer["paused"])
}

func TestSchedules_TriggersBillOnce(t *testing.T) {
	t.Parallel()
	s := system.Start(t, onceAMonth)
	owner, _ := newClient(t, s)
	newContract(t, s, owner, newOffer(t, s, mobileOffer()))
	const triggers = 6
	for _, answer := range concurrently(t, triggers, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, schedulesPath+"/monthly-billing/trigger", nil)
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "answer: %s", answer.Body)
	}
	// Triggers of one second have one workflow id, so not each of them is counted. A pause is
	// noticed behind all of them.
	s.Post(t, schedulesPath+"/monthly-billing/pause", nil, nil)
	settled(t, s, workflows.MonthlyBillingID, 1)
	latest := at(t, scheduleNamed(t, s, "monthly-billing"), "latest").([]any)
	require.NotEmpty(t, latest)
	require.Equal(t, "completed", at(t, latest[0], "status"))
	id := text(t, latest[0], "workflow_id")
	require.True(t, strings.HasPrefix(id, "monthly-billing-20"), id)

	// A trigger has no other time than that at which it was pulled.
	var billed billing.MonthBilled
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), id, "").Get(t.Context(), &billed))
	scheduled, err := time.Parse(time.RFC3339Nano, text(t, latest[0], "scheduled_at"))
	require.NoError(t, err)
	require.Equal(t, calendar.MonthOf(s.Zone.DateAt(scheduled).FirstOfMonth().AddDays(-1)), billed.Month)
	key := string(billing.MonthlyKey(billed.Month))
	require.Equal(t, "billing-run/"+key, billed.WorkflowID)
	runsAreOver(t, s, key)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM billing_runs"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM invoices"))
	var run object
	s.Get(t, billed.Location, &run)
	require.Equal(t, "completed", run["status"])
	require.Equal(t, key, run["idempotency_key"])

	// A request over the API for the same month gets the answer of that run, and the next trigger finds the run.
	answer := created(t, s, billingPath, object{
		"period_start": billed.Month.Start, "period_end": billed.Month.End, "due_days": 15, "tax_rate": "0.20",
	}, system.Key(key))
	require.Equal(t, true, answer["idempotency_replayed"])
	require.Equal(t, run["id"], answer["billing_run_id"])
	known, err := s.Temporal.ScheduleClient().GetHandle(t.Context(), workflows.MonthlyBillingID).Describe(t.Context())
	require.NoError(t, err)
	s.Post(t, schedulesPath+"/monthly-billing/trigger", nil, nil)
	settled(t, s, workflows.MonthlyBillingID, known.Info.NumActions+known.Info.NumActionsSkippedOverlap+1)
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM billing_runs"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM invoices"))
}

func TestSchedules_BackfillBillsEachMonthOnce(t *testing.T) {
	t.Parallel()
	s := system.Start(t, onceAMonth)
	owner, _ := newClient(t, s)
	newContract(t, s, owner, newOffer(t, s, mobileOffer()), object{"contract_start_date": "2026-01-20"})
	// March was billed by hand, on other terms: its run stays what it is.
	created(t, s, billingPath, object{"period_start": "2026-03-01", "period_end": "2026-03-31", "due_days": 30}, system.Key("monthly-2026-03"))
	s.Post(t, schedulesPath+"/monthly-billing/pause", nil, nil)
	backfill := object{"from": "2026-02-01", "to": "2026-05-31"}
	times := []any{"2026-01-31T23:05:00.000000Z", "2026-03-01T00:05:00.000000Z", "2026-03-31T23:05:00.000000Z", "2026-04-30T23:05:00.000000Z"}
	for round := 1; round <= 2; round++ {
		answer := created(t, s, schedulesPath+"/monthly-billing/backfill", backfill)
		require.Equal(t, object{"name": "monthly-billing", "times": times}, answer)
		settled(t, s, workflows.MonthlyBillingID, round*len(times))
		runsAreOver(t, s, "monthly-2026-01", "monthly-2026-02", "monthly-2026-03", "monthly-2026-04")
		rows, err := s.Pool.Query(t.Context(), `
			SELECT format('%s %s %s %s %s', r.idempotency_key, r.period_start, r.period_end, r.due_days, (SELECT count(*) FROM invoices i WHERE i.billing_run_id = r.id))
			FROM billing_runs r ORDER BY r.period_start`)
		require.NoError(t, err)
		var runs []string
		for rows.Next() {
			var run string
			require.NoError(t, rows.Scan(&run))
			runs = append(runs, run)
		}
		require.NoError(t, rows.Err())
		require.Equal(t, []string{
			"monthly-2026-01 2026-01-01 2026-01-31 15 1", "monthly-2026-02 2026-02-01 2026-02-28 15 1",
			"monthly-2026-03 2026-03-01 2026-03-31 30 1", "monthly-2026-04 2026-04-01 2026-04-30 15 1",
		}, runs)
	}
	for _, latest := range at(t, scheduleNamed(t, s, "monthly-billing"), "latest").([]any) {
		require.Equal(t, "completed", at(t, latest, "status"))
	}
	require.Equal(t, true, scheduleNamed(t, s, "monthly-billing")["paused"], "it makes up for the past, and stays paused")
}

func TestSchedules_BackfillLimits(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.MonthlyBilling.Cron, c.DocumentCheck.Cron = "5 0 1 * *", "* * 2 * *" })
	backfill := func(name, from, to string) system.Response {
		t.Helper()
		return s.Call(t, http.MethodPost, schedulesPath+"/"+name+"/backfill", object{"from": from, "to": to})
	}
	require.Equal(t, "value_error", problemAt(t, backfill("monthly-billing", "2026-11-02", "2026-11-23"), "body", "to"), "the business day is 2026-11-22")
	require.Equal(t, "value_error", problemAt(t, backfill("monthly-billing", "2026-11-02", "2026-11-01"), "body", "to"))
	require.Equal(t, "value_error", problemAt(t, backfill("monthly-billing", "2025-11-21", "2026-11-22"), "body", "from"))
	require.Equal(t, "value_error", problemAt(t, backfill("document-check", "2026-11-02", "2026-11-02"), "body", "from"), "1,440 times")
	require.Equal(t, object{"name": "monthly-billing", "times": []any{}}, decoded(t, backfill("monthly-billing", "2026-11-02", "2026-11-22"), http.StatusOK))
	require.Zero(t, count(t, s, "SELECT count(*) FROM billing_runs"))
}

// Workers of many machines, operators and the calendar ask for one month at the same moment.
func TestSchedules_OneRunPerMonth(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	owner, _ := newClient(t, s)
	newContract(t, s, owner, newOffer(t, s, mobileOffer()))
	october := calendar.MonthOf(calendar.MustParse("2026-10-15"))
	var group errgroup.Group
	for i := range 8 {
		group.Go(func() error {
			for {
				// Not all of them have the same settings.
				billed, err := s.Starter.BillMonth(t.Context(), october, billing.MonthlyTerms{DueDays: 15 + int32(i%2), TaxRate: 200_000})
				if err == nil {
					require.Equal(t, "billing-run/monthly-2026-10", billed.WorkflowID)
					return nil
				}
				if refusal.As(err) != nil {
					return err
				}
			}
		})
	}
	require.NoError(t, group.Wait())
	runsAreOver(t, s, "monthly-2026-10")
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM billing_runs"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM invoices"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM billing_runs WHERE actor_id = $1", billing.ScheduleActor))

	// Changed settings do not start another run.
	billed, err := s.Starter.BillMonth(t.Context(), october, billing.MonthlyTerms{DueDays: 90})
	require.NoError(t, err)
	require.True(t, billed.AlreadyExisted)

	// A run with the month's key but another period is not the month's run.
	created(t, s, billingPath, object{"period_start": "2026-09-01", "period_end": "2026-09-15"}, system.Key("monthly-2026-09"))
	_, err = s.Starter.BillMonth(t.Context(), calendar.MonthOf(calendar.MustParse("2026-09-01")), billing.MonthlyTerms{DueDays: 15})
	require.ErrorIs(t, err, refusal.New(refusal.IdempotencyKeyPayloadConflict))
}
