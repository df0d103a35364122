package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/api"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// documentationPaths are served beside the operations and are none.
var documentationPaths = regexp.MustCompile(`^(/openapi\.(json|yaml)|/docs(/\*)?|/redoc(/.*)?)$`)

// openAPI returns the document of the program.
func openAPI(t testing.TB) object {
	t.Helper()
	recorder := httptest.NewRecorder()
	api.NewHandler(api.Dependencies{Framework: rest.Dependencies{Version: "1.4.0"}}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	require.Equal(t, http.StatusOK, recorder.Code)
	var document object
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &document))
	return document
}

// eachOperation calls visit for every operation of a document, in order.
func eachOperation(t testing.TB, document object, visit func(name, method, path string, operation object)) {
	t.Helper()
	paths := at(t, document, "paths").(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].(object)
		for _, method := range slices.Sorted(maps.Keys(item)) {
			visit(method+" "+path, strings.ToUpper(method), path, item[method].(object))
		}
	}
}

// deref follows a reference within a document.
func deref(t testing.TB, document object, value any) object {
	t.Helper()
	found := value.(object)
	reference, is := found["$ref"].(string)
	if !is {
		return found
	}
	return at(t, document, strings.Split(strings.TrimPrefix(reference, "#/"), "/")...).(object)
}

func TestOpenAPI_IsValid(t *testing.T) {
	t.Parallel()
	document := openAPI(t)
	require.Equal(t, "3.1.0", document["openapi"])
	compiler := jsonschema.NewCompiler()
	file, err := os.Open("testdata/openapi-3.1.schema.json")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	schema, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	require.NoError(t, compiler.AddResource("openapi-3.1.json", schema))
	require.NoError(t, compiler.AddResource("document.json", any(document)))
	compiled, err := compiler.Compile("openapi-3.1.json")
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(any(document)))
	require.Error(t, compiled.Validate(any(with(document, object{"info": object{}}))), "the schema checks nothing")

	for name := range at(t, document, "components", "schemas").(object) {
		_, err := compiler.Compile("document.json#/components/schemas/" + name)
		assert.NoError(t, err, "schema %s", name)
		assert.NotRegexp(t, `Output|Body$|^List|__`, strings.TrimSuffix(name, "ProvisionBody"), "a name from the inside of the program")
	}
}

func TestOpenAPI_MatchesRoutes(t *testing.T) {
	t.Parallel()
	var documented, routed []string
	eachOperation(t, openAPI(t), func(_, method, path string, _ object) { documented = append(documented, method+" "+path) })
	routes, isRouter := api.NewHandler(api.Dependencies{Framework: rest.Dependencies{Version: "test"}}).(chi.Routes)
	require.True(t, isRouter)
	require.NoError(t, chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !documentationPaths.MatchString(route) {
			routed = append(routed, method+" "+route)
		}
		return nil
	}))
	require.Greater(t, len(routed), 40)
	require.ElementsMatch(t, routed, documented)
}

func TestOpenAPI_EveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	document := openAPI(t)
	known := map[any]bool{}
	for _, tag := range document["tags"].([]any) {
		known[at(t, tag, "name")] = true
		assert.NotEmpty(t, text(t, tag, "description"))
	}
	eachOperation(t, document, func(name, method, _ string, operation object) {
		assert.NotEmpty(t, operation["operationId"], name)
		assert.NotEmpty(t, operation["summary"], name)
		assert.Greater(t, len(text(t, operation, "description")), 40, name)
		for _, tag := range operation["tags"].([]any) {
			assert.True(t, known[tag], "%s has the tag %v, which is not described", name, tag)
		}
		parameters, _ := operation["parameters"].([]any)
		for _, parameter := range parameters {
			assert.NotEmpty(t, at(t, parameter, "description"), "%s: %v", name, parameter)
			assert.NotNil(t, at(t, parameter, "example"), "%s: %v", name, parameter)
		}
		responses := at(t, operation, "responses").(object)
		assert.NotContains(t, responses, "default", name)
		for status, response := range responses {
			response := deref(t, document, response)
			assert.NotEmpty(t, text(t, response, "description"), "%s %s", name, status)
			headers := at(t, response, "headers").(object)
			assert.Contains(t, headers, "X-Request-ID", "%s %s", name, status)
			if status == "202" || status == "503" {
				assert.Contains(t, headers, "Retry-After", "%s %s", name, status)
			}
			if method == http.MethodDelete && status[0] == '2' {
				assert.Equal(t, "204", status, name)
				assert.NotContains(t, response, "content", name)
			}
		}
	})
}

// foreignErrors reports whether errors under a path are worded as another system defined them.
func foreignErrors(path string) bool {
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v2/")
}

// declaredStatuses maps each error code that is not in a table of refusals to its HTTP status.
var declaredStatuses = map[string]int{
	"not_found": 404, "method_not_allowed": 405, "request_timeout": 408, "payload_too_large": 413,
	"range_not_satisfiable": 416, "internal_error": 500, "service_unavailable": 503, "deadline_exceeded": 503, "overloaded": 503,
	"uri_too_long": 414, "request_headers_too_large": 431, "collections_behind": 503,
}

