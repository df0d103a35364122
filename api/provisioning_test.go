package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	provisionPath   = "/api/v1/contracts/provision"
	provisionFields = "contract, created_client, created_subscriber, provisioning_mode"
)

func TestProvision(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"LineWithoutIdentifierGetsOneOfItsType", lineWithoutIdentifierGetsOneOfItsType},
		{"NullOptionalsOfProvisionAreAbsentOnes", nullOptionalsOfProvisionAreAbsentOnes},
		{"UpgradeKeepsCommitmentAndEndUnlessSent", upgradeKeepsCommitmentAndEndUnlessSent},
		{"ProvisionRefusesCombinationsThatMeanNothing", provisionRefusesCombinationsThatMeanNothing},
		{"ProvisionChecksOfferClientAndDates", provisionChecksOfferClientAndDates},
		{"UpgradeChecksTheDatesThatTheContractKeeps", upgradeChecksTheDatesThatTheContractKeeps},
	})
}

func TestProvision_CreatesClientLineAndContract(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	offer, number := newOffer(t, s, mobileOffer()), newMobileNumber()
	answer := provision(t, s, object{
		"offer_id": offer, "commitment_months": 12, "unknown": 1,
		"client":     object{"cin": "zz 100", "client_type": "individual", "full_name": " Prov Client ", "email": "p@c.ma"},
		"subscriber": object{"service_identifier": "  " + number + " ", "service_type": "mobile"},
	})
	require.Equal(t, fieldsOf(provisionFields), names(answer), "without a key there is no mark of a replay")
	require.Subset(t, answer, object{"created_client": true, "created_subscriber": true, "provisioning_mode": "new_contract"})
	contract := at(t, answer, "contract").(object)
	require.Subset(t, contract, object{
		"offer_id": offer, "status": "active", "start_date": "2026-08-10", "end_date": nil, "commitment_months": 12.0, "terminated_at": nil,
	})
	require.Regexp(t, timestampPattern, contract["activated_at"])

	var client object
	s.Get(t, customersPath+"/"+text(t, contract, "client_id"), &client)
	require.Subset(t, client, object{"cin": "ZZ 100", "full_name": "Prov Client", "email": "p@c.ma", "status": "active"})
	require.Equal(t, 1, count(t, s, `SELECT count(*) FROM subscribers WHERE id = $1 AND client_id = $2 AND service_type = 'mobile'
		AND service_identifier = $3 AND status = 'active'`, contract["subscriber_id"], contract["client_id"], number))

	events := contractAudit(t, s, text(t, contract, "id"))
	require.Len(t, events, 1)
	require.Equal(t, "contract_provisioned", events[0]["event_type"])
	require.Equal(t, offer, at(t, detailsOf(t, events[0]["details"]), "offer_id"))
}

func TestProvision_WithoutActivation(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	answer := provision(t, s, object{"client_id": client, "offer_id": newOffer(t, s, fiberOffer()), "auto_activate": false})
	require.Subset(t, at(t, answer, "contract"), object{"status": "draft", "activated_at": nil})
	require.Equal(t, false, answer["created_client"])
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM subscribers WHERE status = 'suspended'"))
}

func lineWithoutIdentifierGetsOneOfItsType(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	for pattern, offer := range map[string]object{
		`^AUTO-MOBILE-[0-9a-fA-F]{10}$`: mobileOffer(), `^AUTO-FIBER-[0-9a-fA-F]{10}$`: fiberOffer(),
		`^AUTO-ADSL-[0-9a-fA-F]{10}$`: adslOffer(), `^AUTO-LANDLINE-[0-9a-fA-F]{10}$`: landlineOffer(),
	} {
		contract := newContract(t, s, client, newOffer(t, s, offer))
		require.Equal(t, 1, count(t, s, `SELECT count(*) FROM subscribers s JOIN contracts c ON c.subscriber_id = s.id
			WHERE c.id = $1 AND s.service_identifier ~ $2`, contract, pattern), pattern)
	}
}

func nullOptionalsOfProvisionAreAbsentOnes(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	answer := provision(t, s, object{
		"client_id": client, "offer_id": newOffer(t, s, mobileOffer()), "client": nil, "subscriber": nil, "subscriber_id": nil,
		"target_contract_id": nil, "commitment_months": nil, "end_date": nil,
	})
	require.Equal(t, "new_contract", answer["provisioning_mode"])
}

func upgradeKeepsCommitmentAndEndUnlessSent(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	first, second := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	contract := newContract(t, s, client, first, object{"commitment_months": 12, "end_date": "2028-01-01"})
	for _, test := range []struct {
		name       string
		body, want object
	}{
		{
			"nothing sent",
			object{"contract_start_date": "2026-09-01"},
			object{"start_date": "2026-09-01", "commitment_months": 12.0, "end_date": "2028-01-01", "offer_id": second},
		},
		{
			"commitment sent",
			object{"contract_start_date": "2026-10-01", "commitment_months": 6},
			object{"start_date": "2026-10-01", "commitment_months": 6.0, "end_date": "2028-01-01"},
		},
		{
			"end sent",
			object{"contract_start_date": "2026-10-01", "end_date": "2029-01-01"},
			object{"commitment_months": 6.0, "end_date": "2029-01-01"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := provision(t, s, with(object{"client_id": client, "offer_id": second, "provisioning_intent": "upgrade"}, test.body))
			require.Subset(t, answer, object{
				"created_client": false, "created_subscriber": false, "provisioning_mode": "upgrade_existing_contract",
			})
			require.Subset(t, at(t, answer, "contract"), with(object{"id": contract, "status": "active"}, test.want))
		})
	}
}

