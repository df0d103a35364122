package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// withoutParameters asks for nothing but the path.
func withoutParameters(testing.TB, *fixture) apiRequest { return apiRequest{} }

func identitySpecs() []operationSpec {
	return []operationSpec{
		{operation: "GET /", valid: withoutParameters},
		{operation: "GET /livez", valid: withoutParameters},
		{operation: "GET /readyz", valid: withoutParameters},
		{operation: "GET /api/v1/health", valid: withoutParameters},
		{operation: "GET /api/v1/me", valid: withoutParameters},
		{operation: "GET /api/v1/conventions/sample", valid: withoutParameters},
		{operation: "GET /api/v1/admin/ping", valid: withoutParameters, refusals: []refusalSpec{{
			status: http.StatusForbidden, code: "forbidden", details: func(*fixture) object { return object{"required_roles": []any{"admin"}} },
			request: func(testing.TB, *fixture) apiRequest {
				return apiRequest{headers: []system.Header{{Name: "Authorization", Value: "Bearer op-1:ops"}}}
			},
		}}},
		{
			operation: "POST " + decodePath,
			valid: func(testing.TB, *fixture) apiRequest {
				return apiRequest{body: object{"payloads": []any{plainPayload}}}
			},
			refusals: []refusalSpec{{
				status: 422, code: "payload_not_decodable",
				details: func(*fixture) object {
					return object{"key_id": "lost", "reason": "MTF_PAYLOAD_KEYS does not have it"}
				},
				request: func(testing.TB, *fixture) apiRequest {
					return apiRequest{body: object{"payloads": []any{plainPayload, lostPayload}}}
				},
			}},
		},
	}
}

func clientSpecs() []operationSpec {
	create := func(testing.TB, *fixture) apiRequest {
		return apiRequest{body: object{"cin": newCIN(), "client_type": "individual", "full_name": "Some Client"}}
	}
	owner := func(e *fixture) object { return object{"client_id": e.owner} }
	subscriber := object{"service_type": "mobile", "service_identifier": "SUBSCRIBER-1"}
	return []operationSpec{
		{operation: "POST /api/v1/customers", valid: create, refusals: []refusalSpec{
			{status: 409, code: "client_cin_conflict", details: owner, request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{body: with(create(t, e).body.(object), object{"cin": " " + e.cin + " "})}
			}},
		}},
		{operation: "GET /api/v1/customers", valid: withoutParameters},
		{
			operation: "GET /api/v1/customers/{client_id}", refusals: unknownIDRefusals("client_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.owner}} },
		},
		{
			operation: "PUT /api/v1/customers/{client_id}",
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.none}, body: object{"full_name": "Other Name", "status": "active", "cin": newCIN(), "phone": "1"}}
			},
			refusals: append(unknownIDRefusals("client_not_found", object{"full_name": "Nobody"}), refusalSpec{
				status: 409, code: "client_cin_conflict", details: owner, request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.none}, body: object{"cin": e.cin, "full_name": "Never Kept"}}
				},
			}),
		},
		{
			operation: "DELETE /api/v1/customers/{client_id}",
			valid: func(t testing.TB, e *fixture) apiRequest {
				id, _ := newClient(t, e.s)
				return apiRequest{ids: []string{id}}
			},
			refusals: append(unknownIDRefusals("client_not_found", nil), refusalSpec{
				status: 409, code: "client_delete_blocked", request: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.owner}} },
			}),
		},
		{
			operation: "POST /api/v1/customers/{client_id}/subscribers",
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.none}, body: with(subscriber, object{"service_identifier": newMobileNumber(), "status": "active"})}
			},
			refusals: append(unknownIDRefusals("client_not_found", subscriber), refusalSpec{
				status: 409, code: "subscriber_identifier_conflict", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.none}, body: with(subscriber, object{"service_identifier": " " + e.television})}
				},
			}),
		},
		{
			operation: "GET /api/v1/customers/{client_id}/subscribers", refusals: unknownIDRefusals("client_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.owner}} },
		},
		{
			operation: "GET /api/v1/subscribers/{subscriber_id}", refusals: unknownIDRefusals("subscriber_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.line}} },
		},
		{
			operation: "PUT /api/v1/subscribers/{subscriber_id}", refusals: unknownIDRefusals("subscriber_not_found", object{"status": "active"}),
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.line}, body: object{"status": "active"}}
			},
		},
	}
}

