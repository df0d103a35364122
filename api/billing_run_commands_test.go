package api_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// beginRun starts a run without waiting for it, and returns its path once the run is planned.
func beginRun(t testing.TB, s *system.System, terms object, key system.Header) string {
	t.Helper()
	accepted := s.Call(t, http.MethodPost, billingPath, terms, key, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	location := accepted.Header.Get("Location")
	require.Eventually(t, func() bool {
		return s.Call(t, http.MethodGet, location, nil).Status == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
	return location
}

// awaitStatus waits until a run has a status, and returns the run.
func awaitStatus(t testing.TB, s *system.System, location, status string) object {
	t.Helper()
	var run object
	require.Eventually(t, func() bool {
		run = nil
		s.Get(t, location, &run)
		return run["status"] == status
	}, 2*time.Minute, 20*time.Millisecond, "the run never was %s", status)
	return run
}

// commandRun sends a command to a run, which must accept it, and returns the run.
func commandRun(t testing.TB, s *system.System, location, name string) object {
	t.Helper()
	var run object
	s.Post(t, location+"/"+name, object{"reason": "by test"}, &run)
	return run
}

func refusesMove(t testing.TB, s *system.System, location, name, from, to string) {
	t.Helper()
	details := s.Call(t, http.MethodPost, location+"/"+name, nil).Refused(t, http.StatusConflict, "billing_run_status_transition_invalid")
	require.Equal(t, map[string]any{"from": from, "to": to}, details)
}

// moves are the states that a run's history went through.
func moves(run object) []string {
	var to []string
	for _, event := range run["events"].([]any) {
		to = append(to, event.(map[string]any)["to_status"].(string))
	}
	return to
}

// requireRunAddsUp checks the sums of a run against its invoices.
func requireRunAddsUp(t testing.TB, s *system.System, run object) {
	t.Helper()
	var invoices int
	var total string
	require.NoError(t, s.Pool.QueryRow(t.Context(), `SELECT count(*), trim(to_char(coalesce(sum(total_amount), 0) / 100.0, '999999999990.00'))
		FROM invoices WHERE billing_run_id = $1`, run["id"]).Scan(&invoices, &total))
	require.Equal(t, float64(invoices), run["invoice_count"])
	require.Equal(t, total, run["total_amount"])
	require.Equal(t, 0, count(t, s, "SELECT count(*) FROM invoices i WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.invoice_id = i.id)"))
	requireNumbersWithoutGaps(t, s)
}

// runThatTakes creates a run that accepts a command, in a separate month.
func runThatTakes(t testing.TB, s *system.System, name string) string {
	t.Helper()
	month := object{"period_start": "2026-03-01", "period_end": "2026-03-31"}
	held := func() string {
		client, _ := newClient(t, s)
		newContract(t, s, client, newOffer(t, s, mobileOffer()), object{"contract_start_date": "2026-03-01"})
		// The client's invoice waits for its row until the test is over, and then nothing of the run is left to happen.
		conn, err := pgx.Connect(context.Background(), s.Config.DatabaseURL)
		require.NoError(t, err)
		_, err = conn.Exec(context.Background(), "BEGIN; SELECT FROM clients WHERE id = '"+client+"' FOR UPDATE")
		require.NoError(t, err)
		location := beginRun(t, s, month, newKey())
		t.Cleanup(func() {
			_ = conn.Close(context.Background())
			_, _ = s.TryCall(http.MethodPost, location+"/cancel", nil)
		})
		awaitStatus(t, s, location, "running")
		return location
	}
	var location string
	switch name {
	case "pause", "resume", "approve":
		// A command that finds the run as it wants it succeeds as well.
		location = held()
	case "cancel":
		location = billingPath + "/" + text(t, created(t, s, billingPath, object{"period_start": "2020-02-01", "period_end": "2020-02-29"}, newKey()), "billing_run_id")
		execute(t, s, "UPDATE billing_runs SET status = 'cancelled' WHERE id = $1", strings.TrimPrefix(location, billingPath+"/"))
	default:
		location = billingPath + "/" + text(t, created(t, s, billingPath, object{"period_start": "2020-03-01", "period_end": "2020-03-31"}, newKey()), "billing_run_id")
		execute(t, s, "UPDATE billing_runs SET status = 'completed_with_failures' WHERE id = $1", strings.TrimPrefix(location, billingPath+"/"))
	}
	return strings.TrimPrefix(location, billingPath+"/")
}

func TestBillingRun_CommandsOfUnknownRun(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, name := range []string{"pause", "resume", "approve", "cancel", "retry"} {
		s.Call(t, http.MethodPost, billingPath+"/"+unknownID+"/"+name, nil).Refused(t, http.StatusNotFound, "billing_run_not_found")
	}
}

func TestBillingRun_TransitionTableMatchesDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/billing-runs.md")
	require.NoError(t, err)
	documented := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		var from, to string
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			from, to = strings.Trim(cells[1], " `"), strings.Trim(cells[2], " `")
			documented[from+" -> "+to] = true
		}
	}
	states := []billing.RunStatus{
		billing.RunPlanned, billing.RunRunning, billing.RunPaused, billing.RunCompleted,
		billing.RunCompletedWithFailures, billing.RunCancelled, billing.RunFailed,
	}
	for _, from := range states {
		for _, to := range states {
			require.Equal(t, from.CanMoveTo(to), documented[string(from)+" -> "+string(to)], "%s to %s", from, to)
		}
	}
}
