package contractdocs

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const tagContractDocuments = "Contract documents"

func (h *handlers) contractDocumentRoutes() {
	const path = "/v2/orgs/" + rest.OrganisationParameter + "/subscriptions/{subscriptionId}/contracts"
	rest.Register(h.API, rest.Operation{
		ID: "listSubscriptionContracts", Method: http.MethodGet, Path: path, Tag: tagContractDocuments, Access: rest.Readers,
		Limits:  h.limits,
		Summary: "List the signed documents of a subscription, newest first",
		Description: "A subscription is a contract in this system. Its documents are those issued by this system (on a " +
			"landing page submit or a document link) and those linked by other systems. The newest document is the one " +
			"issued or linked last.",
		Success:  "A page of documents with the total number.",
		Refusals: []refusal.Code{refusal.OrganisationForbidden, refusal.ContractNotFound},
	}, h.listSubscriptionContracts)
	rest.Register(h.API, rest.Operation{
		ID: "addSubscriptionContract", Method: http.MethodPost, Path: path, Tag: tagContractDocuments, Access: rest.Writers,
		Creates: true, Limits: h.limits,
		Summary: "Link a signed document kept by an external document service",
		Description: "The caller chooses the id. Repeating a request with the same id and content, even concurrently, " +
			"links the document once. Omitted fields default to the caller and the time of linking.",
		Success:  "The newly linked document.",
		Repeated: "The document, which was already linked with this content.",
		Refusals: []refusal.Code{refusal.OrganisationForbidden, refusal.ContractNotFound, refusal.ContractDocumentConflict},
	}, h.addSubscriptionContract)
	rest.Register(h.API, rest.Operation{
		ID: "getSubscriptionContract", Method: http.MethodGet, Path: path + "/{contractId}", Tag: tagContractDocuments,
		Access:  rest.Readers,
		Limits:  h.limits,
		Summary: "Get a signed document of a subscription",
		Description: "For a document issued by this system, `documents_contract_id` is its id in the document register " +
			"and `documents_owner_id` is its client.",
		Success:  "The document.",
		Refusals: []refusal.Code{refusal.OrganisationForbidden, refusal.ContractDocumentNotFound},
	}, h.getSubscriptionContract)
}

// SubscriptionPath names a subscription, which is a contract of this system.
type SubscriptionPath struct {
	rest.OrganisationPath
	SubscriptionID string `path:"subscriptionId" doc:"The subscription: a contract of this system." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// ContractDocument is a signed document of a subscription.
type ContractDocument struct {
	ID                  uuid.UUID      `json:"id" example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94" format:"uuid"`
	DocumentsContractID string         `json:"documents_contract_id" doc:"The document's id in the document service." example:"DOC-2026-000417"`
	DocumentsOwnerID    string         `json:"documents_owner_id" doc:"The document's owner in the document service." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	CreationDate        rest.Timestamp `json:"creation_date"`
	CreationUser        string         `json:"creation_user" example:"op-1"`
	CreationSystem      string         `json:"creation_system,omitempty" example:"mtf"`
	LastUpdatedDate     rest.Timestamp `json:"last_updated_date"`
	LastUpdatedUser     string         `json:"last_updated_user" example:"op-1"`
}

// ContractDocumentSet is a page of the documents of a subscription.
type ContractDocumentSet struct {
	Contracts []ContractDocument `json:"contracts" nullable:"false"`
	Offset    int32              `json:"offset" example:"0"`
	Limit     int32              `json:"limit" example:"50"`
	Total     int64              `json:"total" doc:"Number of documents of the subscription." example:"1"`
}

// ContractDocumentLink is the body that links a document.
type ContractDocumentLink struct {
	ID                  string     `json:"id" format:"uuid" doc:"Chosen by the caller." example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94"`
	DocumentsContractID string     `json:"documents_contract_id" minLength:"1" maxLength:"200" example:"DOC-2026-000417"`
	DocumentsOwnerID    string     `json:"documents_owner_id" minLength:"1" maxLength:"200" example:"CUSTOMER-7"`
	CreationDate        *time.Time `json:"creation_date,omitempty" doc:"Defaults to the time of linking." example:"2026-11-20T10:15:00Z"`
	CreationUser        *string    `json:"creation_user,omitempty" minLength:"1" maxLength:"200" doc:"Defaults to the caller." example:"agent-12"`
	CreationSystem      *string    `json:"creation_system,omitempty" minLength:"1" maxLength:"200" example:"signature-desk"`
	LastUpdatedDate     *time.Time `json:"last_updated_date,omitempty" doc:"Defaults to the creation date."`
	LastUpdatedUser     *string    `json:"last_updated_user,omitempty" minLength:"1" maxLength:"200" doc:"Defaults to the creation user."`
}

