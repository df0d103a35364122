package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// definition is the API of the ledger as the system that it comes from defines it.
type definition struct {
	root     object
	compiler *jsonschema.Compiler
}

func ledgerDefinition(t testing.TB) definition {
	t.Helper()
	file, err := os.ReadFile("testdata/ledger-openapi.json")
	require.NoError(t, err)
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	require.NoError(t, err)
	d := definition{root: admitNull(parsed).(object), compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	require.NoError(t, d.compiler.AddResource("ledger.json", any(d.root)))
	return d
}

// admitNull says in words of JSON Schema what OpenAPI 3.0 calls nullable.
func admitNull(value any) any {
	switch value := value.(type) {
	case object:
		said := object{}
		for name, part := range value {
			said[name] = admitNull(part)
		}
		if said["nullable"] == true {
			delete(said, "nullable")
			return object{"anyOf": []any{object{"type": "null"}, said}}
		}
		return said
	case []any:
		said := make([]any, len(value))
		for i, part := range value {
			said[i] = admitNull(part)
		}
		return said
	default:
		return value
	}
}

// requireDefined checks an answer against the definition: its body fits the schema of its status, or that of errors
// where the definition does not know the status.
func (d definition) requireDefined(t testing.TB, method, path string, answer system.Response) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	place := []string{"paths", d.template(t, method, path), strings.ToLower(method), "responses", strconv.Itoa(answer.Status)}
	response, declared := d.follow(place)
	if answer.Status >= http.StatusBadRequest {
		d.requireFits(t, []string{"components", "schemas", "Error"}, answer.Body)
		require.Len(t, decoded(t, answer, answer.Status), 2, "answer: %s", answer.Body)
	}
	if !declared {
		require.GreaterOrEqual(t, answer.Status, http.StatusBadRequest, "%s %s answers %d", method, path, answer.Status)
		return
	}
	if response["content"] == nil {
		require.Empty(t, answer.Body)
		return
	}
	if answer.Status < http.StatusBadRequest {
		d.requireFits(t, append(place, "content", "application/json", "schema"), answer.Body)
	}
}

func (d definition) requireFits(t testing.TB, place []string, body []byte) {
	t.Helper()
	pointer := ""
	for _, name := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	schema, err := d.compiler.Compile("ledger.json#" + (&url.URL{Path: pointer}).EscapedPath())
	require.NoError(t, err, pointer)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	require.NoError(t, err, "answer: %s", body)
	require.NoError(t, schema.Validate(instance), "answer: %s", body)
}

// template finds the path of the definition that a request is to.
func (d definition) template(t testing.TB, method, path string) string {
	t.Helper()
	for template, item := range d.root["paths"].(object) {
		steps, given := strings.Split(template, "/"), strings.Split(path, "/")
		fits := len(steps) == len(given) && item.(object)[strings.ToLower(method)] != nil
		for i := 0; fits && i < len(steps); i++ {
			fits = steps[i] == given[i] || strings.HasPrefix(steps[i], "{")
		}
		if fits {
			return template
		}
	}
	t.Fatalf("the definition has no %s %s", method, path)
	return ""
}

// follow finds a place, through references.
func (d definition) follow(place []string) (found object, declared bool) {
	value := any(d.root)
	for _, name := range place {
		at, is := value.(object)
		if !is {
			return nil, false
		}
		value = at[name]
	}
	found, declared = value.(object)
	if reference, is := found["$ref"].(string); is {
		return d.follow(strings.Split(strings.TrimPrefix(reference, "#/"), "/"))
	}
	return found, declared
}

// shape is what two descriptions of a value have in common, whatever they are put together from.
type shapeOf struct {
	types      []string
	format     string
	enum       []string
	properties map[string]shapeOf
	required   []string
	items      *shapeOf
}