func provisionRefusesCombinationsThatMeanNothing(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	inline := object{"client_type": "individual", "full_name": "Inline Client"}
	valid := object{"client_id": client, "offer_id": newOffer(t, s, mobileOffer()), "contract_start_date": "2026-08-10"}
	for _, test := range []struct {
		name    string
		changes object
	}{
		{"neither client form", object{"client_id": absent{}}},
		{"both client forms", object{"client": inline}},
		{"both subscriber forms", object{"subscriber_id": unknownID, "subscriber": object{}}},
		{"new_line with a target", object{"provisioning_intent": "new_line", "target_contract_id": unknownID}},
		{"new_line with a subscriber id", object{"provisioning_intent": "new_line", "subscriber_id": unknownID}},
		{"upgrade without client_id", object{"provisioning_intent": "upgrade", "client_id": absent{}}},
		{"upgrade with a new client", object{"provisioning_intent": "upgrade", "client_id": absent{}, "client": inline}},
		{"upgrade with a subscriber id", object{"provisioning_intent": "upgrade", "subscriber_id": unknownID}},
		{"upgrade with a subscriber", object{"provisioning_intent": "upgrade", "subscriber": object{"service_type": "mobile"}}},
		{"end before the start", object{"end_date": "2026-08-09"}},
		{"unknown intent", object{"provisioning_intent": "maybe"}},
		{"no offer", object{"offer_id": absent{}}},
		{"no start", object{"contract_start_date": absent{}}},
		{"commitment 0", object{"commitment_months": 0}},
		{"commitment 61", object{"commitment_months": 61}},
		{"commitment past int32", object{"commitment_months": 1 << 40}},
		{"client_id is a number", object{"client_id": 7}},
		{"short identifier", object{"subscriber": object{"service_identifier": " ab "}}},
		{"long identifier", object{"subscriber": object{"service_identifier": strings.Repeat("1", 101)}}},
		{"unknown service type", object{"subscriber": object{"service_type": "pigeon"}}},
		{"short name of a new client", object{"client_id": absent{}, "client": with(inline, object{"full_name": "x"})}},
		{"new client without type", object{"client_id": absent{}, "client": object{"full_name": "No Type"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(valid, test.changes)
			details := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, provisionPath, body) }).
				Refused(t, http.StatusUnprocessableEntity, "validation_error")
			require.NotEmpty(t, details["errors"], "body: %v", body)
		})
	}
}

func provisionChecksOfferClientAndDates(t *testing.T, s *system.System) {
	client, cin := newClient(t, s)
	offer := newOffer(t, s, with(mobileOffer(), object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"}))
	retired := newOffer(t, s, with(mobileOffer(), object{"status": "retired"}))
	valid := object{"client_id": client, "offer_id": offer, "contract_start_date": "2026-08-10"}
	for _, test := range []struct {
		name    string
		changes object
		status  int
		code    string
		details object
	}{
		{"unknown offer", object{"offer_id": unknownID}, 404, "offer_not_found", object{}},
		{"offer that is no UUID", object{"offer_id": "x"}, 404, "offer_not_found", object{}},
		{"retired offer", object{"offer_id": retired}, 409, "offer_not_active", object{}},
		{"before the offer's validity", object{"contract_start_date": "2026-01-31"}, 422, "offer_validity_invalid", nil},
		{"after the offer's validity", object{"contract_start_date": "2027-07-01"}, 422, "offer_validity_invalid", nil},
		{"unknown client", object{"client_id": unknownID}, 404, "client_not_found", object{}},
		{"client that is no UUID", object{"client_id": "x"}, 404, "client_not_found", object{}},
		{"new client with a known CIN", object{"client_id": absent{}, "client": object{
			"cin": " " + strings.ToLower(cin), "client_type": "individual", "full_name": "Twice",
		}}, 409, "client_cin_conflict", object{"client_id": client}},
		{
			"end a day before the commitment is served",
			object{"commitment_months": 12, "end_date": "2027-08-09"},
			422, "contract_commitment_invalid",
			object{"minimum_end_date": "2027-08-10"},
		},
		{
			"commitment over a short month",
			object{"contract_start_date": "2027-01-31", "commitment_months": 1, "end_date": "2027-02-27"},
			422, "contract_commitment_invalid",
			object{"minimum_end_date": "2027-02-28"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := with(valid, test.changes)
			details := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, provisionPath, body) }).
				Refused(t, test.status, test.code)
			if test.details != nil {
				require.Equal(t, test.details, details, "body: %v", body)
			}
		})
	}
	for _, accepted := range []object{
		{"contract_start_date": "2026-02-01"},
		{"contract_start_date": "2027-06-30"},
		{"commitment_months": 12, "end_date": "2027-08-10"},
		{"end_date": "2026-08-10"},
		{"contract_start_date": "2027-01-31", "commitment_months": 1, "end_date": "2027-02-28"},
	} {
		provision(t, s, with(with(valid, object{"provisioning_intent": "new_line"}), accepted))
	}
}

func upgradeChecksTheDatesThatTheContractKeeps(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	offer := newOffer(t, s, mobileOffer())
	newContract(t, s, client, offer, object{"commitment_months": 6, "end_date": "2027-02-10"})
	for _, test := range []struct {
		start, code string
		details     object
	}{
		{"2027-02-11", "contract_date_invalid", object{}},
		{"2026-09-30", "contract_commitment_invalid", object{"minimum_end_date": "2027-03-30"}},
	} {
		answer := writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, provisionPath, object{
				"client_id": client, "offer_id": offer, "contract_start_date": test.start, "provisioning_intent": "upgrade",
			})
		})
		require.Equal(t, test.details, answer.Refused(t, http.StatusUnprocessableEntity, test.code), "start: %s", test.start)
	}
}
