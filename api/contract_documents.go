package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/mtfacturation/mtf/db"
	"github.com/mtfacturation/mtf/db/dbsqlc"
	"github.com/mtfacturation/mtf/internal/contract"
	"github.com/mtfacturation/mtf/internal/refusal"
)

const tagContractDocuments = "Contract documents"

func (s *Server) contractDocumentRoutes() {
	const path = "/v2/orgs/" + organisationParameter + "/subscriptions/{subscriptionId}/contracts"
	register(s, operation{id: "listSubscriptionContracts", access: readers, limits: limitContractDocuments, method: http.MethodGet,
		path: path, tag: tagContractDocuments,
		summary: "List the signed documents of a subscription, newest first",
		description: "A subscription is a contract of this system. Its documents are those that this system issued, by a submit of the " +
			"landing page or a document link, and those that were linked. The newest is the one that was issued or linked last.",
		success:  "A page of documents, and how many there are.",
		refusals: []refusal.Code{refusal.OrganisationForbidden, refusal.ContractNotFound}}, s.listSubscriptionContracts)
	register(s, operation{id: "addSubscriptionContract", access: writers, limits: limitContractDocuments, method: http.MethodPost,
		path: path, tag: tagContractDocuments, creates: true,
		summary: "Link a signed document that an outside document service keeps",
		description: "The caller chooses the id. The same id with the same content may be sent again, by many callers at once: the " +
			"document is linked once. What is left out is filled in with who linked it and when.",
		success: "The document, linked now.", repeated: "The document, which was there with this content.",
		refusals: []refusal.Code{refusal.OrganisationForbidden, refusal.ContractNotFound, refusal.ContractDocumentConflict}}, s.addSubscriptionContract)
	register(s, operation{id: "getSubscriptionContract", access: readers, limits: limitContractDocuments, method: http.MethodGet,
		path: path + "/{contractId}", tag: tagContractDocuments,
		summary:     "Get a signed document of a subscription",
		description: "A document that this system issued has its id in the register of documents as `documents_contract_id`, and its client as `documents_owner_id`.",
		success:     "The document.",
		refusals:    []refusal.Code{refusal.OrganisationForbidden, refusal.ContractDocumentNotFound}}, s.getSubscriptionContract)
}

// SubscriptionPath names a subscription, which is a contract of this system.
type SubscriptionPath struct {
	OrganisationPath
	SubscriptionID string `path:"subscriptionId" doc:"The subscription: a contract of this system." example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4"`
}

// ContractDocument is a signed document of a subscription as it is shown.
type ContractDocument struct {
	ID                  uuid.UUID `json:"id" example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94" format:"uuid"`
	DocumentsContractID string    `json:"documents_contract_id" doc:"What the document service calls it." example:"DOC-2026-000417"`
	DocumentsOwnerID    string    `json:"documents_owner_id" doc:"Who owns it there." example:"01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"`
	CreationDate        Timestamp `json:"creation_date"`
	CreationUser        string    `json:"creation_user" example:"op-1"`
	CreationSystem      string    `json:"creation_system,omitempty" example:"mtf"`
	LastUpdatedDate     Timestamp `json:"last_updated_date"`
	LastUpdatedUser     string    `json:"last_updated_user" example:"op-1"`
}

// ContractDocumentSet is a page of the documents of a subscription.
type ContractDocumentSet struct {
	Contracts []ContractDocument `json:"contracts" nullable:"false"`
	Offset    int32              `json:"offset" example:"0"`
	Limit     int32              `json:"limit" example:"50"`
	Total     int64              `json:"total" doc:"How many documents the subscription has." example:"1"`
}

// ContractDocumentLink is the body that links a document.
type ContractDocumentLink struct {
	ID                  string     `json:"id" format:"uuid" doc:"Chosen by the caller." example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94"`
	DocumentsContractID string     `json:"documents_contract_id" minLength:"1" maxLength:"200" example:"DOC-2026-000417"`
	DocumentsOwnerID    string     `json:"documents_owner_id" minLength:"1" maxLength:"200" example:"CUSTOMER-7"`
	CreationDate        *time.Time `json:"creation_date,omitempty" doc:"When it is left out: the moment at which it is linked." example:"2026-11-20T10:15:00Z"`
	CreationUser        *string    `json:"creation_user,omitempty" minLength:"1" maxLength:"200" doc:"When it is left out: who links it." example:"agent-12"`
	CreationSystem      *string    `json:"creation_system,omitempty" minLength:"1" maxLength:"200" example:"signature-desk"`
	LastUpdatedDate     *time.Time `json:"last_updated_date,omitempty" doc:"When it is left out: the creation date."`
	LastUpdatedUser     *string    `json:"last_updated_user,omitempty" minLength:"1" maxLength:"200" doc:"When it is left out: the creation user."`
}

