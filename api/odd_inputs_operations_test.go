package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// TestOddInputs_EveryOperation sends invalid input to every operation. The OpenAPI document says which
// rules apply to an operation.
func TestOddInputs_EveryOperation(t *testing.T) {
	t.Parallel()
	e := newFixture(t)
	described := describedRequests(t, e.s)
	for _, p := range operationSpecs() {
		operation, served := described[p.operation]
		if !served {
			continue
		}
		t.Run(p.operation, func(t *testing.T) {
			o := oddInputs{p, operation, e, p.valid(t, e)}
			writesNothing(t, e.s, func() system.Response {
				o.identityIsRequired(t)
				o.bodiesThatAreNoObject(t)
				o.fieldsThatNothingHolds(t)
				o.headersThatAreMissing(t)
				o.pathsThatNameNothing(t)
				return system.Response{}
			})
			o.queriesThatNothingHolds(t)
			o.headAnswersLikeGET(t)
		})
	}
}

// schema is the part of a JSON schema that the odd inputs need.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Format     string            `json:"format"`
	Enum       []any             `json:"enum"`
	MaxLength  *int              `json:"maxLength"`
	AnyOf      []schema          `json:"anyOf"`
	OneOf      []schema          `json:"oneOf"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
}

// is reports whether the schema allows a type.
func (s schema) is(kind string) bool {
	switch found := s.Type.(type) {
	case string:
		return found == kind
	case []any:
		return slices.Contains(found, any(kind))
	}
	return slices.ContainsFunc(slices.Concat(s.AnyOf, s.OneOf), func(each schema) bool { return each.is(kind) })
}

type describedRequest struct {
	bodyOptional bool
	body         schema
	parameters   map[string]string // Where each is: query, header or path.
	required     []string
}

// describedRequests reads the requests of all operations from the OpenAPI document.
func describedRequests(t testing.TB, s *system.System) map[string]describedRequest {
	t.Helper()
	var document struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name     string `json:"name"`
				In       string `json:"in"`
				Required bool   `json:"required"`
			} `json:"parameters"`
			RequestBody *struct {
				Required bool `json:"required"`
				Content  map[string]struct {
					Schema schema `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	answer := s.Call(t, http.MethodGet, "/openapi.json", nil)
	require.NoError(t, json.Unmarshal(answer.Body, &document))
	described := map[string]describedRequest{}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			request := describedRequest{parameters: map[string]string{}}
			for _, parameter := range operation.Parameters {
				request.parameters[parameter.Name] = parameter.In
				if parameter.Required {
					request.required = append(request.required, parameter.Name)
				}
			}
			if operation.RequestBody != nil {
				request.body = operation.RequestBody.Content["application/json"].Schema
				request.bodyOptional = !operation.RequestBody.Required
				if name := strings.TrimPrefix(request.body.Ref, "#/components/schemas/"); name != "" {
					request.body = document.Components.Schemas[name]
				}
				require.NotEmpty(t, request.body.Properties, "%s %s", method, path)
			}
			described[strings.ToUpper(method)+" "+path] = request
		}
	}
	return described
}

// oddInputs is one operation with a valid request.
type oddInputs struct {
	operationSpec
	described describedRequest
	e         *fixture
	valid     apiRequest
}

func (o oddInputs) requireRefused(t testing.TB, request apiRequest, status int, code string, why ...any) system.Response {
	t.Helper()
	answer := o.call(t, o.e.s, request)
	require.Equal(t, status, answer.Status, "%v: %.300s", why, answer.Body)
	answer.Refused(t, status, code)
	return answer
}

// invalid sends a malformed request, which must be refused with a problem at the given location, if the
// error format can list problems.
func (o oddInputs) invalid(t testing.TB, request apiRequest, place string, why ...any) system.Response {
	t.Helper()
	answer := o.call(t, o.e.s, request)
	require.Equal(t, "validation_error", answer.Code(), "%v: %d %.300s", why, answer.Status, answer.Body)
	require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Status, "%v: %.300s", why, answer.Body)
	if listsProblems(answer) {
		require.Equal(t, place, at(t, problemsIn(t, answer)[0], "loc").([]any)[0], "%v: %.300s", why, answer.Body)
	}
	return answer
}

func (o oddInputs) identityIsRequired(t *testing.T) {
	if publicPath(o.template()) {
		return
	}
	request := o.valid
	request.headers = append(slices.Clone(request.headers), system.Anonymous)
	o.requireRefused(t, request, http.StatusUnauthorized, "unauthorized")
}

