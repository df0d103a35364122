package workflows_test

import (
	"context"
	"flag"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/idempotency"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/internal/test/history"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

var update = flag.Bool("update", false, "record the histories that the replay test replays")

type object = map[string]any

// patience covers the two minutes for which a faulty batch is tried again.
const patience = 4 * time.Minute

// recorder brings workflows into the situations of the replay test and writes down their histories.
type recorder struct {
	*system.System
	offer string
	// month is the period of the next run; no two bill the same days.
	month calendar.Date
}

// TestRecordHistories is the tool that records, for it needs the whole system; see "Change a running workflow" in CONTRIBUTING.md.
func TestRecordHistories(t *testing.T) {
	if !*update {
		t.Skip("make generate/histories records histories")
	}
	r := &recorder{System: system.Start(t, unencrypted), month: calendar.MustParse("2026-08-01")}
	r.offer = r.newOffer(t, "Mobile 20", "199.00")
	t.Run("submits", r.recordSubmits)
	for range 4 {
		client := r.post(t, "/api/v1/customers", object{"client_type": "individual", "full_name": "Essai Client", "cin": r.cin()})
		r.contract(t, client["id"].(string), r.offer)
	}
	t.Run("collections", r.recordCollections)
	t.Run("runs", r.recordRuns)
	t.Run("parked", r.recordParked)
}

// unencrypted has histories recorded that a replayer can read that has no key.
func unencrypted(c *config.Config) { c.PayloadKeys = payloadcodec.Keys{} }

var sequence int

func (r *recorder) cin() string {
	sequence++
	return "ESSAI" + string(rune('A'+sequence/10)) + string(rune('0'+sequence%10))
}

func (r *recorder) post(t *testing.T, path string, body any, headers ...system.Header) object {
	t.Helper()
	var answer object
	r.Post(t, path, body, &answer, headers...)
	return answer
}

func (r *recorder) contract(t *testing.T, client, offer string, headers ...system.Header) string {
	t.Helper()
	answer := r.post(t, "/api/v1/contracts/provision", object{
		"client_id": client, "offer_id": offer, "provisioning_intent": "new_line", "contract_start_date": "2026-08-10",
	}, headers...)
	return answer["contract"].(object)["id"].(string)
}

func (r *recorder) newOffer(t *testing.T, name, fee string) string {
	t.Helper()
	return r.post(t, "/api/v1/offers", object{
		"name": name, "service_category": "mobile", "monthly_fee": fee, "valid_from": "2026-01-01", "mobile_data_gb": 20,
	})["id"].(string)
}

func (r *recorder) recordSubmits(t *testing.T) {
	cin := r.cin()
	submit := object{
		"service_category": "mobile", "offer_id": r.offer, "cin": cin, "full_name": "Essai Abonnement",
		"contract_start_date": "2026-08-20", "mobile_number_mode": "assign_new",
	}
	const path = "/api/v1/landing/submit/new"
	subscribed := r.post(t, path, submit, system.Key("history-subscribe"))
	contractID := subscribed["contract"].(object)["id"].(string)
	r.save(t, "subscribe_new_service", "landing-new/history-subscribe", "")

	submit["offer_id"] = "01890000-0000-7000-8000-000000000000"
	refused := r.Call(t, http.MethodPost, path, submit, system.Key("history-refused"))
	require.Equal(t, http.StatusNotFound, refused.Status, "%s", refused.Body)
	r.save(t, "subscribe_refused", "landing-new/history-refused", "")

	r.post(t, "/api/v1/landing/submit/plan-change", object{
		"cin": cin, "source_contract_id": contractID, "target_offer_id": r.newOffer(t, "Mobile 50", "299.00"), "contract_start_date": "2026-08-21",
	}, system.Key("history-change"))
	r.save(t, "change_plan", "plan-change/history-change", "")

	client := r.post(t, "/api/v1/customers", object{"client_type": "individual", "full_name": "Essai Contrat", "cin": r.cin()})
	contractID = r.contract(t, client["id"].(string), r.offer, system.Key("history-provision"))
	r.save(t, "provision_contract", "provision/history-provision", "")

	run, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions("contract-document/history", workflows.InteractiveQueue),
		workflows.IssueContractDocument, activities.IssueContractDocumentInput{ContractID: uuid.MustParse(contractID), ActorID: "op-1"})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	r.save(t, "issue_contract_document", run.GetID(), "")
}

