package api

import (
	"net/http"
	"reflect"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// ContractDocumentsError is the body of every answer about signed documents that is not
// a success.
type ContractDocumentsError struct {
	Code    refusal.Code   `json:"code" doc:"Stable error code." example:"contract_document_not_found"`
	Message string         `json:"message" doc:"What is wrong, for people." example:"Contract document not found"`
	Details map[string]any `json:"details" doc:"What the code's description names, else empty."`
}

// contractDocumentsDialect words the errors of the signed documents of subscriptions.
var contractDocumentsDialect = &dialect{
	prefix: "/v2/", name: "ContractDocuments",
	malformed: http.StatusBadRequest, invalid: http.StatusBadRequest, codeInBody: true,
	body: func(_ int, detail ErrorDetail) any {
		return ContractDocumentsError{Code: detail.Code, Message: detail.Message, Details: detail.Details}
	},
	bodyType: reflect.TypeFor[ContractDocumentsError](),
}
