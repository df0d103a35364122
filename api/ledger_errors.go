package api

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// LedgerError is the body of every answer of the ledger that is not a success.
type LedgerError struct {
	Error   string `json:"error" doc:"Error type or HTTP status text" example:"Bad Request"`
	Message string `json:"message" doc:"Human-readable error description" example:"Invalid request parameters."`
}

// ledgerDialect words the errors of the ledger.
var ledgerDialect = &dialect{
	prefix: "/v1/billing/", name: "Ledger",
	malformed: http.StatusBadRequest, invalid: http.StatusUnprocessableEntity,
	body: func(status int, detail ErrorDetail) any {
		return LedgerError{Error: http.StatusText(status), Message: sentence(detail)}
	},
	bodyType: reflect.TypeFor[LedgerError](),
}

// sentence says what is wrong in one text, with every problem of a request that is not valid.
func sentence(detail ErrorDetail) string {
	problems, _ := detail.Details["errors"].([]refusal.Problem)
	if len(problems) == 0 {
		return detail.Message + "."
	}
	told := make([]string, len(problems))
	for i, problem := range problems {
		told[i] = fmt.Sprintf("'%s': %s", spelled(problem.Location), problem.Message)
	}
	return "Validation failed: " + strings.Join(told, "; ") + "."
}

// spelled writes ["body", "lines", 2, "amount"] as lines.2.amount. The body itself is named, and
// what is not in it says where it is.
func spelled(location []any) string {
	if len(location) > 1 && location[0] == "body" {
		location = location[1:]
	}
	steps := make([]string, len(location))
	for i, step := range location {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, ".")
}
