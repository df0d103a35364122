package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// line is a contract with the subscriber it is on.
type line struct{ contract, subscriber, number string }

// portfolio is a client with lines in every state, and a stranger's line.
type portfolio struct {
	none, one, several           string
	only, first, second, fiber   line
	draft, suspended, terminated line
	stranger                     line
	mobile                       string
}

func newLine(t testing.TB, s *system.System, clientID, offerID, status string) line {
	t.Helper()
	number := newMobileNumber()
	answer := provision(t, s, object{
		"client_id": clientID, "offer_id": offerID, "provisioning_intent": "new_line", "subscriber": object{"service_identifier": number},
	})
	made := line{text(t, answer, "contract", "id"), text(t, answer, "contract", "subscriber_id"), number}
	if status != "active" {
		execute(t, s, `UPDATE contracts SET status = $2, terminated_at = CASE WHEN $2 = 'terminated' THEN now() END WHERE id = $1`,
			made.contract, status)
	}
	return made
}

func newPortfolio(t testing.TB, s *system.System) portfolio {
	t.Helper()
	offer, fiber := newOffer(t, s, mobileOffer()), newOffer(t, s, fiberOffer())
	p := portfolio{mobile: newOffer(t, s, mobileOffer())}
	p.none, _ = newClient(t, s)
	p.one, _ = newClient(t, s)
	p.several, _ = newClient(t, s)
	stranger, _ := newClient(t, s)
	p.draft, p.suspended, p.terminated = newLine(t, s, p.none, offer, "draft"), newLine(t, s, p.none, offer, "suspended"), newLine(t, s, p.none, offer, "terminated")
	p.only, p.fiber = newLine(t, s, p.one, offer, "active"), newLine(t, s, p.one, fiber, "active")
	p.first, p.second = newLine(t, s, p.several, offer, "active"), newLine(t, s, p.several, offer, "active")
	p.stranger = newLine(t, s, stranger, offer, "active")
	return p
}

func TestProvision_Decision(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	p := newPortfolio(t, s)
	for _, test := range []struct {
		name     string
		body     object
		upgrades string
	}{
		{"new_line with a candidate", object{"client_id": p.one, "provisioning_intent": "new_line"}, ""},
		{"new_line with an own number", object{
			"client_id": p.none, "provisioning_intent": "new_line",
			"subscriber": object{"service_identifier": "+212699999901"},
		}, ""},
		{"auto without a candidate", object{"client_id": p.none}, ""},
		{"auto without a candidate but a target", object{"client_id": p.none, "target_contract_id": p.draft.contract}, ""},
		{"auto with an unknown number", object{"client_id": p.several, "subscriber": object{"service_identifier": "+212699999902"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(test.body, object{"offer_id": p.mobile})
			answer := provision(t, s, body)
			// The new line must not be a candidate of the tests that follow.
			execute(t, s, "UPDATE contracts SET status = 'suspended' WHERE id = $1", text(t, answer, "contract", "id"))
			require.Equal(t, "new_contract", answer["provisioning_mode"], "body: %v", body)
			require.Equal(t, true, answer["created_subscriber"])
		})
	}
	for _, test := range []struct {
		name   string
		body   object
		target line
	}{
		{"upgrade of the only candidate", object{"client_id": p.one, "provisioning_intent": "upgrade"}, p.only},
		{"upgrade of a named candidate", object{"client_id": p.several, "provisioning_intent": "upgrade", "target_contract_id": p.second.contract}, p.second},
		{"auto with one candidate", object{"client_id": p.one}, p.only},
		{"auto with a target", object{"client_id": p.several, "target_contract_id": p.first.contract}, p.first},
		{"auto with a target and a subscriber", object{
			"client_id": p.several, "target_contract_id": p.first.contract,
			"subscriber_id": p.second.subscriber,
		}, p.first},
		{"auto with a subscriber id", object{"client_id": p.several, "subscriber_id": p.second.subscriber}, p.second},
		{"auto with an own number", object{"client_id": p.several, "subscriber": object{"service_identifier": " " + p.second.number + " "}}, p.second},
		{"auto with a subscriber without number", object{"client_id": p.one, "subscriber": object{"service_type": "mobile"}}, p.only},
		{"auto with an empty subscriber", object{"client_id": p.one, "subscriber": object{}}, p.only},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(test.body, object{"offer_id": p.mobile})
			answer := provision(t, s, body)
			require.Equal(t, "upgrade_existing_contract", answer["provisioning_mode"], "body: %v", body)
			require.Equal(t, false, answer["created_subscriber"])
			require.Subset(t, answer["contract"], object{"id": test.target.contract, "subscriber_id": test.target.subscriber, "offer_id": p.mobile})
		})
	}
}

