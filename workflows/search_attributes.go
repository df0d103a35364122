package workflows

import (
	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/mtfacturation/mtf/internal/billing"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/temporal/searchattribute"
)

// The operations of the processes that have no Idempotency-Key; those of the others
// are in package idempotency, and what a schedule starts has the id of the schedule. They are the search attribute that processes of a kind
// are found by, and the first part of their ids.
const (
	CollectionsSyncOperation = "collections-sync"
	DunningOperation         = "dunning"
	EnrolmentOperation       = "dunning-enrolment"
)

// HeldStatus is the search attribute of a run that is planned and waits for an
// operator's approval. Those of the other runs are their states.
const HeldStatus = "held"

// The search attributes of a client's dunning.
const (
	// DunningActive is the state while steps of the policy are left.
	DunningActive = "active"
	// DunningExhausted is the state when none is left and the client still has not paid.
	DunningExhausted = "exhausted"
	// DunningOver is the state of a client who is not delinquent any more.
	DunningOver = "over"
)

// attributes sets search attributes of a workflow that runs: ids and states alone, for
// Temporal keeps them in clear. It does nothing in an execution that began before there
// were any.
func attributes(ctx workflow.Context, updates ...temporal.SearchAttributeUpdate) {
	if workflow.GetVersion(ctx, "search-attributes", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("search attributes are not set", "error", err)
	}
}

// BillingRunAttributes are those that a run is started with.
func BillingRunAttributes(runID uuid.UUID, period calendar.Period) []temporal.SearchAttributeUpdate {
	return []temporal.SearchAttributeUpdate{
		searchattribute.Run(runID), searchattribute.Days(period), searchattribute.Status.ValueSet(string(billing.RunPlanned)),
	}
}

// CollectionsSyncAttributes are those that the sync of a day is started with.
func CollectionsSyncAttributes(day calendar.Date) temporal.SearchAttributes {
	return searchattribute.Of(CollectionsSyncOperation, searchattribute.Day(day))
}

// DunningAttributes are those that the dunning of a client is started with.
func DunningAttributes(clientID uuid.UUID) temporal.SearchAttributes {
	return searchattribute.Of(DunningOperation, searchattribute.Client(clientID), searchattribute.Status.ValueSet(DunningActive))
}
