package release_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
	"github.com/mtfacturation/mtf/internal/test/history"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// patience is how long the recorder waits for a state.
const patience = time.Minute

// recorder populates a system over its API.
type recorder struct {
	*testing.T
	*system.System
	directory string
}

// TestRecordRelease is a tool: it records the fixture of the version in the file VERSION.
func TestRecordRelease(t *testing.T) {
	if !*update {
		t.Skip("make generate/release-fixture records the fixture of a release")
	}
	version, err := os.ReadFile(filepath.Join("..", "..", "..", "VERSION"))
	require.NoError(t, err)
	directory := filepath.Join("testdata", strings.TrimSpace(string(version)))
	require.NoError(t, os.RemoveAll(directory))
	require.NoError(t, os.MkdirAll(filepath.Join(directory, workflowsDirectory), 0o755))
	r := recorder{T: t, directory: directory, System: system.Start(t, func(c *config.Config) {
		// A replayer has no key.
		c.PayloadKeys = payloadcodec.Keys{}
		c.Dunning.From = 9 * time.Hour
		c.Billing.ChunkClients, c.Billing.Concurrency = 2, 1
	})}

	// On 3 October, September is billed. On 22 November, its invoices are overdue.
	r.PassDays(-50)
	p := r.populate()
	r.billSeptember(&p)
	r.PassDays(50)
	r.collect(p)
	r.post("/api/v1/landing/drafts", object{"flow_type": "subscribe_new_service", "step": "identity", "cin": "EA900001"}, system.Anonymous)
	key := apikey.CreateInput{Name: "archive", Roles: []string{"viewer"}, Organisations: []string{"mtf"}}
	_, _, err = apikey.Create(t.Context(), r.Pool, key, r.Now())
	require.NoError(t, err)
	r.leaveRunPaused()
	r.leaveRunHeld()
	r.leaveDunning(p)

	digests := strings.Join(migrationDigests(t), "\n") + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(directory, migrationsFile), []byte(digests), 0o644))
	dump(t, r.Pool, filepath.Join(directory, dataFile))
}

// collect makes some invoices of September paid and void, and works on the cases of the others.
func (r recorder) collect(p population) {
	invoices := p.invoices
	require.GreaterOrEqual(r, len(invoices), 5)
	pay := func(key string, invoice object, amount any) object {
		body := object{"invoice_id": invoice["id"], "amount": amount, "payment_date": "2026-11-20", "method": "cash", "reference": key}
		return r.post("/api/v1/collections/payments", body, system.Key(key))
	}
	pay("release-payment-whole", invoices[0], invoices[0]["total_amount"])
	pay("release-payment-part", invoices[1], "20.00")
	bounced := pay("release-payment-bounced", invoices[2], "30.00")["payment"].(object)
	r.post("/api/v1/collections/payments/"+bounced["id"].(string)+"/reverse", object{"reason": "The cheque bounced"},
		system.Key("release-reversal"))
	r.post("/api/v1/collections/invoices/"+invoices[3]["id"].(string)+"/approve-paid", object{},
		system.Key("release-approval"))
	r.post("/api/v1/invoices/"+invoices[4]["id"].(string)+"/void", object{"reason": "Wrong tariff"},
		system.Key("release-void"))

	var cases struct{ Data []object }
	r.Get(r, "/api/v1/collections/cases", &cases)
	require.GreaterOrEqual(r, len(cases.Data), 2)
	r.post("/api/v1/collections/cases/"+cases.Data[0]["id"].(string)+"/actions", object{"action_type": "note", "note": "Called back"})
	r.send(http.MethodPut, "/api/v1/collections/cases/"+cases.Data[1]["id"].(string)+"/status", object{"status": "resolved"})

	event := object{
		"type": "installment", "billing_amount": 5000, "billing_amount_decimal": "50.00", "billing_currency": "MAD",
		"booking_date": "2026-11-10", "due_date": "2026-11-15", "contract": object{"$relation": []any{object{"entity_id": p.contract}}},
		"external_id": "release-event",
	}
	r.send(http.MethodPost, "/v1/billing/events", event)
	delete(event, "external_id")
	var deleted object
	r.Call(r, http.MethodPost, "/v1/billing/events", event).Into(r, http.StatusCreated, &deleted)
	r.send(http.MethodDelete, "/v1/billing/events/"+deleted["_id"].(string), nil)
}

