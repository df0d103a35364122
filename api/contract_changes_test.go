package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestContract_Changes(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"ContractIsCreatedAsADraft", contractIsCreatedAsADraft},
		{"ContractIsCreatedInAnyStatus", contractIsCreatedInAnyStatus},
		{"ContractBodiesAreChecked", contractBodiesAreChecked},
		{"CreateContractRefusesWhatDoesNotBelongTogether", createContractRefusesWhatDoesNotBelongTogether},
		{"CreateContractChecksDatesAndCommitment", createContractChecksDatesAndCommitment},
		{"SubscriberHasOneOpenContract", subscriberHasOneOpenContract},
		{"StatusMovesAsTheTableSays", statusMovesAsTheTableSays},
		{"SameStatusIsNoChange", sameStatusIsNoChange},
		{"ActivationIsKeptAndTerminationEndsTheContract", activationIsKeptAndTerminationEndsTheContract},
		{"TerminationNeverEndsBeforeTheStart", terminationNeverEndsBeforeTheStart},
		{"OfferChangesWithAnEvent", offerChangesWithAnEvent},
		{"OfferChangeRefusesWhatDoesNotFit", offerChangeRefusesWhatDoesNotFit},
		{"ChangesOfUnknownContractsAreNotFound", changesOfUnknownContractsAreNotFound},
	})
}

// draftOf is the body of a contract on a new mobile line of a new client.
func draftOf(t testing.TB, s *system.System) object {
	t.Helper()
	client, _ := newClient(t, s)
	return object{
		"client_id": client, "subscriber_id": newSubscriber(t, s, client), "offer_id": newOffer(t, s, mobileOffer()),
		"contract_start_date": "2026-03-15",
	}
}

func statusPath(contract object) string {
	return contractsPath + "/" + contract["id"].(string) + "/status"
}

func offerPath(contract object) string {
	return contractsPath + "/" + contract["id"].(string) + "/offer"
}

// moved puts a contract in a status and returns it.
func moved(t testing.TB, s *system.System, contract object, status string) object {
	t.Helper()
	return decoded(t, s.Call(t, http.MethodPut, statusPath(contract), object{"status": status}), http.StatusOK)
}

func contractIsCreatedAsADraft(t *testing.T, s *system.System) {
	body := with(draftOf(t, s), object{"commitment_months": 12, "end_date": "2027-03-15"})
	contract := created(t, s, contractsPath, body)
	require.Equal(t, fieldsOf(contractFields), names(contract))
	require.Subset(t, contract, object{
		"client_id": body["client_id"], "subscriber_id": body["subscriber_id"], "offer_id": body["offer_id"], "status": "draft",
		"start_date": "2026-03-15", "end_date": "2027-03-15", "commitment_months": 12.0, "activated_at": nil, "terminated_at": nil,
	})
	require.Equal(t, contract["created_at"], contract["updated_at"])
	var read object
	s.Get(t, contractsPath+"/"+text(t, contract, "id"), &read)
	require.Equal(t, contract, read)
	events := contractAudit(t, s, text(t, contract, "id"))
	require.Len(t, events, 1)
	require.Equal(t, "contract_created", events[0]["event_type"])
	require.Equal(t, "op-1", events[0]["actor_id"])
	require.Equal(t, `{"offer_id": "`+text(t, body, "offer_id")+`", "status": "draft"}`, events[0]["details"])
}

func contractIsCreatedInAnyStatus(t *testing.T, s *system.System) {
	for status, want := range map[string]object{
		"draft":      {"activated_at": nil, "terminated_at": nil, "end_date": nil},
		"active":     {"terminated_at": nil, "end_date": nil},
		"suspended":  {"activated_at": nil, "terminated_at": nil, "end_date": nil},
		"terminated": {"activated_at": nil, "end_date": "2026-11-22"},
	} {
		contract := created(t, s, contractsPath, with(draftOf(t, s), object{"status": status}))
		require.Subset(t, contract, with(want, object{"status": status}))
		require.Equal(t, status == "active", contract["activated_at"] != nil, status)
		require.Equal(t, status == "terminated", contract["terminated_at"] != nil, status)
		require.Equal(t, status, detailsOf(t, contractAudit(t, s, text(t, contract, "id"))[0]["details"])["status"])
	}
}

