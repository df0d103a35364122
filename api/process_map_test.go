package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// scenario is one pass through the business processes, each based on the ones before it: operators send their
// token, and the landing page sends none.
type scenario struct {
	captures
	s *system.System
}

var operator = system.Header{Name: "Authorization", Value: "Bearer launch-smoke:admin,ops"}

// request sends a request as an operator; paths and texts may name what was captured.
func (w scenario) request(t *testing.T, method, path string, body object, headers ...system.Header) system.Response {
	t.Helper()
	headers = append([]system.Header{operator}, headers...)
	if body == nil {
		return w.s.Call(t, method, w.fill(path), nil, headers...)
	}
	return w.s.Call(t, method, w.fill(path), w.filled(body), headers...)
}

func (w scenario) filled(body object) object {
	filled := object{}
	for name, value := range body {
		switch value := value.(type) {
		case string:
			filled[name] = w.fill(value)
		case object:
			filled[name] = w.filled(value)
		default:
			filled[name] = value
		}
	}
	return filled
}

// get, post and put expect success and the shape of the answer.
func (w scenario) get(t *testing.T, path string, shape any, headers ...system.Header) any {
	t.Helper()
	return w.requireShape(t, w.request(t, http.MethodGet, path, nil, headers...), http.StatusOK, shape)
}

func (w scenario) post(t *testing.T, path string, body object, shape any, headers ...system.Header) any {
	t.Helper()
	return w.requireShape(t, w.request(t, http.MethodPost, path, body, headers...), http.StatusOK, shape)
}

func (w scenario) put(t *testing.T, path string, body object, shape any, headers ...system.Header) any {
	t.Helper()
	return w.requireShape(t, w.request(t, http.MethodPut, path, body, headers...), http.StatusOK, shape)
}

// page is the shape of a list that holds these items alone.
func page(items ...any) object {
	return object{"data": append([]any{}, items...), "meta": object{"page": 1, "size": 20, "total": len(items), "sort": nil, "filters": nil}}
}

// event is the shape of an audit event; its details are JSON as text.
func event(contract, kind, actor, details string) object {
	return object{
		"id": "<uuid>", "contract_id": contract, "event_type": kind, "actor_id": actor, "details": details, "created_at": "<timestamp>",
	}
}

// TestProcessMap walks the processes in the order of the business, P0 to P15.
func TestProcessMap(t *testing.T) {
	t.Parallel()
	w := scenario{captures{}, system.Start(t)}
	for _, process := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"P0 check environment and access", w.checkAccess},
		{"P1 set up the catalogue", w.setUpCatalogue},
		{"P2 maintain offers", w.maintainOffers},
		{"P3 keep client master data", w.keepClients},
		{"P4 provision a contract", w.provisionContract},
		{"P5 create a contract by hand", w.createContract},
		{"P6 run a contract's life", w.runContract},
		{"P7 bootstrap and draft", w.bootstrapAndDraft},
		{"P8 subscribe on the landing page", w.subscribe},
		{"P9 change plan on the landing page", w.changePlan},
		{"P10 retrieve a contract document", w.retrieveContractDocument},
		{"P11 bill the months", w.billMonths},
		{"P12 operate on invoices", w.operateInvoices},
		{"P13 serve a client's invoices", w.serveInvoices},
		{"P14 post payments", w.postPayments},
		{"P15 reconcile payments", w.reconcilePayments},
		{"P15 recover overdue debt", w.recoverDebt},
	} {
		if !t.Run(process.name, process.run) {
			return // The processes after it build on it.
		}
	}
}

