package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// A shape is JSON whose strings may contain placeholders. "<uuid>" matches any id. "<uuid client>" also stores the
// matched id as $client, for later shapes and requests. "…" as a field name allows more fields, and as the last item
// of a list more items.
var placeholders = map[string]string{
	"uuid":      `[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`,
	"timestamp": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z`,
	"second":    `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`,
	"date":      `\d{4}-\d\d-\d\d`,
	"money":     `-?\d+\.\d\d`,
	"token":     `[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+`,
	"mobile":    `\+212[67]\d{8}`,
	"sha256":    `[0-9a-f]{64}`,
	"text":      `.+`,
}

const furtherItems = "…"

var (
	placeholder = regexp.MustCompile(`<([a-z0-9]+)(?: ([a-z_]+))?>`)
	variable    = regexp.MustCompile(`\$[a-z_]+`)
)

// captures are the values that placeholders kept.
type captures map[string]string

// fill replaces $name in a text.
func (c captures) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		if value, known := c[name[1:]]; known {
			return value
		}
		return name
	})
}

// match returns where an answer departs from a shape; nothing when it fits. open
// allows fields that the shape does not name.
func (c captures) match(at string, shape, answer any, open bool) []string {
	switch shape := shape.(type) {
	case map[string]any:
		return c.matchObject(at, shape, answer, open)
	case []any:
		list, ok := answer.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is no list: %v", at, answer)}
		}
		if further := len(shape) > 0 && shape[len(shape)-1] == furtherItems; further && len(list) >= len(shape)-1 {
			shape = shape[:len(shape)-1]
			list = list[:len(shape)]
		}
		if len(list) != len(shape) {
			return []string{fmt.Sprintf("%s has %d items in place of %d: %v", at, len(list), len(shape), answer)}
		}
		var found []string
		for i := range shape {
			found = append(found, c.match(fmt.Sprintf("%s[%d]", at, i), shape[i], list[i], open)...)
		}
		return found
	case string:
		return c.matchText(at, shape, answer)
	default:
		if !reflect.DeepEqual(shape, answer) {
			return []string{fmt.Sprintf("%s is %v in place of %v", at, answer, shape)}
		}
		return nil
	}
}

func (c captures) matchObject(at string, shape map[string]any, answer any, open bool) []string {
	fields, ok := answer.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is no object: %v", at, answer)}
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(shape)) {
		if name == furtherItems {
			open = true
			continue
		}
		value, there := fields[name]
		if !there {
			found = append(found, fmt.Sprintf("%s.%s is missing", at, name))
			continue
		}
		found = append(found, c.match(at+"."+name, shape[name], value, open)...)
	}
	for name := range fields {
		if _, named := shape[name]; !named && !open {
			found = append(found, fmt.Sprintf("%s.%s is not described", at, name))
		}
	}
	return found
}

func (c captures) matchText(at, shape string, answer any) []string {
	text, ok := answer.(string)
	if !ok {
		return []string{fmt.Sprintf("%s is no text: %v", at, answer)}
	}
	shape = c.fill(shape)
	var pattern strings.Builder
	var kept []string
	rest := 0
	for _, found := range placeholder.FindAllStringSubmatchIndex(shape, -1) {
		pattern.WriteString(regexp.QuoteMeta(shape[rest:found[0]]))
		rest = found[1]
		expression, known := placeholders[shape[found[2]:found[3]]]
		if !known {
			return []string{fmt.Sprintf("%s: unknown placeholder in %q", at, shape)}
		}
		pattern.WriteString("(" + expression + ")")
		name := ""
		if found[4] >= 0 {
			name = shape[found[4]:found[5]]
		}
		kept = append(kept, name)
	}
	pattern.WriteString(regexp.QuoteMeta(shape[rest:]))
	values := regexp.MustCompile("^(?s:" + pattern.String() + ")$").FindStringSubmatch(text)
	if values == nil {
		return []string{fmt.Sprintf("%s is %q in place of %q", at, text, shape)}
	}
	for i, name := range kept {
		if name != "" {
			c[name] = values[i+1]
		}
	}
	return nil
}

// requireShape checks an answer's status and that it has all that a shape names; further
// fields are additions that the contract allows.
func (c captures) requireShape(t testing.TB, answer system.Response, status int, shape any) any {
	t.Helper()
	require.Equal(t, status, answer.Status, "answer: %s", answer.Body)
	encoded, err := json.Marshal(shape)
	require.NoError(t, err)
	var want, got any
	require.NoError(t, json.Unmarshal(encoded, &want))
	require.NoError(t, json.Unmarshal(answer.Body, &got), "answer: %s", answer.Body)
	require.Empty(t, c.match("answer", want, got, true), "answer: %s", answer.Body)
	return got
}

func TestShape_Mismatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		shape, answer string
		open          bool
		departs       string
	}{
		{`{"a": "<uuid id>"}`, `{"a": "01890000-0000-7000-8000-000000000000"}`, false, ""},
		{`{"a": "<uuid>"}`, `{"a": "01890000-0000-4000-8000-000000000000"}`, false, "answer.a"},
		{`{"a": "<money>", "…": "…"}`, `{"a": "1.00", "b": 1}`, false, ""},
		{`{"a": "<money>"}`, `{"a": "1.00", "b": 1}`, false, "answer.b"},
		{`{"a": "<money>"}`, `{"a": "1.00", "b": 1}`, true, ""},
		{`{"a": "<money>"}`, `{"a": 1.00}`, true, "answer.a"},
		{`{"a": null}`, `{}`, true, "answer.a"},
		{`{"a": null}`, `{"a": "x"}`, true, "answer.a"},
		{`["x", "…"]`, `["x", "y", "z"]`, false, ""},
		{`["x", "…"]`, `["x"]`, false, ""},
		{`["x"]`, `["x", "y"]`, true, "answer"},
		{`"/x/<uuid>?token=<token>"`, `"/x/01890000-0000-7000-8000-000000000000?token=a.b"`, false, ""},
	} {
		var shape, answer any
		require.NoError(t, json.Unmarshal([]byte(test.shape), &shape))
		require.NoError(t, json.Unmarshal([]byte(test.answer), &answer))
		found := strings.Join(captures{}.match("answer", shape, answer, test.open), "\n")
		if test.departs == "" {
			require.Empty(t, found, "%s against %s", test.answer, test.shape)
		} else {
			require.Contains(t, found, test.departs, "%s against %s", test.answer, test.shape)
		}
	}
}
