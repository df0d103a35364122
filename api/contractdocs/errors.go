package contractdocs

import (
	"net/http"
	"reflect"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// ContractDocumentsError is the body of every error about signed documents.
type ContractDocumentsError struct {
	Code    refusal.Code   `json:"code" doc:"Stable error code." example:"contract_document_not_found"`
	Message string         `json:"message" doc:"Human-readable message." example:"Contract document not found"`
	Details map[string]any `json:"details" doc:"Details named in the code's description, otherwise empty."`
}

// ErrorFormat is the format of the errors of subscriptions' signed documents.
var ErrorFormat = &rest.ErrorFormat{
	Prefix: "/v2/", Name: "ContractDocuments", CodeInBody: true,
	ValidationStatus:   func([]refusal.Problem) int { return http.StatusBadRequest },
	ValidationStatuses: []int{http.StatusBadRequest},
	Body: func(_ int, detail rest.ErrorDetail) any {
		return ContractDocumentsError{Code: detail.Code, Message: detail.Message, Details: detail.Details}
	},
	BodyType: reflect.TypeFor[ContractDocumentsError](),
}
