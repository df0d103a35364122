package rest

import (
	"net/http"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// statuses maps refusals to HTTP statuses.
var statuses = map[refusal.Code]int{
	refusal.ValidationError: http.StatusUnprocessableEntity,
	refusal.Unauthorized:    http.StatusUnauthorized,
	refusal.Forbidden:       http.StatusForbidden,
	refusal.RateLimited:     http.StatusTooManyRequests,

	refusal.IdempotencyKeyInvalid:         http.StatusBadRequest,
	refusal.IdempotencyKeyPayloadConflict: http.StatusConflict,

	refusal.ClientNotFound:       http.StatusNotFound,
	refusal.ClientCINConflict:    http.StatusConflict,
	refusal.ClientDeleteBlocked:  http.StatusConflict,
	refusal.ClientCINMissing:     http.StatusConflict,
	refusal.SubscriberNotFound:   http.StatusNotFound,
	refusal.SubscriberTaken:      http.StatusConflict,
	refusal.SubscriberClient:     http.StatusUnprocessableEntity,
	refusal.SubscriberOffer:      http.StatusUnprocessableEntity,
	refusal.SubscriberContracted: http.StatusConflict,

	refusal.OfferNotFound:        http.StatusNotFound,
	refusal.OfferNotActive:       http.StatusConflict,
	refusal.OfferValidityInvalid: http.StatusUnprocessableEntity,
	refusal.OfferVersionConflict: http.StatusConflict,
	refusal.OfferDeleteBlocked:   http.StatusConflict,

	refusal.ContractNotFound:           http.StatusNotFound,
	refusal.ContractDateInvalid:        http.StatusUnprocessableEntity,
	refusal.ContractCommitmentInvalid:  http.StatusUnprocessableEntity,
	refusal.UpgradeTargetMissing:       http.StatusConflict,
	refusal.UpgradeTargetInvalid:       http.StatusUnprocessableEntity,
	refusal.UpgradeDisambiguation:      http.StatusConflict,
	refusal.ProvisioningIntentConflict: http.StatusUnprocessableEntity,
	refusal.ContractStatusTransition:   http.StatusConflict,
	refusal.ContractDocumentNotFound:   http.StatusNotFound,
	refusal.ContractDocumentConflict:   http.StatusConflict,
	refusal.OrganisationForbidden:      http.StatusForbidden,

	refusal.LandingClientNotFound:        http.StatusNotFound,
	refusal.LandingDraftNotFound:         http.StatusNotFound,
	refusal.LandingContractMismatch:      http.StatusUnprocessableEntity,
	refusal.LandingOfferMismatch:         http.StatusUnprocessableEntity,
	refusal.LandingTokenInvalid:          http.StatusUnauthorized,
	refusal.LandingTokenExpired:          http.StatusUnauthorized,
	refusal.LandingDocumentTokenMismatch: http.StatusForbidden,
	refusal.LandingInvoiceTokenMismatch:  http.StatusForbidden,
	refusal.LandingLookupTokenMismatch:   http.StatusForbidden,
	refusal.MobileNumberInvalid:          http.StatusUnprocessableEntity,
	refusal.LandlineNumberInvalid:        http.StatusUnprocessableEntity,

	refusal.BillingRunNotFound:         http.StatusNotFound,
	refusal.BillingRunStatusTransition: http.StatusConflict,
	refusal.InvoiceNotFound:            http.StatusNotFound,
	refusal.InvoiceVoid:                http.StatusConflict,
	refusal.InvoiceAlreadyPaid:         http.StatusConflict,
	refusal.InvoiceNotVoidable:         http.StatusConflict,
	refusal.PaymentNotFound:            http.StatusNotFound,
	refusal.PaymentAlreadyReversed:     http.StatusConflict,
	refusal.PaymentExceedsOutstanding:  http.StatusUnprocessableEntity,
	refusal.AmountOutOfRange:           http.StatusUnprocessableEntity,
	refusal.CollectionCaseNotFound:     http.StatusNotFound,
	refusal.ScheduleNotFound:           http.StatusNotFound,
	refusal.ScheduleOff:                http.StatusConflict,

	refusal.PayloadNotDecodable: http.StatusUnprocessableEntity,

	refusal.BillingEventNotFound:        http.StatusNotFound,
	refusal.BillingEventReadOnly:        http.StatusUnprocessableEntity,
	refusal.BillingEventContractUnknown: http.StatusUnprocessableEntity,
	refusal.BillingEventExternalIDTaken: http.StatusUnprocessableEntity,
	refusal.BillingContractInUse:        http.StatusUnprocessableEntity,
}

// statusOf returns the default status of a refusal. A code missing in the table is a defect.
func statusOf(code refusal.Code) int {
	if status, known := statuses[code]; known {
		return status
	}
	return http.StatusInternalServerError
}
