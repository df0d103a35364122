package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// MonthlyBillingInput holds the terms of monthly runs and the time zone of the months.
type MonthlyBillingInput struct {
	// Zone is the IANA name of the time zone of the schedule.
	Zone  string               `json:"zone"`
	Terms billing.MonthlyTerms `json:"terms"`
}

// BillLastMonth starts the billing run of the month before the scheduled time. A late start or a
// backfill therefore bills the intended month. The run is a separate workflow and may be held for any
// time.
func BillLastMonth(ctx workflow.Context, input MonthlyBillingInput) (billing.MonthBilled, error) {
	var a *activities.Activities
	var billed billing.MonthBilled
	at, err := scheduledTime(ctx)
	if err != nil {
		return billed, err
	}
	var month calendar.Period
	err = workflow.ExecuteLocalActivity(withTransaction(ctx, "Find the previous month"), a.MonthBefore,
		activities.MonthBeforeInput{At: at, Zone: input.Zone}).Get(ctx, &month)
	if err != nil {
		return billed, err
	}
	upsertSearchAttributes(ctx, searchattribute.Operation.ValueSet(MonthlyBillingID), searchattribute.Days(month))
	err = workflow.ExecuteActivity(withStep(ctx, "Start the run of the month"), a.BillMonth,
		activities.BillMonthInput{Month: month, Terms: input.Terms}).Get(ctx, &billed)
	if err == nil {
		workflow.SetCurrentDetails(ctx, monthDetails(billed))
	}
	return billed, err
}

// monthDetails renders the run of the month for operators.
func monthDetails(billed billing.MonthBilled) string {
	did := "started"
	if billed.AlreadyExisted {
		did = "already existed"
	}
	return fmt.Sprintf("**Period %s**: `%s`, %s\n", billed.Month, billed.WorkflowID, did)
}