func workflowOptions(id, queue string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: id, TaskQueue: queue}
}

// start begins a run over the next month in chunks of two clients; change adjusts its input first.
func (r *recorder) start(t *testing.T, key string, change func(*workflows.BillingRunInput)) (client.WorkflowRun, workflows.BillingRunInput) {
	t.Helper()
	id := db.NewID()
	key = "history-" + key
	input := workflows.BillingRunInput{
		RunID:   id,
		Request: idempotency.Request{Operation: idempotency.BillingRun, Key: idempotency.Key(key), Fingerprint: make([]byte, 32)},
		Terms:   billing.Terms{Period: calendar.MonthOf(r.month), DueDays: 15, TaxRate: 200_000},
		ActorID: "op-1", ChunkSize: 2, Concurrency: 2,
	}
	r.month = r.month.LastOfMonth().AddDays(1)
	if change != nil {
		change(&input)
	}
	run, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions("billing-run/"+key, workflows.BillingQueue), workflows.RunBilling, input)
	require.NoError(t, err)
	return run, input
}

// command sends an update and waits until it is accepted, or for its end.
func (r *recorder) command(t *testing.T, run client.WorkflowRun, update string, stage client.WorkflowUpdateStage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	handle, err := r.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: run.GetID(), UpdateName: update, WaitForStage: stage, Args: []any{workflows.RunCommand{ActorID: "op-1", Reason: "Recorded"}},
	})
	require.NoError(t, err)
	if stage == client.WorkflowUpdateStageCompleted {
		require.NoError(t, handle.Get(ctx, nil))
	}
}

// waitFor waits until the run is in a state.
func (r *recorder) waitFor(t *testing.T, input workflows.BillingRunInput, status string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var now string
		err := r.Pool.QueryRow(t.Context(), `SELECT status FROM billing_runs WHERE id = $1`, input.RunID).Scan(&now)
		return err == nil && now == status
	}, patience, 5*time.Millisecond, "the run is not %s", status)
}

// hold keeps invoices from being written until release is called.
func (r *recorder) hold(t *testing.T) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.Config.DatabaseURL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE invoices IN SHARE MODE")
	require.NoError(t, err)
	return func() { _ = conn.Close(context.WithoutCancel(t.Context())) }
}

// end waits for the end of a run, which must have a result.
func (r *recorder) end(t *testing.T, run client.WorkflowRun, status string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var result billing.Result
	require.NoError(t, run.Get(ctx, &result))
	require.Equal(t, status, string(result.Status))
}

// recordCollections records collections syncs: a scheduled sync, a sync after a billing run, and a sync that is
// requested while another one is running.
func (r *recorder) recordCollections(t *testing.T) {
	run, _ := r.start(t, "synced", nil)
	r.end(t, run, "completed")
	r.save(t, "billing_run_and_sync", run.GetID(), "")
	day := calendar.MustParse("2026-11-22")
	require.NoError(t, r.Temporal.GetWorkflow(t.Context(), workflows.CollectionsSyncID(day), "").Get(t.Context(), nil))
	r.save(t, "collections_sync", workflows.CollectionsSyncID(day), "")

	holder, err := pgx.Connect(t.Context(), r.Config.DatabaseURL)
	require.NoError(t, err)
	_, err = holder.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('collections-sync', 0))")
	require.NoError(t, err)
	sync, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions(workflows.CollectionsSyncID(day), workflows.CollectionsSyncQueue),
		workflows.SyncCollections, workflows.CollectionsSyncInput{Day: day})
	require.NoError(t, err)
	run, _ = r.start(t, "beside-a-sync", nil)
	r.end(t, run, "completed")
	require.NoError(t, holder.Close(t.Context()))
	require.NoError(t, sync.Get(t.Context(), nil))
	r.save(t, "billing_run_beside_a_sync", run.GetID(), "")
	r.save(t, "collections_sync_again", sync.GetID(), sync.GetRunID())

	workflowID := r.trigger(t, schedule.Schedule{
		ID: workflows.CollectionsDayID, Queue: workflows.CollectionsSyncQueue, Workflow: workflows.NameOf(workflows.BeginCollectionsDay),
	})
	r.save(t, "collections_day", workflowID, "")
}

