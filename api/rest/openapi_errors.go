package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/phone"
	"github.com/mtfacturation/mtf/internal/refusal"
	"github.com/mtfacturation/mtf/internal/temporal/payloadcodec"
)

// exampleTraceID is the trace id of the errors in the document.
const exampleTraceID = "6f1c0d52-7b1e-4c39-9a57-1d2f8e0b4c63"

// exampleDetails returns example details of a code.
func exampleDetails(code refusal.Code) map[string]any {
	const contractID, otherContractID = "01932b7e-7a34-7c11-8f0e-52d9a6b3c7e4", "01932b7e-9d02-7e86-b1c4-0a7f3e5d2c91"
	switch code {
	case refusal.ValidationError:
		return refusal.Invalid(refusal.InBody("full_name", "String should have at least 2 characters")).Details
	case refusal.Forbidden:
		return map[string]any{"required_roles": requiredRoles[Admins]}
	case refusal.RateLimited:
		return map[string]any{detailRetryAfter: 1800}
	case refusal.ClientCINConflict:
		return map[string]any{"client_id": "01932b7e-4c10-7f3a-9d52-6b1f0c8e2a41"}
	case refusal.OfferValidityInvalid:
		return map[string]any{"valid_from": "2026-01-01", "valid_to": "2026-10-31"}
	case refusal.ContractCommitmentInvalid:
		return map[string]any{"minimum_end_date": "2027-11-22"}
	case refusal.UpgradeTargetInvalid, refusal.UpgradeDisambiguation:
		return map[string]any{"candidate_contract_ids": []string{contractID, otherContractID}}
	case refusal.SubscriberContracted:
		return map[string]any{"contract_id": contractID}
	case refusal.ContractStatusTransition:
		return map[string]any{"from": "terminated", "to": "active"}
	case refusal.BillingRunStatusTransition:
		return map[string]any{"from": "completed", "to": "paused"}
	case refusal.MobileNumberInvalid:
		return refusalDetails(phone.Mobile.Parse(""))
	case refusal.LandlineNumberInvalid:
		return refusalDetails(phone.Landline.Parse(""))
	case refusal.PayloadNotDecodable:
		return map[string]any{"key_id": "2025-11", "reason": payloadcodec.ErrUnknownKey.Error()}
	case refusal.PaymentExceedsOutstanding:
		return map[string]any{"outstanding_amount": "299.40", "payment_amount": "500.00"}
	case refusal.InvoiceNotVoidable:
		return map[string]any{"paid_amount": "100.00"}
	case refusal.AmountOutOfRange:
		return map[string]any{"maximum": money.MaxAmount}
	default:
		return map[string]any{}
	}
}

// refusalDetails returns the details of a refused number.
func refusalDetails(_ phone.Number, err error) map[string]any { return refusal.As(err).Details }

// errorExamples returns an example envelope of every code.
func errorExamples() map[string]*huma.Example {
	codes := slices.Collect(maps.Keys(refusal.Codes()))
	for _, shared := range sharedCodes {
		codes = append(codes, shared.code)
	}
	examples := map[string]*huma.Example{}
	for _, code := range codes {
		examples[string(code)] = errorExample(envelopeFormat, documentedStatus(code), code)
	}
	return examples
}

func errorExample(format *ErrorFormat, status int, code refusal.Code) *huma.Example {
	message := documentedMessage(code)
	return &huma.Example{
		Summary: message,
		Value:   format.Body(status, ErrorDetail{Code: code, Message: message, Details: exampleDetails(code), TraceID: exampleTraceID}),
	}
}

// documentErrors adds one response per error status of the operation, with one example per code.
func documentErrors(doc *huma.OpenAPI, described *huma.Operation, op Operation, format *ErrorFormat) {
	byStatus := map[int][]refusal.Code{}
	for _, code := range op.codes() {
		for _, status := range format.statusesOf(op, code) {
			byStatus[status] = append(byStatus[status], code)
		}
	}
	for status, codes := range byStatus {
		described.Responses[strconv.Itoa(status)] = errorResponse(doc, format, status, codes)
	}
}

// documentSharedCodes adds a component for every shared code, including codes answered outside of
// operations.
func documentSharedCodes(doc *huma.OpenAPI) {
	for _, entry := range sharedCodes {
		sharedResponse(doc, envelopeFormat, documentedStatus(entry.code), []refusal.Code{entry.code})
	}
}

// errorResponse returns the response with these codes. A response with shared codes only is a
// component.
func errorResponse(doc *huma.OpenAPI, format *ErrorFormat, status int, codes []refusal.Code) *huma.Response {
	ownCode := func(code refusal.Code) bool {
		_, isShared := shared(code)
		return !isShared
	}
	if slices.ContainsFunc(codes, ownCode) {
		return newErrorResponse(doc, format, status, codes)
	}
	return &huma.Response{Ref: "#/components/responses/" + sharedResponse(doc, format, status, codes)}
}

// sharedResponse adds the component of shared codes and returns its name.
func sharedResponse(doc *huma.OpenAPI, format *ErrorFormat, status int, codes []refusal.Code) string {
	names := make([]string, len(codes))
	for i, code := range codes {
		for word := range strings.SplitSeq(string(code), "_") {
			names[i] += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	name := format.Name + strings.Join(names, "Or")
	if status != documentedStatus(codes[0]) {
		name += strconv.Itoa(status)
	}
	if doc.Components.Responses[name] == nil {
		doc.Components.Responses[name] = newErrorResponse(doc, format, status, codes)
	}
	return name
}

func newErrorResponse(doc *huma.OpenAPI, format *ErrorFormat, status int, codes []refusal.Code) *huma.Response {
	sent := []string{headerRequestID}
	if !format.CodeInBody {
		sent = append(sent, headerErrorCode)
	}
	switch {
	case slices.Contains(codes, refusal.Unauthorized):
		sent = append(sent, "WWW-Authenticate")
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		sent = append(sent, "Retry-After")
	}
	content := &huma.MediaType{
		Schema:   doc.Components.Schemas.Schema(format.BodyType, true, ""),
		Examples: map[string]*huma.Example{},
	}
	lines := make([]string, len(codes))
	for i, code := range codes {
		name := format.exampleName(status, code)
		if doc.Components.Examples[name] == nil {
			doc.Components.Examples[name] = errorExample(format, status, code)
		}
		content.Examples[string(code)] = &huma.Example{Ref: "#/components/examples/" + name}
		lines[i] = fmt.Sprintf("`%s`: %s.", code, documentedMessage(code))
	}
	return &huma.Response{
		Description: strings.Join(lines, "\n\n"), Headers: headerRefs(sent...),
		Content: map[string]*huma.MediaType{mediaJSON: content},
	}
}
