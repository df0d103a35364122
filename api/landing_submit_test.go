package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	submitNewPath = "/api/v1/landing/submit/new"
	submitFields  = `contract, client_id, client_cin, service_identifier, created_client, created_subscriber, provisioning_mode,
		idempotency_replayed, document_download_url`
)

// newMobile is a submit of a new mobile service by a new client.
func newMobile(offerID string) object {
	return object{
		"service_category": "mobile", "offer_id": offerID, "cin": newCIN(), "full_name": "Leila Amrani",
		"contract_start_date": "2026-09-20", "mobile_number_mode": "assign_new",
	}
}

// newHomeService is a submit of a new internet or landline service by a new client.
func newHomeService(category, offerID string) object {
	return object{
		"service_category": category, "offer_id": offerID, "cin": newCIN(), "full_name": "Leila Amrani",
		"contract_start_date": "2026-09-20", "home_landline_local_number": newLandlineNumber(),
	}
}

// submit sends a submit that must be accepted.
func submit(t testing.TB, s *system.System, body object) object {
	t.Helper()
	return created(t, s, submitNewPath, body, newKey(), system.Anonymous)
}

func TestLandingSubmit_CreatesClientLineContractAndDocument(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	answer := submit(t, s, with(newMobile(offer), object{
		"cin": " la100001 ", "full_name": " Leila Amrani ", "email": "leila@example.ma", "address": "Fès",
		"contact_phone": "0661000001", "commitment_months": 12, "unknown": true,
	}))
	require.Equal(t, fieldsOf(submitFields), names(answer))
	require.Subset(t, answer, object{
		"client_cin": "LA100001", "created_client": true, "created_subscriber": true, "provisioning_mode": "new_contract",
		"idempotency_replayed": false,
	})
	require.Regexp(t, `^\+212[67]\d{8}$`, answer["service_identifier"])
	require.Equal(t, fieldsOf(contractFields), names(answer["contract"]))
	require.Subset(t, answer["contract"], object{
		"offer_id": offer, "status": "active", "start_date": "2026-09-20", "end_date": nil, "commitment_months": 12.0, "client_id": answer["client_id"],
	})

	var client object
	s.Get(t, customersPath+"/"+text(t, answer, "client_id"), &client)
	require.Subset(t, client, object{
		"cin": "LA100001", "client_type": "individual", "full_name": "Leila Amrani", "email": "leila@example.ma", "address": "Fès",
		"phone": "0661000001", "status": "active",
	})
	file := s.Call(t, http.MethodGet, text(t, answer, "document_download_url"), nil, system.Anonymous)
	require.Equal(t, http.StatusOK, file.Status, "%s", file.Body)
	require.True(t, strings.HasPrefix(string(file.Body), "%PDF-1.4"))
}

func TestLandingSubmit_AuditTrail(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	mobile, fiber, landline := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer()), newOffer(t, s, landlineOffer())
	for _, test := range []struct {
		mode, category string
		body           object
	}{
		{"generated", "mobile", newMobile(mobile)},
		{"requested_input", "mobile", with(newMobile(mobile), object{"requested_mobile_local_number": "0612345678"})},
		{"existing_input", "mobile", with(newMobile(mobile), object{"mobile_number_mode": "use_existing", "existing_mobile_local_number": "0712345678"})},
		{"provided_home_landline", "internet", newHomeService("internet", fiber)},
		{"provided_home_landline", "landline", newHomeService("landline", landline)},
	} {
		t.Run(test.mode+"/"+test.category, func(t *testing.T) {
			t.Parallel()
			answer := submit(t, s, test.body)
			events := contractAudit(t, s, text(t, answer, "contract", "id"))
			var types []any
			for _, event := range events {
				types = append(types, event["event_type"])
				require.Equal(t, "landing-flow", event["actor_id"])
			}
			require.Equal(t, []any{"contract_provisioned", "landing_service_identifier_allocated", "contract_document_issued"}, types)
			number := text(t, answer, "service_identifier")
			require.Equal(t, object{
				"service_category": test.category, "allocation_mode": test.mode, "service_identifier_masked": "+******" + number[len(number)-4:],
			}, detailsOf(t, events[1]["details"]))
			issued := detailsOf(t, events[2]["details"])
			require.Equal(t, fieldsOf("document_id, document_type, sha256"), names(issued))
			require.Equal(t, "contract_pdf", issued["document_type"])
			require.Regexp(t, `^[0-9a-f]{64}$`, issued["sha256"])
		})
	}
}

func TestLandingSubmit_KeepsKnownClient(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer := newOffer(t, s, mobileOffer())
	intruder := object{"full_name": "Some Intruder", "email": "x@evil.example", "address": "Elsewhere", "contact_phone": "0699999999"}
	for _, test := range []struct {
		name         string
		stored, want object
	}{
		{"everything known", object{"email": "a@b.ma", "address": "Home", "phone": "0600"}, object{"email": "a@b.ma", "address": "Home", "phone": "0600"}},
		{"nothing known", object{}, object{"email": "x@evil.example", "address": "Elsewhere", "phone": "0699999999"}},
		{"no phone known", object{"email": "a@b.ma", "address": "Home"}, object{"email": "a@b.ma", "address": "Home", "phone": "0699999999"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cin := newCIN()
			stored := created(t, s, customersPath, with(object{
				"cin": cin, "client_type": "business", "full_name": "True Name", "status": "suspended",
			}, test.stored))
			answer := submit(t, s, with(with(newMobile(offer), intruder), object{"cin": strings.ToLower(cin)}))
			require.Equal(t, false, answer["created_client"])
			require.Equal(t, stored["id"], answer["client_id"])
			var read object
			s.Get(t, customersPath+"/"+text(t, stored, "id"), &read)
			require.Subset(t, read, with(test.want, object{"full_name": "True Name", "client_type": "business", "status": "suspended", "cin": cin}))
		})
	}
}