func (o oddInputs) takesBody() bool { return len(o.described.body.Properties) > 0 }

func (o oddInputs) bodiesThatAreNoObject(t *testing.T) {
	if !o.takesBody() {
		return
	}
	for _, body := range []any{nil, "", "{", `{"a": NaN}`, "[]", "1", "null", `"text"`, "{} {}", "{'a': 1}", "\xff"} {
		if o.described.bodyOptional && slices.Contains([]any{nil, "", "null"}, body) {
			continue
		}
		request := o.valid
		request.body = body
		o.invalid(t, request, "body", body)
	}
}

// withField writes JSON for one field of the valid body.
func (o oddInputs) withField(t testing.TB, name, value string) apiRequest {
	t.Helper()
	body := o.valid.body
	rest, err := json.Marshal(with(body.(object), object{name: absent{}}))
	require.NoError(t, err)
	request := o.valid
	comma := ", "
	if string(rest) == "{}" {
		comma = ""
	}
	request.body = strings.TrimSuffix(string(rest), "}") + comma + fmt.Sprintf("%q: %s}", name, value)
	return request
}

func (o oddInputs) fieldsThatNothingHolds(t *testing.T) {
	if !o.takesBody() {
		return
	}
	for name, field := range o.described.body.Properties {
		values := []string{`"a\u0000b"`, `"a\ud83d"`, `"\ude00\ud83d"`, "\"\xff\""}
		switch {
		case len(field.AnyOf) > 0 && field.is("number"):
			values = append(values, `"NaN"`, `"Infinity"`, `"-Infinity"`, "1e10", `"10000000000"`, "1e400", "-1", "{}", "true", `""`, `"١٢"`)
		case field.is("integer") && foreignErrors(o.template()): // Some of its numbers are large, and some may be 0.
			values = append(values, "1e400", "1.5", `"NaN"`, `"12"`, "true")
		case field.is("integer"):
			values = append(values, "2147483648", "-2147483649", "1e10", "1e400", "1.5", `"NaN"`, `"12"`, "true", "0", "-1")
		case field.is("boolean"):
			values = append(values, "1", `"yes"`, "[]")
		case field.is("string"):
			values = append(values, "1", "true", "[]", "{}")
			if field.MaxLength != nil {
				values = append(values, `"`+strings.Repeat("é", *field.MaxLength+1)+`"`)
			}
			if field.Format == "date" {
				values = append(values, `"2026-02-30"`, `"26-01-01"`, `""`, `"10000-01-01"`, `"2026-01-01T00:00:00Z"`)
			}
			if len(field.Enum) > 0 {
				values = append(values, `""`, `"no such value"`)
			}
		case field.is("object"):
			values = append(values, "1", `"text"`, "[]")
		}
		if slices.Contains(o.described.body.Required, name) {
			values = append(values, "null")
			request := o.valid
			request.body = with(o.valid.body.(object), object{name: absent{}})
			if answer := o.invalid(t, request, "body", name, "absent"); listsProblems(answer) {
				require.Equal(t, "missing", problemAt(t, answer, "body", name))
			} else {
				require.Contains(t, string(answer.Body), name, "the message names the field")
			}
		}
		if o.method() == http.MethodPut && !field.is("null") {
			values = append(values, "null")
		}
		for _, value := range values {
			o.invalid(t, o.withField(t, name, value), "body", name, fmt.Sprintf("%.60s", value))
		}
	}
}

func (o oddInputs) headersThatAreMissing(t *testing.T) {
	if !slices.Contains(o.described.required, "Idempotency-Key") {
		return
	}
	request := o.valid
	request.headers = nil
	problemAt(t, o.invalid(t, request, "header"), "header", "Idempotency-Key")
	for _, key := range []string{"1234567", "   1234567   ", strings.Repeat("k", 201), strings.Repeat("k", 5000), "\xff\xff\xff\xff\xff\xff\xff\xff", "tab\tinside-key"} {
		request.headers = []system.Header{system.Key(key)}
		o.requireRefused(t, request, http.StatusBadRequest, "idempotency_key_invalid", fmt.Sprintf("%.60q", key))
	}
}

