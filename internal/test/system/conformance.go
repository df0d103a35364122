package system

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is the OpenAPI document that every system serves. It is read once.
var document struct {
	sync.Mutex
	root     map[string]any
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

// beforeOperations are the codes of requests that are refused before an operation is found: the URL or
// the headers are too large.
var beforeOperations = []string{"uri_too_long", "request_headers_too_large"}

// conforms returns how a response violates the OpenAPI document: an undeclared status or code, a body
// that does not match its schema, or a missing header.
func (s *System) conforms(method, path string, answer Response) error {
	document.Lock()
	defer document.Unlock()
	if document.root == nil {
		if err := s.readDocument(); err != nil {
			return err
		}
	}
	path, _, _ = strings.Cut(path, "?")
	if method == http.MethodHead {
		method = http.MethodGet
	}
	place, found := operationOf(method, path)
	if !found || answer.Status >= http.StatusBadRequest && slices.Contains(beforeOperations, answer.Code()) {
		return outsideOperations(path, answer)
	}
	response, place := resolved(append(place, "responses", strconv.Itoa(answer.Status)))
	if response == nil {
		return fmt.Errorf("%s %s answers %d, which it does not declare: %s", method, path, answer.Status, answer.Body)
	}
	if err := fits(response, place, answer); err != nil {
		return fmt.Errorf("%s %s answers %d: %w: %s", method, path, answer.Status, err, answer.Body)
	}
	return nil
}

func (s *System) readDocument() error {
	answer, err := http.Get(s.URL + "/openapi.json")
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	parsed, err := jsonschema.UnmarshalJSON(answer.Body)
	if err != nil {
		return err
	}
	root, isObject := parsed.(map[string]any)
	if !isObject || root["paths"] == nil {
		return errors.New("system: /openapi.json is not an OpenAPI document")
	}
	document.compiler = jsonschema.NewCompiler()
	document.compiler.AssertFormat()
	document.root, document.schemas = root, map[string]*jsonschema.Schema{}
	return document.compiler.AddResource("openapi.json", root)
}

// operationOf finds the operation of a request. A path without parameters takes precedence.
func operationOf(method, path string) (place []string, found bool) {
	paths, _ := document.root["paths"].(map[string]any)
	best := -1
	for template, item := range paths {
		operations, _ := item.(map[string]any)
		fixed, fits := matches(template, path)
		if _, has := operations[strings.ToLower(method)]; fits && has && fixed > best {
			best, place = fixed, []string{"paths", template, strings.ToLower(method)}
		}
	}
	return place, place != nil
}

// matches reports whether a path matches a template, and how many of its segments are fixed.
func matches(template, path string) (fixed int, fits bool) {
	steps, given := strings.Split(template, "/"), strings.Split(path, "/")
	if len(steps) != len(given) {
		return 0, false
	}
	for i, step := range steps {
		switch {
		case strings.HasPrefix(step, "{") && given[i] != "":
		case step == given[i]:
			fixed++
		default:
			return 0, false
		}
	}
	return fixed, true
}

// resolved returns the object at a place in the document, after following its reference.
func resolved(place []string) (found map[string]any, at []string) {
	value := any(document.root)
	for _, name := range place {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	found, _ = value.(map[string]any)
	if reference, is := found["$ref"].(string); is {
		return resolved(strings.Split(strings.TrimPrefix(reference, "#/"), "/"))
	}
	return found, place
}

// fits checks the headers, the body, and the code of an answer against its declared response.
func fits(response map[string]any, place []string, answer Response) error {
	headers, _ := response["headers"].(map[string]any)
	for name := range headers {
		if answer.Header.Get(name) == "" {
			return fmt.Errorf("the header %s is missing", name)
		}
	}
	content, _ := response["content"].(map[string]any)
	mediaType, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	switch {
	case len(content) == 0 && len(answer.Body) > 0:
		return errors.New("a body is not declared")
	case len(content) == 0, len(answer.Body) == 0: // A HEAD has the headers alone.
		return nil
	case content[mediaType] == nil:
		return fmt.Errorf("the media type %q is not declared", mediaType)
	case mediaType != "application/json":
		return nil
	}
	if err := validate(append(slices.Clone(place), "content", mediaType, "schema"), answer.Body); err != nil {
		return err
	}
	if answer.Status < http.StatusBadRequest {
		return nil
	}
	return fitsExample(append(slices.Clone(place), "content", mediaType, "examples"), answer)
}

// validate checks a body against the schema at a place in the document.
func validate(place []string, body []byte) error {
	pointer := ""
	for _, name := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	schema := document.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = document.compiler.Compile("openapi.json#" + (&url.URL{Path: pointer}).EscapedPath()); err != nil {
			return err
		}
		document.schemas[pointer] = schema
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}

// fitsExample checks that a code is among the examples at a place, and that its
// details have no more than those of the example.
func fitsExample(place []string, answer Response) error {
	if code := answer.Header.Get(headerErrorCode); code != "" {
		if shown, _ := resolved(append(slices.Clone(place), code)); shown == nil {
			return fmt.Errorf("the code %s is not declared", code)
		}
		return nil
	}
	found, _, err := answer.readError()
	if err != nil {
		return err
	}
	_, at := resolved(append(slices.Clone(place), found.Code))
	shown, _ := resolved(append(slices.Clone(at), "value"))
	if enveloped, is := shown["error"].(map[string]any); is {
		shown = enveloped
	}
	if shown == nil {
		return fmt.Errorf("the code %s is not declared", found.Code)
	}
	details, _ := shown["details"].(map[string]any)
	for name := range found.Details {
		if _, known := details[name]; !known {
			return fmt.Errorf("the example of %s has no details.%s", found.Code, name)
		}
	}
	return nil
}

// errorSchemas maps a prefix of paths to the schema of their errors.
var errorSchemas = map[string]string{"/v1/billing/": "LedgerError", "/v2/": "ContractDocumentsError"}

// outsideOperations checks an answer to a path without an operation: an error with a shared code, or
// a page of the documentation.
func outsideOperations(path string, answer Response) error {
	if answer.Status < http.StatusBadRequest || len(answer.Body) == 0 {
		return nil
	}
	schema := "ErrorEnvelope"
	for prefix, other := range errorSchemas {
		if strings.HasPrefix(path, prefix) {
			schema = other
		}
	}
	if err := validate([]string{"components", "schemas", schema}, answer.Body); err != nil {
		return err
	}
	return fitsExample([]string{"components", "examples"}, answer)
}
