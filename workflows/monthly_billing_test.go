package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

var monthly = MonthlyBillingInput{Zone: calendar.DefaultZone, Terms: billing.MonthlyTerms{DueDays: 15, TaxRate: 200_000}}

func TestTheMonthIsThatOfTheScheduledTime(t *testing.T) {
	t.Parallel()
	// The worker gets to it a week later.
	scheduled := time.Date(2026, time.February, 28, 23, 5, 0, 0, time.UTC)
	env := newEnvironment(t)
	env.SetStartTime(scheduled.Add(7 * 24 * time.Hour))
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(scheduledStartTime.ValueSet(scheduled))))
	february := calendar.MonthOf(calendar.MustParse("2026-02-01"))
	want := billing.MonthBilled{Month: february, WorkflowID: "billing-run/monthly-2026-02", Location: "/api/v1/billing/runs/1"}
	env.OnActivity(step.MonthBefore, mock.Anything, activities.MonthBeforeInput{At: scheduled, Zone: calendar.DefaultZone}).Return(february, nil).Once()
	env.OnActivity(step.BillMonth, mock.Anything, activities.BillMonthInput{Month: february, Terms: monthly.Terms}).
		Return(billing.MonthBilled{}, errors.New("Temporal is away")).Once()
	env.OnActivity(step.BillMonth, mock.Anything, activities.BillMonthInput{Month: february, Terms: monthly.Terms}).Return(want, nil).Once()
	env.ExecuteWorkflow(BillLastMonth, monthly)
	require.NoError(t, env.GetWorkflowError())
	var got billing.MonthBilled
	require.NoError(t, env.GetWorkflowResult(&got))
	require.Equal(t, want, got)
}

func TestAMonthWhoseKeyIsTakenIsNotBilledInSilence(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	require.NoError(t, env.SetTypedSearchAttributesOnStart(temporal.NewSearchAttributes(scheduledStartTime.ValueSet(time.Now()))))
	env.OnActivity(step.MonthBefore, mock.Anything, mock.Anything).Return(calendar.MonthOf(calendar.MustParse("2026-02-01")), nil).Once()
	env.OnActivity(step.BillMonth, mock.Anything, mock.Anything).
		Return(billing.MonthBilled{}, refused(refusal.IdempotencyKeyPayloadConflict)).Once()
	env.ExecuteWorkflow(BillLastMonth, monthly)
	requireRefusal(t, env, refusal.IdempotencyKeyPayloadConflict)
}

func TestNobodyButAScheduleBillsTheLastMonth(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.ExecuteWorkflow(BillLastMonth, monthly)
	require.ErrorContains(t, env.GetWorkflowError(), "only a schedule")
}
