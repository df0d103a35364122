package rest

import (
	"context"
	"net/http"
	"slices"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// sharedCode is a code that operations answer in addition to their own refusals.
type sharedCode struct {
	code refusal.Code
	// status and message are set if the code is not a refusal.
	status  int
	message string
	// answeredBy reports whether an operation can answer the code.
	answeredBy func(Operation) bool
}

// sharedCodes are all shared codes. The OpenAPI document lists them for every operation that answers
// them, and as response components.
var sharedCodes = []sharedCode{
	{code: refusal.ValidationError, answeredBy: anyOperation},
	{code: refusal.Unauthorized, answeredBy: Operation.needsIdentity},
	{code: refusal.Forbidden, answeredBy: Operation.needsRole},
	{code: refusal.RateLimited, answeredBy: func(op Operation) bool { return op.Limits != nil }},
	{codeNotFound, http.StatusNotFound, "Not Found", noOperation},
	{codeMethodNotAllowed, http.StatusMethodNotAllowed, "Method Not Allowed", noOperation},
	{codeRequestTimeout, http.StatusRequestTimeout, "The request took too long to arrive", anyOperation},
	{codePayloadTooLarge, http.StatusRequestEntityTooLarge, "Request body is larger than 1 MiB", Operation.takesBody},
	{codeURITooLong, http.StatusRequestURITooLong, "URL is longer than 8 KiB", noOperation},
	{codeHeadersTooLarge, http.StatusRequestHeaderFieldsTooLarge, "Headers are larger than 32 KiB", noOperation},
	{codeRangeInvalid, http.StatusRequestedRangeNotSatisfiable, "The range is outside the file", func(op Operation) bool { return op.File }},
	{codeInternal, http.StatusInternalServerError, "Unexpected error", anyOperation},
	{CodeUnavailable, http.StatusServiceUnavailable, "The service is temporarily unavailable, try again", anyOperation},
	{codeDeadlineExceeded, http.StatusServiceUnavailable, "The request took too long, try again", anyOperation},
	{codeOverloaded, http.StatusServiceUnavailable, "The service is at its capacity limit, try again later", func(op Operation) bool { return op.Waits || op.Export }},
	{
		codeStale, http.StatusServiceUnavailable, "Collections are being synced to the business day, try again",
		func(op Operation) bool { return op.ReadsCases },
	},
}

func anyOperation(Operation) bool { return true }

// noOperation is for codes that are only answered outside of operations.
func noOperation(Operation) bool { return false }

func (op Operation) needsIdentity() bool { return op.Access != Public }

func (op Operation) needsRole() bool { return op.Access != Public && op.Access != Authenticated }

func (op Operation) takesBody() bool {
	return op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch
}

// codes returns the codes that the operation can answer: its own, then the shared ones.
func (op Operation) codes() []refusal.Code {
	codes := slices.Clone(op.Refusals)
	for _, shared := range sharedCodes {
		if shared.answeredBy(op) && !slices.Contains(codes, shared.code) {
			codes = append(codes, shared.code)
		}
	}
	return codes
}

func (op Operation) declares(code refusal.Code) bool { return slices.Contains(op.codes(), code) }

// shared returns the entry of a code, if it has one.
func shared(code refusal.Code) (sharedCode, bool) {
	at := slices.IndexFunc(sharedCodes, func(s sharedCode) bool { return s.code == code })
	if at < 0 {
		return sharedCode{}, false
	}
	return sharedCodes[at], true
}

// documentedStatus returns the default status of any code, refusal or not.
func documentedStatus(code refusal.Code) int {
	if entry, found := shared(code); found && entry.status != 0 {
		return entry.status
	}
	return statusOf(code)
}

// documentedMessage returns the message of any code, refusal or not.
func documentedMessage(code refusal.Code) string {
	if entry, found := shared(code); found && entry.message != "" {
		return entry.message
	}
	return refusal.New(code).Message
}

// faultEnvelope returns the envelope of a code that is not a refusal.
func faultEnvelope(ctx context.Context, code refusal.Code) *ErrorEnvelope {
	return PlainEnvelope(ctx, documentedStatus(code), code, documentedMessage(code))
}
