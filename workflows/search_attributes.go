package workflows

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// The operations of workflows without an Idempotency-Key. Package idempotency defines the other
// operations, and a workflow started by a schedule has the id of the schedule as its operation. An
// operation is a search attribute and the first part of the workflow id.
const (
	CollectionsSyncOperation = "collections-sync"
	DunningOperation         = "dunning"
	EnrolmentOperation       = "dunning-enrolment"
)

// HeldStatus is the status search attribute of a planned run that waits for an operator's approval. For
// other runs the attribute is the status of the run.
const HeldStatus = "held"

// The status search attributes of a client's dunning.
const (
	// DunningActive means that steps of the policy are left.
	DunningActive = "active"
	// DunningExhausted means that no step is left and the client is still delinquent.
	DunningExhausted = "exhausted"
	// DunningOver means that the client is no longer delinquent.
	DunningOver = "over"
)

// upsertSearchAttributes sets search attributes of the running workflow: ids and states only, because
// Temporal stores them unencrypted.
func upsertSearchAttributes(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) {
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("search attributes not set", "error", err)
	}
}

// BillingRunAttributes are the initial search attributes of a billing run.
func BillingRunAttributes(runID uuid.UUID, period calendar.Period) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{
		searchattribute.Run(runID), searchattribute.Days(period), searchattribute.Status.ValueSet(string(billing.RunPlanned)),
	}
}

// CollectionsSyncAttributes are the initial search attributes of the sync of a day.
func CollectionsSyncAttributes(day calendar.Date) temporal.SearchAttributes {
	return searchattribute.Of(CollectionsSyncOperation, searchattribute.Day(day))
}

// DunningAttributes are the initial search attributes of a client's dunning.
func DunningAttributes(clientID uuid.UUID) temporal.SearchAttributes {
	return searchattribute.Of(DunningOperation, searchattribute.Client(clientID), searchattribute.Status.ValueSet(DunningActive))
}
