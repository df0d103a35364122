package rest

import (
	"errors"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/refusal"
)

func TestLocationsAreLists(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]any{
		"body":                     {"body"},
		"body.full_name":           {"body", "full_name"},
		"query.page":               {"query", "page"},
		"header.Idempotency-Key":   {"header", "Idempotency-Key"},
		"body.client.full_name":    {"body", "client", "full_name"},
		"body.lines[2].amount":     {"body", "lines", 2, "amount"},
		"body.lines[0]":            {"body", "lines", 0},
		"body.matrix[1][12].value": {"body", "matrix", 1, 12, "value"},
	} {
		assert.Equal(t, want, parseLocation(path), path)
	}
}

func TestProblemsHaveALocationAMessageAndAType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want refusal.Problem
	}{
		"missing": {
			&huma.ErrorDetail{Location: "body", Message: "missing\x00Field required\x00full_name"},
			refusal.Problem{Location: []any{"body", "full_name"}, Message: "Field required", Type: "missing"},
		},
		"bound": {
			&huma.ErrorDetail{Location: "query.page", Message: "greater_than_equal\x00Input should be greater than or equal to 1", Value: 0},
			refusal.Problem{Location: []any{"query", "page"}, Message: "Input should be greater than or equal to 1", Type: "greater_than_equal"},
		},
		"malformed body": {
			&huma.ErrorDetail{Location: "body", Message: "unexpected end of JSON input"},
			refusal.Problem{Location: []any{"body"}, Message: "Body is not valid JSON", Type: "json_invalid"},
		},
		"missing header": {
			&huma.ErrorDetail{Location: "header.Idempotency-Key", Message: "required header parameter is missing", Value: ""},
			refusal.Problem{Location: []any{"header", "Idempotency-Key"}, Message: "Field required", Type: "missing"},
		},
		"other": {
			&huma.ErrorDetail{Location: "query.page", Message: "invalid integer", Value: "x"},
			refusal.Problem{Location: []any{"query", "page"}, Message: "Invalid integer", Type: "value_error"},
		},
		"wrong Go type": {
			errors.New("json: cannot unmarshal"),
			refusal.Problem{Location: []any{"body"}, Message: "Input does not have the expected type", Type: "value_error"},
		},
	} {
		assert.Equal(t, c.want, newProblem("validation failed", c.err), name)
	}
	assert.Equal(t, []refusal.Problem{{Location: []any{"body"}, Message: "Field required", Type: "missing"}}, newProblems("", nil))
}

func TestFieldsCollectEveryProblem(t *testing.T) {
	t.Parallel()
	var f Validator
	assert.Equal(t, "Leila", f.Trimmed("full_name", "  Leila ", 2))
	require.NoError(t, f.Err())

	assert.Equal(t, "é", f.Trimmed("full_name", " é ", 2))
	f.Fail("end_date", "end_date must not be before the start")
	refused := refusal.As(f.Err())
	require.NotNil(t, refused)
	assert.Equal(t, []refusal.Problem{
		{Location: []any{"body", "full_name"}, Message: "String should have at least 2 characters", Type: "string_too_short"},
		{Location: []any{"body", "end_date"}, Message: "end_date must not be before the start", Type: "value_error"},
	}, refused.Details["errors"])
}

func TestAnEmptyOptionalTextIsNone(t *testing.T) {
	t.Parallel()
	assert.Nil(t, OptionalText(nil))
	assert.Nil(t, OptionalText(new("")))
	assert.Nil(t, OptionalText(new(" \t\n")))
	assert.Equal(t, new("Fès"), OptionalText(new(" Fès ")))
}