func TestLandingSubmit_OwnNumberUpgradesContract(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	first, second := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	body := newMobile(first)
	answer := submit(t, s, body)
	number := text(t, answer, "service_identifier")
	again := submit(t, s, with(body, object{
		"offer_id": second, "mobile_number_mode": "use_existing", "existing_mobile_local_number": number, "contract_start_date": "2026-10-01",
	}))
	require.Subset(t, again, object{
		"created_client": false, "created_subscriber": false, "provisioning_mode": "upgrade_existing_contract", "service_identifier": number,
	})
	require.Subset(t, again["contract"], object{"id": at(t, answer, "contract", "id"), "offer_id": second, "start_date": "2026-10-01"})
	require.Len(t, contractAudit(t, s, text(t, answer, "contract", "id")), 6)
}

func TestLandingSubmit_Refusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer, fiber := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer())
	retired := newOffer(t, s, with(mobileOffer(), object{"status": "retired"}))
	taken := text(t, submit(t, s, newMobile(offer)), "service_identifier")
	home := newHomeService("internet", fiber)
	submit(t, s, home)
	mobile := newMobile(offer)
	mode := object{"mobile_number_mode": "use_existing", "existing_mobile_local_number": "0612345678"}
	for _, test := range []struct {
		name   string
		body   object
		status int
		code   string
		at     string
	}{
		{"no CIN", with(mobile, object{"cin": absent{}}), 422, "validation_error", "cin"},
		{"short CIN", with(mobile, object{"cin": " ab "}), 422, "validation_error", "cin"},
		{"short name", with(mobile, object{"full_name": " x "}), 422, "validation_error", "full_name"},
		{"unknown category", with(mobile, object{"service_category": "tv"}), 422, "validation_error", "service_category"},
		{"no start", with(mobile, object{"contract_start_date": absent{}}), 422, "validation_error", "contract_start_date"},
		{"commitment 0", with(mobile, object{"commitment_months": 0}), 422, "validation_error", "commitment_months"},
		{"commitment 61", with(mobile, object{"commitment_months": 61}), 422, "validation_error", "commitment_months"},
		{"mobile without a mode", with(mobile, object{"mobile_number_mode": nil}), 422, "validation_error", "mobile_number_mode"},
		{"unknown mode", with(mobile, object{"mobile_number_mode": "guess"}), 422, "validation_error", "mobile_number_mode"},
		{"use_existing without a number", with(mobile, object{"mobile_number_mode": "use_existing"}), 422, "validation_error", "existing_mobile_local_number"},
		{
			"use_existing with a request", with(with(mobile, mode), object{"requested_mobile_local_number": "0612345679"}),
			422, "validation_error", "requested_mobile_local_number",
		},
		{
			"assign_new with an existing number", with(mobile, object{"existing_mobile_local_number": "0612345678"}),
			422, "validation_error", "existing_mobile_local_number",
		},
		{"mobile with a landline", with(mobile, object{"home_landline_local_number": "0522334455"}), 422, "validation_error", "home_landline_local_number"},
		{"internet without a landline", with(home, object{"home_landline_local_number": nil}), 422, "validation_error", "home_landline_local_number"},
		{"internet with a mode", with(home, object{"mobile_number_mode": "assign_new"}), 422, "validation_error", "mobile_number_mode"},
		{
			"internet with an existing mobile", with(home, object{"existing_mobile_local_number": "0612345678"}),
			422, "validation_error", "existing_mobile_local_number",
		},
		{
			"internet with a requested mobile", with(home, object{"requested_mobile_local_number": "0612345678"}),
			422, "validation_error", "requested_mobile_local_number",
		},
		{
			"landline without a landline", with(home, object{"service_category": "landline", "home_landline_local_number": absent{}}),
			422, "validation_error", "home_landline_local_number",
		},
		{"unknown offer", with(mobile, object{"offer_id": unknownID}), 404, "offer_not_found", ""},
		{"offer that is no UUID", with(mobile, object{"offer_id": "x"}), 404, "offer_not_found", ""},
		{"retired offer", with(mobile, object{"offer_id": retired}), 409, "offer_not_active", ""},
		{"offer of another category", with(mobile, object{"offer_id": fiber}), 422, "landing_offer_service_mismatch", ""},
		{"outside the offer's validity", with(mobile, object{"contract_start_date": "2025-12-31"}), 422, "offer_validity_invalid", ""},
		{"requested number is taken", with(mobile, object{"requested_mobile_local_number": taken}), 409, "subscriber_identifier_conflict", ""},
		{"existing number of a stranger", with(with(mobile, mode), object{"existing_mobile_local_number": taken}), 409, "subscriber_identifier_conflict", ""},
		{"home number is taken", with(home, object{"cin": newCIN()}), 409, "subscriber_identifier_conflict", ""},
		{"own home number is taken too", home, 409, "subscriber_identifier_conflict", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, submitNewPath, test.body, newKey(), system.Anonymous)
			})
			if test.at != "" {
				problemAt(t, answer, "body", test.at)
				return
			}
			answer.Refused(t, test.status, test.code)
		})
	}
}
