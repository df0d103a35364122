package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// Authenticated asks for nothing but the path.
func Authenticated(testing.TB, *estate) asked { return asked{} }

func identityPromises() []promise {
	return []promise{
		{operation: "GET /", valid: Authenticated},
		{operation: "GET /livez", valid: Authenticated},
		{operation: "GET /readyz", valid: Authenticated},
		{operation: "GET /api/v1/health", valid: Authenticated},
		{operation: "GET /api/v1/me", valid: Authenticated},
		{operation: "GET /api/v1/conventions/sample", valid: Authenticated},
		{operation: "GET /api/v1/admin/ping", valid: Authenticated, refuses: []refused{{
			status: http.StatusForbidden, code: "forbidden", details: func(*estate) object { return object{"required_roles": []any{"admin"}} },
			ask: func(testing.TB, *estate) asked {
				return asked{headers: []system.Header{{Name: "Authorization", Value: "Bearer op-1:ops"}}}
			},
		}}},
		{operation: "POST " + decodePath,
			valid: func(testing.TB, *estate) asked { return asked{body: object{"payloads": []any{plainPayload}}} },
			refuses: []refused{{
				status: 422, code: "payload_not_decodable",
				details: func(*estate) object {
					return object{"key_id": "lost", "reason": "MTF_PAYLOAD_KEYS does not have it"}
				},
				ask: func(testing.TB, *estate) asked {
					return asked{body: object{"payloads": []any{plainPayload, lostPayload}}}
				},
			}}},
	}
}

func clientPromises() []promise {
	create := func(testing.TB, *estate) asked {
		return asked{body: object{"cin": newCIN(), "client_type": "individual", "full_name": "Some Client"}}
	}
	owner := func(e *estate) object { return object{"client_id": e.owner} }
	subscriber := object{"service_type": "mobile", "service_identifier": "SUBSCRIBER-1"}
	return []promise{
		{operation: "POST /api/v1/customers", valid: create, refuses: []refused{
			{status: 409, code: "client_cin_conflict", details: owner, ask: func(t testing.TB, e *estate) asked {
				return asked{body: with(create(t, e).body.(object), object{"cin": " " + e.cin + " "})}
			}},
		}},
		{operation: "GET /api/v1/customers", valid: Authenticated},
		{operation: "GET /api/v1/customers/{client_id}", refuses: unknown("client_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.owner}} }},
		{operation: "PUT /api/v1/customers/{client_id}",
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.none}, body: object{"full_name": "Other Name", "status": "active", "cin": newCIN(), "phone": "1"}}
			},
			refuses: append(unknown("client_not_found", object{"full_name": "Nobody"}), refused{
				status: 409, code: "client_cin_conflict", details: owner, ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.none}, body: object{"cin": e.cin, "full_name": "Never Kept"}}
				},
			})},
		{operation: "DELETE /api/v1/customers/{client_id}",
			valid: func(t testing.TB, e *estate) asked {
				id, _ := newClient(t, e.s)
				return asked{ids: []string{id}}
			},
			refuses: append(unknown("client_not_found", nil), refused{
				status: 409, code: "client_delete_blocked", ask: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.owner}} },
			})},
		{operation: "POST /api/v1/customers/{client_id}/subscribers",
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.none}, body: with(subscriber, object{"service_identifier": newMobileNumber(), "status": "active"})}
			},
			refuses: append(unknown("client_not_found", subscriber), refused{
				status: 409, code: "subscriber_identifier_conflict", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.none}, body: with(subscriber, object{"service_identifier": " " + e.television})}
				},
			})},
		{operation: "GET /api/v1/customers/{client_id}/subscribers", refuses: unknown("client_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.owner}} }},
		{operation: "GET /api/v1/subscribers/{subscriber_id}", refuses: unknown("subscriber_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.line}} }},
		{operation: "PUT /api/v1/subscribers/{subscriber_id}", refuses: unknown("subscriber_not_found", object{"status": "active"}),
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.line}, body: object{"status": "active"}}
			}},
	}
}

