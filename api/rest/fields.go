package rest

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Timestamp is an instant on the wire: RFC 3339 in UTC with microseconds, like the original system.
type Timestamp time.Time

// MarshalText writes the timestamp.
func (t Timestamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000000Z")), nil
}

// Schema describes the timestamp to OpenAPI.
func (Timestamp) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// OptionalTimestamp keeps an absent instant absent.
func OptionalTimestamp(instant *time.Time) *Timestamp { return (*Timestamp)(instant) }

// AmountInput is an amount of money in a request, a string or a number. It is parsed from the
// request's text, never through a float, and rounded half up to two decimals.
type AmountInput struct {
	Amount money.Amount
	// Present reports whether the request contains the field, even as null.
	Present bool
	// Text is the amount as sent, for answers that repeat it.
	Text string

	err error
}

// UnmarshalJSON leaves errors to Resolve, which knows the location in the body.
func (a *AmountInput) UnmarshalJSON(text []byte) error {
	a.Present, a.Text = true, unquoted(text)
	a.Amount, a.err = money.ParseAmount(a.Text)
	return nil
}

// Resolve reports what is wrong with the amount.
func (a *AmountInput) Resolve(_ huma.Context, path *huma.PathBuffer) []error {
	return decimalProblem(a.err, path)
}

// Schema describes the amount to OpenAPI.
func (AmountInput) Schema(huma.Registry) *huma.Schema { return decimalSchema() }

// RateInput is a tax rate in a request: a string or a number.
type RateInput struct {
	Rate money.Rate

	err error
}

// UnmarshalJSON leaves errors to Resolve, which knows the location in the body.
func (r *RateInput) UnmarshalJSON(text []byte) error {
	r.Rate, r.err = money.ParseRate(unquoted(text))
	return nil
}

// Resolve reports what is wrong with the rate.
func (r *RateInput) Resolve(_ huma.Context, path *huma.PathBuffer) []error {
	return decimalProblem(r.err, path)
}

// Schema describes the rate to OpenAPI.
func (RateInput) Schema(huma.Registry) *huma.Schema { return decimalSchema() }

func decimalSchema() *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}}}
}

func decimalProblem(err error, path *huma.PathBuffer) []error {
	if err == nil {
		return nil
	}
	return []error{&huma.ErrorDetail{
		Location: path.String(),
		Message:  "decimal_parsing\x00Input should be a decimal number within range",
	}}
}

// unquoted returns the text of a JSON string, or of a number as it was written.
func unquoted(text []byte) string {
	var decoded string
	if json.Unmarshal(text, &decoded) == nil {
		return decoded
	}
	return string(text)
}

// Optional is a field that distinguishes absent and null, for partial updates and nullable objects.
type Optional[T any] struct {
	Value T
	// Present reports whether the request contains the field, even as null.
	Present bool
	Null    bool
}

// UnmarshalJSON is only called for fields in the request.
func (s *Optional[T]) UnmarshalJSON(text []byte) error {
	*s = Optional[T]{Present: true, Null: string(text) == "null"}
	if s.Null {
		return nil
	}
	return json.Unmarshal(text, &s.Value)
}

// Schema returns the schema of the value; a tag of the field says whether null is allowed.
func (s Optional[T]) Schema(registry huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(registry, reflect.TypeFor[T]())
	return &schema
}

// RefuseNull reports a null for a field that cannot be cleared, because huma accepts null for every
// field that may be absent.
func (s Optional[T]) RefuseNull(name string, f *Validator) {
	if s.Null {
		f.Problems = append(f.Problems, refusal.Problem{
			Location: []any{"body", name}, Message: "Input should not be null", Type: "null_not_allowed",
		})
	}
}

// Normalise replaces the value unless the field is absent or null.
func (s *Optional[T]) Normalise(change func(T) T) {
	if s.Present && !s.Null {
		s.Value = change(s.Value)
	}
}

// Set writes a present value to a required field.
func (s Optional[T]) Set(target *T) {
	if s.Present {
		*target = s.Value
	}
}

// Pointer returns the value, or nil if the field is absent or null.
func (s Optional[T]) Pointer() *T {
	if !s.Present || s.Null {
		return nil
	}
	return &s.Value
}

// SetOptional writes a present value to an optional field; null clears it.
func (s Optional[T]) SetOptional(target **T) {
	switch {
	case s.Null:
		*target = nil
	case s.Present:
		*target = &s.Value
	}
}

// ParseID parses an id of a path or a body. It returns the nil UUID, which no row has, for a text
// that is not a UUID, so that the resource is not found.
func ParseID(text string) uuid.UUID {
	const canonicalLength = 36
	id, err := uuid.Parse(text)
	if err != nil || len(text) != canonicalLength {
		return uuid.Nil
	}
	return id
}

// OptionalID is ParseID for an optional id.
func OptionalID(text *string) *uuid.UUID {
	if text == nil {
		return nil
	}
	id := ParseID(*text)
	return &id
}