func readContractDocument(row dbsqlc.ContractDocument) ContractDocument {
	return showContractDocument(contract.ShownDocument(row))
}

func showContractDocument(shown contract.Document) ContractDocument {
	return ContractDocument{
		ID: shown.ID, DocumentsContractID: shown.DocumentsContractID, DocumentsOwnerID: shown.DocumentsOwnerID,
		CreationDate: Timestamp(shown.CreationDate), CreationUser: shown.CreationUser, CreationSystem: shown.CreationSystem,
		LastUpdatedDate: Timestamp(shown.LastUpdatedDate), LastUpdatedUser: shown.LastUpdatedUser,
	}
}

// normalised checks the texts and instants and returns the link without its freedoms
// of writing.
func (b ContractDocumentLink) normalised(contractID uuid.UUID) (contract.LinkDocumentInput, error) {
	var checked fields
	input := contract.LinkDocumentInput{
		ID: parseID(b.ID), ContractID: contractID,
		DocumentsContractID: checked.trimmed("documents_contract_id", b.DocumentsContractID, 1),
		DocumentsOwnerID:    checked.trimmed("documents_owner_id", b.DocumentsOwnerID, 1),
		CreationDate:        checked.instant("creation_date", b.CreationDate),
		CreationUser:        optionalText(b.CreationUser), CreationSystem: optionalText(b.CreationSystem),
		LastUpdatedDate: checked.instant("last_updated_date", b.LastUpdatedDate), LastUpdatedUser: optionalText(b.LastUpdatedUser),
	}
	if input.ID == uuid.Nil {
		checked.refuse("id", "Input should be a UUID of 36 characters, other than the nil UUID")
	}
	return input, checked.err()
}

func (s *Server) listSubscriptionContracts(ctx context.Context, input *struct {
	SubscriptionPath
	Offset int32 `query:"offset" default:"0" minimum:"0" maximum:"2147483647" doc:"How many documents to pass over."`
	Limit  int32 `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many documents to answer at most."`
}) (*struct{ Body ContractDocumentSet }, error) {
	contractID := parseID(input.SubscriptionID)
	rows, err := s.queries.ContractDocumentList(ctx, s.Pool, dbsqlc.ContractDocumentListParams{
		ContractID: contractID, PageOffset: input.Offset, PageSize: input.Limit,
	})
	if err != nil {
		return nil, err
	}
	// Documents are only ever added: counted after they were read, they are not fewer.
	total, err := s.queries.ContractDocumentCount(ctx, s.Pool, contractID)
	if err != nil {
		return nil, orNotFound(err, refusal.ContractNotFound)
	}
	return &struct{ Body ContractDocumentSet }{ContractDocumentSet{
		Contracts: converted(rows, readContractDocument), Offset: input.Offset, Limit: input.Limit, Total: total,
	}}, nil
}

func (s *Server) getSubscriptionContract(ctx context.Context, input *struct {
	SubscriptionPath
	ContractID string `path:"contractId" doc:"The document." example:"01932b80-1f4c-7d22-9e61-0b7c5a3d8f94"`
}) (*struct{ Body ContractDocument }, error) {
	row, err := s.queries.ContractDocumentGetByID(ctx, s.Pool, parseID(input.ContractID))
	if err != nil {
		return nil, orNotFound(err, refusal.ContractDocumentNotFound)
	}
	if row.ContractID != parseID(input.SubscriptionID) {
		return nil, refusal.New(refusal.ContractDocumentNotFound)
	}
	return &struct{ Body ContractDocument }{readContractDocument(row)}, nil
}

func (s *Server) addSubscriptionContract(ctx context.Context, input *struct {
	SubscriptionPath
	Body ContractDocumentLink
}) (*struct {
	Status int
	Body   ContractDocument
}, error) {
	link, err := input.Body.normalised(parseID(input.SubscriptionID))
	if err != nil {
		return nil, err
	}
	var document contract.Document
	var linked bool
	err = db.InTransaction(ctx, s.Pool, func(tx pgx.Tx) error {
		var err error
		document, linked, err = contract.LinkDocument(ctx, tx, link, actorOf(ctx).ID, s.Now())
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
