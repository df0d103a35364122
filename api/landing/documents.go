package landing

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/api/resource"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/landing"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/token"
	"github.com/mtfacturation/mtf/workflows/starter"
)

func (h *handlers) landingDocumentRoutes() {
	rest.Register(h.API, rest.Operation{
		ID: "landingContractDocumentLink", Method: http.MethodPost,
		Path: "/api/v1/landing/contracts/{contract_id}/document-link", Tag: tagLanding, Access: rest.Public,
		Waits: true, Limits: h.limits.documentLink,
		Summary: "Create a download link for a client's contract",
		Description: "The CIN must belong to the client of the contract. A missing document is issued first. The link is " +
			"valid for one day.",
		Success:  "The link.",
		Refusals: []refusal.Code{refusal.ContractNotFound, refusal.LandingContractMismatch, refusal.ClientCINMissing},
		// The API contract requires 403 for this code here, and 422 on a plan change.
		Statuses: map[refusal.Code]int{refusal.LandingContractMismatch: http.StatusForbidden},
	}, h.contractDocumentLink)
	rest.Register(h.API, rest.Operation{
		ID: "landingContractDocument", Method: http.MethodGet, Path: "/api/v1/landing/contracts/{contract_id}/document",
		Tag: tagLanding, Access: rest.Public,
		File: true, Limits: h.limits.token,
		Summary: "Download a contract with a token",
		Description: "The token comes from a submit or a document link and is valid for its contract only. A document " +
			"never changes; a lost file is restored from its data.",
		Success: "The contract as a PDF.",
		Refusals: []refusal.Code{
			refusal.LandingTokenInvalid, refusal.LandingTokenExpired,
			refusal.LandingDocumentTokenMismatch, refusal.ContractDocumentNotFound,
		},
	}, h.contractDocument)
	rest.Register(h.API, rest.Operation{
		ID: "landingInvoiceDocument", Method: http.MethodGet, Path: "/api/v1/landing/invoices/{invoice_id}/document",
		Tag: tagLanding, Access: rest.Public,
		File: true, Limits: h.limits.token,
		Summary:     "Download an invoice with a token",
		Description: "The token comes from the list of a client's invoices and is valid for its invoice only.",
		Success:     "The invoice as a PDF.",
		Refusals: []refusal.Code{
			refusal.LandingTokenInvalid, refusal.LandingTokenExpired,
			refusal.LandingInvoiceTokenMismatch, refusal.InvoiceNotFound,
		},
	}, h.invoiceDocument)
}

// DocumentLink is a download link.
type DocumentLink struct {
	ContractID          uuid.UUID `json:"contract_id" example:"01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4" format:"uuid"`
	DocumentDownloadURL string    `json:"document_download_url" doc:"A path with a token, valid for one day." example:"/api/v1/landing/contracts/01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4/document?token=eyJ2IjoxfQ.c2lnbmF0dXJl"`
}

func (h *handlers) contractDocumentLink(ctx context.Context, input *struct {
	resource.ContractPath
	Body struct {
		CIN string `json:"cin" minLength:"4" maxLength:"40" example:"AB123456"`
	}
},
) (*struct{ Body DocumentLink }, error) {
	var validator rest.Validator
	cin := validator.CIN(input.Body.CIN)
	if err := validator.Err(); err != nil {
		return nil, err
	}
	if err := h.LimitCIN(h.limits.documentLink, cin); err != nil {
		return nil, err
	}
	parties, err := h.Queries.ContractGetParties(ctx, h.Pool, rest.ParseID(input.ContractID))
	switch {
	case err != nil:
		return nil, rest.OrNotFound(err, refusal.ContractNotFound)
	case parties.Client.CIN == nil:
		return nil, refusal.New(refusal.ClientCINMissing)
	case *parties.Client.CIN != cin:
		return nil, refusal.New(refusal.LandingContractMismatch)
	}
	contractID := parties.Contract.ID
	if err := h.ensureContractDocument(ctx, contractID); err != nil {
		return nil, err
	}
	url := h.contractDocumentURL(cin, contractID, token.DocumentExpiry(h.Now()))
	return &struct{ Body DocumentLink }{DocumentLink{ContractID: contractID, DocumentDownloadURL: url}}, nil
}

// ensureContractDocument issues a document for a contract without one.
func (h *handlers) ensureContractDocument(ctx context.Context, contractID uuid.UUID) error {
	_, err := h.Documents.LatestContractDocument(ctx, h.Pool, contractID)
	if refused := refusal.As(err); refused == nil {
		return err
	}
	execution, err := starter.IssueContractDocument(contractID, string(landing.ActorID), starter.Call{
		Location: "/api/v1/landing/contracts/" + contractID.String() + "/document-link",
		Wait:     starter.DefaultWait,
	})
	if err != nil {
		return err
	}
	var documentID uuid.UUID
	_, err = h.Run(ctx, execution, &documentID)
	return err
}

// TokenParams are the parameters of a download.
type TokenParams struct {
	Token string `query:"token" required:"true" doc:"The token of the download link." example:"eyJ2IjoxfQ.c2lnbmF0dXJl"`
}

func (h *handlers) contractDocument(ctx context.Context, input *struct {
	resource.ContractPath
	TokenParams
},
) (*huma.StreamResponse, error) {
	claims, err := h.Tokens.Verify(input.Token, token.ContractDocument, h.Now())
	if err != nil {
		return nil, err
	}
	contractID := rest.ParseID(input.ContractID)
	if claims.ContractID == nil || *claims.ContractID != contractID {
		return nil, refusal.New(refusal.LandingDocumentTokenMismatch)
	}
	parties, err := h.Queries.ContractGetParties(ctx, h.Pool, contractID)
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.ContractDocumentNotFound)
	}
	if parties.Client.CIN == nil || *parties.Client.CIN != claims.CIN {
		return nil, refusal.New(refusal.LandingDocumentTokenMismatch)
	}
	file, err := h.Documents.ContractFile(ctx, contractID)
	if err != nil {
		return nil, err
	}
	return rest.SendFile(file), nil
}

func (h *handlers) invoiceDocument(ctx context.Context, input *struct {
	resource.InvoicePath
	TokenParams
},
) (*huma.StreamResponse, error) {
	claims, err := h.Tokens.Verify(input.Token, token.InvoiceDocument, h.Now())
	if err != nil {
		return nil, err
	}
	invoiceID := rest.ParseID(input.InvoiceID)
	if claims.InvoiceID == nil || *claims.InvoiceID != invoiceID {
		return nil, refusal.New(refusal.LandingInvoiceTokenMismatch)
	}
	invoice, err := h.Queries.InvoiceGetByID(ctx, h.Pool, invoiceID)
	if err != nil {
		return nil, rest.OrNotFound(err, refusal.InvoiceNotFound)
	}
	owner, err := h.Queries.ClientGetByID(ctx, h.Pool, invoice.ClientID)
	if err != nil {
		return nil, err
	}
	if owner.CIN == nil || *owner.CIN != claims.CIN {
		return nil, refusal.New(refusal.LandingInvoiceTokenMismatch)
	}
	file, err := h.Documents.InvoiceFile(ctx, invoiceID, h.Now())
	if err != nil {
		return nil, err
	}
	return rest.SendFile(file), nil
}
