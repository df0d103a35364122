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

// standingAlone makes a contract without a subscriber.
func standingAlone(t testing.TB, s *system.System) string {
	t.Helper()
	return text(t, decoded(t, s.Call(t, http.MethodPost, "/v1/billing/contracts", object{"contract_name": "Power", "status": "active"}), http.StatusCreated), "_id")
}

// systemEvent is the id of an event that follows from an invoice.
func (e *estate) systemEvent(t testing.TB) string {
	t.Helper()
	answer := decoded(t, e.s.Call(t, http.MethodGet, "/v1/billing/events/"+e.issued, nil), http.StatusOK)
	require.Equal(t, "invoice", answer["type"])
	return e.issued
}

func ledgerPromises() []promise {
	const events, contracts = "/v1/billing/events", "/v1/billing/contracts"
	event := func(t testing.TB, e *estate) asked {
		return asked{ids: []string{text(t, entered(t, e.s, installment(e.contract)), "_id")}}
	}
	create := func(_ testing.TB, e *estate) asked { return asked{body: installment(e.contract)} }
	changed := func(body object) func(testing.TB, *estate) asked {
		return func(t testing.TB, e *estate) asked {
			request := event(t, e)
			request.body = body
			return request
		}
	}
	contract := func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.contract}} }
	client := func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.owner}} }
	unknownContract := func(status int) refused {
		return refused{status: status, code: "billing_event_contract_unknown", ask: func(_ testing.TB, e *estate) asked {
			return asked{body: installment(nobody)}
		}}
	}
	taken := func(t testing.TB, e *estate) object {
		id := "taken-" + newCIN()
		entered(t, e.s, with(installment(e.contract), object{"external_id": id}))
		return object{"external_id": id}
	}
	readOnly := func(body any) refused {
		return refused{status: 422, code: "billing_event_read_only", ask: func(t testing.TB, e *estate) asked {
			return asked{ids: []string{e.systemEvent(t)}, body: body}
		}}
	}
	return []promise{
		{operation: "GET " + events, valid: Authenticated},
		{operation: "POST " + events, valid: create, refuses: []refused{
			unknownContract(422),
			{status: 422, code: "billing_event_external_id_taken", ask: func(t testing.TB, e *estate) asked {
				return asked{body: with(installment(e.contract), taken(t, e))}
			}},
		}},
		{operation: "GET " + events + "/{id}", valid: event, refuses: unknown("billing_event_not_found", nil)},
		{operation: "PATCH " + events + "/{id}", valid: changed(object{"note": "Paid"}), refuses: slices.Concat(
			unknown("billing_event_not_found", object{"note": "Paid"}),
			[]refused{
				readOnly(object{"note": "Paid"}),
				{status: 422, code: "billing_event_contract_unknown", ask: changed(object{"contract": related(nobody)})},
				{status: 422, code: "billing_event_external_id_taken", ask: func(t testing.TB, e *estate) asked {
					request := event(t, e)
					request.body = taken(t, e)
					return request
				}},
			})},
		{operation: "DELETE " + events + "/{id}", valid: event, refuses: append(unknown("billing_event_not_found", nil), readOnly(nil))},
		{operation: "GET /v1/billing/external/{external_id}", refuses: unknown("billing_event_not_found", nil),
			valid: func(t testing.TB, e *estate) asked { return asked{ids: []string{text(t, taken(t, e), "external_id")}} }},
		{operation: "POST " + contracts, valid: sends(object{"contract_name": "Power"}), refuses: []refused{
			{status: 422, code: "contract_date_invalid", ask: sends(object{"start_date": "2026-02-01", "termination_date": "2026-01-31"})},
		}},
		{operation: "PATCH " + contracts + "/{id}", refuses: append(unknown("contract_not_found", object{"contract_name": "Power"}),
			refused{status: 422, code: "contract_date_invalid", ask: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"termination_date": "2026-08-09"}}
			}},
			refused{status: 422, code: "contract_commitment_invalid", ask: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.ended}, body: object{"termination_date": "2027-02-09"}}
			}},
			refused{status: 422, code: "contract_status_transition_invalid", ask: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"status": "draft"}}
			}}),
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"contract_name": "At home"}}
			}},
		{operation: "DELETE " + contracts + "/{id}", refuses: append(unknown("contract_not_found", nil), refused{
			status: 422, code: "billing_contract_in_use", ask: contract,
		}), valid: func(t testing.TB, e *estate) asked { return asked{ids: []string{standingAlone(t, e.s)}} }},
		{operation: "GET " + contracts + "/{id}/pricing_information", valid: contract, refuses: unknown("contract_not_found", nil)},
		{operation: "GET " + contracts + "/{id}/configuration_history", valid: contract, refuses: unknown("contract_not_found", nil)},
		{operation: "GET /v1/billing/billing_accounts/{id}/pricing_information", valid: client, refuses: unknown("client_not_found", nil)},
		{operation: "GET /v1/billing/billing_accounts/{id}/configuration_history", valid: client, refuses: unknown("client_not_found", nil)},
		{operation: "GET /v1/billing/customers/{id}/balance", valid: client, refuses: unknown("client_not_found", nil)},
	}
}