func cataloguePromises() []promise {
	full := func(testing.TB, *estate) asked {
		return asked{body: with(mobileOffer(), object{
			"version": 1, "status": "active", "valid_to": "2030-01-01", "mobile_calls_hours": 1, "internet_access_type": nil,
			"internet_tv_included": false, "landline_phone_hours": nil,
		})}
	}
	same := func(t testing.TB, e *estate) object {
		var offer object
		e.s.Get(t, offersPath+"/"+e.mobile, &offer)
		return object{"name": offer["name"], "version": 1, "monthly_fee": 5}
	}
	return []promise{
		{operation: "POST /api/v1/offers", valid: full, refuses: []refused{
			{status: 409, code: "offer_version_conflict", ask: func(t testing.TB, e *estate) asked { return asked{body: with(mobileOffer(), same(t, e))} }},
		}},
		{operation: "GET /api/v1/offers", valid: Authenticated},
		{operation: "GET /api/v1/offer-categories", valid: Authenticated},
		{operation: "GET /api/v1/offer-families", valid: Authenticated},
		{operation: "GET /api/v1/offers/{offer_id}", refuses: unknown("offer_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.mobile}} }},
		{operation: "PUT /api/v1/offers/{offer_id}",
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.retired}, body: object{
					"name": "Retired again", "version": 3, "monthly_fee": "10.00", "activation_fee": 1, "status": "retired", "valid_from": "2026-01-01",
					"valid_to": "2030-01-01", "mobile_data_gb": 5, "mobile_calls_hours": 5, "internet_tv_included": false,
				}}
			},
			refuses: append(unknown("offer_not_found", object{"name": "Nothing"}), refused{
				status: 409, code: "offer_version_conflict",
				ask: func(t testing.TB, e *estate) asked { return asked{ids: []string{e.dated}, body: same(t, e)} },
			})},
		{operation: "DELETE /api/v1/offers/{offer_id}",
			valid: func(t testing.TB, e *estate) asked { return asked{ids: []string{newOffer(t, e.s, mobileOffer())}} },
			refuses: append(unknown("offer_not_found", nil), refused{
				status: 409, code: "offer_delete_blocked", ask: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.mobile}} },
			})},
	}
}

