package refusal

// The codes of the public API. The wording of a message may change; a code may not.
const (
	ValidationError Code = "validation_error"
	Unauthorized    Code = "unauthorized"
	Forbidden       Code = "forbidden"
	RateLimited     Code = "rate_limited"

	IdempotencyKeyInvalid         Code = "idempotency_key_invalid"
	IdempotencyKeyPayloadConflict Code = "idempotency_key_payload_conflict"

	ClientNotFound       Code = "client_not_found"
	ClientCINConflict    Code = "client_cin_conflict"
	ClientDeleteBlocked  Code = "client_delete_blocked"
	ClientCINMissing     Code = "client_cin_missing"
	SubscriberNotFound   Code = "subscriber_not_found"
	SubscriberTaken      Code = "subscriber_identifier_conflict"
	SubscriberClient     Code = "subscriber_client_mismatch"
	SubscriberOffer      Code = "subscriber_offer_mismatch"
	SubscriberContracted Code = "subscriber_contract_conflict"

	OfferNotFound        Code = "offer_not_found"
	OfferNotActive       Code = "offer_not_active"
	OfferValidityInvalid Code = "offer_validity_invalid"
	OfferVersionConflict Code = "offer_version_conflict"
	OfferDeleteBlocked   Code = "offer_delete_blocked"

	ContractNotFound           Code = "contract_not_found"
	ContractDateInvalid        Code = "contract_date_invalid"
	ContractCommitmentInvalid  Code = "contract_commitment_invalid"
	UpgradeTargetMissing       Code = "contract_upgrade_target_missing"
	UpgradeTargetInvalid       Code = "contract_upgrade_target_invalid"
	UpgradeDisambiguation      Code = "contract_upgrade_disambiguation_required"
	ProvisioningIntentConflict Code = "provisioning_intent_conflict"
	ContractStatusTransition   Code = "contract_status_transition_invalid"
	ContractDocumentNotFound   Code = "contract_document_not_found"
	ContractDocumentConflict   Code = "contract_document_conflict"
	OrganisationForbidden      Code = "organisation_forbidden"

	LandingClientNotFound        Code = "landing_client_not_found"
	LandingDraftNotFound         Code = "landing_draft_not_found"
	LandingContractMismatch      Code = "landing_contract_client_mismatch"
	LandingOfferMismatch         Code = "landing_offer_service_mismatch"
	LandingTokenInvalid          Code = "landing_token_invalid"
	LandingTokenExpired          Code = "landing_token_expired"
	LandingDocumentTokenMismatch Code = "landing_document_token_mismatch"
	LandingInvoiceTokenMismatch  Code = "landing_invoice_token_mismatch"
	LandingLookupTokenMismatch   Code = "landing_lookup_token_mismatch"
	MobileNumberInvalid          Code = "mobile_number_invalid"
	LandlineNumberInvalid        Code = "landline_number_invalid"

	BillingRunNotFound         Code = "billing_run_not_found"
	BillingRunStatusTransition Code = "billing_run_status_transition_invalid"
	InvoiceNotFound            Code = "invoice_not_found"
	InvoiceVoid                Code = "invoice_void"
	InvoiceAlreadyPaid         Code = "invoice_already_paid"
	InvoiceNotVoidable         Code = "invoice_not_voidable"
	PaymentNotFound            Code = "payment_not_found"
	PaymentAlreadyReversed     Code = "payment_already_reversed"
	PaymentExceedsOutstanding  Code = "payment_exceeds_outstanding"
	AmountOutOfRange           Code = "amount_out_of_range"
	CollectionCaseNotFound     Code = "collection_case_not_found"
	ScheduleNotFound           Code = "schedule_not_found"
	ScheduleOff                Code = "schedule_off"

	PayloadNotDecodable Code = "payload_not_decodable"

	BillingEventNotFound        Code = "billing_event_not_found"
	BillingEventReadOnly        Code = "billing_event_read_only"
	BillingEventContractUnknown Code = "billing_event_contract_unknown"
	BillingEventExternalIDTaken Code = "billing_event_external_id_taken"
	BillingContractInUse        Code = "billing_contract_in_use"
)