func newContractDocument(row dbsqlc.ContractDocument) ContractDocument {
	return showContractDocument(contract.ShownDocument(row))
}

func showContractDocument(shown contract.Document) ContractDocument {
	return ContractDocument{
		ID: shown.ID, DocumentsContractID: shown.DocumentsContractID, DocumentsOwnerID: shown.DocumentsOwnerID,
		CreationDate: rest.Timestamp(shown.CreationDate), CreationUser: shown.CreationUser, CreationSystem: shown.CreationSystem,
		LastUpdatedDate: rest.Timestamp(shown.LastUpdatedDate), LastUpdatedUser: shown.LastUpdatedUser,
	}
}

// normalised validates the link and returns it in its canonical form.
func (b ContractDocumentLink) normalised(contractID uuid.UUID) (contract.LinkDocumentInput, error) {
	var validator rest.Validator
	input := contract.LinkDocumentInput{
		ID: rest.ParseID(b.ID), ContractID: contractID,
		DocumentsContractID: validator.Trimmed("documents_contract_id", b.DocumentsContractID, 1),
		DocumentsOwnerID:    validator.Trimmed("documents_owner_id", b.DocumentsOwnerID, 1),
		CreationDate:        validator.Instant("creation_date", b.CreationDate),
		CreationUser:        rest.OptionalText(b.CreationUser), CreationSystem: rest.OptionalText(b.CreationSystem),
		LastUpdatedDate: validator.Instant("last_updated_date", b.LastUpdatedDate), LastUpdatedUser: rest.OptionalText(b.LastUpdatedUser),
	}
	if input.ID == uuid.Nil {
		validator.Fail("id", "Input should be a UUID of 36 characters, other than the nil UUID")
	}
	return input, validator.Err()
}

func (h *handlers) listSubscriptionContracts(ctx context.Context, input *struct {
	SubscriptionPath
	Offset int32 `query:"offset" default:"0" minimum:"0" maximum:"2147483647" doc:"Number of documents to skip."`
	Limit  int32 `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"Maximum number of documents to return."`
},
) (*struct{ Body ContractDocumentSet }, error) {
	contractID := rest.ParseID(input.SubscriptionID)
	rows, err := h.Queries.ContractDocumentList(ctx, h.Pool, dbsqlc.ContractDocumentListParams{
		ContractID: contractID, PageOffset: input.Offset, PageSize: input.Limit,
	})
	if err != nil {
		return nil, err
	}
	// Documents are never removed, so a later count is not smaller than the page.
	total, err := h.Queries.ContractDocumentCount(ctx, h.Pool, contractID)
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ContractNotFound)
	}
	return &struct{ Body ContractDocumentSet }{ContractDocumentSet{
		Contracts: rest.Convert(rows, newContractDocument), Offset: input.Offset, Limit: input.Limit, Total: total,
	}}, nil
}

func (h *handlers) getSubscriptionContract(ctx context.Context, input *struct {
	SubscriptionPath
	ContractID string `path:"contractId" doc:"The document." example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94"`
},
) (*struct{ Body ContractDocument }, error) {
	row, err := h.Queries.ContractDocumentGetByID(ctx, h.Pool, rest.ParseID(input.ContractID))
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ContractDocumentNotFound)
	}
	if row.ContractID != rest.ParseID(input.SubscriptionID) {
		return nil, refusal.New(refusal.ContractDocumentNotFound)
	}
	return &struct{ Body ContractDocument }{newContractDocument(row)}, nil
}

func (h *handlers) addSubscriptionContract(ctx context.Context, input *struct {
	SubscriptionPath
	Body ContractDocumentLink
}) (*struct {
	Status int
	Body   ContractDocument
}, error,
) {
	link, err := input.Body.normalised(rest.ParseID(input.SubscriptionID))
	if err != nil {
		return nil, err
	}
	var document contract.Document
	var linked bool
	err = db.InTransaction(ctx, h.Pool, func(tx pgx.Tx) error {
		var err error
		document, linked, err = contract.LinkDocument(ctx, tx, link, rest.Caller(ctx).ID, h.Now())
		return err
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if linked {
		status = http.StatusCreated
	}
	return &struct {
		Status int
		Body   ContractDocument
	}{status, showContractDocument(document)}, nil
}
