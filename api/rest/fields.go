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

// Timestamp is an instant on the wire: RFC 3339 in UTC with six digits of a second,
// as the original system writes it.
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

// AmountInput is an amount of money in a request: a string or a number. It is read
// from the text of the request, never through a float, and rounded half up to two
// decimals.
type AmountInput struct {
	Amount money.Amount
	// Present is true when the field was in the request, null included.
	Present bool
	// Text is the amount as it was sent, for answers that repeat it.
	Text string

	err error
}

// UnmarshalJSON keeps a problem for Resolve, which knows where in the body it is.
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

// UnmarshalJSON keeps a problem for Resolve, which knows where in the body it is.
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

// Optional is a field that knows whether it was sent at all, and whether it was sent as
// null: for partial updates, and for objects that may be null.
type Optional[T any] struct {
	Value T
	// Present is true when the field was in the request, null included.
	Present bool
	Null    bool
}

// UnmarshalJSON is only called for fields that are in the request.
func (s *Optional[T]) UnmarshalJSON(text []byte) error {
	*s = Optional[T]{Present: true, Null: string(text) == "null"}
	if s.Null {
		return nil
	}
	return json.Unmarshal(text, &s.Value)
}

// Schema is that of the value; a tag on the field says whether null is allowed.
func (s Optional[T]) Schema(registry huma.Registry) *huma.Schema {
	schema := *huma.SchemaFromType(registry, reflect.TypeFor[T]())
	return &schema
}

// RefuseNull notes a null for a field that cannot be cleared: huma takes the null of a
// field that may be absent as its absence.
func (s Optional[T]) RefuseNull(name string, f *Validator) {
	if s.Null {
		f.Problems = append(f.Problems, refusal.Problem{
			Location: []any{"body", name}, Message: "Input should not be null", Type: "null_not_allowed",
		})
	}
}

// Normalise replaces a value that was sent; what is absent or null has none.
func (s *Optional[T]) Normalise(change func(T) T) {
	if s.Present && !s.Null {
		s.Value = change(s.Value)
	}
}

// Set writes the value to a required field when it was sent.
func (s Optional[T]) Set(target *T) {
	if s.Present {
		*target = s.Value
	}
}

// Pointer returns the value, or nil when it was not sent or sent as null.
func (s Optional[T]) Pointer() *T {
	if !s.Present || s.Null {
		return nil
	}
	return &s.Value
}

// SetOptional writes the value to an optional field when it was sent; null clears it.
func (s Optional[T]) SetOptional(target **T) {
	switch {
	case s.Null:
		*target = nil
	case s.Present:
		*target = &s.Value
	}
}

// ParseID reads an identifier from a path or a body. One that is no UUID names
// nothing: it becomes the nil UUID, which no row has, and so is not found.
func ParseID(text string) uuid.UUID {
	const canonicalLength = 36
	id, err := uuid.Parse(text)
	if err != nil || len(text) != canonicalLength {
		return uuid.Nil
	}
	return id
}

// OptionalID reads an optional identifier like parseID.
func OptionalID(text *string) *uuid.UUID {
	if text == nil {
		return nil
	}
	id := ParseID(*text)
	return &id
}