func catalogueSpecs() []operationSpec {
	full := func(testing.TB, *fixture) apiRequest {
		return apiRequest{body: with(mobileOffer(), object{
			"version": 1, "status": "active", "valid_to": "2030-01-01", "mobile_calls_hours": 1, "internet_access_type": nil,
			"internet_tv_included": false, "landline_phone_hours": nil,
		})}
	}
	same := func(t testing.TB, e *fixture) object {
		var offer object
		e.s.Get(t, offersPath+"/"+e.mobile, &offer)
		return object{"name": offer["name"], "version": 1, "monthly_fee": 5}
	}
	return []operationSpec{
		{operation: "POST /api/v1/offers", valid: full, refusals: []refusalSpec{
			{status: 409, code: "offer_version_conflict", request: func(t testing.TB, e *fixture) apiRequest { return apiRequest{body: with(mobileOffer(), same(t, e))} }},
		}},
		{operation: "GET /api/v1/offers", valid: withoutParameters},
		{operation: "GET /api/v1/offer-categories", valid: withoutParameters},
		{operation: "GET /api/v1/offer-families", valid: withoutParameters},
		{
			operation: "GET /api/v1/offers/{offer_id}", refusals: unknownIDRefusals("offer_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.mobile}} },
		},
		{
			operation: "PUT /api/v1/offers/{offer_id}",
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.retired}, body: object{
					"name": "Retired again", "version": 3, "monthly_fee": "10.00", "activation_fee": 1, "status": "retired", "valid_from": "2026-01-01",
					"valid_to": "2030-01-01", "mobile_data_gb": 5, "mobile_calls_hours": 5, "internet_tv_included": false,
				}}
			},
			refusals: append(unknownIDRefusals("offer_not_found", object{"name": "Nothing"}), refusalSpec{
				status: 409, code: "offer_version_conflict",
				request: func(t testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.dated}, body: same(t, e)} },
			}),
		},
		{
			operation: "DELETE /api/v1/offers/{offer_id}",
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{newOffer(t, e.s, mobileOffer())}}
			},
			refusals: append(unknownIDRefusals("offer_not_found", nil), refusalSpec{
				status: 409, code: "offer_delete_blocked", request: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.mobile}} },
			}),
		},
	}
}