func contractBodiesAreChecked(t *testing.T, s *system.System) {
	valid := draftOf(t, s)
	contract := created(t, s, contractsPath, valid)
	for _, test := range []struct {
		method, path string
		body         object
		at           string
	}{
		{http.MethodPost, contractsPath, with(valid, object{"client_id": absent{}}), "client_id"},
		{http.MethodPost, contractsPath, with(valid, object{"subscriber_id": nil}), "subscriber_id"},
		{http.MethodPost, contractsPath, with(valid, object{"offer_id": 7}), "offer_id"},
		{http.MethodPost, contractsPath, with(valid, object{"contract_start_date": absent{}}), "contract_start_date"},
		{http.MethodPost, contractsPath, with(valid, object{"contract_start_date": "2026-02-30"}), "contract_start_date"},
		{http.MethodPost, contractsPath, with(valid, object{"commitment_months": 0}), "commitment_months"},
		{http.MethodPost, contractsPath, with(valid, object{"commitment_months": 61}), "commitment_months"},
		{http.MethodPost, contractsPath, with(valid, object{"status": "open"}), "status"},
		{http.MethodPut, statusPath(contract), object{"status": "open"}, "status"},
		{http.MethodPut, statusPath(contract), object{"status": nil}, "status"},
		{http.MethodPut, statusPath(contract), object{}, "status"},
		{http.MethodPut, offerPath(contract), object{"offer_id": nil}, "offer_id"},
		{http.MethodPut, offerPath(contract), object{}, "offer_id"},
	} {
		problemAt(t, writesNothing(t, s, func() system.Response {
			return s.Call(t, test.method, test.path, test.body)
		}), "body", test.at)
	}
}

func createContractRefusesWhatDoesNotBelongTogether(t *testing.T, s *system.System) {
	valid := draftOf(t, s)
	stranger, _ := newClient(t, s)
	for _, test := range []struct {
		name    string
		changes object
		status  int
		code    string
	}{
		{"unknown client", object{"client_id": unknownID}, http.StatusNotFound, "client_not_found"},
		{"client is no UUID", object{"client_id": "x"}, http.StatusNotFound, "client_not_found"},
		{"unknown subscriber", object{"subscriber_id": unknownID}, http.StatusNotFound, "subscriber_not_found"},
		{"unknown offer", object{"offer_id": unknownID}, http.StatusNotFound, "offer_not_found"},
		{"subscriber of another client", object{"client_id": stranger}, http.StatusUnprocessableEntity, "subscriber_client_mismatch"},
		{"offer of another type", object{"offer_id": newOffer(t, s, fiberOffer())}, http.StatusUnprocessableEntity, "subscriber_offer_mismatch"},
	} {
		t.Run(test.name, func(t *testing.T) {
			writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, contractsPath, with(valid, test.changes))
			}).Refused(t, test.status, test.code)
		})
	}
}

func createContractChecksDatesAndCommitment(t *testing.T, s *system.System) {
	valid := draftOf(t, s)
	refused := func(changes object, code string) object {
		return writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, contractsPath, with(valid, changes))
		}).Refused(t, http.StatusUnprocessableEntity, code)
	}
	refused(object{"end_date": "2026-03-14"}, "contract_date_invalid")
	details := refused(object{"end_date": "2027-03-14", "commitment_months": 12}, "contract_commitment_invalid")
	require.Equal(t, object{"minimum_end_date": "2027-03-15"}, details)
	created(t, s, contractsPath, with(valid, object{"end_date": "2026-03-15"}))
}

func subscriberHasOneOpenContract(t *testing.T, s *system.System) {
	body := draftOf(t, s)
	for _, status := range []string{"draft", "active", "suspended"} {
		open := created(t, s, contractsPath, with(body, object{"status": status}))
		details := writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, contractsPath, body)
		}).Refused(t, http.StatusConflict, "subscriber_contract_conflict")
		require.Equal(t, object{"contract_id": open["id"]}, details, status)
		moved(t, s, open, "terminated")
	}
}

func statusMovesAsTheTableSays(t *testing.T, s *system.System) {
	allowed := map[string][]string{
		"draft": {"active", "terminated"}, "active": {"suspended", "terminated"}, "suspended": {"active", "terminated"},
		"terminated": nil,
	}
	for from, targets := range allowed {
		for to := range allowed {
			if from == to {
				continue
			}
			contract := created(t, s, contractsPath, with(draftOf(t, s), object{"status": from}))
			if !slices.Contains(targets, to) {
				details := writesNothing(t, s, func() system.Response {
					return s.Call(t, http.MethodPut, statusPath(contract), object{"status": to})
				}).Refused(t, http.StatusConflict, "contract_status_transition_invalid")
				require.Equal(t, object{"from": from, "to": to}, details)
				continue
			}
			require.Equal(t, to, moved(t, s, contract, to)["status"], "%s to %s", from, to)
			events := contractAudit(t, s, text(t, contract, "id"))
			require.Len(t, events, 2)
			require.Equal(t, "contract_status_changed", events[1]["event_type"])
			require.Equal(t, "op-1", events[1]["actor_id"])
			require.Equal(t, `{"from": "`+from+`", "to": "`+to+`"}`, events[1]["details"])
		}
	}
}