// leaveRunPaused pauses the run of October after its first chunk.
func (r recorder) leaveRunPaused() {
	conn, err := pgx.Connect(r.Context(), r.Config.DatabaseURL)
	require.NoError(r, err)
	// The lock keeps the first chunk from issuing its invoices before the pause.
	_, err = conn.Exec(r.Context(), "BEGIN; LOCK TABLE invoices IN SHARE MODE")
	require.NoError(r, err)
	run := r.beginRun("release-october", object{"period_start": "2026-10-01", "period_end": "2026-10-31", "tax_rate": "0.20"}, "running")
	r.post(run+"/pause", object{"reason": "Month end"})
	require.NoError(r, conn.Close(r.Context()))
	r.awaitStatus(run, "paused")
	r.saveOpen("billing_run_paused", "billing-run/release-october")
}

// leaveRunHeld starts the run of November with a bound that it exceeds.
func (r recorder) leaveRunHeld() {
	r.RestartWith(r, func(c *config.Config) { c.Billing.MaxTotal = 1 })
	r.beginRun("release-november", object{"period_start": "2026-11-01", "period_end": "2026-11-30", "tax_rate": "0.20"}, "planned")
	r.saveOpen("billing_run_held", "billing-run/release-november")
}

// leaveDunning waits until the dunning of a client has sent a message, after which it waits for days.
func (r recorder) leaveDunning(p population) {
	run, err := r.Temporal.ExecuteWorkflow(r.Context(), client.StartWorkflowOptions{
		ID: workflows.EnrolmentID(r.Zone.DateAt(r.Now())), TaskQueue: workflows.DunningQueue,
	}, workflows.EnrolDunning, workflows.EnrolmentInput{})
	require.NoError(r, err)
	require.NoError(r, run.Get(r.Context(), nil))
	require.Eventually(r, func() bool {
		var sent bool
		err := r.Pool.QueryRow(r.Context(), `SELECT bool_or(client_id = $1) AND bool_and(status = 'sent') FROM notifications`, p.dunned).
			Scan(&sent)
		return err == nil && sent
	}, patience, 10*time.Millisecond)
	r.saveOpen("dunning_waits", "dunning/"+p.dunned)
}

// beginRun starts a billing run and returns its path once it has a status.
func (r recorder) beginRun(key string, terms object, status string) (path string) {
	r.Helper()
	accepted := r.Call(r, http.MethodPost, "/api/v1/billing/runs", terms, system.Key(key),
		system.Header{Name: "Prefer", Value: "respond-async"})
	require.Equal(r, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	path = accepted.Header.Get("Location")
	r.awaitStatus(path, status)
	return path
}

func (r recorder) awaitStatus(run, status string) {
	r.Helper()
	require.Eventually(r, func() bool {
		answer := r.Call(r, http.MethodGet, run, nil)
		if answer.Status != http.StatusOK {
			return false
		}
		var read object
		answer.Into(r, http.StatusOK, &read)
		return read["status"] == status
	}, patience, 10*time.Millisecond, "the run is not %s", status)
}

// saveOpen records the history of an open workflow once it only waits.
func (r recorder) saveOpen(situation, workflowID string) {
	r.Helper()
	require.Eventually(r, func() bool {
		described, err := r.Temporal.DescribeWorkflowExecution(r.Context(), workflowID, "")
		require.NoError(r, err)
		require.Equal(r, "Running", described.GetWorkflowExecutionInfo().GetStatus().String(), workflowID)
		return len(described.GetPendingActivities()) == 0 && described.GetPendingWorkflowTask() == nil
	}, patience, 50*time.Millisecond, "%s does not come to rest", workflowID)
	history.Save(r, r.Temporal, workflowID, "", false, filepath.Join(r.directory, workflowsDirectory, situation+".json"))
}