func TestProvision_DecisionRefusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	p := newPortfolio(t, s)
	both := object{"candidate_contract_ids": []any{p.first.contract, p.second.contract}}
	only := object{"candidate_contract_ids": []any{p.only.contract}}
	for _, test := range []struct {
		name    string
		body    object
		status  int
		code    string
		details object
	}{
		{"upgrade without a candidate", object{"client_id": p.none, "provisioning_intent": "upgrade"}, 409, "contract_upgrade_target_missing", object{}},
		{
			"upgrade without a candidate but a target",
			object{"client_id": p.none, "provisioning_intent": "upgrade", "target_contract_id": p.draft.contract},
			409, "contract_upgrade_target_missing",
			object{},
		},
		{
			"upgrade of a stranger's contract",
			object{"client_id": p.one, "provisioning_intent": "upgrade", "target_contract_id": p.stranger.contract},
			422, "contract_upgrade_target_invalid", only,
		},
		{
			"upgrade of another type",
			object{"client_id": p.one, "provisioning_intent": "upgrade", "target_contract_id": p.fiber.contract},
			422, "contract_upgrade_target_invalid", only,
		},
		{
			"upgrade of nobody's contract",
			object{"client_id": p.one, "provisioning_intent": "upgrade", "target_contract_id": "x"},
			422, "contract_upgrade_target_invalid", only,
		},
		{
			"upgrade of one of several",
			object{"client_id": p.several, "provisioning_intent": "upgrade"},
			409, "contract_upgrade_disambiguation_required", both,
		},
		{"auto with a wrong target", object{"client_id": p.one, "target_contract_id": p.stranger.contract}, 422, "contract_upgrade_target_invalid", only},
		{"auto of one of several", object{"client_id": p.several}, 409, "contract_upgrade_disambiguation_required", both},
		{
			"auto of one of several with only a type",
			object{"client_id": p.several, "subscriber": object{"service_type": "mobile"}},
			409, "contract_upgrade_disambiguation_required", both,
		},
		{"auto with a subscriber that has no candidate", object{"client_id": p.one, "subscriber_id": p.fiber.subscriber}, 422, "provisioning_intent_conflict", object{}},
		{"auto with nobody's subscriber", object{"client_id": p.one, "subscriber_id": unknownID}, 422, "provisioning_intent_conflict", object{}},
		{"no candidate and a subscriber id", object{"client_id": p.none, "subscriber_id": p.suspended.subscriber}, 422, "provisioning_intent_conflict", object{}},
		{"own number of another type", object{"client_id": p.one, "subscriber": object{"service_identifier": p.fiber.number}}, 422, "subscriber_offer_mismatch", object{}},
		{"number of a stranger", object{"client_id": p.one, "subscriber": object{"service_identifier": p.stranger.number}}, 409, "subscriber_identifier_conflict", object{}},
		{
			"own number without an active contract",
			object{"client_id": p.none, "subscriber": object{"service_identifier": p.terminated.number}},
			409, "subscriber_identifier_conflict",
			object{},
		},
		{
			"new_line on a taken number",
			object{"client_id": p.one, "provisioning_intent": "new_line", "subscriber": object{"service_identifier": p.only.number}},
			409, "subscriber_identifier_conflict",
			object{},
		},
		{"new line of another type", object{"client_id": p.none, "subscriber": object{"service_type": "fiber"}}, 422, "subscriber_offer_mismatch", object{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(test.body, object{"offer_id": p.mobile, "contract_start_date": "2026-08-10"})
			details := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, provisionPath, body) }).
				Refused(t, test.status, test.code)
			require.Equal(t, test.details, details, "body: %v", body)
		})
	}
}

func TestProvision_RefusalLeavesNoClient(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	p := newPortfolio(t, s)
	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodPost, provisionPath, object{
			"offer_id": p.mobile, "contract_start_date": "2026-08-10", "client": object{"client_type": "business", "full_name": "Left Behind"},
			"subscriber": object{"service_identifier": p.stranger.number},
		})
	}).Refused(t, http.StatusConflict, "subscriber_identifier_conflict")
}

func TestProvision_ConcurrentAutoIntents(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	body := object{"client_id": client, "offer_id": newOffer(t, s, mobileOffer()), "contract_start_date": "2026-08-10"}
	for _, answer := range concurrently(t, 16, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, provisionPath, body)
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"), "the first makes the contract, the others upgrade it")
}
