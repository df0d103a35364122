package epilot

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// LedgerError is the body of every answer of the ledger that is not a success.
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

// formatMessage says what is wrong in one text, with every problem of a request that is not valid.
func formatMessage(detail rest.ErrorDetail) string {
	problems, _ := detail.Details["errors"].([]refusal.Problem)
	if len(problems) == 0 {
		return detail.Message + "."
	}
	findings := make([]string, len(problems))
	for i, problem := range problems {
		findings[i] = fmt.Sprintf("'%s': %s", formatLocation(problem.Location), problem.Message)
	}
	return "Validation failed: " + strings.Join(findings, "; ") + "."
}

// formatLocation writes ["body", "lines", 2, "amount"] as lines.2.amount. The body itself is named, and
// what is not in it says where it is.
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