func sameStatusIsNoChange(t *testing.T, s *system.System) {
	for _, status := range []string{"draft", "active", "suspended", "terminated"} {
		contract := created(t, s, contractsPath, with(draftOf(t, s), object{"status": status}))
		require.Equal(t, contract, moved(t, s, contract, status))
		require.Len(t, contractAudit(t, s, text(t, contract, "id")), 1, status)
	}
}

func activationIsKeptAndTerminationEndsTheContract(t *testing.T, s *system.System) {
	draft := created(t, s, contractsPath, draftOf(t, s))
	active := moved(t, s, draft, "active")
	require.Regexp(t, timestampPattern, active["activated_at"])
	require.Equal(t, with(draft, object{"status": "active", "activated_at": active["activated_at"], "updated_at": active["updated_at"]}), active)
	suspended := moved(t, s, active, "suspended")
	again := moved(t, s, suspended, "active")
	require.Equal(t, active["activated_at"], again["activated_at"], "the first activation is kept")
	ended := moved(t, s, again, "terminated")
	require.Regexp(t, timestampPattern, ended["terminated_at"])
	require.Equal(t, with(again, object{
		"status": "terminated", "end_date": "2026-11-22", "terminated_at": ended["terminated_at"], "updated_at": ended["updated_at"],
	}), ended)

	first := moved(t, s, created(t, s, contractsPath, with(draftOf(t, s), object{"status": "suspended"})), "active")
	require.Regexp(t, timestampPattern, first["activated_at"], "it was never active before")
	fixed := created(t, s, contractsPath, with(draftOf(t, s), object{"end_date": "2027-03-15"}))
	require.Equal(t, "2027-03-15", moved(t, s, fixed, "terminated")["end_date"], "an end that is set is kept")
}

func terminationNeverEndsBeforeTheStart(t *testing.T, s *system.System) {
	contract := created(t, s, contractsPath, with(draftOf(t, s), object{"contract_start_date": "2027-01-01"}))
	require.Subset(t, moved(t, s, contract, "terminated"), object{"start_date": "2027-01-01", "end_date": "2027-01-01"})
}

func offerChangesWithAnEvent(t *testing.T, s *system.System) {
	contract := created(t, s, contractsPath, with(draftOf(t, s), object{"status": "active"}))
	offer := newOffer(t, s, mobileOffer())
	changed := decoded(t, s.Call(t, http.MethodPut, offerPath(contract), object{"offer_id": offer}), http.StatusOK)
	require.Equal(t, with(contract, object{"offer_id": offer, "updated_at": changed["updated_at"]}), changed)
	require.Greater(t, changed["updated_at"], contract["updated_at"])
	events := contractAudit(t, s, text(t, contract, "id"))
	require.Len(t, events, 2)
	require.Equal(t, "contract_offer_changed", events[1]["event_type"])
	require.Equal(t, `{"from_offer_id": "`+text(t, contract, "offer_id")+`", "to_offer_id": "`+offer+`"}`, events[1]["details"])
}

func offerChangeRefusesWhatDoesNotFit(t *testing.T, s *system.System) {
	contract := created(t, s, contractsPath, draftOf(t, s))
	for _, test := range []struct {
		offer, code string
		status      int
	}{
		{unknownID, "offer_not_found", http.StatusNotFound},
		{"x", "offer_not_found", http.StatusNotFound},
		{newOffer(t, s, fiberOffer()), "subscriber_offer_mismatch", http.StatusUnprocessableEntity},
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPut, offerPath(contract), object{"offer_id": test.offer})
		}).Refused(t, test.status, test.code)
	}
	var read object
	s.Get(t, contractsPath+"/"+text(t, contract, "id"), &read)
	require.Equal(t, contract, read)
}

func changesOfUnknownContractsAreNotFound(t *testing.T, s *system.System) {
	offer := newOffer(t, s, mobileOffer())
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		unknown := object{"id": id}
		s.Call(t, http.MethodPut, statusPath(unknown), object{"status": "active"}).Refused(t, http.StatusNotFound, "contract_not_found")
		for _, target := range []string{offer, unknownID} {
			s.Call(t, http.MethodPut, offerPath(unknown), object{"offer_id": target}).Refused(t, http.StatusNotFound, "contract_not_found")
		}
	}
}