func (r *recorder) recordRuns(t *testing.T) {
	run, _ := r.start(t, "completed", nil)
	r.end(t, run, "completed")
	r.save(t, "billing_run_completed", run.GetID(), "")

	run, _ = r.start(t, "continued", func(input *workflows.BillingRunInput) { input.ChunksPerExecution = 2 })
	first := run.GetRunID()
	r.end(t, run, "completed")
	r.save(t, "billing_run_continued", run.GetID(), first)
	r.save(t, "billing_run_continued_last", run.GetID(), "")

	for _, situation := range []struct{ name, update, status string }{
		{"paused_and_resumed", workflows.PauseUpdate, "completed"}, {"cancelled", workflows.CancelUpdate, "cancelled"},
	} {
		release := r.hold(t)
		run, input := r.start(t, situation.name, func(input *workflows.BillingRunInput) { input.Concurrency = 1 })
		r.waitFor(t, input, "running")
		if situation.update == workflows.PauseUpdate {
			r.command(t, run, workflows.PauseUpdate, client.WorkflowUpdateStageCompleted)
			r.waitFor(t, input, "paused")
			release()
			r.command(t, run, workflows.ResumeUpdate, client.WorkflowUpdateStageCompleted)
		} else {
			r.command(t, run, workflows.CancelUpdate, client.WorkflowUpdateStageAccepted)
			release()
		}
		r.end(t, run, situation.status)
		r.save(t, "billing_run_"+situation.name, run.GetID(), "")
	}

	held := func(input *workflows.BillingRunInput) { input.Bounds.MaxTotal = 1 }
	run, input := r.start(t, "held", held)
	r.waitFor(t, input, "planned")
	r.command(t, run, workflows.ApproveUpdate, client.WorkflowUpdateStageCompleted)
	r.end(t, run, "completed")
	r.save(t, "billing_run_held_and_approved", run.GetID(), "")

	// A chunk that is gone is a fault that no repetition repairs.
	run, input = r.start(t, "failed", held)
	r.waitFor(t, input, "planned")
	_, err := r.Pool.Exec(t.Context(), `DELETE FROM billing_run_chunks WHERE billing_run_id = $1 AND number = 2`, input.RunID)
	require.NoError(t, err)
	r.command(t, run, workflows.ApproveUpdate, client.WorkflowUpdateStageCompleted)
	r.waitFor(t, input, "failed")
	require.Error(t, run.Get(t.Context(), nil))
	r.save(t, "billing_run_failed", run.GetID(), "")
}

// recordParked bills a client whose sums are out of range, and then takes the run up again.
func (r *recorder) recordParked(t *testing.T) {
	dear := r.newOffer(t, "Mobile sans fin", "9999999999.99")
	rich := r.post(t, "/api/v1/customers", object{"client_type": "individual", "full_name": "Essai Riche", "cin": r.cin()})
	for range 2 {
		r.contract(t, rich["id"].(string), dear)
	}
	run, input := r.start(t, "parked", nil)
	r.end(t, run, "completed_with_failures")
	r.save(t, "billing_run_with_failures", run.GetID(), "")

	input.Retry = &billing.Move{RunID: input.RunID, To: billing.RunRunning, ActorID: "op-1", Reason: "Recorded"}
	run, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions(run.GetID(), workflows.BillingQueue), workflows.RunBilling, input)
	require.NoError(t, err)
	r.end(t, run, "completed_with_failures")
	r.save(t, "billing_run_retried", run.GetID(), "")
}

// save records the history of an execution, the latest one of an id unless a run id says which.
func (r *recorder) save(t *testing.T, situation, workflowID, runID string) {
	t.Helper()
	history.Save(t, r.Temporal, workflowID, runID, true, filepath.Join("testdata", "histories", situation+".json"))
}