func contractPromises() []promise {
	valid := func(t testing.TB, e *estate) asked {
		return asked{body: with(draftOf(t, e.s), object{"commitment_months": 1, "end_date": "2027-01-01", "status": "draft"})}
	}
	but := func(status int, code string, change func(testing.TB, *estate) object) refused {
		return refused{status: status, code: code, ask: func(t testing.TB, e *estate) asked {
			return asked{body: with(valid(t, e).body.(object), change(t, e))}
		}}
	}
	fixed := func(change object) func(testing.TB, *estate) object {
		return func(testing.TB, *estate) object { return change }
	}
	commitment := but(422, "contract_commitment_invalid", fixed(object{"commitment_months": 12, "end_date": "2027-03-14"}))
	commitment.details = func(*estate) object { return object{"minimum_end_date": "2027-03-15"} }
	taken := but(409, "subscriber_contract_conflict", func(_ testing.TB, e *estate) object {
		return object{"client_id": e.owner, "subscriber_id": e.line, "offer_id": e.mobile}
	})
	taken.details = func(e *estate) object { return object{"contract_id": e.contract} }
	transition := refused{status: 409, code: "contract_status_transition_invalid",
		details: func(*estate) object { return object{"from": "active", "to": "draft"} },
		ask: func(_ testing.TB, e *estate) asked {
			return asked{ids: []string{e.contract}, body: object{"status": "draft"}}
		}}
	owned := func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.contract}} }
	return []promise{
		{operation: "POST /api/v1/contracts", valid: valid, refuses: []refused{
			but(404, "offer_not_found", fixed(object{"offer_id": nobody})), but(404, "offer_not_found", fixed(object{"offer_id": "x"})),
			but(404, "client_not_found", fixed(object{"client_id": nobody})), but(404, "client_not_found", fixed(object{"client_id": ""})),
			but(404, "subscriber_not_found", fixed(object{"subscriber_id": nobody})),
			but(404, "subscriber_not_found", fixed(object{"subscriber_id": "no-uuid"})),
			but(422, "subscriber_client_mismatch", func(_ testing.TB, e *estate) object { return object{"client_id": e.none} }),
			but(422, "subscriber_offer_mismatch", func(_ testing.TB, e *estate) object { return object{"offer_id": e.fiber} }),
			but(422, "contract_date_invalid", fixed(object{"commitment_months": absent{}, "end_date": "2026-03-14"})),
			commitment, taken,
		}},
		{operation: "GET /api/v1/contracts", valid: Authenticated},
		{operation: "GET /api/v1/contracts/{contract_id}", refuses: unknown("contract_not_found", nil), valid: owned},
		{operation: "GET /api/v1/contracts/{contract_id}/audit", refuses: unknown("contract_not_found", nil), valid: owned},
		{operation: "PUT /api/v1/contracts/{contract_id}/status", refuses: append(unknown("contract_not_found", object{"status": "active"}), transition),
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"status": "active"}}
			}},
		{operation: "PUT /api/v1/contracts/{contract_id}/offer",
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"offer_id": e.mobile}}
			},
			refuses: append(unknown("contract_not_found", object{"offer_id": nobody}),
				refused{status: 404, code: "offer_not_found", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.contract}, body: object{"offer_id": nobody}}
				}},
				refused{status: 404, code: "offer_not_found", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.contract}, body: object{"offer_id": "no-uuid"}}
				}},
				refused{status: 422, code: "subscriber_offer_mismatch", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.contract}, body: object{"offer_id": e.fiber}}
				}})},
	}
}

func contractDocumentPromises() []promise {
	const path = "/v2/orgs/{org}/subscriptions/{subscriptionId}/contracts"
	landed := func(t testing.TB, e *estate) string { return text(t, e.landed, "contract", "id") }
	// The rows that all three have. in is what follows the subscription in the path.
	rows := func(code string, body any, in ...string) []refused {
		found := []refused{{status: http.StatusForbidden, code: "organisation_forbidden", ask: func(t testing.TB, e *estate) asked {
			return asked{ids: append([]string{"other", landed(t, e)}, in...), body: body}
		}}}
		for _, id := range []string{nobody, "no-uuid"} {
			found = append(found, refused{status: http.StatusNotFound, code: code, ask: func(testing.TB, *estate) asked {
				return asked{ids: append([]string{"mtf", id}, in...), body: body}
			}})
		}
		return found
	}
	document := func(t testing.TB, e *estate) string {
		set := contractsOf(t, e.s, landed(t, e), "")
		return text(t, at(t, set, "contracts").([]any)[0], "id")
	}
	return []promise{
		{operation: "GET " + path, refuses: rows("contract_not_found", nil),
			valid: func(t testing.TB, e *estate) asked { return asked{ids: []string{"mtf", landed(t, e)}} }},
		{operation: "POST " + path,
			valid: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{"mtf", landed(t, e)}, body: linkedDocument()}
			},
			refuses: append(rows("contract_not_found", linkedDocument()), refused{
				status: http.StatusConflict, code: "contract_document_conflict", ask: func(t testing.TB, e *estate) asked {
					return asked{ids: []string{"mtf", landed(t, e)}, body: with(linkedDocument(), object{"id": document(t, e)})}
				},
			})},
		{operation: "GET " + path + "/{contractId}",
			valid: func(t testing.TB, e *estate) asked { return asked{ids: []string{"mtf", landed(t, e), document(t, e)}} },
			refuses: append(rows("contract_document_not_found", nil, nobody), refused{
				status: http.StatusNotFound, code: "contract_document_not_found", ask: func(t testing.TB, e *estate) asked {
					return asked{ids: []string{"mtf", e.contract, document(t, e)}}
				},
			})},
	}
}