func contractSpecs() []operationSpec {
	valid := func(t testing.TB, e *fixture) apiRequest {
		return apiRequest{body: with(draftOf(t, e.s), object{"commitment_months": 1, "end_date": "2027-01-01", "status": "draft"})}
	}
	but := func(status int, code string, change func(testing.TB, *fixture) object) refusalSpec {
		return refusalSpec{status: status, code: code, request: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{body: with(valid(t, e).body.(object), change(t, e))}
		}}
	}
	fixed := func(change object) func(testing.TB, *fixture) object {
		return func(testing.TB, *fixture) object { return change }
	}
	commitment := but(422, "contract_commitment_invalid", fixed(object{"commitment_months": 12, "end_date": "2027-03-14"}))
	commitment.details = func(*fixture) object { return object{"minimum_end_date": "2027-03-15"} }
	taken := but(409, "subscriber_contract_conflict", func(_ testing.TB, e *fixture) object {
		return object{"client_id": e.owner, "subscriber_id": e.line, "offer_id": e.mobile}
	})
	taken.details = func(e *fixture) object { return object{"contract_id": e.contract} }
	transition := refusalSpec{
		status: 409, code: "contract_status_transition_invalid",
		details: func(*fixture) object { return object{"from": "active", "to": "draft"} },
		request: func(_ testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{e.contract}, body: object{"status": "draft"}}
		},
	}
	owned := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.contract}} }
	return []operationSpec{
		{operation: "POST /api/v1/contracts", valid: valid, refusals: []refusalSpec{
			but(404, "offer_not_found", fixed(object{"offer_id": unknownID})), but(404, "offer_not_found", fixed(object{"offer_id": "x"})),
			but(404, "client_not_found", fixed(object{"client_id": unknownID})), but(404, "client_not_found", fixed(object{"client_id": ""})),
			but(404, "subscriber_not_found", fixed(object{"subscriber_id": unknownID})),
			but(404, "subscriber_not_found", fixed(object{"subscriber_id": "no-uuid"})),
			but(422, "subscriber_client_mismatch", func(_ testing.TB, e *fixture) object { return object{"client_id": e.none} }),
			but(422, "subscriber_offer_mismatch", func(_ testing.TB, e *fixture) object { return object{"offer_id": e.fiber} }),
			but(422, "contract_date_invalid", fixed(object{"commitment_months": absent{}, "end_date": "2026-03-14"})),
			commitment, taken,
		}},
		{operation: "GET /api/v1/contracts", valid: withoutParameters},
		{operation: "GET /api/v1/contracts/{contract_id}", refusals: unknownIDRefusals("contract_not_found", nil), valid: owned},
		{operation: "GET /api/v1/contracts/{contract_id}/audit", refusals: unknownIDRefusals("contract_not_found", nil), valid: owned},
		{
			operation: "PUT /api/v1/contracts/{contract_id}/status", refusals: append(unknownIDRefusals("contract_not_found", object{"status": "active"}), transition),
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, body: object{"status": "active"}}
			},
		},
		{
			operation: "PUT /api/v1/contracts/{contract_id}/offer",
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, body: object{"offer_id": e.mobile}}
			},
			refusals: append(unknownIDRefusals("contract_not_found", object{"offer_id": unknownID}),
				refusalSpec{status: 404, code: "offer_not_found", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.contract}, body: object{"offer_id": unknownID}}
				}},
				refusalSpec{status: 404, code: "offer_not_found", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.contract}, body: object{"offer_id": "no-uuid"}}
				}},
				refusalSpec{status: 422, code: "subscriber_offer_mismatch", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.contract}, body: object{"offer_id": e.fiber}}
				}}),
		},
	}
}

func contractDocumentSpecs() []operationSpec {
	const path = "/v2/orgs/{org}/subscriptions/{subscriptionId}/contracts"
	landed := func(t testing.TB, e *fixture) string { return text(t, e.landed, "contract", "id") }
	// The rows that all three have. in is what follows the subscription in the path.
	rows := func(code string, body any, in ...string) []refusalSpec {
		found := []refusalSpec{{status: http.StatusForbidden, code: "organisation_forbidden", request: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: append([]string{"other", landed(t, e)}, in...), body: body}
		}}}
		for _, id := range []string{unknownID, "no-uuid"} {
			found = append(found, refusalSpec{status: http.StatusNotFound, code: code, request: func(testing.TB, *fixture) apiRequest {
				return apiRequest{ids: append([]string{"mtf", id}, in...), body: body}
			}})
		}
		return found
	}
	document := func(t testing.TB, e *fixture) string {
		set := linkedContracts(t, e.s, landed(t, e), "")
		return text(t, at(t, set, "contracts").([]any)[0], "id")
	}
	return []operationSpec{
		{
			operation: "GET " + path, refusals: rows("contract_not_found", nil),
			valid: func(t testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{"mtf", landed(t, e)}} },
		},
		{
			operation: "POST " + path,
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{"mtf", landed(t, e)}, body: linkedDocument()}
			},
			refusals: append(rows("contract_not_found", linkedDocument()), refusalSpec{
				status: http.StatusConflict, code: "contract_document_conflict", request: func(t testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{"mtf", landed(t, e)}, body: with(linkedDocument(), object{"id": document(t, e)})}
				},
			}),
		},
		{
			operation: "GET " + path + "/{contractId}",
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{"mtf", landed(t, e), document(t, e)}}
			},
			refusals: append(rows("contract_document_not_found", nil, unknownID), refusalSpec{
				status: http.StatusNotFound, code: "contract_document_not_found", request: func(t testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{"mtf", e.contract, document(t, e)}}
				},
			}),
		},
	}
}

