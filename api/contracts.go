package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (s *Server) contractRoutes() {
	const tag = "Contracts"
	register(s, operation{id: "listContracts", access: readers, method: http.MethodGet, path: "/api/v1/contracts", tag: tag,
		summary:     "List contracts, newest first",
		description: "All contracts, whatever their status.",
		success:     "A page of contracts.", list: contractList.keys()}, s.listContracts)
	register(s, operation{id: "getContract", access: readers, method: http.MethodGet, path: "/api/v1/contracts/{contract_id}", tag: tag,
		summary:     "Get a contract",
		description: "A contract with its dates and status.",
		success:     "The contract.", refusals: []refusal.Code{refusal.ContractNotFound}}, s.getContract)
	register(s, operation{id: "listContractAudit", access: readers, method: http.MethodGet, path: "/api/v1/contracts/{contract_id}/audit", tag: tag,
		summary:     "The audit trail of a contract, oldest first",
		description: "Every change of a contract, who made it and when. Events are never changed or removed.",
		success:     "The events.", refusals: []refusal.Code{refusal.ContractNotFound}}, s.listContractAudit)
}

// ContractRead is a contract as the API shows it.
type ContractRead struct {
	ID               uuid.UUID      `json:"id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	ClientID         uuid.UUID      `json:"client_id" example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41" format:"uuid"`
	SubscriberID     uuid.UUID      `json:"subscriber_id" example:"01932b7e-61b2-7d04-a8c7-94e05d7f1b36" format:"uuid"`
	OfferID          uuid.UUID      `json:"offer_id" example:"01932b7d-0a55-7b68-b3f1-c2d80e6f9147" format:"uuid"`
	Status           string         `json:"status" enum:"draft,active,suspended,terminated"`
	StartDate        calendar.Date  `json:"start_date" format:"date" example:"2026-10-10"`
	EndDate          *calendar.Date `json:"end_date" format:"date"`
	CommitmentMonths *int32         `json:"commitment_months" example:"12"`
	ActivatedAt      *Timestamp     `json:"activated_at" example:"2026-10-10T09:30:00.000000Z" nullable:"true"`
	TerminatedAt     *Timestamp     `json:"terminated_at" nullable:"true"`
	CreatedAt        Timestamp      `json:"created_at"`
	UpdatedAt        Timestamp      `json:"updated_at"`
}

// ContractAuditEventRead is an event of a contract's audit trail.
type ContractAuditEventRead struct {
	ID         uuid.UUID `json:"id" example:"01932b7e-7a35-7219-9c84-e36f5a0d7b28" format:"uuid"`
	ContractID uuid.UUID `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	EventType  string    `json:"event_type" example:"contract_status_changed"`
	ActorID    string    `json:"actor_id" example:"op-1"`
	Details    string    `json:"details" doc:"A JSON object as text, with sorted keys." example:"{\"from\": \"draft\", \"to\": \"active\"}"`
	CreatedAt  Timestamp `json:"created_at"`
}

// ContractOutput answers with one contract.
type ContractOutput struct{ Body ContractRead }

// ContractPath names a contract.
type ContractPath struct {
	ContractID string `path:"contract_id" doc:"The contract." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// contractList is the list of all contracts.
var contractList = list[dbsqlc.ContractListRow]{
	name: "contracts", id: func(row dbsqlc.ContractListRow) uuid.UUID { return row.Contract.ID },
	total: func(row dbsqlc.ContractListRow) int64 { return row.ListTotal },
	sorts: []sortKey[dbsqlc.ContractListRow]{
		{"created_at", func(row dbsqlc.ContractListRow) string { return sortedByTime(row.Contract.CreatedAt) }},
		{"start_date", func(row dbsqlc.ContractListRow) string { return row.Contract.StartDate.String() }},
	},
	filters: []filterKey{
		{"client_id", "an id"}, {"subscriber_id", "an id"}, {"offer_id", "an id"},
		{"status", "draft, active, suspended or terminated"},
	},
}

func readContract(row dbsqlc.Contract) ContractRead {
	return ContractRead{
		ID: row.ID, ClientID: row.ClientID, SubscriberID: row.SubscriberID, OfferID: row.OfferID, Status: row.Status,
		StartDate: row.StartDate, EndDate: row.EndDate, CommitmentMonths: row.CommitmentMonths,
		ActivatedAt: optionalTimestamp(row.ActivatedAt), TerminatedAt: optionalTimestamp(row.TerminatedAt),
		CreatedAt: Timestamp(row.CreatedAt), UpdatedAt: Timestamp(row.UpdatedAt),
	}
}

func readContractAuditEvent(row dbsqlc.ContractAuditEvent) ContractAuditEventRead {
	return ContractAuditEventRead{
		ID: row.ID, ContractID: row.ContractID, EventType: row.EventType, ActorID: row.ActorID,
		Details: sortedJSON(row.Details), CreatedAt: Timestamp(row.CreatedAt),
	}
}

func (s *Server) listContracts(ctx context.Context, input *PageParams) (*PageOutput[ContractRead], error) {
	asked, err := ask(s, contractList, *input)
	if err != nil {
		return nil, err
	}
	filters := dbsqlc.ContractCountParams{
		ClientID: asked.id("client_id"), SubscriberID: asked.id("subscriber_id"), OfferID: asked.id("offer_id"), Status: asked.text("status"),
	}
	return answerList(ctx, s, asked, func(row dbsqlc.ContractListRow) ContractRead { return readContract(row.Contract) }, func(at position) ([]dbsqlc.ContractListRow, error) {
		if at.newest {
			before, err := behind(ctx, s, at, s.queries.ContractNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := s.queries.ContractNewest(ctx, s.Pool, dbsqlc.ContractNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.limit,
			})
			return converted(rows, func(row dbsqlc.ContractNewestRow) dbsqlc.ContractListRow { return dbsqlc.ContractListRow(row) }), err
		}
		return s.queries.ContractList(ctx, s.Pool, dbsqlc.ContractListParams{
			ClientID: filters.ClientID, SubscriberID: filters.SubscriberID, OfferID: filters.OfferID, Status: filters.Status,
			Sort: at.sort, After: at.after, AfterValue: at.afterValue, AfterID: at.afterID, PageSize: at.limit, PageOffset: at.offset,
		})
	}, func() (int64, error) { return s.queries.ContractCount(ctx, s.Pool, filters) })
}

func (s *Server) getContract(ctx context.Context, input *ContractPath) (*ContractOutput, error) {
	row, err := s.queries.ContractGetByID(ctx, s.Pool, parseID(input.ContractID))
	if err != nil {
		return nil, orNotFound(err, refusal.ContractNotFound)
	}
	return &ContractOutput{Body: readContract(row)}, nil
}

func (s *Server) listContractAudit(ctx context.Context, input *ContractPath) (*struct {
	Body []ContractAuditEventRead `nullable:"false"`
}, error) {
	contract, err := s.queries.ContractGetByID(ctx, s.Pool, parseID(input.ContractID))
	if err != nil {
		return nil, orNotFound(err, refusal.ContractNotFound)
	}
	rows, err := s.queries.ContractAuditEventListByContract(ctx, s.Pool, contract.ID)
	if err != nil {
		return nil, err
	}
	return &struct {
		Body []ContractAuditEventRead `nullable:"false"`
	}{converted(rows, readContractAuditEvent)}, nil
}
