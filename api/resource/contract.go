package resource

import (
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/contract"
)

// ContractRead is a contract as the API shows it.
type ContractRead struct {
	ID               uuid.UUID       `json:"id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	ClientID         uuid.UUID       `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	SubscriberID     uuid.UUID       `json:"subscriber_id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36" format:"uuid"`
	OfferID          uuid.UUID       `json:"offer_id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147" format:"uuid"`
	Status           contract.Status `json:"status" enum:"draft,active,suspended,terminated"`
	StartDate        calendar.Date   `json:"start_date" format:"date" example:"2026-10-10"`
	EndDate          *calendar.Date  `json:"end_date" format:"date"`
	CommitmentMonths *int32          `json:"commitment_months" example:"12"`
	ActivatedAt      *rest.Timestamp `json:"activated_at" example:"2026-10-10T09:30:00.000000Z" nullable:"true"`
	TerminatedAt     *rest.Timestamp `json:"terminated_at" nullable:"true"`
	CreatedAt        rest.Timestamp  `json:"created_at"`
	UpdatedAt        rest.Timestamp  `json:"updated_at"`
}

// ContractPath names a contract.
type ContractPath struct {
	ContractID string `path:"contract_id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// NewContractRead returns the representation of a contract.
func NewContractRead(row dbsqlc.Contract) ContractRead {
	return ContractRead{
		ID: row.ID, ClientID: row.ClientID, SubscriberID: row.SubscriberID, OfferID: row.OfferID, Status: row.Status,
		StartDate: row.StartDate, EndDate: row.EndDate, CommitmentMonths: row.CommitmentMonths,
		ActivatedAt: rest.OptionalTimestamp(row.ActivatedAt), TerminatedAt: rest.OptionalTimestamp(row.TerminatedAt),
		CreatedAt: rest.Timestamp(row.CreatedAt), UpdatedAt: rest.Timestamp(row.UpdatedAt),
	}
}