func provisioningSpecs() []operationSpec {
	const operation = "POST /api/v1/contracts/provision"
	valid := func(_ testing.TB, e *fixture) apiRequest {
		return apiRequest{body: object{
			"offer_id": e.mobile, "contract_start_date": "2026-08-10", "client_id": e.buyer, "provisioning_intent": "new_line", "auto_activate": true,
			"commitment_months": 1, "end_date": "2030-01-01", "subscriber": object{"service_identifier": newMobileNumber(), "service_type": "mobile"},
		}}
	}
	row := func(status int, code string, details func(*fixture) object, change func(*fixture) object) refusalSpec {
		return refusalSpec{status: status, code: code, details: details, request: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{body: with(object{"offer_id": e.mobile, "contract_start_date": "2026-08-10", "client_id": e.none}, change(e))}
		}}
	}
	candidates := func(e *fixture) object { return object{"candidate_contract_ids": e.candidates} }
	only := func(e *fixture) object { return object{"candidate_contract_ids": []any{e.contract}} }
	inline := object{"client_type": "individual", "full_name": "Inline Client"}
	return []operationSpec{{operation: operation, valid: valid, refusals: slices.Concat(keyRefusals(valid, object{"commitment_months": 2}, operation), []refusalSpec{
		row(404, "offer_not_found", nil, func(*fixture) object { return object{"offer_id": unknownID} }),
		row(404, "offer_not_found", nil, func(*fixture) object { return object{"offer_id": "no-uuid"} }),
		row(409, "offer_not_active", nil, func(e *fixture) object { return object{"offer_id": e.retired} }),
		row(422, "offer_validity_invalid", func(*fixture) object { return object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"} },
			func(e *fixture) object { return object{"offer_id": e.dated, "contract_start_date": "2027-07-01"} }),
		row(404, "client_not_found", nil, func(*fixture) object { return object{"client_id": unknownID} }),
		row(404, "client_not_found", nil, func(*fixture) object { return object{"client_id": "no-uuid"} }),
		row(409, "client_cin_conflict", func(e *fixture) object { return object{"client_id": e.owner} },
			func(e *fixture) object {
				return object{"client_id": absent{}, "client": with(inline, object{"cin": e.cin})}
			}),
		row(422, "contract_date_invalid", nil, func(e *fixture) object {
			return object{"client_id": e.endedOwner, "provisioning_intent": "upgrade", "contract_start_date": "2027-02-11"}
		}),
		row(422, "contract_commitment_invalid", func(*fixture) object { return object{"minimum_end_date": "2027-08-10"} },
			func(*fixture) object { return object{"commitment_months": 12, "end_date": "2027-08-09"} }),
		row(409, "contract_upgrade_target_missing", nil, func(*fixture) object { return object{"provisioning_intent": "upgrade"} }),
		row(422, "contract_upgrade_target_invalid", only, func(e *fixture) object {
			return object{"client_id": e.owner, "provisioning_intent": "upgrade", "target_contract_id": e.strangers}
		}),
		row(422, "contract_upgrade_target_invalid", only, func(e *fixture) object {
			return object{"client_id": e.owner, "target_contract_id": "no-uuid"}
		}),
		row(409, "contract_upgrade_disambiguation_required", candidates, func(e *fixture) object { return object{"client_id": e.several} }),
		row(409, "contract_upgrade_disambiguation_required", candidates, func(e *fixture) object {
			return object{"client_id": e.several, "provisioning_intent": "upgrade"}
		}),
		row(422, "provisioning_intent_conflict", nil, func(e *fixture) object { return object{"subscriber_id": e.line} }),
		row(409, "subscriber_identifier_conflict", nil, func(e *fixture) object {
			return object{"subscriber": object{"service_identifier": e.endedNumber}}
		}),
		row(422, "subscriber_offer_mismatch", nil, func(*fixture) object { return object{"subscriber": object{"service_type": "fiber"}} }),
		row(422, "subscriber_offer_mismatch", nil, func(e *fixture) object {
			return object{"client_id": e.owner, "subscriber": object{"service_identifier": e.television}}
		}),
	})}}
}
