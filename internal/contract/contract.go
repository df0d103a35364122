package contract

import (
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/vocabulary"
)

// Status is the state of a contract.
type Status = vocabulary.ContractStatus

// The states of a contract. Draft, active, and suspended are open: a subscriber
// has at most one open contract.
const (
	StatusDraft      = vocabulary.ContractDraft
	StatusActive     = vocabulary.ContractActive
	StatusSuspended  = vocabulary.ContractSuspended
	StatusTerminated = vocabulary.ContractTerminated
)

// The events of a contract's audit trail.
const (
	EventCreated             = "contract_created"
	EventProvisioned         = "contract_provisioned"
	EventOfferChanged        = "contract_offer_changed"
	EventStatusChanged       = "contract_status_changed"
	EventEndDateChanged      = "contract_end_date_changed"
	EventIdentifierAllocated = "landing_service_identifier_allocated"
	EventDocumentIssued      = "contract_document_issued"
)

// minimumEndDate is the first day on which a commitment is served: the start plus
// the months, clamped to the end of a shorter month.
func minimumEndDate(start calendar.Date, commitmentMonths int32) calendar.Date {
	return start.AddMonths(int(commitmentMonths))
}
