package refusal

// Problem is one reason why a request is not valid, in the shape that clients
// of the API know: where it is, what is wrong, and a stable type.
type Problem struct {
	Location []any  `json:"loc"`
	Message  string `json:"msg"`
	Type     string `json:"type"`
}

// InBody returns a problem of one body field with the type "value_error".
func InBody(field, message string) Problem {
	return Problem{Location: []any{"body", field}, Message: message, Type: "value_error"}
}

// Invalid returns the validation refusal that lists all problems.
func Invalid(problems ...Problem) *Error {
	return New(ValidationError).With("errors", problems)
}
