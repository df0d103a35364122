package api_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

const dunningFields = `client_id, workflow_id, policy_version, episode_since, episode_ended_at, steps, next_step, next_step_action,
	next_step_days_past_due, next_step_date, next_step_at`

// startDunning runs a system whose steps are taken from nine o'clock, which at the tests' noon is past.
func startDunning(t *testing.T) *system.System {
	t.Helper()
	return system.Start(t, func(settings *config.Config) { settings.Dunning.From = 9 * time.Hour })
}

// enrol enrols all delinquent clients in dunning, as the end of a sync does.
func enrol(t *testing.T, s *system.System) {
	t.Helper()
	run, err := s.Temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: workflows.EnrolmentID(s.Zone.DateAt(s.Now())), TaskQueue: workflows.DunningQueue,
	}, workflows.EnrolDunning, workflows.EnrolmentInput{})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
}

func dunningOf(t *testing.T, s *system.System, about object) object {
	t.Helper()
	var found object
	s.Get(t, casesPath+"/"+text(t, about, "id")+"/dunning", &found)
	require.Equal(t, fieldsOf(dunningFields), names(found))
	return found
}

// eventuallyDunned waits until dunning shows the wanted state.
func eventuallyDunned(t *testing.T, s *system.System, about object, is func(object) bool) object {
	t.Helper()
	var found object
	require.Eventually(t, func() bool {
		found = dunningOf(t, s, about)
		return is(found)
	}, time.Minute, 20*time.Millisecond)
	return found
}

func TestDunning_EndsWithPayment(t *testing.T) {
	t.Parallel()
	s := startDunning(t)
	invoice := newInvoice(t, s, september) // Due on 15 October, 38 days before the tests' day.
	owner := text(t, invoice, "client_id")
	execute(t, s, `UPDATE clients SET email = 'amina@example.ma' WHERE id = $1`, owner)
	// The sync that opens the case enrols the delinquent clients at its end. The lock delays this enrolment.
	release := lockTable(t, s, "dunning_episodes", "SHARE")
	about := invoiceCase(t, s, invoice)
	before := dunningOf(t, s, about)
	require.Equal(t, object{
		"client_id": owner, "workflow_id": "dunning/" + owner, "policy_version": 1.0, "episode_since": clientOf(t, s, invoice)["delinquent_since"],
		"episode_ended_at": nil, "steps": []any{}, "next_step": "warning", "next_step_days_past_due": 21.0,
		"next_step_action": "warning_sent", "next_step_date": "2026-11-22", "next_step_at": "2026-11-22T08:00:00.000000Z",
	}, before, "it does not need the workflow to be known")

	release()
	enrol(t, s)
	warned := eventuallyDunned(t, s, about, func(found object) bool {
		steps := found["steps"].([]any)
		return len(steps) == 1 && at(t, steps[0], "notification_status") == "sent"
	})
	require.Nil(t, warned["next_step"], "the reminder was passed over")
	require.Subset(t, at(t, warned["steps"].([]any)[0]), object{
		"step": "warning", "days_past_due": 21.0, "action": "warning_sent", "policy_version": 1.0, "notification_attempts": 1.0,
	})
	require.Equal(t, []string{"warning_sent", "case_opened"}, kindsOf(t, history(t, s, about)))
	require.Equal(t, "dunning", history(t, s, about)[0]["actor_id"])
	require.Equal(t, "in_progress", invoiceCase(t, s, invoice)["status"])
	logged, err := os.ReadFile(s.Config.Notify.LogFile)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(logged), "\n"))
	require.Contains(t, string(logged), "238,80 MAD")
	require.Contains(t, string(logged), `"amina@example.ma"`)

	// It is there to be seen, without anything about the person.
	described, err := s.Temporal.DescribeWorkflow(t.Context(), "dunning/"+owner, "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.Status)
	events := s.Temporal.GetWorkflowHistory(t.Context(), "dunning/"+owner, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		for _, personal := range []string{"amina", "Test Client"} {
			require.NotContains(t, event.String(), personal)
		}
	}
	enrol(t, s)
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM dunning_episodes`))

	pay(t, s, invoice, "238.80")
	require.NoError(t, s.Temporal.GetWorkflow(t.Context(), "dunning/"+owner, "").Get(t.Context(), nil), "the payment ends it at once")
	after := dunningOf(t, s, about)
	require.Regexp(t, timestampPattern, after["episode_ended_at"])
	require.Equal(t, warned["steps"], after["steps"])
	require.Nil(t, after["next_step"])
}

func TestDunning_WaitsForNextStep(t *testing.T) {
	t.Parallel()
	s := startDunning(t)
	invoice := newInvoice(t, s, september)
	s.SetNow(time.Date(2026, time.October, 17, 12, 0, 0, 0, time.UTC))
	about := invoiceCase(t, s, invoice)
	enrol(t, s)
	require.Subset(t, dunningOf(t, s, about), object{
		"next_step": "reminder", "next_step_days_past_due": 7.0, "next_step_action": "reminder_sent", "next_step_date": "2026-10-22",
		"next_step_at": "2026-10-22T08:00:00.000000Z",
	})
	// A part that is paid changes nothing, and has the workflow look.
	s.PassDays(5)
	pay(t, s, invoice, "38.80")
	found := eventuallyDunned(t, s, about, func(found object) bool { return len(found["steps"].([]any)) == 1 })
	require.Subset(t, found["steps"].([]any)[0], object{
		"step": "reminder", "notification_status": "skipped", "notification_reason": "client_has_no_email", "notification_attempts": 0.0,
	})
	require.Equal(t, "2026-11-05", found["next_step_date"])
}

func TestDunning_StartedByPaymentOfOverdueInvoice(t *testing.T) {
	t.Parallel()
	s := startDunning(t)
	invoice := newInvoice(t, s, september)
	pay(t, s, invoice, "38.80")
	require.Eventually(t, func() bool {
		return count(t, s, `SELECT count(*) FROM dunning_episodes e JOIN clients c ON c.id = e.client_id AND c.delinquent_since = e.since WHERE ended_at IS NULL`) == 1
	}, time.Minute, 20*time.Millisecond)
}

func TestDunning_UnknownCase(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, id := range []string{unknownID, "nonsense"} {
		s.Call(t, http.MethodGet, casesPath+"/"+id+"/dunning", nil).Refused(t, http.StatusNotFound, "collection_case_not_found")
	}
	s.Call(t, http.MethodGet, casesPath+"/"+unknownID+"/dunning", nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
}
