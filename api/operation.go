package api

import (
	"context"
	"fmt"
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

func init() { huma.NewErrorWithContext = humaError }

// openAPI is the document that the operations are added to.
func openAPI(version string) huma.Config {
	config := huma.DefaultConfig("MT Facturation", version)
	config.Info.Description = "Billing of mobile, internet and landline offers: clients, contracts, monthly runs, payments and collections."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "A JSON Web Token of the configured issuer, or an API key. " +
			"In local and test also `actor_id[:role1,role2]`."},
	}
	// Unknown fields are ignored, and bodies carry no $schema links.
	config.AllowAdditionalPropertiesByDefault = true
	config.CreateHooks = nil
	config.SchemasPath = ""
	config.DocsPath = ""
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
	access  access
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

// allRefusals lists the codes that the operation can answer, those of its access first.
func (op operation) allRefusals() []refusal.Code {
	return slices.Concat(op.access.refusals(), op.refusals)
}

// register adds an operation. Whatever error its handler returns becomes an envelope.
func register[I, O any](s *Server, op operation, handler func(context.Context, *I) (*O, error)) {
	if op.limits != "" {
		op.refusals = append(slices.Clone(op.refusals), refusal.RateLimited)
	}
	described := huma.Operation{
		OperationID: op.id, Method: op.method, Path: op.path, Tags: []string{op.tag}, Summary: op.summary,
		Description:   refusalTable(op),
		Errors:        errorStatuses(op),
		Deprecated:    op.deprecated,
		DefaultStatus: http.StatusOK,
		// huma refuses a body that reaches its limit, this API one that goes past it.
		MaxBodyBytes: maxBodyBytes + 1, BodyReadTimeout: s.Config.HTTP.BodyTimeout,
		// Who may not use the operation is not counted against its limits.
		Middlewares: huma.Middlewares{s.authorize(op), s.limitAddress(op.limits)},
	}
	if op.method == http.MethodDelete {
		described.DefaultStatus = http.StatusNoContent
	}
	op.access.describe(&described)
	if op.access == public {
		s.publicPaths[op.path] = true
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
}

// answer turns the error of a handler into an HTTP answer, unless it is one already.
func (op operation) answer(ctx context.Context, err error) error {
	if answer, ok := err.(huma.StatusError); ok {
		return answer
	}
	if refused := refusal.As(err); refused != nil {
		return newEnvelope(ctx, op.statusOf(refused.Code), refused)
	}
	return envelopeOf(ctx, err)
}

// errorStatuses lists the statuses that an operation can answer besides success.
func errorStatuses(op operation) []int {
	list := []int{http.StatusUnprocessableEntity, http.StatusInternalServerError, http.StatusServiceUnavailable}
	for _, code := range op.allRefusals() {
		list = append(list, op.statusOf(code))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// refusalTable documents the error codes of an operation.
func refusalTable(op operation) string {
	if len(op.allRefusals()) == 0 {
		return ""
	}
	var table strings.Builder
	table.WriteString("| status | code | meaning |\n| --- | --- | --- |\n")
	for _, code := range op.allRefusals() {
		fmt.Fprintf(&table, "| %d | `%s` | %s |\n", op.statusOf(code), code, refusal.New(code).Message)
	}
	return table.String()
}
