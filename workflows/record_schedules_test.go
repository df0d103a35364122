package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/schedule"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// TestRecordHistoriesOfSchedules records what schedules start.
func TestRecordHistoriesOfSchedules(t *testing.T) {
	if !*update {
		t.Skip("make generate/histories records histories")
	}
	r := &recorder{System: system.Start(t, unencrypted), month: calendar.MustParse("2026-08-01")}
	r.offer = r.newOffer(t, "Mobile 20", "199.00")
	client := r.post(t, "/api/v1/customers", object{"client_type": "individual", "full_name": "Essai Client", "cin": r.cin()})
	r.contract(t, client["id"].(string), r.offer)

	workflowID := r.trigger(t, schedule.Schedule{
		ID: workflows.MonthlyBillingID, Queue: workflows.BillingQueue, Workflow: workflows.NameOf(workflows.BillLastMonth),
		Arguments: []any{workflows.MonthlyBillingInput{Zone: r.Zone.String(), Terms: billing.MonthlyTerms{DueDays: 15, TaxRate: 200_000}}},
	})
	r.save(t, "bill_last_month", workflowID, "")

	workflowID = r.trigger(t, schedule.Schedule{
		ID: workflows.DocumentCheckID, Queue: workflows.DocumentsQueue, Workflow: workflows.NameOf(workflows.CheckDocuments),
		Arguments: []any{workflows.DocumentCheckInput{}},
	})
	r.save(t, "check_documents", workflowID, "")

	run, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions("document-check-in-parts", workflows.DocumentsQueue), workflows.CheckDocuments,
		workflows.DocumentCheckInput{StepsPerExecution: 1, BatchesPerStep: 1})
	require.NoError(t, err)
	first := run.GetRunID()
	require.NoError(t, run.Get(t.Context(), nil))
	r.save(t, "check_documents_continued", run.GetID(), first)
}

// trigger triggers a schedule once and waits until the started workflow ends. The schedule never fires on its own.
func (r *recorder) trigger(t *testing.T, described schedule.Schedule) (workflowID string) {
	t.Helper()
	described.Expression, described.CatchUp = schedule.Expression{Cron: "5 0 30 2 *", Zone: r.Zone.String()}, time.Hour
	require.NoError(t, schedule.Ensure(t.Context(), r.Temporal.ScheduleClient(), described))
	handle := r.Temporal.ScheduleClient().GetHandle(t.Context(), described.ID)
	require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		known, err := handle.Describe(t.Context())
		if err != nil || len(known.Info.RecentActions) == 0 {
			return false
		}
		workflowID = known.Info.RecentActions[0].StartWorkflowResult.WorkflowID
		return true
	}, patience, 10*time.Millisecond)
	require.NoError(t, r.Temporal.GetWorkflow(t.Context(), workflowID, "").Get(t.Context(), nil))
	return workflowID
}
