package rest

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Document is the part of the OpenAPI document that depends on the doors.
type Document struct {
	// Overview is the introduction, in Markdown.
	Overview string
	// Tags are the groups of operations, in the order of the pages.
	Tags []*huma.Tag
	// ErrorFormats are the formats of parts that do not use the default.
	ErrorFormats []*ErrorFormat
}

// describe fills in the description of the whole API.
func (d Document) describe(doc *huma.OpenAPI) {
	doc.Info.Description = d.Overview
	doc.Info.Contact = &huma.Contact{Name: "MT Facturation"}
	doc.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	doc.Servers = []*huma.Server{{URL: "/", Description: "The server that this document comes from."}}
	doc.Tags = d.Tags
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

// documentOperation completes huma's description of an operation, which is derived from types, by its
// meaning and examples.
func documentOperation(doc *huma.OpenAPI, op Operation, format *ErrorFormat) {
	described := operationAt(doc, op)
	registry := doc.Components.Schemas
	admitNulls(registry.Map())
	examples := composer{registry}

	described.Description = description(op, format)
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
	success.Description = op.Success
	success.Headers = headerRefs(headerRequestID)
	if content := success.Content[mediaJSON]; content != nil {
		content.Example = examples.of(content.Schema)
	}
	if op.Repeated != "" {
		described.Responses[strconv.Itoa(http.StatusOK)] = &huma.Response{
			Description: op.Repeated, Headers: success.Headers, Content: success.Content,
		}
	}
	if op.File {
		documentFile(described)
	}
	if op.Export {
		documentExport(success)
	}
	if op.Waits {
		schema := registry.Schema(reflect.TypeFor[Accepted](), true, "")
		described.Responses[strconv.Itoa(http.StatusAccepted)] = &huma.Response{
			Description: "The workflow continues. Repeat the request to get its answer, or follow `Location`.",
			Headers:     headerRefs(headerRequestID, "Location", "Retry-After"),
			Content:     map[string]*huma.MediaType{mediaJSON: {Schema: schema, Example: examples.of(schema)}},
		}
	}
	documentErrors(doc, described, op, format)
}

func operationAt(doc *huma.OpenAPI, op Operation) *huma.Operation {
	item := doc.Paths[op.Path]
	switch op.Method {
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
		panic("api: no operation is documented with the method " + op.Method)
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
		Description: "The part of the file requested with `Range`.",
		Headers:     headerRefs(headerRequestID, "Content-Disposition", "Accept-Ranges", "Content-Range"),
		Content:     pdf(),
	}
	described.Parameters = append(described.Parameters, &huma.Param{
		Name: "Range", In: "header", Description: "The part of the file to return, in bytes; defaults to the whole file.",
		Schema: &huma.Schema{Type: huma.TypeString}, Example: "bytes=0-1023",
	})
}

// description returns the operation's text, access, and refusals.
func description(op Operation, format *ErrorFormat) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\n%s\n", op.Description, op.Access)
	if len(op.Refusals) == 0 {
		return text.String()
	}
	text.WriteString("\n| status | code | meaning |\n| --- | --- | --- |\n")
	for _, code := range op.Refusals {
		for _, status := range format.statusesOf(op, code) {
			fmt.Fprintf(&text, "| %d | `%s` | %s |\n", status, code, documentedMessage(code))
		}
	}
	return text.String()
}

// admitNulls adds null to the enum of nullable properties. huma accepts null there, but a JSON schema
// must list it.
func admitNulls(schemas map[string]*huma.Schema) {
	for _, schema := range schemas {
		if schema.Nullable && len(schema.Enum) > 0 && !slices.Contains(schema.Enum, nil) {
			schema.Enum = append(slices.Clone(schema.Enum), nil)
		}
		admitNulls(schema.Properties)
	}
}
