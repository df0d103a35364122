package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	dunningtest "github.com/mtfacturation/mtf/internal/test/dunning"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/workflows"
)

// TestRecordHistoriesOfDunning is the part of the tool that has clients dunned.
func TestRecordHistoriesOfDunning(t *testing.T) {
	if !*update {
		t.Skip("make generate/histories records histories")
	}
	r := &recorder{System: system.Start(t, unencrypted, func(settings *config.Config) { settings.Dunning.From = 9 * time.Hour })}
	w := dunningtest.World{TB: t, Pool: r.Pool, Zone: r.Zone}
	client := w.Client("essai@example.ma")
	invoice := w.Invoice(client, "2026-11-01")
	w.Sync(r.Now())

	// The enrolment starts the workflow, which takes the step that is due, sends its message and waits.
	enrolment, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions("dunning-enrolment/history", workflows.DunningQueue),
		workflows.EnrolDunning, workflows.EnrolmentInput{})
	require.NoError(t, err)
	require.NoError(t, enrolment.Get(t.Context(), nil))
	r.save(t, "enrol_dunning", enrolment.GetID(), "")
	dunned := workflows.DunningID(client)
	r.waitForSent(t, w, 1)
	require.NoError(t, r.Starter.WakeDunning(t.Context(), client))
	r.post(t, "/api/v1/collections/payments", object{"invoice_id": invoice, "amount": "100.00", "payment_date": "2026-11-20"},
		system.Key("history-dunning-payment"))
	require.NoError(t, r.Temporal.GetWorkflow(t.Context(), dunned, "").Get(t.Context(), nil))
	r.save(t, "dun_client", dunned, "")

	// Another workflow continues as a new execution before it ends.
	client = w.Client("essai@example.ma")
	invoice = w.Invoice(client, "2026-11-01")
	w.Sync(r.Now())
	dunned = workflows.DunningID(client)
	run, err := r.Temporal.ExecuteWorkflow(t.Context(), workflowOptions(dunned, workflows.DunningQueue),
		workflows.DunClient, workflows.DunningInput{ClientID: client, TurnsPerExecution: 2})
	require.NoError(t, err)
	r.waitForSent(t, w, 2)
	w.Pay(invoice, 10_000, r.Now())
	r.Starter.NudgeDunning(client, false)
	require.NoError(t, r.Temporal.GetWorkflow(t.Context(), dunned, "").Get(t.Context(), nil))
	r.save(t, "dun_client_continued", dunned, run.GetRunID())
}

func (r *recorder) waitForSent(t *testing.T, w dunningtest.World, messages int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return w.Count(`SELECT count(*) FROM notifications WHERE status = 'sent'`) == messages
	}, patience, 5*time.Millisecond)
}
