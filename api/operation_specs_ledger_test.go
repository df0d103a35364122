package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// installment is an event about a contract.
func installment(contract string) object {
	return object{
		"type": "installment", "billing_amount": 5000, "billing_amount_decimal": "50.00", "billing_currency": "MAD",
		"booking_date": "2026-11-10", "due_date": "2026-11-15", "contract": related(contract),
	}
}

func related(ids ...string) object {
	relations := []any{}
	for _, id := range ids {
		relations = append(relations, object{"entity_id": id})
	}
	return object{"$relation": relations}
}

// entered enters an event and returns it.
func entered(t testing.TB, s *system.System, event object) object {
	t.Helper()
	return decoded(t, s.Call(t, http.MethodPost, "/v1/billing/events", event), http.StatusCreated)
}

// newStandaloneContract makes a contract without a subscriber.
func newStandaloneContract(t testing.TB, s *system.System) string {
	t.Helper()
	return text(t, decoded(t, s.Call(t, http.MethodPost, "/v1/billing/contracts", object{"contract_name": "Power", "status": "active"}), http.StatusCreated), "_id")
}

// systemEvent is the id of an event that follows from an invoice.
func (e *fixture) systemEvent(t testing.TB) string {
	t.Helper()
	answer := decoded(t, e.s.Call(t, http.MethodGet, "/v1/billing/events/"+e.issued, nil), http.StatusOK)
	require.Equal(t, "invoice", answer["type"])
	return e.issued
}

func ledgerSpecs() []operationSpec {
	const events, contracts = "/v1/billing/events", "/v1/billing/contracts"
	event := func(t testing.TB, e *fixture) apiRequest {
		return apiRequest{ids: []string{text(t, entered(t, e.s, installment(e.contract)), "_id")}}
	}
	create := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{body: installment(e.contract)} }
	changed := func(body object) func(testing.TB, *fixture) apiRequest {
		return func(t testing.TB, e *fixture) apiRequest {
			request := event(t, e)
			request.body = body
			return request
		}
	}
	contract := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.contract}} }
	client := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.owner}} }
	unknownContract := func(status int) refusalSpec {
		return refusalSpec{status: status, code: "billing_event_contract_unknown", request: func(_ testing.TB, e *fixture) apiRequest {
			return apiRequest{body: installment(unknownID)}
		}}
	}
	taken := func(t testing.TB, e *fixture) object {
		id := "taken-" + newCIN()
		entered(t, e.s, with(installment(e.contract), object{"external_id": id}))
		return object{"external_id": id}
	}
	readOnly := func(body any) refusalSpec {
		return refusalSpec{status: 422, code: "billing_event_read_only", request: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{e.systemEvent(t)}, body: body}
		}}
	}
	return []operationSpec{
		{operation: "GET " + events, valid: withoutParameters},
		{operation: "POST " + events, valid: create, refusals: []refusalSpec{
			unknownContract(422),
			{status: 422, code: "billing_event_external_id_taken", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{body: with(installment(e.contract), taken(t, e))}
			}},
		}},
		{operation: "GET " + events + "/{id}", valid: event, refusals: unknownIDRefusals("billing_event_not_found", nil)},
		{operation: "PATCH " + events + "/{id}", valid: changed(object{"note": "Paid"}), refusals: slices.Concat(
			unknownIDRefusals("billing_event_not_found", object{"note": "Paid"}),
			[]refusalSpec{
				readOnly(object{"note": "Paid"}),
				{status: 422, code: "billing_event_contract_unknown", request: changed(object{"contract": related(unknownID)})},
				{status: 422, code: "billing_event_external_id_taken", request: func(t testing.TB, e *fixture) apiRequest {
					request := event(t, e)
					request.body = taken(t, e)
					return request
				}},
			})},
		{operation: "DELETE " + events + "/{id}", valid: event, refusals: append(unknownIDRefusals("billing_event_not_found", nil), readOnly(nil))},
		{
			operation: "GET /v1/billing/external/{external_id}", refusals: unknownIDRefusals("billing_event_not_found", nil),
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{text(t, taken(t, e), "external_id")}}
			},
		},
		{operation: "POST " + contracts, valid: sends(object{"contract_name": "Power"}), refusals: []refusalSpec{
			{status: 422, code: "contract_date_invalid", request: sends(object{"start_date": "2026-02-01", "termination_date": "2026-01-31"})},
		}},
		{
			operation: "PATCH " + contracts + "/{id}", refusals: append(unknownIDRefusals("contract_not_found", object{"contract_name": "Power"}),
				refusalSpec{status: 422, code: "contract_date_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.contract}, body: object{"termination_date": "2026-08-09"}}
				}},
				refusalSpec{status: 422, code: "contract_commitment_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.ended}, body: object{"termination_date": "2027-02-09"}}
				}},
				refusalSpec{status: 422, code: "contract_status_transition_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.contract}, body: object{"status": "draft"}}
				}}),
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, body: object{"contract_name": "At home"}}
			},
		},
		{operation: "DELETE " + contracts + "/{id}", refusals: append(unknownIDRefusals("contract_not_found", nil), refusalSpec{
			status: 422, code: "billing_contract_in_use", request: contract,
		}), valid: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{newStandaloneContract(t, e.s)}}
		}},
		{operation: "GET " + contracts + "/{id}/pricing_information", valid: contract, refusals: unknownIDRefusals("contract_not_found", nil)},
		{operation: "GET " + contracts + "/{id}/configuration_history", valid: contract, refusals: unknownIDRefusals("contract_not_found", nil)},
		{operation: "GET /v1/billing/billing_accounts/{id}/pricing_information", valid: client, refusals: unknownIDRefusals("client_not_found", nil)},
		{operation: "GET /v1/billing/billing_accounts/{id}/configuration_history", valid: client, refusals: unknownIDRefusals("client_not_found", nil)},
		{operation: "GET /v1/billing/customers/{id}/balance", valid: client, refusals: unknownIDRefusals("client_not_found", nil)},
	}
}