// flat merges a schema with all schemas that it refers to. Of alternative schemas, a property is allowed if one of them
// allows it, and required if all of them require it.
func flat(root object, value any) shapeOf {
	schema, _ := value.(object)
	if reference, is := schema["$ref"].(string); is {
		target := any(root)
		for _, name := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
			target = target.(object)[name]
		}
		return flat(root, target)
	}
	s := shapeOf{properties: map[string]shapeOf{}}
	switch kind := schema["type"].(type) {
	case string:
		s.types = append(s.types, kind)
	case []any:
		for _, one := range kind {
			s.types = append(s.types, one.(string))
		}
	}
	s.format, _ = schema["format"].(string)
	for _, one := range asList(schema["enum"]) {
		if one != nil {
			s.enum = append(s.enum, one.(string))
		}
	}
	for _, one := range asList(schema["required"]) {
		s.required = append(s.required, one.(string))
	}
	for name, property := range asObject(schema["properties"]) {
		s.properties[name] = flat(root, property)
	}
	if schema["items"] != nil {
		s.items = new(flat(root, schema["items"]))
	}
	for _, part := range asList(schema["allOf"]) {
		s = s.and(flat(root, part))
	}
	for _, several := range []any{schema["oneOf"], schema["anyOf"]} {
		var parts []shapeOf
		for _, part := range asList(several) {
			parts = append(parts, flat(root, part))
		}
		s = s.and(anyOf(parts))
	}
	return s
}

func anyOf(parts []shapeOf) (s shapeOf) {
	for i, one := range parts {
		if i == 0 {
			s = one
			continue
		}
		required := slices.DeleteFunc(slices.Clone(s.required), func(name string) bool { return !slices.Contains(one.required, name) })
		s = s.and(one)
		s.required = required
	}
	for name, property := range s.properties {
		// A property is free unless all alternatives restrict its values.
		if slices.ContainsFunc(parts, func(one shapeOf) bool { return len(one.properties[name].enum) == 0 }) {
			property.enum = nil
			s.properties[name] = property
		}
	}
	return s
}

