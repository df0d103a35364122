package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/activities"
	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// MonthlyBillingInput says on which terms months are billed, and by which clock they end.
type MonthlyBillingInput struct {
	// Zone is the IANA name of the time zone of the schedule.
	Zone  string               `json:"zone"`
	Terms billing.MonthlyTerms `json:"terms"`
}

// BillLastMonth starts the run of the month before the one that a schedule has reached. The
// month is that of the scheduled time: one that is caught up on late, or filled in for the
// past, is the month that was meant. The run goes on by itself, however long it is held.
func BillLastMonth(ctx workflow.Context, input MonthlyBillingInput) (billing.MonthBilled, error) {
	var a *activities.Activities
	var billed billing.MonthBilled
	at, err := scheduledTime(ctx)
	if err != nil {
		return billed, err
	}
	var month calendar.Period
	err = workflow.ExecuteLocalActivity(transaction(ctx, "Find the month before"), a.MonthBefore,
		activities.MonthBeforeInput{At: at, Zone: input.Zone}).Get(ctx, &month)
	if err != nil {
		return billed, err
	}
	attributes(ctx, searchattribute.Operation.ValueSet(MonthlyBillingID), searchattribute.Days(month))
	err = workflow.ExecuteActivity(effect(ctx, "Start the run of the month"), a.BillMonth,
		activities.BillMonthInput{Month: month, Terms: input.Terms}).Get(ctx, &billed)
	if err == nil {
		workflow.SetCurrentDetails(ctx, monthDetails(billed))
	}
	return billed, err
}

// monthDetails tells operators which run bills the month.
func monthDetails(billed billing.MonthBilled) string {
	did := "started"
	if billed.Before {
		did = "there already"
	}
	return fmt.Sprintf("**Period %s**: `%s`, %s\n", billed.Month, billed.WorkflowID, did)
}
