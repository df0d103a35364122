// Package searchattribute defines the search attributes of workflows, and registers them
// with Temporal.
//
// Temporal stores their values unencrypted. They are only ids and states, never personal
// data.
package searchattribute

import (
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/temporal"

	"github.com/mtfacturation/mtf/internal/calendar"
)

// The attributes. Each is compared as a whole.
var (
	// Operation is the kind of work, the first part of the workflow's id, such as "billing-run".
	Operation = temporal.NewSearchAttributeKeyKeyword("MtfOperation")
	// RunID is the id of a billing run.
	RunID = temporal.NewSearchAttributeKeyKeyword("MtfRunId")
	// Period is the month, the day or the span of days that is worked on: "2026-10",
	// "2026-11-22", "2026-10-05..2026-10-20".
	Period     = temporal.NewSearchAttributeKeyKeyword("MtfPeriod")
	ClientID   = temporal.NewSearchAttributeKeyKeyword("MtfClientId")
	ContractID = temporal.NewSearchAttributeKeyKeyword("MtfContractId")
	// Status is the state of what the workflow works on, such as "paused" of a run.
	Status = temporal.NewSearchAttributeKeyKeyword("MtfStatus")
)

// All lists the attributes.
func All() []temporal.SearchAttributeKeyKeyword {
	return []temporal.SearchAttributeKeyKeyword{Operation, RunID, Period, ClientID, ContractID, Status}
}

// Of returns the attributes that a workflow is started with.
func Of(operation string, more ...temporal.SearchAttributeUpdate) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(append([]temporal.SearchAttributeUpdate{Operation.ValueSet(operation)}, more...)...)
}

// Client is the client that a workflow is about.
func Client(id uuid.UUID) temporal.SearchAttributeUpdate { return ClientID.ValueSet(id.String()) }

// Contract is the contract that a workflow is about.
func Contract(id uuid.UUID) temporal.SearchAttributeUpdate { return ContractID.ValueSet(id.String()) }

// Run is the billing run that a workflow carries out.
func Run(id uuid.UUID) temporal.SearchAttributeUpdate { return RunID.ValueSet(id.String()) }

// Days returns the days that a workflow covers: a month, a day, or a first and a last day.
func Days(period calendar.Period) temporal.SearchAttributeUpdate {
	switch {
	case period == calendar.MonthOf(period.Start):
		return Period.ValueSet(period.Start.String()[:len("2026-10")])
	case period.Start == period.End:
		return Period.ValueSet(period.Start.String())
	}
	return Period.ValueSet(period.String())
}

// Day is the day that a workflow works on.
func Day(day calendar.Date) temporal.SearchAttributeUpdate { return Period.ValueSet(day.String()) }

// Columns names the columns of an SQL visibility store that hold the attributes, in a
// namespace that has no others. It is for servers that are made for one program.
func Columns() map[string]string {
	columns := map[string]string{}
	for i, attribute := range All() {
		columns[fmt.Sprintf("Keyword%02d", i+1)] = attribute.GetName()
	}
	return columns
}