func (s shapeOf) and(other shapeOf) shapeOf {
	s.types = append(s.types, other.types...)
	if s.format == "" {
		s.format = other.format
	}
	s.enum = append(s.enum, other.enum...)
	s.required = append(s.required, other.required...)
	merged := maps.Clone(s.properties)
	if merged == nil {
		merged = map[string]shapeOf{}
	}
	for name, property := range other.properties {
		if known, there := merged[name]; there {
			property = known.and(property)
		}
		merged[name] = property
	}
	s.properties = merged
	if s.items == nil {
		s.items = other.items
	}
	return s
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

func asObject(value any) object {
	found, _ := value.(object)
	return found
}

func set(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// compare reports where what we describe departs from what the definition describes.
func compare(t *testing.T, at string, theirs, ours shapeOf, request bool) {
	t.Helper()
	kinds := set(slices.DeleteFunc(slices.Clone(ours.types), func(kind string) bool { return kind == "null" }))
	wanted := set(slices.DeleteFunc(slices.Clone(theirs.types), func(kind string) bool { return kind == "null" }))
	if len(wanted) > 0 {
		whole := slices.Equal(wanted, []string{"number"}) && slices.Equal(kinds, []string{"integer"}) // Of a query.
		assert.True(t, slices.Equal(wanted, kinds) || whole, "%s: type %v, defined as %v", at, kinds, wanted)
	}
	if theirs.format != "" {
		assert.Equal(t, theirs.format, ours.format, "%s: format", at)
	}
	if len(theirs.enum) > 0 {
		assert.Equal(t, set(theirs.enum), set(ours.enum), "%s: enum", at)
	}
	if slices.Equal(wanted, []string{"string"}) {
		return // The definition gives one text properties, which no text has.
	}
	for name, property := range theirs.properties {
		found, there := ours.properties[name]
		if !there {
			assert.True(t, request && strings.HasPrefix(name, "_"), "%s.%s is defined and not there", at, name)
			continue
		}
		compare(t, at+"."+name, property, found, request)
	}
	for name := range ours.properties {
		// The definition requires the url of an external link but does not define it.
		assert.True(t, theirs.properties[name].properties != nil || request && strings.HasPrefix(name, "_") || strings.HasSuffix(at, ".external_link") && name == "url", "%s.%s is not defined", at, name)
	}
	for _, name := range set(theirs.required) {
		if !request && !strings.HasSuffix(at, ".external_link") {
			assert.Contains(t, ours.required, name, "%s: what is required", at)
		}
	}
	for _, name := range set(ours.required) {
		if request {
			assert.Contains(t, theirs.required, name, "%s: we require more", at)
		}
	}
	if theirs.items != nil && assert.NotNil(t, ours.items, at) {
		compare(t, at+"[]", *theirs.items, *ours.items, request)
	}
}

// TestLedger_MatchesVendorDefinition compares the document of the program, which is made of its types, with the definition.
func TestLedger_MatchesVendorDefinition(t *testing.T) {
	t.Parallel()
	defined, document := ledgerDefinition(t), openAPI(t)
	paths, operations := asObject(document["paths"]), 0
	for path, item := range defined.root["paths"].(object) {
		for method, operation := range item.(object) {
			name := method + " " + path
			theirs, ours := operation.(object), asObject(asObject(paths[path])[method])
			require.NotNil(t, ours, "%s is not served", name)
			operations++
			assert.Equal(t, theirs["operationId"], ours["operationId"], name)
			compareParameters(t, name, defined.root, theirs, document, ours)
			if body := asObject(theirs["requestBody"]); body != nil {
				assert.Equal(t, body["required"], asObject(ours["requestBody"])["required"], name)
				compare(t, name+" request", flat(defined.root, contentOf(body)), flat(document, contentOf(asObject(ours["requestBody"]))), true)
			}
			for status, response := range asObject(theirs["responses"]) {
				described := asObject(ours["responses"])[status]
				if described == nil {
					// A form that is wrong is 400 wherever there is a form; the definition says so of writes alone.
					assert.Equal(t, "400", status, "%s answers %s by its definition", name, status)
					continue
				}
				there, _ := defined.follow([]string{"paths", path, method, "responses", status})
				here := deref(t, document, described)
				if there["content"] == nil {
					assert.Nil(t, here["content"], "%s %s", name, status)
					continue
				}
				compare(t, name+" "+status, flat(defined.root, contentOf(there)), flat(document, contentOf(here)), false)
				_ = response
			}
		}
	}
	require.Equal(t, 14, operations)
	for path := range paths {
		if strings.HasPrefix(path, "/v1/billing/") {
			require.Contains(t, defined.root["paths"], path, "no path but those that are defined")
		}
	}
}

func contentOf(described object) any {
	return asObject(asObject(described["content"])["application/json"])["schema"]
}

func compareParameters(t *testing.T, name string, root, theirs, document, ours object) {
	t.Helper()
	described := map[string]object{}
	for _, parameter := range asList(ours["parameters"]) {
		found := deref(t, document, parameter)
		described[fmt.Sprint(found["in"], " ", found["name"])] = found
	}
	for _, parameter := range asList(theirs["parameters"]) {
		wanted := deref(t, root, parameter)
		at := fmt.Sprint(wanted["in"], " ", wanted["name"])
		found := described[at]
		if !assert.NotNil(t, found, "%s: %s", name, at) {
			continue
		}
		delete(described, at)
		assert.Equal(t, wanted["required"] == true, found["required"] == true, "%s: %s", name, at)
		schema, own := asObject(wanted["schema"]), asObject(found["schema"])
		if wanted["name"] == "event_type" {
			// Events of every type can be asked for, not only of the two that the definition lists.
			schema = object{"type": "string"}
		}
		compare(t, name+" "+at, flat(root, schema), flat(document, own), true)
		for _, bound := range []string{"minimum", "maximum", "default"} {
			if schema[bound] != nil {
				assert.Equal(t, fmt.Sprint(schema[bound]), fmt.Sprint(own[bound]), "%s: %s %s", name, at, bound)
			}
		}
	}
	assert.Empty(t, described, "%s: parameters that are not defined", name)
}
