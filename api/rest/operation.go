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
	// huma passes status 0 to learn the type of errors.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == 0 {
			return &ErrorEnvelope{}
		}
		return humaError(nil, status, message, errs...)
	}
}

// openAPI returns the configuration with the document that operations are added to.
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

// Operation describes a route: its effect, its access, and its refusals.
type Operation struct {
	ID      string
	Method  string
	Path    string
	Tag     string
	Summary string
	// Description explains the operation in Markdown; Success describes the answer.
	Description string
	Success     string
	Access      Access
	// Creates marks an operation that answers 201.
	Creates bool
	// Repeated describes the 200 of an operation that creates, if the resource exists already.
	Repeated string
	// Waits marks an operation that answers 202 if its workflow takes too long.
	Waits bool
	// File marks an operation that sends a PDF or a part of it.
	File bool
	// ReadsCases marks an operation that waits until collection cases are synced to the business day.
	ReadsCases bool
	// Export marks an operation that sends a whole list as CSV.
	Export bool
	// Deprecated marks an operation that exists for old clients only.
	Deprecated bool
	// Limits are the rate limits of the operation.
	Limits *RateLimits
	// List describes the sort and filter parameters of a list.
	List     *listKeys
	Refusals []refusal.Code
	// Statuses override the default statuses of codes.
	Statuses map[refusal.Code]int
}

// statusOf returns the status of a refusal of the operation.
func (op Operation) statusOf(code refusal.Code) int {
	if status, departs := op.Statuses[code]; departs {
		return status
	}
	return statusOf(code)
}

// Register adds an operation. Errors of its handler become envelopes.
func Register[I, O any](api *API, op Operation, handler func(context.Context, *I) (*O, error)) {
	described := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Tag}, Summary: op.Summary,
		Deprecated:    op.Deprecated,
		DefaultStatus: http.StatusOK,
		// huma refuses a body of exactly its limit, this API only larger ones.
		MaxBodyBytes: maxBodyBytes + 1, BodyReadTimeout: api.Config.HTTP.BodyTimeout,
		// Requests without access do not count against the limits.
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

// answer converts the error of a handler to an HTTP answer.
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
