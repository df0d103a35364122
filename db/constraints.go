package db

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mtfacturation/mtf/internal/refusal"
)

// refusals maps a violated constraint to its refusal. A constraint that
// is not listed guards against defects of the program: breaking it is a fault.
var refusals = map[string]refusal.Code{
	"clients_cin_key":                       refusal.ClientCINConflict,
	"subscribers_service_identifier_key":    refusal.SubscriberTaken,
	"contracts_one_open_per_subscriber_key": refusal.SubscriberContracted,
	"contracts_subscriber_of_client_fkey":   refusal.SubscriberClient,
	"contracts_dates_ordered":               refusal.ContractDateInvalid,
	"offers_identity_key":                   refusal.OfferVersionConflict,
	"contracts_client_fkey":                 refusal.ClientDeleteBlocked,
	"contracts_offer_fkey":                  refusal.OfferDeleteBlocked,
	"invoices_client_fkey":                  refusal.ClientDeleteBlocked,
	"payments_client_fkey":                  refusal.ClientDeleteBlocked,
	"collection_cases_client_fkey":          refusal.ClientDeleteBlocked,
	"dunning_episodes_client_fkey":          refusal.ClientDeleteBlocked,
	"notifications_client_fkey":             refusal.ClientDeleteBlocked,
	"ledger_events_external_id_key":         refusal.BillingEventExternalIDTaken,
	"billing_profiles_dates_ordered":        refusal.ContractDateInvalid,
}

// repeatable names the constraints that only indicate a lost race: the repeated
// transaction reads what the winner wrote.
var repeatable = map[string]bool{
	"idempotency_keys_pkey":         true,
	"dunning_policies_pkey":         true,
	"invoice_lines_day_billed_once": true,
	// A sync opens a case that it did not see.
	"collection_cases_invoice_key": true,
}

// Translate returns the refusal for a violated business constraint, and any other error
// unchanged. InTransaction calls it.
func Translate(err error) error {
	failure, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	if code, known := refusals[failure.ConstraintName]; known {
		return refusal.New(code)
	}
	return err
}
