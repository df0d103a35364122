package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// dialect is how a part of the API words its errors. The parts that other systems
// defined have bodies of their own; what goes wrong, and the code that says so, is the
// same everywhere. Beside a body that has no place for it the code is in the header
// X-Error-Code.
type dialect struct {
	// prefix begins the paths of the part, and name the names of its errors in the document.
	prefix, name string
	// malformed is the status of a request whose form is wrong: its URL, its headers, or a
	// body that is no JSON or has a field of the wrong type. invalid is that of every other
	// request that is refused with validation_error.
	malformed, invalid int
	// codeInBody is whether the body says the code.
	codeInBody bool
	// body is that of an answer with a status.
	body func(status int, detail ErrorDetail) any
	// bodyType is the type of the body.
	bodyType reflect.Type
}

const headerErrorCode = "X-Error-Code"

// ownDialect is that of all parts that have no other.
var ownDialect = &dialect{
	malformed: http.StatusUnprocessableEntity, invalid: http.StatusUnprocessableEntity, codeInBody: true,
	body:     func(_ int, detail ErrorDetail) any { return &ErrorEnvelope{Detail: detail} },
	bodyType: reflect.TypeFor[ErrorEnvelope](),
}

// dialects are those of the parts of the API that other systems defined.
var dialects = []*dialect{ledgerDialect, contractDocumentsDialect}

// dialectAt returns the dialect of a path, whether there is an operation or not.
func dialectAt(path string) *dialect {
	for _, part := range dialects {
		if strings.HasPrefix(path, part.prefix) {
			return part
		}
	}
	return ownDialect
}

type dialectKey struct{}

// speak has every answer to a request worded in the dialect of its path.
func speak(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), dialectKey{}, dialectAt(r.URL.Path))))
	})
}

// dialectOf is the dialect in which a request is answered.
func dialectOf(ctx context.Context) *dialect {
	if spoken, known := ctx.Value(dialectKey{}).(*dialect); known {
		return spoken
	}
	return ownDialect
}

// statusOf is the status of a refusal that is usually answered with another one.
func (d *dialect) statusOf(usual int, refused *refusal.Error) int {
	switch {
	case refused.Code != refusal.ValidationError:
		return usual
	case malformed(problemsIn(refused)):
		return d.malformed
	default:
		return d.invalid
	}
}

// statusesOf are all statuses with which an operation can answer a code.
func (d *dialect) statusesOf(op operation, code refusal.Code) []int {
	switch {
	case code != refusal.ValidationError:
		status := documentedStatus(code)
		if departed, departs := op.statuses[code]; departs {
			status = departed
		}
		return []int{status}
	case op.takesBody() && d.invalid != d.malformed:
		return []int{d.malformed, d.invalid}
	default:
		return []int{d.malformed}
	}
}

// exampleName names the example of a code with a status in the document.
func (d *dialect) exampleName(status int, code refusal.Code) string {
	if d == ownDialect { // Its body is the same whatever the status.
		return string(code)
	}
	name := d.name + "." + string(code)
	if status != documentedStatus(code) {
		name += "." + strconv.Itoa(status)
	}
	return name
}

// headers are those that tell more of an error.
func (d *dialect) headers(code refusal.Code) http.Header {
	header := http.Header{}
	if !d.codeInBody {
		header.Set(headerErrorCode, string(code))
	}
	return header
}

// wordErrors is the transformer that writes errors of operations in their dialect.
func wordErrors(ctx huma.Context, _ string, answer any) (any, error) {
	envelope, failed := answer.(*ErrorEnvelope)
	if !failed {
		return answer, nil
	}
	// Not every error comes from a handler, whose headers huma sets by itself.
	for name, values := range envelope.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	return envelope.body(), nil
}

// problemsIn are what a validation_error lists.
func problemsIn(refused *refusal.Error) []refusal.Problem {
	problems, _ := refused.Details["errors"].([]refusal.Problem)
	return problems
}

// malformed reports whether any of the problems is about the form of a request.
func malformed(problems []refusal.Problem) bool {
	return slices.ContainsFunc(problems, func(problem refusal.Problem) bool {
		return problem.Location[0] != "body" || len(problem.Location) == 1 && problem.Type != "missing" ||
			strings.HasSuffix(problem.Type, "_type") || strings.HasSuffix(problem.Type, "_parsing")
	})
}
