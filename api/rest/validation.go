package rest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/mtfacturation/mtf/internal/client"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// Existing clients rely on the problem types of the original system. huma's messages are variables;
// each message here has its type before the text, so that the type need not be guessed.
func init() {
	validation.MsgExpectedRequiredProperty = "missing\x00Field required\x00%s"
	validation.MsgExpectedBoolean = "bool_type\x00Input should be a valid boolean"
	validation.MsgExpectedNumber = "number_type\x00Input should be a valid number"
	validation.MsgExpectedInteger = "int_type\x00Input should be a valid integer"
	validation.MsgExpectedString = "string_type\x00Input should be a valid string"
	validation.MsgExpectedArray = "list_type\x00Input should be a valid list"
	validation.MsgExpectedObject = "dict_type\x00Input should be a valid object"
	validation.MsgExpectedRFC3339Date = "date_parsing\x00Input should be a valid date in the form YYYY-MM-DD"
	validation.MsgExpectedRFC3339DateTime = "datetime_parsing\x00Input should be a valid RFC 3339 timestamp"
	validation.MsgExpectedMatchAtLeastOneSchema = "decimal_type\x00Input should be a decimal number or a string that holds one"
	validation.MsgExpectedOneOf = "enum\x00Input should be one of \"%s\""
	validation.MsgExpectedMinimumNumber = "greater_than_equal\x00Input should be greater than or equal to %v"
	validation.MsgExpectedExclusiveMinimumNumber = "greater_than\x00Input should be greater than %v"
	validation.MsgExpectedMaximumNumber = "less_than_equal\x00Input should be less than or equal to %v"
	validation.MsgExpectedExclusiveMaximumNumber = "less_than\x00Input should be less than %v"
	validation.MsgExpectedMinLength = "string_too_short\x00String should have at least %d characters"
	validation.MsgExpectedMaxLength = "string_too_long\x00String should have at most %d characters"
	validation.MsgExpectedMatchPattern = "string_pattern_mismatch\x00String should match pattern %s"
}

// newProblems converts huma's errors to problems.
func newProblems(message string, errs []error) []refusal.Problem {
	if len(errs) == 0 {
		// The only error without details is a missing body.
		return []refusal.Problem{{Location: []any{"body"}, Message: "Field required", Type: "missing"}}
	}
	var problems []refusal.Problem
	for _, err := range errs {
		problems = append(problems, newProblem(message, err))
	}
	return problems
}

func newProblem(message string, err error) refusal.Problem {
	detail, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		// The body matches its schema but not its Go type, for example because a number is too large
		// or an integer has a fraction.
		return refusal.Problem{Location: []any{"body"}, Message: "Input does not have the expected type", Type: "value_error"}
	}
	location := parseLocation(detail.Location)
	parts := strings.Split(detail.Message, "\x00")
	switch {
	case len(parts) == 3:
		return refusal.Problem{Location: append(location, parts[2]), Message: parts[1], Type: parts[0]}
	case len(parts) == 2:
		return refusal.Problem{Location: location, Message: parts[1], Type: parts[0]}
	case len(location) == 1:
		return refusal.Problem{Location: location, Message: "Body is not valid JSON", Type: "json_invalid"}
	case detail.Value == "":
		return refusal.Problem{Location: location, Message: "Field required", Type: "missing"}
	default:
		return refusal.Problem{Location: location, Message: capitalised(detail.Message), Type: "value_error"}
	}
}

// parseLocation converts "body.lines[2].amount" to ["body", "lines", 2, "amount"].
func parseLocation(path string) []any {
	var location []any
	for _, step := range strings.Split(path, ".") {
		name, rest, _ := strings.Cut(step, "[")
		location = append(location, name)
		for _, index := range strings.Split(rest, "[") {
			if number, err := strconv.Atoi(strings.TrimSuffix(index, "]")); err == nil {
				location = append(location, number)
			}
		}
	}
	return location
}

func capitalised(message string) string {
	return strings.ToUpper(message[:1]) + message[1:]
}

// Validator collects the problems that normalising a body reveals.
type Validator struct{ Problems []refusal.Problem }

// Trimmed returns the text without surrounding space, and reports a text that is too short.
func (f *Validator) Trimmed(name, text string, minLength int) string {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) < minLength {
		f.Problems = append(f.Problems, refusal.Problem{
			Location: []any{"body", name},
			Message:  fmt.Sprintf("String should have at least %d characters", minLength),
			Type:     "string_too_short",
		})
	}
	return text
}

// CIN returns the normalised CIN, and reports a CIN that is too short.
func (f *Validator) CIN(text string) string {
	return client.NormaliseCIN(f.Trimmed("cin", text, client.MinCINLength))
}

// Instant returns an optional instant as it is stored, in UTC and whole microseconds. It reports an
// instant outside the years 1 to 9999.
func (f *Validator) Instant(name string, instant *time.Time) *time.Time {
	if instant == nil {
		return nil
	}
	stored := instant.UTC().Truncate(time.Microsecond)
	if stored.Year() < 1 || stored.Year() > 9999 {
		f.Fail(name, "Input should be in a year from 1 to 9999")
	}
	return &stored
}

// Fail reports a problem of a field.
func (f *Validator) Fail(name, message string) {
	f.Problems = append(f.Problems, refusal.InBody(name, message))
}

// Err returns a validation refusal with all problems, or nil.
func (f *Validator) Err() error {
	if len(f.Problems) == 0 {
		return nil
	}
	return refusal.Invalid(f.Problems...)
}

// OptionalText trims an optional text and returns nil if it is empty.
func OptionalText(text *string) *string {
	if text == nil {
		return nil
	}
	if trimmed := strings.TrimSpace(*text); trimmed != "" {
		return &trimmed
	}
	return nil
}

// OptionalCIN is Validator.CIN for an optional CIN.
func OptionalCIN(cin *string, validator *Validator) *string {
	if cin == nil {
		return nil
	}
	normalised := validator.CIN(*cin)
	return &normalised
}