func TestOpenAPI_StatusOfEveryCode(t *testing.T) {
	t.Parallel()
	document := openAPI(t)
	usual := map[string]string{}
	eachOperation(t, document, func(name, _, path string, operation object) {
		for status, response := range at(t, operation, "responses").(object) {
			if status < "400" {
				continue
			}
			examples := at(t, deref(t, document, response), "content", "application/json", "examples").(object)
			assert.NotEmpty(t, examples, "%s %s", name, status)
			for code, example := range examples {
				shown := deref(t, document, example)
				if foreignErrors(path) {
					assert.NotEmpty(t, text(t, shown, "value", "message"), "%s: %s", name, code)
				} else {
					assert.Equal(t, code, text(t, shown, "value", "error", "code"), name)
					assert.NotEmpty(t, text(t, shown, "value", "error", "message"), "%s: %s", name, code)
				}
				if fixed, is := declaredStatuses[code]; is {
					assert.Equal(t, strconv.Itoa(fixed), status, "%s: %s", name, code)
					continue
				}
				assert.NotEqual(t, "500", status, "%s: %s is in no table of statuses", name, code)
				if other, seen := usual[code]; seen && code != "landing_contract_client_mismatch" && !foreignErrors(path) {
					assert.Equal(t, other, status, "%s: %s", name, code)
				}
				if !foreignErrors(path) || usual[code] == "" {
					usual[code] = status
				}
			}
		}
	})
	for code := range at(t, document, "components", "examples").(object) {
		if strings.Contains(code, ".") {
			continue // The example of a code in another dialect.
		}
		_, answered := usual[code]
		_, shared := declaredStatuses[code]
		// An amount out of range is a client's failure in a billing run, and no answer.
		assert.True(t, answered || shared || code == "amount_out_of_range", "no operation declares %s", code)
	}
}

func TestOpenAPI_ExamplesMatchSchemas(t *testing.T) {
	t.Parallel()
	document := openAPI(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("document.json", any(document)))
	checked := 0
	check := func(example any, names ...string) {
		pointer := ""
		for _, name := range names {
			pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		}
		schema, err := compiler.Compile("document.json#" + (&url.URL{Path: pointer}).EscapedPath())
		require.NoError(t, err, pointer)
		assert.NoError(t, schema.Validate(example), pointer)
		assert.NotContains(t, leaves(example), "", "%s: an example holds an empty text", pointer)
		checked++
	}
	eachOperation(t, document, func(name, method, path string, operation object) {
		place := []string{"paths", path, strings.ToLower(method)}
		if body, takesBody := operation["requestBody"]; takesBody {
			example := at(t, body, "content", "application/json", "example")
			check(example, append(place, "requestBody", "content", "application/json", "schema")...)
		}
		for status, response := range operation["responses"].(object) {
			content, isJSON := deref(t, document, response)["content"].(object)
			if !isJSON || content["application/json"] == nil || status >= "400" {
				continue
			}
			example := at(t, content, "application/json", "example")
			check(example, append(slices.Clone(place), "responses", status, "content", "application/json", "schema")...)
		}
	})
	for name, example := range at(t, document, "components", "examples").(object) {
		schema := "ErrorEnvelope"
		if dialect, _, other := strings.Cut(name, "."); other {
			schema = dialect + "Error"
		}
		check(at(t, example, "value"), "components", "schemas", schema)
	}
	require.Greater(t, checked, 100)
}

// leaves lists the values in an example that hold no others.
func leaves(value any) (found []any) {
	switch value := value.(type) {
	case object:
		for _, part := range value {
			found = append(found, leaves(part)...)
		}
		return found
	case []any:
		for _, part := range value {
			found = append(found, leaves(part)...)
		}
		return found
	default:
		return []any{value}
	}
}

// TestOpenAPI_ExampleRequestsAreAccepted sends each operation's example to a system. The resources that the
// examples name do not exist there, and its schedules are off. Many answers are therefore 404 or schedule_off,
// but no answer may report an invalid request.
func TestOpenAPI_ExampleRequestsAreAccepted(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	eachOperation(t, openAPI(t), func(name, method, path string, operation object) {
		query, headers := url.Values{}, []system.Header{{Name: "Authorization", Value: "Bearer op-1:admin"}}
		parameters, _ := operation["parameters"].([]any)
		for _, parameter := range parameters {
			parameter := parameter.(object)
			var value bytes.Buffer
			require.NoError(t, json.NewEncoder(&value).Encode(parameter["example"]))
			example := strings.Trim(strings.TrimSpace(value.String()), `"`)
			switch parameter["in"] {
			case "path":
				path = strings.ReplaceAll(path, "{"+text(t, parameter, "name")+"}", example)
			case "query":
				query.Set(text(t, parameter, "name"), example)
			default:
				headers = append(headers, system.Header{Name: text(t, parameter, "name"), Value: example})
			}
		}
		var body any
		if content, takesBody := operation["requestBody"]; takesBody {
			body = at(t, content, "content", "application/json", "example")
		}
		answer := s.Call(t, method, path+"?"+query.Encode(), body, headers...)
		if answer.Header.Get("X-Error-Code") == "billing_event_contract_unknown" {
			return
		}
		assert.NotContains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Status, "%s: %s", name, answer.Body)
		if method == http.MethodPost && answer.Status >= http.StatusMultipleChoices {
			assert.Regexp(t, "_not_found|schedule_off", string(answer.Body), name)
		}
	})
}