func provisioningPromises() []promise {
	const operation = "POST /api/v1/contracts/provision"
	valid := func(_ testing.TB, e *estate) asked {
		return asked{body: object{
			"offer_id": e.mobile, "contract_start_date": "2026-08-10", "client_id": e.buyer, "provisioning_intent": "new_line", "auto_activate": true,
			"commitment_months": 1, "end_date": "2030-01-01", "subscriber": object{"service_identifier": newMobileNumber(), "service_type": "mobile"},
		}}
	}
	row := func(status int, code string, details func(*estate) object, change func(*estate) object) refused {
		return refused{status: status, code: code, details: details, ask: func(t testing.TB, e *estate) asked {
			return asked{body: with(object{"offer_id": e.mobile, "contract_start_date": "2026-08-10", "client_id": e.none}, change(e))}
		}}
	}
	candidates := func(e *estate) object { return object{"candidate_contract_ids": e.candidates} }
	only := func(e *estate) object { return object{"candidate_contract_ids": []any{e.contract}} }
	inline := object{"client_type": "individual", "full_name": "Inline Client"}
	return []promise{{operation: operation, valid: valid, refuses: slices.Concat(badKeys(valid, object{"commitment_months": 2}, operation), []refused{
		row(404, "offer_not_found", nil, func(*estate) object { return object{"offer_id": nobody} }),
		row(404, "offer_not_found", nil, func(*estate) object { return object{"offer_id": "no-uuid"} }),
		row(409, "offer_not_active", nil, func(e *estate) object { return object{"offer_id": e.retired} }),
		row(422, "offer_validity_invalid", func(*estate) object { return object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"} },
			func(e *estate) object { return object{"offer_id": e.dated, "contract_start_date": "2027-07-01"} }),
		row(404, "client_not_found", nil, func(*estate) object { return object{"client_id": nobody} }),
		row(404, "client_not_found", nil, func(*estate) object { return object{"client_id": "no-uuid"} }),
		row(409, "client_cin_conflict", func(e *estate) object { return object{"client_id": e.owner} },
			func(e *estate) object {
				return object{"client_id": absent{}, "client": with(inline, object{"cin": e.cin})}
			}),
		row(422, "contract_date_invalid", nil, func(e *estate) object {
			return object{"client_id": e.endedOwner, "provisioning_intent": "upgrade", "contract_start_date": "2027-02-11"}
		}),
		row(422, "contract_commitment_invalid", func(*estate) object { return object{"minimum_end_date": "2027-08-10"} },
			func(*estate) object { return object{"commitment_months": 12, "end_date": "2027-08-09"} }),
		row(409, "contract_upgrade_target_missing", nil, func(*estate) object { return object{"provisioning_intent": "upgrade"} }),
		row(422, "contract_upgrade_target_invalid", only, func(e *estate) object {
			return object{"client_id": e.owner, "provisioning_intent": "upgrade", "target_contract_id": e.strangers}
		}),
		row(422, "contract_upgrade_target_invalid", only, func(e *estate) object {
			return object{"client_id": e.owner, "target_contract_id": "no-uuid"}
		}),
		row(409, "contract_upgrade_disambiguation_required", candidates, func(e *estate) object { return object{"client_id": e.several} }),
		row(409, "contract_upgrade_disambiguation_required", candidates, func(e *estate) object {
			return object{"client_id": e.several, "provisioning_intent": "upgrade"}
		}),
		row(422, "provisioning_intent_conflict", nil, func(e *estate) object { return object{"subscriber_id": e.line} }),
		row(409, "subscriber_identifier_conflict", nil, func(e *estate) object {
			return object{"subscriber": object{"service_identifier": e.endedNumber}}
		}),
		row(422, "subscriber_offer_mismatch", nil, func(*estate) object { return object{"subscriber": object{"service_type": "fiber"}} }),
		row(422, "subscriber_offer_mismatch", nil, func(e *estate) object {
			return object{"client_id": e.owner, "subscriber": object{"service_identifier": e.television}}
		}),
	})}}
}
