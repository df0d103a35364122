// Package refusal holds the error type of requests that the system declines.
//
// A refusal is an answer, not a fault: it carries the API's error code, is never
// retried, and its message and details may be shown to the caller. All other errors are
// faults: they are retried or reported without their text.
package refusal

import (
	"errors"
	"maps"
)

// Code is an error code of the public API, such as "offer_not_found".
type Code string

// Error is a refusal.
type Error struct {
	Code    Code           `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}

// New returns a refusal with the code's message and no details.
func New(code Code) *Error {
	return &Error{Code: code, Message: messages[code]}
}

// With returns a copy of the refusal that carries one more detail.
func (e *Error) With(name string, value any) *Error {
	details := maps.Clone(e.Details)
	if details == nil {
		details = map[string]any{}
	}
	details[name] = value
	return &Error{Code: e.Code, Message: e.Message, Details: details}
}

// Error implements error.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is makes errors.Is match refusals by code alone.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// As returns the refusal in an error's chain, or nil when the error is a fault.
func As(err error) *Error {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused
	}
	return nil
}
