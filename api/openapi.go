package api

import (
	_ "embed"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// overview is what the document says before its operations.
//
//go:embed openapi.md
var overview string

// tags are the groups of operations, in the order of the pages.
var tags = []*huma.Tag{
	{Name: "Customers", Description: "Clients, who sign and pay, and their subscribers: the lines and accesses that a service runs on."},
	{Name: "Catalogue", Description: "Offers by service category and version, with their fees and what they include."},
	{Name: "Contracts", Description: "Which offer a subscriber has: provisioning, status, change of offer and audit trail."},
	{Name: tagContractDocuments, Description: "The signed documents of a subscription, as other systems ask for them by organisation and subscription. Errors have a body of their own."},
	{Name: "Billing", Description: "Runs that bill a period. The same key and period give the same run, and no day of a contract is billed twice."},
	{Name: "Invoices", Description: "Issued invoices with their lines and documents. They do not change but for their payment state, and can be voided while nothing of them is paid."},
	{Name: "Collections", Description: "Payments, what is outstanding, and the cases of invoices that are overdue."},
	{Name: tagSchedules, Description: "What starts by itself: when it did, when it will, and what became of it. Operators pause, trigger and fill in."},
	{Name: tagBillingEvents, Description: "The ledger: what was invoiced, paid and taken back, and events made by hand. This part of the API is defined by another system, with its own names and errors."},
	{Name: tagBillingContracts, Description: "How contracts are billed: those of subscribers, and contracts that stand alone."},
	{Name: "Balance", Description: "What a customer owes over all contracts."},
	{Name: "Pricing Information", Description: "What contracts cost now."},
	{Name: "Configuration History", Description: "How that has changed."},
	{Name: tagLanding, Description: "The public landing page: subscribe, change plan, see and download invoices. Tokens stand for an identity."},
	{Name: "Identity", Description: "Who is calling, and what they may do."},
	{Name: tagOperations, Description: "What those who run the system need."},
	{Name: "Health", Description: "Probes for load balancers and people."},
}

// describe fills in what the document says of the whole API.
func describe(doc *huma.OpenAPI) {
	doc.Info.Description = overview
	doc.Info.Contact = &huma.Contact{Name: "MT Facturation"}
	doc.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	doc.Servers = []*huma.Server{{URL: "/", Description: "The server that this document comes from."}}
	doc.Tags = tags
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	doc.Components.Schemas = registry
	doc.Components.Headers = headers
	doc.Components.Examples = errorExamples()
	doc.Components.Responses = map[string]*huma.Response{}
}

// schemaName names the schema of a type: a page of ClientRead is a ClientPage.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if strings.HasPrefix(t.Name(), "Page[") {
		return strings.TrimSuffix(strings.TrimPrefix(name, "Page"), "Read") + "Page"
	}
	return name
}

// documentOperation completes what huma wrote of an operation: it knows the types, and this
// what they mean, with examples of all that is sent and answered.
func documentOperation(doc *huma.OpenAPI, op operation) {
	described := operationAt(doc, op)
	registry := doc.Components.Schemas
	admitNulls(registry.Map())
	examples := composer{registry}

	described.Description = description(op)
	for _, parameter := range described.Parameters {
		parameter.Example = examples.of(parameter.Schema)
	}
	if described.RequestBody != nil {
		described.RequestBody.Description = "Unknown fields are ignored."
		content := described.RequestBody.Content[mediaJSON]
		content.Example = examples.of(content.Schema)
	}

	delete(described.Responses, "default")
	success := described.Responses[strconv.Itoa(described.DefaultStatus)]
	success.Description = op.success
	success.Headers = headerRefs(headerRequestID)
	if content := success.Content[mediaJSON]; content != nil {
		content.Example = examples.of(content.Schema)
	}
	if op.repeated != "" {
		described.Responses[strconv.Itoa(http.StatusOK)] = &huma.Response{
			Description: op.repeated, Headers: success.Headers, Content: success.Content,
		}
	}
	if op.file {
		documentFile(described)
	}
	if op.csv {
		documentCSV(success, op)
	}
	if op.waits {
		schema := registry.Schema(reflect.TypeFor[Accepted](), true, "")
		described.Responses[strconv.Itoa(http.StatusAccepted)] = &huma.Response{
			Description: "The process goes on. Send the same request again for its answer, or look where `Location` says.",
			Headers:     headerRefs(headerRequestID, "Location", "Retry-After"),
			Content:     map[string]*huma.MediaType{mediaJSON: {Schema: schema, Example: examples.of(schema)}},
		}
	}
	documentErrors(doc, described, op)
}

func operationAt(doc *huma.OpenAPI, op operation) *huma.Operation {
	item := doc.Paths[op.path]
	switch op.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	default:
		panic("api: no operation is documented with the method " + op.method)
	}
}

// documentFile describes a PDF and a part of one.
func documentFile(described *huma.Operation) {
	pdf := func() map[string]*huma.MediaType {
		return map[string]*huma.MediaType{mediaPDF: {Schema: &huma.Schema{
			Type: huma.TypeString, Extensions: map[string]any{"format": "binary", "contentMediaType": mediaPDF},
		}}}
	}
	whole := described.Responses[strconv.Itoa(http.StatusOK)]
	whole.Headers = headerRefs(headerRequestID, "Content-Disposition", "Accept-Ranges")
	whole.Content = pdf()
	described.Responses[strconv.Itoa(http.StatusPartialContent)] = &huma.Response{
		Description: "The part of the file that `Range` asks for.",
		Headers:     headerRefs(headerRequestID, "Content-Disposition", "Accept-Ranges", "Content-Range"),
		Content:     pdf(),
	}
	described.Parameters = append(described.Parameters, &huma.Param{
		Name: "Range", In: "header", Description: "A part of the file, in bytes; without it the whole file is sent.",
		Schema: &huma.Schema{Type: huma.TypeString}, Example: "bytes=0-1023",
	})
}

// description is the operation's own text, who may use it, and the codes of its rules.
func description(op operation) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n%s\n", op.description, op.access)
	if len(op.refusals) == 0 {
		return text.String()
	}
	text.WriteString("\n| status | code | meaning |\n| --- | --- | --- |\n")
	for _, code := range op.refusals {
		for _, status := range dialectAt(op.path).statusesOf(op, code) {
			fmt.Fprintf(&text, "| %d | `%s` | %s |\n", status, code, documentedMessage(code))
		}
	}
	return text.String()
}

// admitNulls adds null to the values of properties that may be null: huma lets it in,
// and a JSON schema only when it is listed.
func admitNulls(schemas map[string]*huma.Schema) {
	for _, schema := range schemas {
		if schema.Nullable && len(schema.Enum) > 0 && !slices.Contains(schema.Enum, nil) {
			schema.Enum = append(slices.Clone(schema.Enum), nil)
		}
		admitNulls(schema.Properties)
	}
}
