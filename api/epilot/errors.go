package epilot

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// LedgerError is the body of every error of the ledger.
type LedgerError struct {
	Error   string `json:"error" doc:"Error type or HTTP status text" example:"Bad Request"`
	Message string `json:"message" doc:"Human-readable error description" example:"Invalid request parameters."`
}

// ErrorFormat is the format of the errors of the ledger.
var ErrorFormat = &rest.ErrorFormat{
	Prefix: "/v1/billing/", Name: "Ledger",
	ValidationStatus:   validationStatus,
	ValidationStatuses: []int{http.StatusBadRequest, http.StatusUnprocessableEntity},
	Body: func(status int, detail rest.ErrorDetail) any {
		return LedgerError{Error: http.StatusText(status), Message: formatMessage(detail)}
	},
	BodyType: reflect.TypeFor[LedgerError](),
}

// formatMessage returns one text with every problem of an invalid request, or with the operation to use instead.
func formatMessage(detail rest.ErrorDetail) string {
	problems, _ := detail.Details["errors"].([]refusal.Problem)
	if len(problems) == 0 {
		if instead := alternative(detail); instead != "" {
			return detail.Message + ": " + instead + "."
		}
		return detail.Message + "."
	}
	findings := make([]string, len(problems))
	for i, problem := range problems {
		findings[i] = fmt.Sprintf("'%s': %s", formatLocation(problem.Location), problem.Message)
	}
	return "Validation failed: " + strings.Join(findings, "; ") + "."
}

// alternative returns the operation that does what a read-only event or contract refuses, or an empty text.
func alternative(detail rest.ErrorDetail) string {
	if id, ok := detail.Details["contract_id"]; ok && detail.Code == refusal.BillingContractInUse {
		return fmt.Sprintf("PUT /api/v1/contracts/%s/status", id)
	}
	if detail.Code != refusal.BillingEventReadOnly {
		return ""
	}
	switch detail.Details["source"] {
	case ledger.SourceInvoice:
		return fmt.Sprintf("POST /api/v1/invoices/%s/void", detail.Details["id"])
	case ledger.SourcePayment:
		return fmt.Sprintf("POST /api/v1/collections/payments/%s/reverse", detail.Details["id"])
	case ledger.SourceReversal:
		return "POST /api/v1/collections/payments"
	case ledger.SourceVoid:
		return "POST /api/v1/billing/runs"
	}
	return ""
}

// formatLocation writes ["body", "lines", 2, "amount"] as lines.2.amount. Other locations keep their
// first step, such as query.
func formatLocation(location []any) string {
	if len(location) > 1 && location[0] == "body" {
		location = location[1:]
	}
	steps := make([]string, len(location))
	for i, step := range location {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, ".")
}

// validationStatus is 400 for a malformed request, which is one with a problem outside the
// body or a field of the wrong type, and 422 for any other problem.
func validationStatus(problems []refusal.Problem) int {
	for _, problem := range problems {
		if problem.Location[0] != "body" || len(problem.Location) == 1 && problem.Type != "missing" ||
			strings.HasSuffix(problem.Type, "_type") || strings.HasSuffix(problem.Type, "_parsing") {
			return http.StatusBadRequest
		}
	}
	return http.StatusUnprocessableEntity
}
