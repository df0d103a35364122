package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mtfacturation/mtf/internal/refusal"
)

const (
	mediaJSON = "application/json"
	mediaPDF  = "application/pdf"

	bearerScheme = "bearer"
)

func init() {
	huma.NewErrorWithContext = humaError
	// huma asks without a status for the type of error that operations answer.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == 0 {
			return &ErrorEnvelope{}
		}
		return humaError(nil, status, message, errs...)
	}
}

// openAPI is the document that the operations are added to.
func openAPI(version string) huma.Config {
	config := huma.DefaultConfig("MT Facturation API", version)
	describe(config.OpenAPI)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "A JSON Web Token of the configured issuer, or an API key. " +
			"In local and test also `actor_id[:role1,role2]`."},
	}
	// Unknown fields are ignored, and bodies carry no $schema links.
	config.AllowAdditionalPropertiesByDefault = true
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{wordErrors}
	config.SchemasPath = ""
	// documentationRoutes serves the document and its pages.
	config.DocsPath, config.OpenAPIPath = "", ""
	config.Formats = map[string]huma.Format{mediaJSON: jsonFormat, "json": jsonFormat}
	return config
}

// operation describes one route: what it does and which refusals it can answer.
type operation struct {
	id      string
	method  string
	path    string
	tag     string
	summary string
	// description says what a caller needs to know, in markdown, and success what
	// the answer to a request that succeeds is.
	description string
	success     string
	access      access
	// creates marks an operation that answers 201.
	creates bool
	// repeated is what the 200 of an operation that creates says: what was to be made was there.
	repeated string
	// waits marks an operation that answers 202 when its process takes too long.
	waits bool
	// file marks an operation that answers with a PDF, or with a part of it.
	file bool
	// inStep marks an operation that passes the gate of collections.
	inStep bool
	// csv marks a list that answers CSV to whoever prefers it, and its export.
	csv bool
	// exports is the path of the list that the operation exports.
	exports string
	// deprecated marks what is only kept for existing clients.
	deprecated bool
	// limits bound how often strangers may use the operation.
	limits limitKind
	// list says what the parameters of a list take.
	list     *listKeys
	refusals []refusal.Code
	// statuses is where the operation departs from the table of statuses.
	statuses map[refusal.Code]int
}

// statusOf is the status with which the operation answers a refusal.
func (op operation) statusOf(code refusal.Code) int {
	if status, departs := op.statuses[code]; departs {
		return status
	}
	return statusOf(code)
}

// register adds an operation. Whatever error its handler returns becomes an envelope.
func register[I, O any](s *Server, op operation, handler func(context.Context, *I) (*O, error)) {
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Tags: []string{op.tag}, Summary: op.summary,
		Deprecated:    op.deprecated,
		DefaultStatus: http.StatusOK,
		// huma refuses a body that reaches its limit, this API one that goes past it.
		MaxBodyBytes: maxBodyBytes + 1, BodyReadTimeout: s.Config.HTTP.BodyTimeout,
		// Who may not use the operation is not counted against its limits.
		Middlewares: huma.Middlewares{s.authorize(op), s.limitAddress(op.limits)},
	}
	if strings.Contains(op.path, organisationParameter) {
		described.Middlewares = slices.Insert(described.Middlewares, 1, s.authorizeOrganisation(op))
	}
	if op.declares(refusal.IdempotencyKeyInvalid) {
		described.Middlewares = append(described.Middlewares, refuseBlankKey)
	}
	if op.takesBody() {
		described.Middlewares = append(described.Middlewares, limitBody)
	}
	switch {
	case op.method == http.MethodDelete:
		described.DefaultStatus = http.StatusNoContent
	case op.creates:
		described.DefaultStatus = http.StatusCreated
	}
	op.access.describe(&described)
	if op.access == public {
		s.publicPaths[op.path] = true
	}
	if op.exports != "" {
		s.exports[op.exports] = op.path
	}
	huma.Register(s.api, described, func(ctx context.Context, input *I) (*O, error) {
		noteActor(ctx, s.maskActor)
		hurried, cancel := hurry(ctx, s.Config.HTTP.RequestTimeout)
		defer cancel()
		output, err := handler(hurried, input)
		if err != nil {
			return nil, op.answer(hurried, err)
		}
		return output, nil
	})
	if op.list != nil {
		op.list.describe(s.api.OpenAPI().Paths[op.path].Get.Parameters)
	}
	documentOperation(s.api.OpenAPI(), op)
}

// answer turns the error of a handler into an HTTP answer, unless it is one already.
func (op operation) answer(ctx context.Context, err error) error {
	if answer, ok := err.(huma.StatusError); ok {
		return answer
	}
	if refused := refusal.As(err); refused != nil {
		if !op.declares(refused.Code) {
			slog.ErrorContext(ctx, "an operation answers a code that it does not declare", "operation", op.id, "code", refused.Code)
		}
		return newEnvelope(ctx, op.statusOf(refused.Code), refused)
	}
	return envelopeOf(ctx, err)
}