func (w scenario) checkAccess(t *testing.T) {
	w.get(t, "/api/v1/health", object{"status": "ok"}, system.Anonymous)
	w.get(t, "/api/v1/me", object{"actor_id": "launch-smoke", "roles": []string{"admin", "ops"}})
	w.get(t, "/api/v1/admin/ping", object{"status": "ok", "actor_id": "launch-smoke"})
	w.request(t, http.MethodGet, "/api/v1/me", nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	details := w.request(t, http.MethodGet, "/api/v1/admin/ping", nil, system.Header{Name: "Authorization", Value: "Bearer op-1:ops"}).
		Refused(t, http.StatusForbidden, "forbidden")
	require.Equal(t, object{"required_roles": []any{"admin"}}, details)
}

// components are the fields of an offer that its category may fill.
func components(filled object) object {
	return with(object{
		"mobile_data_gb": nil, "mobile_calls_hours": nil, "internet_access_type": nil, "internet_fiber_speed_mbps": nil,
		"internet_adsl_speed_mbps": nil, "internet_landline_included": false, "internet_tv_included": false,
		"landline_national_included": false, "landline_international_hours": nil, "landline_phone_hours": nil,
		"version": 1, "status": "active", "valid_from": "2026-01-01", "valid_to": nil, "created_at": "<timestamp>", "updated_at": "<timestamp>",
	}, filled)
}

func (w scenario) setUpCatalogue(t *testing.T) {
	w.post(t, offersPath, object{
		"name": " Mobile 20GB ", "service_category": "mobile", "monthly_fee": "199.00", "activation_fee": "50.50", "valid_from": "2026-01-01",
		"mobile_data_gb": 20, "mobile_calls_hours": 5,
	}, components(object{
		"id": "<uuid small>", "name": "Mobile 20GB", "service_category": "mobile", "service_type": "mobile", "monthly_fee": "199.00",
		"activation_fee": "50.50", "mobile_data_gb": 20, "mobile_calls_hours": 5,
	}))
	w.post(t, offersPath, object{
		"name": "Mobile 50GB", "service_category": "mobile", "monthly_fee": 299.99, "valid_from": "2026-01-01", "mobile_data_gb": 50,
	}, components(object{
		"id": "<uuid large>", "service_type": "mobile", "monthly_fee": "299.99", "activation_fee": "0.00", "mobile_data_gb": 50,
	}))
	for name, speed := range map[string]int{"fiber_a": 100, "fiber_b": 200} {
		w.post(t, offersPath, object{
			"name": "Fiber " + name, "service_category": "internet", "monthly_fee": 300 + speed, "valid_from": "2026-01-01",
			"internet_access_type": "fiber", "internet_fiber_speed_mbps": speed, "mobile_data_gb": 4,
		}, components(object{
			"id": "<uuid " + name + ">", "service_type": "fiber", "internet_access_type": "fiber", "internet_fiber_speed_mbps": speed,
			"internet_landline_included": true,
		}))
	}
	categories := []any{
		object{"service_category": "mobile", "offers": []any{object{"id": "$small"}, object{"id": "$large"}}},
		object{"service_category": "internet", "offers": []any{object{"id": "$fiber_a"}, object{"id": "$fiber_b"}}},
	}
	w.get(t, "/api/v1/offer-categories", categories)
	w.get(t, "/api/v1/offer-families", categories)
	w.get(t, offersPath+"/$small", components(object{"id": "$small", "mobile_data_gb": 20, "mobile_calls_hours": 5}))
}

func (w scenario) maintainOffers(t *testing.T) {
	changed := object{"id": "$large", "name": "Mobile 50GB", "monthly_fee": "289.99", "activation_fee": "20.00", "mobile_data_gb": 50}
	w.put(t, offersPath+"/$large", object{"monthly_fee": "289.99", "activation_fee": "20"}, changed)
	w.get(t, offersPath+"/$large", changed)
	w.get(t, "/api/v1/offer-categories", []any{
		object{"service_category": "mobile", "offers": []any{object{"id": "$small", "monthly_fee": "199.00"}, changed}}, furtherItems,
	})
	w.post(t, offersPath, object{
		"name": "Never sold", "service_category": "landline", "monthly_fee": "99.90", "valid_from": "2026-01-01", "landline_national_included": true,
	}, object{"id": "<uuid spare>"})
	deleted := w.request(t, http.MethodDelete, offersPath+"/$spare", nil)
	require.Equal(t, http.StatusNoContent, deleted.Status, "answer: %s", deleted.Body)
	require.Empty(t, deleted.Body)
	w.request(t, http.MethodGet, offersPath+"/$spare", nil).Refused(t, http.StatusNotFound, "offer_not_found")
}

func (w scenario) keepClients(t *testing.T) {
	read := object{
		"id": "<uuid client>", "cin": "AB123456", "client_type": "business", "full_name": "Société Générale & Fils <Rabat>",
		"address": "12 Rue Atlas, Rabat", "email": "contact@sgf.ma", "phone": "+212 5 37 00 00 00", "is_delinquent": false,
		"delinquent_since": nil, "status": "active", "created_at": "<timestamp>", "updated_at": "<timestamp>",
	}
	// The comparison would take the angle brackets in the name for a placeholder.
	delete(read, "full_name")
	answer := w.post(t, customersPath, object{
		"cin": " ab123456 ", "client_type": "business", "full_name": " Société Générale & Fils <Rabat> ", "address": "12 Rue Atlas, Rabat",
		"email": "contact@sgf.ma", "phone": "+212 5 37 00 00 00",
	}, read)
	require.Equal(t, "Société Générale & Fils <Rabat>", at(t, answer, "full_name"))
	conflict := w.request(t, http.MethodPost, customersPath, object{"cin": "AB123456", "client_type": "individual", "full_name": "Twice"}).
		Refused(t, http.StatusConflict, "client_cin_conflict")
	require.Equal(t, w.captures["client"], conflict["client_id"])

	w.post(t, customersPath, object{"client_type": "individual", "full_name": "To be deleted"}, object{"id": "<uuid other>", "cin": nil})
	w.get(t, customersPath, page(object{"id": "$other"}, object{"id": "$client"}))
	w.put(t, customersPath+"/$client", object{"phone": nil, "address": "1 Avenue Hassan II, Rabat"},
		with(read, object{"id": "$client", "phone": nil, "address": "1 Avenue Hassan II, Rabat"}))
	w.get(t, customersPath+"/$client", object{"id": "$client", "email": "contact@sgf.ma", "phone": nil, "address": "1 Avenue Hassan II, Rabat"})
	require.Equal(t, http.StatusNoContent, w.request(t, http.MethodDelete, customersPath+"/$other", nil).Status)
	w.get(t, customersPath, page(object{"id": "$client"}))
}

func (w scenario) provisionContract(t *testing.T) {
	contract := object{
		"id": "<uuid contract>", "client_id": "$client", "subscriber_id": "<uuid line>", "offer_id": "$small", "status": "active",
		"start_date": "2026-10-10", "end_date": nil, "commitment_months": 12, "activated_at": "<timestamp>", "terminated_at": nil,
		"created_at": "<timestamp>", "updated_at": "<timestamp>",
	}
	w.post(t, provisionPath, object{
		"offer_id": "$small", "contract_start_date": "2026-10-10", "commitment_months": 12, "client_id": "$client",
		"subscriber": object{"service_identifier": "+212612300000"}, "provisioning_intent": "auto",
	}, object{"contract": contract, "created_client": false, "created_subscriber": true, "provisioning_mode": "new_contract"})
	w.get(t, contractsPath+"/$contract", with(contract, object{"id": "$contract", "subscriber_id": "$line"}))
	w.get(t, contractsPath+"/$contract/audit", []any{event("$contract", "contract_provisioned", "launch-smoke",
		`{"offer_id": "$small", "start_date": "2026-10-10", "status": "active", "subscriber_id": "$line"}`)})
	w.get(t, subscribersPath+"/$line", object{
		"id": "$line", "client_id": "$client", "service_type": "mobile", "service_identifier": "+212612300000", "status": "active",
	})
	w.request(t, http.MethodDelete, offersPath+"/$small", nil).Refused(t, http.StatusConflict, "offer_delete_blocked")
	w.request(t, http.MethodDelete, customersPath+"/$client", nil).Refused(t, http.StatusConflict, "client_delete_blocked")
}

func (w scenario) createContract(t *testing.T) {
	w.post(t, customersPath+"/$client/subscribers", object{"service_type": "fiber", "service_identifier": " FIBER-0001 "},
		object{"id": "<uuid fiber_line>", "client_id": "$client", "service_identifier": "FIBER-0001", "status": "active"})
	contract := object{
		"client_id": "$client", "subscriber_id": "$fiber_line", "offer_id": "$fiber_a", "status": "draft", "start_date": "2026-11-01",
		"end_date": nil, "commitment_months": nil, "activated_at": nil, "terminated_at": nil,
	}
	w.post(t, contractsPath, object{
		"client_id": "$client", "subscriber_id": "$fiber_line", "offer_id": "$fiber_a", "contract_start_date": "2026-11-01",
	}, with(contract, object{"id": "<uuid manual>"}))
	w.get(t, contractsPath+"/$manual", contract)
	w.get(t, contractsPath+"/$manual/audit", []any{
		event("$manual", "contract_created", "launch-smoke", `{"offer_id": "$fiber_a", "status": "draft"}`),
	})
}

func (w scenario) runContract(t *testing.T) {
	w.get(t, contractsPath, page(object{"id": "$manual", "status": "draft"}, object{"id": "$contract", "status": "active"}))
	for _, status := range []string{"active", "suspended", "active", "active"} {
		w.put(t, contractsPath+"/$manual/status", object{"status": status},
			object{"id": "$manual", "status": status, "activated_at": "<timestamp>", "terminated_at": nil})
	}
	details := w.request(t, http.MethodPut, contractsPath+"/$manual/status", object{"status": "draft"}).
		Refused(t, http.StatusConflict, "contract_status_transition_invalid")
	require.Equal(t, object{"from": "active", "to": "draft"}, details)
	w.put(t, contractsPath+"/$manual/offer", object{"offer_id": "$fiber_b"}, object{"id": "$manual", "offer_id": "$fiber_b"})
	w.get(t, contractsPath+"/$manual/audit", []any{
		object{"event_type": "contract_created"},
		event("$manual", "contract_status_changed", "launch-smoke", `{"from": "draft", "to": "active"}`),
		event("$manual", "contract_status_changed", "launch-smoke", `{"from": "active", "to": "suspended"}`),
		event("$manual", "contract_status_changed", "launch-smoke", `{"from": "suspended", "to": "active"}`),
		event("$manual", "contract_offer_changed", "launch-smoke", `{"from_offer_id": "$fiber_a", "to_offer_id": "$fiber_b"}`),
	})
}

func (w scenario) bootstrapAndDraft(t *testing.T) {
	w.get(t, "/api/v1/landing/bootstrap", object{
		"flow_options": []string{"subscribe_new_service", "upgrade_or_downgrade_existing_service", "check_billing_and_download_invoices"},
		"services":     []string{"mobile", "internet", "landline"},
		"offer_categories": []any{
			object{"service_category": "mobile", "offers": []any{
				object{
					"id": "$small", "name": "Mobile 20GB", "service_category": "mobile", "service_type": "mobile", "monthly_fee": "199.00",
					"activation_fee": "50.50", "status": "active", "valid_from": "2026-01-01", "valid_to": nil,
				},
				object{"id": "$large"},
			}},
			object{"service_category": "internet", "offers": []any{object{"id": "$fiber_a"}, object{"id": "$fiber_b"}}},
			object{"service_category": "landline", "offers": []any{}},
		},
	}, system.Anonymous)
	draft := object{
		"flow_type": "subscribe_new_service", "step": "identity", "cin": "LA100001", "payload": object{"offer": "$small"},
		"status": "in_progress", "created_at": "<timestamp>", "updated_at": "<timestamp>",
	}
	w.post(t, draftsPath, object{
		"flow_type": "subscribe_new_service", "step": "identity", "cin": " la100001 ", "payload": object{"offer": "$small"},
	}, with(draft, object{"id": "<uuid draft>"}), system.Anonymous)
	w.get(t, draftsPath+"/$draft", draft, system.Anonymous)
	w.put(t, draftsPath+"/$draft", object{"step": "confirmation", "status": "submitted"},
		with(draft, object{"step": "confirmation", "status": "submitted"}), system.Anonymous)
}
