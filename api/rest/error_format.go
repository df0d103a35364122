package rest

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// ErrorFormat is the error body of one part of the API. Parts that other systems define have their
// own body; the codes are the same everywhere.
type ErrorFormat struct {
	// Prefix begins the paths of the part. Name prefixes its examples and responses in the
	// OpenAPI document.
	Prefix, Name string
	// CodeInBody reports whether the body carries the code. Otherwise the header
	// X-Error-Code carries it.
	CodeInBody bool
	// ValidationStatus returns the status of a validation_error with these problems. Nil
	// means the usual one, 422.
	ValidationStatus func([]refusal.Problem) int
	// ValidationStatuses are all statuses of a validation_error. The first one is the status
	// of problems outside the body.
	ValidationStatuses []int
	// Body returns the body of an answer with a status.
	Body func(status int, detail ErrorDetail) any
	// BodyType is the type of the body.
	BodyType reflect.Type
}

const headerErrorCode = "X-Error-Code"

// envelopeFormat is the default format.
var envelopeFormat = &ErrorFormat{
	CodeInBody: true,
	Body:       func(_ int, detail ErrorDetail) any { return &ErrorEnvelope{Detail: detail} },
	BodyType:   reflect.TypeFor[ErrorEnvelope](),
}

// errorFormatAt returns the format of a path, whether the path has an operation or not.
func (a *API) errorFormatAt(path string) *ErrorFormat {
	for _, format := range a.document.ErrorFormats {
		if strings.HasPrefix(path, format.Prefix) {
			return format
		}
	}
	return envelopeFormat
}

type errorFormatKey struct{}

// withErrorFormat makes every error of a request use the format of its path.
func (a *API) withErrorFormat(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), errorFormatKey{}, a.errorFormatAt(r.URL.Path))))
	})
}

// requestErrorFormat is the format of the errors of a request.
func requestErrorFormat(ctx context.Context) *ErrorFormat {
	if format, known := ctx.Value(errorFormatKey{}).(*ErrorFormat); known {
		return format
	}
	return envelopeFormat
}

// statusOf is the status of a refusal whose usual status is given.
func (f *ErrorFormat) statusOf(usual int, refused *refusal.Error) int {
	if refused.Code != refusal.ValidationError || f.ValidationStatus == nil {
		return usual
	}
	problems, _ := refused.Details["errors"].([]refusal.Problem)
	return f.ValidationStatus(problems)
}

// statusesOf are all statuses with which an operation can answer a code.
func (f *ErrorFormat) statusesOf(op Operation, code refusal.Code) []int {
	switch {
	case code != refusal.ValidationError || len(f.ValidationStatuses) == 0:
		if departed, departs := op.Statuses[code]; departs {
			return []int{departed}
		}
		return []int{documentedStatus(code)}
	case op.takesBody():
		return f.ValidationStatuses
	default:
		return f.ValidationStatuses[:1]
	}
}

// exampleName names the example of a code with a status in the OpenAPI document.
func (f *ErrorFormat) exampleName(status int, code refusal.Code) string {
	if f == envelopeFormat { // The envelope is the same with every status.
		return string(code)
	}
	name := f.Name + "." + string(code)
	if status != documentedStatus(code) {
		name += "." + strconv.Itoa(status)
	}
	return name
}

// headers are the headers that describe an error.
func (f *ErrorFormat) headers(code refusal.Code) http.Header {
	header := http.Header{}
	if !f.CodeInBody {
		header.Set(headerErrorCode, string(code))
	}
	return header
}

// formatErrors is the huma transformer that writes the errors of operations in their format.
func formatErrors(ctx huma.Context, _ string, answer any) (any, error) {
	envelope, failed := answer.(*ErrorEnvelope)
	if !failed {
		return answer, nil
	}
	// huma sets the headers of a handler's error only; other errors set theirs here.
	for name, values := range envelope.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	return envelope.body(), nil
}
