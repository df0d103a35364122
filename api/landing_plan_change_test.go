package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const planChangePath = "/api/v1/landing/submit/plan-change"

func TestLandingPlanChange_UpgradesContract(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	first, second := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	body := with(newMobile(first), object{"commitment_months": 12})
	subscribed := submit(t, s, body)
	// Another line of the same client, which must stay as it is.
	other := submit(t, s, with(body, object{"full_name": "Other Line"}))
	contract := text(t, subscribed, "contract", "id")
	oldFile := s.Call(t, http.MethodGet, text(t, subscribed, "document_download_url"), nil, system.Anonymous)

	answer := created(t, s, planChangePath, object{
		"cin": " " + strings.ToLower(text(t, body, "cin")), "source_contract_id": contract, "target_offer_id": second, "contract_start_date": "2026-10-01",
	}, newKey(), system.Anonymous)
	require.Equal(t, fieldsOf(submitFields), names(answer))
	require.Subset(t, answer, object{
		"client_id": subscribed["client_id"], "client_cin": subscribed["client_cin"], "service_identifier": subscribed["service_identifier"],
		"created_client": false, "created_subscriber": false, "provisioning_mode": "upgrade_existing_contract", "idempotency_replayed": false,
	})
	require.Subset(t, answer["contract"], object{
		"id": contract, "offer_id": second, "start_date": "2026-10-01", "commitment_months": 12.0, "status": "active",
	})

	events := contractAudit(t, s, contract)
	require.Len(t, events, 5)
	require.Equal(t, "contract_offer_changed", events[3]["event_type"])
	require.Equal(t, object{
		"from_offer_id": first, "to_offer_id": second, "from_start_date": "2026-09-20", "to_start_date": "2026-10-01", "source": "provision_upgrade",
	}, detailsOf(t, events[3]["details"]))
	require.Equal(t, "contract_document_issued", events[4]["event_type"])
	require.Equal(t, "landing-flow", events[4]["actor_id"])

	newFile := s.Call(t, http.MethodGet, text(t, answer, "document_download_url"), nil, system.Anonymous)
	require.Equal(t, http.StatusOK, newFile.Status)
	require.NotEqual(t, oldFile.Body, newFile.Body, "a plan change makes a new contract document")
	var untouched object
	s.Get(t, contractsPath+"/"+text(t, other, "contract", "id"), &untouched)
	require.Equal(t, first, untouched["offer_id"])
}

func TestLandingPlanChange_Refusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer, fiber, adsl := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer()), newOffer(t, s, adslOffer())
	retired := newOffer(t, s, with(mobileOffer(), object{"status": "retired"}))
	mine := newMobile(offer)
	subscribed := submit(t, s, mine)
	home := submit(t, s, with(newHomeService("internet", fiber), object{"cin": mine["cin"]}))
	strangers := text(t, submit(t, s, newMobile(offer)), "contract", "id")
	suspended := text(t, submit(t, s, mine), "contract", "id")
	execute(t, s, "UPDATE contracts SET status = 'suspended' WHERE id = $1", suspended)
	valid := object{
		"cin": mine["cin"], "source_contract_id": at(t, subscribed, "contract", "id"), "target_offer_id": offer, "contract_start_date": "2026-10-01",
	}
	for _, test := range []struct {
		name    string
		changes object
		status  int
		code    string
	}{
		{"no CIN", object{"cin": absent{}}, 422, "validation_error"},
		{"short CIN", object{"cin": " ab "}, 422, "validation_error"},
		{"no contract", object{"source_contract_id": absent{}}, 422, "validation_error"},
		{"no offer", object{"target_offer_id": absent{}}, 422, "validation_error"},
		{"no start", object{"contract_start_date": absent{}}, 422, "validation_error"},
		{"commitment 61", object{"commitment_months": 61}, 422, "validation_error"},
		{"unknown CIN", object{"cin": "NOBODY1"}, 404, "landing_client_not_found"},
		{"unknown contract", object{"source_contract_id": unknownID}, 404, "contract_not_found"},
		{"contract that is no UUID", object{"source_contract_id": "x"}, 404, "contract_not_found"},
		{"contract of a stranger", object{"source_contract_id": strangers}, 422, "landing_contract_client_mismatch"},
		{"unknown offer", object{"target_offer_id": unknownID}, 404, "offer_not_found"},
		{"offer of another category", object{"target_offer_id": fiber}, 422, "landing_offer_service_mismatch"},
		{"retired offer", object{"target_offer_id": retired}, 409, "offer_not_active"},
		{"outside the offer's validity", object{"contract_start_date": "2025-12-31"}, 422, "offer_validity_invalid"},
		{"suspended contract", object{"source_contract_id": suspended}, 422, "contract_upgrade_target_invalid"},
		{"another access of the category", object{"source_contract_id": at(t, home, "contract", "id"), "target_offer_id": adsl}, 409, "contract_upgrade_target_missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(valid, test.changes)
			writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, planChangePath, body, newKey(), system.Anonymous)
			}).Refused(t, test.status, test.code)
			var contract object
			s.Get(t, contractsPath+"/"+text(t, subscribed, "contract", "id"), &contract)
			require.Equal(t, subscribed["contract"], contract, "body: %v", body)
		})
	}
}