var messages = map[Code]string{
	ValidationError: "Request validation failed",
	Unauthorized:    "Authentication is required",
	Forbidden:       "Insufficient permissions",
	RateLimited:     "Too many requests, try again later",

	IdempotencyKeyInvalid:         "Idempotency-Key must be 8 to 200 printable characters",
	IdempotencyKeyPayloadConflict: "Idempotency-Key was already used with a different payload",

	ClientNotFound:       "Client not found",
	ClientCINConflict:    "A client with this CIN already exists",
	ClientDeleteBlocked:  "Client has contracts, invoices, payments or collection cases",
	ClientCINMissing:     "Client has no CIN",
	SubscriberNotFound:   "Subscriber not found",
	SubscriberTaken:      "Service identifier is already in use",
	SubscriberClient:     "Subscriber does not belong to the client",
	SubscriberOffer:      "Subscriber service type does not match the offer",
	SubscriberContracted: "Subscriber already has an open contract",

	OfferNotFound:        "Offer not found",
	OfferNotActive:       "Offer is not active",
	OfferValidityInvalid: "Contract start date is outside the offer's validity",
	OfferVersionConflict: "An offer with this name, category and version already exists",
	OfferDeleteBlocked:   "Offer is used by contracts",

	ContractNotFound:           "Contract not found",
	ContractDateInvalid:        "Contract end date cannot be before its start date",
	ContractCommitmentInvalid:  "Contract end date is before the end of the commitment",
	UpgradeTargetMissing:       "Client has no active contract that this offer can upgrade",
	UpgradeTargetInvalid:       "Target contract cannot be upgraded to this offer",
	UpgradeDisambiguation:      "Several contracts can be upgraded, name one as target_contract_id",
	ProvisioningIntentConflict: "A new contract gets its own subscriber, an existing one cannot be given",
	ContractStatusTransition:   "Contract cannot move to this status",
	ContractDocumentNotFound:   "Contract document not found",
	ContractDocumentConflict:   "Another document has this id",
	OrganisationForbidden:      "The caller may not act for this organisation",

	LandingClientNotFound:        "No client with this CIN",
	LandingDraftNotFound:         "Draft not found",
	LandingContractMismatch:      "Contract does not belong to this client",
	LandingOfferMismatch:         "Offer belongs to another service category",
	LandingTokenInvalid:          "Token is not valid",
	LandingTokenExpired:          "Token has expired",
	LandingDocumentTokenMismatch: "Token was issued for another document",
	LandingInvoiceTokenMismatch:  "Token was issued for another invoice",
	LandingLookupTokenMismatch:   "Token was issued for another client",
	MobileNumberInvalid:          "Mobile number is not valid",
	LandlineNumberInvalid:        "Landline number is not valid",

	BillingRunNotFound:         "Billing run not found",
	BillingRunStatusTransition: "Billing run cannot move to this status",
	InvoiceNotFound:            "Invoice not found",
	InvoiceVoid:                "Invoice is void",
	InvoiceAlreadyPaid:         "Invoice is already paid",
	InvoiceNotVoidable:         "Invoice has payments, reverse them first",
	PaymentNotFound:            "Payment not found",
	PaymentAlreadyReversed:     "Payment is already reversed",
	PaymentExceedsOutstanding:  "Payment amount cannot exceed invoice outstanding balance",
	AmountOutOfRange:           "Amount is out of range",
	CollectionCaseNotFound:     "Collection case not found",
	ScheduleNotFound:           "Schedule not found",
	ScheduleOff:                "Schedule is switched off in the configuration",

	PayloadNotDecodable: "A payload cannot be decrypted with the configured keys",

	BillingEventNotFound:        "Billing event not found",
	BillingEventReadOnly:        "Billing event follows from an invoice or a payment and cannot be changed",
	BillingEventContractUnknown: "Contract of the billing event is not known",
	BillingEventExternalIDTaken: "Another billing event has this external id",
	BillingContractInUse:        "Contract has billing events or invoices, and ledger entries stay when an event is deleted",
}

// Codes returns every code with its message, for tables and documentation.
func Codes() map[Code]string { return messages }
