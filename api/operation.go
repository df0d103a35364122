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
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "In local and test: `actor_id[:role1,role2]`."},
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
		Description:   refusalTable(op),
		Errors:        errorStatuses(op),
		Deprecated:    op.deprecated,
		DefaultStatus: http.StatusOK,
	}
	if op.method == http.MethodDelete {
		described.DefaultStatus = http.StatusNoContent
	}
	if op.access != public {
		described.Security = []map[string][]string{{bearerScheme: {}}}
	}
	huma.Register(s.api, described, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		if err != nil {
			return nil, op.answer(ctx, err)
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
	list := []int{http.StatusUnprocessableEntity, http.StatusInternalServerError}
	if op.access != public {
		list = append(list, http.StatusUnauthorized)
	}
	for _, code := range op.refusals {
		list = append(list, op.statusOf(code))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// refusalTable documents the error codes of an operation.
func refusalTable(op operation) string {
	if len(op.refusals) == 0 {
		return ""
	}
	var table strings.Builder
	table.WriteString("| status | code | meaning |\n| --- | --- | --- |\n")
	for _, code := range op.refusals {
		fmt.Fprintf(&table, "| %d | `%s` | %s |\n", op.statusOf(code), code, refusal.New(code).Message)
	}
	return table.String()
}