// pathsThatNameNothing sends malformed ids: the answer is the not-found error of the resource, or that the
// token does not cover it.
func (o oddInputs) pathsThatNameNothing(t *testing.T) {
	if len(o.valid.ids) == 0 || strings.Contains(o.operation, "{cin}") {
		return
	}
	for position, parameter := range brace.FindAllString(o.template(), -1) {
		for _, id := range []string{"no-uuid", "%20", "..%2f", "%00", "%ff", strings.Repeat("a", 5000), "1", "null", "{}", "%27%20OR%201=1--", uuid.Nil.String()} {
			request := o.valid
			request.ids = slices.Clone(request.ids)
			request.ids[position] = id
			answer := o.call(t, o.e.s, request)
			switch code := answer.Code(); {
			case id == "%00" || id == "%ff":
				o.invalid(t, request, "path", id)
			case parameter == "{org}":
				answer.Refused(t, http.StatusForbidden, "organisation_forbidden")
			case slices.Contains(o.described.required, "token"):
				require.Equal(t, http.StatusForbidden, answer.Status, "%q: %s", id, answer.Body)
			default:
				require.Equal(t, http.StatusNotFound, answer.Status, "%.40q: %s", id, answer.Body)
				require.True(t, strings.HasSuffix(code, "_not_found") && code != "not_found", "%.40q: %s", id, answer.Body)
			}
		}
	}
}

func (o oddInputs) parameters(in string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(o.described.parameters)) {
		if o.described.parameters[name] == in {
			found = append(found, name)
		}
	}
	return found
}

// queriesThatNothingHolds also sends unusual but valid queries: they write nothing, since only GET takes a query.
func (o oddInputs) queriesThatNothingHolds(t *testing.T) {
	names := o.parameters("query")
	if len(names) == 0 {
		return
	}
	require.Equal(t, http.MethodGet, o.method())
	for _, name := range names {
		for _, value := range []string{"%00", "%ff", "a%00b", "%zz"} {
			request := o.valid
			request.query = "?" + name + "=" + value
			o.invalid(t, request, "query", name, value)
		}
		for _, value := range []string{"", "NaN", "-1", strings.Repeat("9", 400), strings.Repeat("x", 4000), "%F0%9F%98%80", "no-uuid", "%27"} {
			request := o.valid
			request.query = "?" + name + "=" + value
			answer := o.call(t, o.e.s, request)
			require.Less(t, answer.Status, 500, "%s=%.40s: %s", name, value, answer.Body)
			if answer.Status >= 400 {
				answer.Refused(t, answer.Status, answer.Code())
			}
		}
	}
	for _, required := range o.described.required {
		if o.described.parameters[required] == "query" {
			request := o.valid
			request.query = ""
			problemAt(t, o.invalid(t, request, "query"), "query", required)
		}
	}
	if !slices.Contains(names, "page") {
		return
	}
	for _, bad := range []string{"page=0", "page=-1", "page=1.5", "page=x", "page=99999999999999999999", "size=0", "size=101", "size=2147483648", "size=x"} {
		request := o.valid
		request.query = "?page=1&size=5&" + bad
		name, _, _ := strings.Cut(bad, "=")
		problemAt(t, o.invalid(t, request, "query", bad), "query", name)
	}
	request := o.valid
	request.query = "?size=0&page=x&size=7&page=9000000"
	meta := at(t, decoded(t, o.call(t, o.e.s, request), http.StatusOK), "meta")
	require.Subset(t, meta, object{"size": 7.0, "page": 9000000.0}, "the last of a repeated parameter wins")
}

func (o oddInputs) headAnswersLikeGET(t *testing.T) {
	if o.method() != http.MethodGet {
		return
	}
	head := o.operationSpec
	head.operation = http.MethodHead + " " + o.template()
	got, headed := o.call(t, o.e.s, o.valid), head.call(t, o.e.s, o.valid)
	require.Equal(t, http.StatusOK, got.Status, "answer: %.300s", got.Body)
	require.Equal(t, got.Status, headed.Status)
	require.Empty(t, headed.Body)
	require.Equal(t, got.Header.Get("Content-Type"), headed.Header.Get("Content-Type"))
	require.NotEmpty(t, headed.Header.Get("X-Request-ID"))
	if got.Header.Get("Content-Type") != "application/pdf" {
		return
	}
	for ranges, want := range map[string][]byte{"bytes=0-7": got.Body[:8], "bytes=-5": got.Body[len(got.Body)-5:], "bytes=9-": got.Body[9:]} {
		request := o.valid
		request.headers = append(slices.Clone(request.headers), system.Header{Name: "Range", Value: ranges})
		part := o.call(t, o.e.s, request)
		require.Equal(t, http.StatusPartialContent, part.Status, ranges)
		require.Equal(t, want, part.Body, ranges)
	}
}
