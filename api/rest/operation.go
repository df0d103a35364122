package rest

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
func (d Document) openAPI(version string) huma.Config {
	config := huma.DefaultConfig("MT Facturation API", version)
	d.describe(config.OpenAPI)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "A JSON Web Token of the configured issuer, or an API " +
			"key. In local and test environments also `actor_id[:role1,role2]`."},
	}
	// Unknown fields are ignored, and bodies carry no $schema links.
	config.AllowAdditionalPropertiesByDefault = true
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{formatErrors}
	config.SchemasPath = ""
	// documentationRoutes serves the document and its pages.
	config.DocsPath, config.OpenAPIPath = "", ""
	config.Formats = map[string]huma.Format{mediaJSON: jsonFormat, "json": jsonFormat}
	return config
}

// Operation describes one route: what it does and which refusals it can answer.
type Operation struct {
	ID      string
	Method  string
	Path    string
	Tag     string
	Summary string
	// Description says what a caller needs to know, in markdown, and success what
	// the answer to a request that succeeds is.
	Description string
	Success     string
	Access      Access
	// Creates marks an operation that answers 201.
	Creates bool
	// Repeated is what the 200 of an operation that creates says: what was to be made was there.
	Repeated string
	// Waits marks an operation that answers 202 when its process takes too long.
	Waits bool
	// File marks an operation that answers with a PDF, or with a part of it.
	File bool
	// ReadsCases marks an operation that passes the gate of collections.
	ReadsCases bool
	// Export marks an operation that answers a whole list as CSV.
	Export bool
	// Deprecated marks what is only kept for existing clients.
	Deprecated bool
	// Limits bound how often strangers may use the operation.
	Limits *RateLimits
	// List says what the parameters of a list take.
	List     *listKeys
	Refusals []refusal.Code
	// Statuses is where the operation departs from the table of statuses.
	Statuses map[refusal.Code]int
}

// statusOf is the status with which the operation answers a refusal.
func (op Operation) statusOf(code refusal.Code) int {
	if status, departs := op.Statuses[code]; departs {
		return status
	}
	return statusOf(code)
}

// Register adds an operation. Whatever error its handler returns becomes an envelope.
func Register[I, O any](api *API, op Operation, handler func(context.Context, *I) (*O, error)) {
	described := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Tag}, Summary: op.Summary,
		Deprecated:    op.Deprecated,
		DefaultStatus: http.StatusOK,
		// huma refuses a body that reaches its limit, this API one that goes past it.
		MaxBodyBytes: maxBodyBytes + 1, BodyReadTimeout: api.Config.HTTP.BodyTimeout,
		// Who may not use the operation is not counted against its limits.
		Middlewares: huma.Middlewares{api.authorize(op), api.limitAddress(op.Limits)},
	}
	if strings.Contains(op.Path, OrganisationParameter) {
		described.Middlewares = slices.Insert(described.Middlewares, 1, api.authorizeOrganisation(op))
	}
	if op.declares(refusal.IdempotencyKeyInvalid) {
		described.Middlewares = append(described.Middlewares, refuseBlankKey)
	}
	if op.takesBody() {
		described.Middlewares = append(described.Middlewares, limitBody)
	}
	switch {
	case op.Method == http.MethodDelete:
		described.DefaultStatus = http.StatusNoContent
	case op.Creates:
		described.DefaultStatus = http.StatusCreated
	}
	op.Access.describe(&described)
	if op.Access == Public {
		api.publicPaths[op.Path] = true
	}
	huma.Register(api.api, described, func(ctx context.Context, input *I) (*O, error) {
		noteActor(ctx, api.MaskActor)
		bounded, cancel := WithDeadline(ctx, api.Config.HTTP.RequestTimeout)
		defer cancel()
		output, err := handler(bounded, input)
		if err != nil {
			return nil, op.answer(bounded, err)
		}
		return output, nil
	})
	if op.List != nil {
		op.List.describe(api.api.OpenAPI().Paths[op.Path].Get.Parameters)
	}
	documentOperation(api.api.OpenAPI(), op, api.errorFormatAt(op.Path))
}

// answer turns the error of a handler into an HTTP answer, unless it is one already.
func (op Operation) answer(ctx context.Context, err error) error {
	if answer, ok := err.(huma.StatusError); ok {
		return answer
	}
	if refused := refusal.As(err); refused != nil {
		if !op.declares(refused.Code) {
			slog.ErrorContext(ctx, "an operation answers a code that it does not declare", "operation", op.ID, "code", refused.Code)
		}
		return newEnvelope(ctx, op.statusOf(refused.Code), refused)
	}
	return newErrorEnvelope(ctx, err)
}
