package operators

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/refusal"
)

func (h *handlers) contractRoutes() {
	const tag = "Contracts"
	rest.Register(h.API, rest.Operation{
		ID: "listContracts", Method: http.MethodGet, Path: "/api/v1/contracts", Tag: tag, Access: rest.Readers,
		List:        contractList.Keys(),
		Summary:     "List contracts, newest first",
		Description: "Contracts of all statuses.",
		Success:     "A page of contracts.",
	}, h.listContracts)
	rest.Register(h.API, rest.Operation{
		ID: "getContract", Method: http.MethodGet, Path: "/api/v1/contracts/{contract_id}", Tag: tag, Access: rest.Readers,
		Summary:     "Get a contract",
		Description: "A contract with its dates and status.",
		Success:     "The contract.",
		Refusals:    []refusal.Code{refusal.ContractNotFound},
	}, h.getContract)
	rest.Register(h.API, rest.Operation{
		ID: "listContractAudit", Method: http.MethodGet, Path: "/api/v1/contracts/{contract_id}/audit", Tag: tag,
		Access:      rest.Readers,
		Summary:     "List the audit trail of a contract, oldest first",
		Description: "Every change of the contract with its actor and time. Events are never changed or removed.",
		Success:     "The events.",
		Refusals:    []refusal.Code{refusal.ContractNotFound},
	}, h.listContractAudit)
}

// ContractAuditEventRead is an event of a contract's audit trail.
type ContractAuditEventRead struct {
	ID         uuid.UUID      `json:"id" example:"01932b7e-7a35-7219-9c84-e36f5a0d7b28" format:"uuid"`
	ContractID uuid.UUID      `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	EventType  string         `json:"event_type" example:"contract_status_changed"`
	ActorID    string         `json:"actor_id" example:"op-1"`
	Details    string         `json:"details" doc:"A JSON object as text, with sorted keys." example:"{\"from\": \"draft\", \"to\": \"active\"}"`
	CreatedAt  rest.Timestamp `json:"created_at"`
}

// ContractOutput answers with one contract.
type ContractOutput struct{ Body resource.ContractRead }

// contractList is the list of all contracts.
var contractList = rest.Listing[dbsqlc.ContractListRow, dbsqlc.ContractCountParams, resource.ContractRead]{
	List: rest.List[dbsqlc.ContractListRow]{
		Name: "contracts", ID: func(row dbsqlc.ContractListRow) uuid.UUID { return row.Contract.ID },
		Total: func(row dbsqlc.ContractListRow) int64 { return row.ListTotal },
		Sorts: []rest.SortKey[dbsqlc.ContractListRow]{
			{Name: "created_at", Value: func(row dbsqlc.ContractListRow) string { return rest.SortedByTime(row.Contract.CreatedAt) }},
			{Name: "start_date", Value: func(row dbsqlc.ContractListRow) string { return row.Contract.StartDate.String() }},
		},
		Filters: []rest.FilterKey{
			{Name: "client_id", Values: "an id"},
			{Name: "subscriber_id", Values: "an id"},
			{Name: "offer_id", Values: "an id"},
			{Name: "status", Values: "draft, active, suspended or terminated"},
		},
	},
	Where: func(request *rest.ListRequest[dbsqlc.ContractListRow]) dbsqlc.ContractCountParams {
		return dbsqlc.ContractCountParams{
			ClientID: request.ID("client_id"), SubscriberID: request.ID("subscriber_id"), OfferID: request.ID("offer_id"),
			Status: request.Text("status"),
		}
	},
	Rows: func(ctx context.Context, tx dbsqlc.DBTX, filters dbsqlc.ContractCountParams, at rest.ListPosition) ([]dbsqlc.ContractListRow, error) {
		if at.Newest {
			before, err := rest.NewestStart(ctx, tx, at, queries.ContractNewestAt)
			if err != nil {
				return nil, err
			}
			rows, err := queries.ContractNewest(ctx, tx, dbsqlc.ContractNewestParams{
				BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: at.Limit,
			})
			return rest.Convert(rows, func(row dbsqlc.ContractNewestRow) dbsqlc.ContractListRow { return dbsqlc.ContractListRow(row) }), err
		}
		return queries.ContractList(ctx, tx, dbsqlc.ContractListParams{
			ClientID: filters.ClientID, SubscriberID: filters.SubscriberID, OfferID: filters.OfferID, Status: filters.Status,
			Sort: at.Sort, After: at.After, AfterValue: at.AfterValue, AfterID: at.AfterID, PageSize: at.Limit, PageOffset: at.Offset,
		})
	},
	Count: (*dbsqlc.Queries).ContractCount,
	Read:  func(row dbsqlc.ContractListRow) resource.ContractRead { return resource.NewContractRead(row.Contract) },
}

func newContractAuditEventRead(row dbsqlc.ContractAuditEvent) ContractAuditEventRead {
	return ContractAuditEventRead{
		ID: row.ID, ContractID: row.ContractID, EventType: row.EventType, ActorID: row.ActorID,
		Details: rest.SortedJSON(row.Details), CreatedAt: rest.Timestamp(row.CreatedAt),
	}
}

func (h *handlers) listContracts(ctx context.Context, input *rest.PageParams) (*rest.PageOutput[resource.ContractRead], error) {
	return contractList.Serve(ctx, h.API, *input)
}

func (h *handlers) getContract(ctx context.Context, input *resource.ContractPath) (*ContractOutput, error) {
	row, err := h.Queries.ContractGetByID(ctx, h.Pool, rest.ParseID(input.ContractID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ContractNotFound)
	}
	return &ContractOutput{Body: resource.NewContractRead(row)}, nil
}

func (h *handlers) listContractAudit(ctx context.Context, input *resource.ContractPath) (*struct {
	Body []ContractAuditEventRead `nullable:"false"`
}, error,
) {
	contract, err := h.Queries.ContractGetByID(ctx, h.Pool, rest.ParseID(input.ContractID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ContractNotFound)
	}
	rows, err := h.Queries.ContractAuditEventListByContract(ctx, h.Pool, contract.ID)
	if err != nil {
		return nil, err
	}
	return &struct {
		Body []ContractAuditEventRead `nullable:"false"`
	}{rest.Convert(rows, newContractAuditEventRead)}, nil
}
