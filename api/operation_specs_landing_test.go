package api_test

import (
	"slices"
	"testing"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func landingSpecs() []operationSpec {
	draft := object{"flow_type": "subscribe_new_service", "step": "identity", "cin": "DRAFT1", "payload": object{"a": 1}, "status": "in_progress"}
	mismatch := func(contract func(*fixture) string, cin func(*fixture) string) func(testing.TB, *fixture) apiRequest {
		return func(_ testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{contract(e)}, body: object{"cin": cin(e)}}
		}
	}
	owned, stranger, nameless := func(e *fixture) string { return e.contract }, func(e *fixture) string { return e.stranger },
		func(e *fixture) string { return e.nameless }
	promised := []operationSpec{
		{operation: "GET /api/v1/landing/bootstrap", valid: withoutParameters},
		{operation: "POST /api/v1/landing/drafts", valid: sends(draft)},
		{
			operation: "GET /api/v1/landing/drafts/{draft_id}", refusals: unknownIDRefusals("landing_draft_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.draft}} },
		},
		{
			operation: "PUT /api/v1/landing/drafts/{draft_id}", refusals: unknownIDRefusals("landing_draft_not_found", object{"step": "any"}),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.draft}, body: draft} },
		},
		{
			operation: "POST /api/v1/landing/clients/verify-cin",
			valid:     func(_ testing.TB, e *fixture) apiRequest { return apiRequest{body: object{"cin": e.cin}} },
			refusals: []refusalSpec{
				{status: 404, code: "landing_client_not_found", request: sends(object{"cin": "NOBODY1"})},
			},
		},
		{
			operation: "POST /api/v1/landing/contracts/{contract_id}/document-link",
			valid: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, body: object{"cin": e.cin}}
			},
			refusals: append(unknownIDRefusals("contract_not_found", object{"cin": "NOBODY1"}),
				refusalSpec{status: 403, code: "landing_contract_client_mismatch", request: mismatch(owned, stranger)},
				refusalSpec{status: 409, code: "client_cin_missing", request: mismatch(nameless, stranger)}),
		},
		{operation: "GET /api/v1/landing/contracts/{contract_id}/document", valid: func(t testing.TB, e *fixture) apiRequest {
			contract := text(t, e.landed, "contract", "id")
			return apiRequest{ids: []string{contract}, query: e.contractToken(t, text(t, e.landed, "client_cin"), contract, true)}
		}, refusals: []refusalSpec{
			{status: 401, code: "landing_token_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, query: "?token=%21.%21"}
			}},
			{status: 401, code: "landing_token_invalid", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, query: e.invoiceToken(t, e.cin, e.contract, true)}
			}},
			{status: 401, code: "landing_token_expired", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, query: e.contractToken(t, e.cin, e.contract, false)}
			}},
			{status: 403, code: "landing_document_token_mismatch", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.contract}, query: e.contractToken(t, e.stranger, e.strangers, true)}
			}},
			{status: 403, code: "landing_document_token_mismatch", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{"no-uuid"}, query: e.contractToken(t, e.cin, e.contract, true)}
			}},
			{status: 404, code: "contract_document_not_found", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.strangers}, query: e.contractToken(t, e.stranger, e.strangers, true)}
			}},
			{status: 404, code: "contract_document_not_found", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{unknownID}, query: e.contractToken(t, e.cin, unknownID, true)}
			}},
		}},
		{operation: "GET /api/v1/landing/invoices/{invoice_id}/document", valid: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{e.issued}, query: e.invoiceToken(t, e.billed, e.issued, true)}
		}, refusals: []refusalSpec{
			{status: 401, code: "landing_token_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.issued}, query: "?token=x"}
			}},
			{status: 401, code: "landing_token_expired", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.issued}, query: e.invoiceToken(t, e.billed, e.issued, false)}
			}},
			{status: 403, code: "landing_invoice_token_mismatch", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.issued}, query: e.invoiceToken(t, e.stranger, e.issued, true)}
			}},
			{status: 403, code: "landing_invoice_token_mismatch", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.paid}, query: e.invoiceToken(t, e.billed, e.issued, true)}
			}},
			{status: 404, code: "invoice_not_found", request: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{unknownID}, query: e.invoiceToken(t, e.billed, unknownID, true)}
			}},
		}},
	}
	for _, what := range []string{"subscriptions", "invoices"} {
		promised = append(promised, operationSpec{
			operation: "GET /api/v1/landing/clients/{cin}/" + what,
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{e.cin}, query: e.lookup(t, e.cin)}
			},
			refusals: []refusalSpec{
				{status: 401, code: "landing_token_invalid", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.cin}, query: "?lookup_token=" + system.Anonymous.Name}
				}},
				{status: 401, code: "landing_token_expired", request: func(t testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.cin}, query: e.expiredLookup(t, e.cin)}
				}},
				{status: 403, code: "landing_lookup_token_mismatch", request: func(t testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.stranger}, query: e.lookup(t, e.cin)}
				}},
				{status: 404, code: "landing_client_not_found", request: func(t testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{"NOBODY1"}, query: e.lookup(t, "NOBODY1")}
				}},
			},
		})
	}
	return promised
}

func submitSpecs() []operationSpec {
	const submitNew, planChange = "POST " + submitNewPath, "POST " + planChangePath
	examples := func(*fixture) object { return object{"accepted_examples": []any{"<text>", furtherItems}} }
	subscription := func(_ testing.TB, e *fixture) apiRequest {
		return apiRequest{headers: []system.Header{newKey()}, body: with(newMobile(e.mobile), object{
			"email": "a@example.ma", "address": "Rabat", "contact_phone": "1", "commitment_months": 12,
		})}
	}
	change := func(t testing.TB, e *fixture) apiRequest {
		return apiRequest{headers: []system.Header{newKey()}, body: object{
			"cin": e.landed["client_cin"], "source_contract_id": at(t, e.landed, "contract", "id"), "target_offer_id": e.mobile,
			"contract_start_date": "2026-10-01", "commitment_months": 1,
		}}
	}
	row := func(valid func(testing.TB, *fixture) apiRequest, status int, code string, changes func(*fixture) object) refusalSpec {
		return refusalSpec{status: status, code: code, request: func(t testing.TB, e *fixture) apiRequest {
			request := valid(t, e)
			request.body = with(request.body.(object), changes(e))
			return request
		}}
	}
	detailed := func(row refusalSpec, details func(*fixture) object) refusalSpec {
		row.details = details
		return row
	}
	validity := func(*fixture) object { return object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"} }
	minimum := func(*fixture) object { return object{"minimum_end_date": "2027-03-30"} }
	existing := func(e *fixture, start string) object {
		return object{
			"cin": e.endedCIN, "mobile_number_mode": "use_existing", "existing_mobile_local_number": e.endedNumber, "contract_start_date": start,
			"commitment_months": nil,
		}
	}
	return []operationSpec{
		{operation: submitNew, valid: subscription, refusals: append(keyRefusals(subscription, object{"full_name": "Other Name"}, submitNew),
			row(subscription, 404, "offer_not_found", func(*fixture) object { return object{"offer_id": unknownID} }),
			row(subscription, 404, "offer_not_found", func(*fixture) object { return object{"offer_id": "no-uuid"} }),
			row(subscription, 409, "offer_not_active", func(e *fixture) object { return object{"offer_id": e.retired} }),
			detailed(row(subscription, 422, "offer_validity_invalid", func(e *fixture) object {
				return object{"offer_id": e.dated, "contract_start_date": "2026-01-31"}
			}), validity),
			row(subscription, 422, "landing_offer_service_mismatch", func(e *fixture) object { return object{"offer_id": e.fiber} }),
			row(subscription, 422, "contract_date_invalid", func(e *fixture) object { return existing(e, "2027-02-11") }),
			detailed(row(subscription, 422, "contract_commitment_invalid", func(e *fixture) object { return existing(e, "2026-09-30") }), minimum),
			row(subscription, 409, "subscriber_identifier_conflict", func(e *fixture) object {
				return object{"requested_mobile_local_number": e.endedNumber}
			}),
			row(subscription, 422, "subscriber_offer_mismatch", func(e *fixture) object {
				return object{"cin": e.cin, "mobile_number_mode": "use_existing", "existing_mobile_local_number": e.television}
			}),
			detailed(row(subscription, 422, "mobile_number_invalid", func(*fixture) object {
				return object{"requested_mobile_local_number": "0522334455"}
			}), examples),
			detailed(row(subscription, 422, "landline_number_invalid", func(e *fixture) object {
				return object{"service_category": "internet", "offer_id": e.fiber, "mobile_number_mode": nil, "home_landline_local_number": "0612345678"}
			}), examples),
		)},
		{operation: planChange, valid: change, refusals: append(keyRefusals(change, object{"commitment_months": 2}, planChange),
			row(change, 404, "landing_client_not_found", func(*fixture) object { return object{"cin": "NOBODY1"} }),
			row(change, 404, "contract_not_found", func(*fixture) object { return object{"source_contract_id": unknownID} }),
			row(change, 404, "contract_not_found", func(*fixture) object { return object{"source_contract_id": "no-uuid"} }),
			row(change, 422, "landing_contract_client_mismatch", func(e *fixture) object { return object{"source_contract_id": e.strangers} }),
			row(change, 404, "offer_not_found", func(*fixture) object { return object{"target_offer_id": unknownID} }),
			row(change, 422, "landing_offer_service_mismatch", func(e *fixture) object { return object{"target_offer_id": e.fiber} }),
			row(change, 409, "offer_not_active", func(e *fixture) object { return object{"target_offer_id": e.retired} }),
			detailed(row(change, 422, "offer_validity_invalid", func(e *fixture) object {
				return object{"target_offer_id": e.dated, "contract_start_date": "2026-01-31"}
			}), validity),
			row(change, 422, "contract_date_invalid", func(e *fixture) object {
				return object{"cin": e.endedCIN, "source_contract_id": e.ended, "contract_start_date": "2027-02-11"}
			}),
			detailed(row(change, 422, "contract_commitment_invalid", func(e *fixture) object {
				return object{"cin": e.endedCIN, "source_contract_id": e.ended, "contract_start_date": "2026-09-30", "commitment_months": nil}
			}), minimum),
			row(change, 409, "contract_upgrade_target_missing", func(e *fixture) object {
				return object{"cin": e.cin, "source_contract_id": e.suspended, "target_offer_id": e.fiber}
			}),
			detailed(row(change, 422, "contract_upgrade_target_invalid", func(e *fixture) object {
				return object{"cin": e.cin, "source_contract_id": e.sleeping}
			}), func(e *fixture) object { return object{"candidate_contract_ids": []any{e.contract}} }),
		)},
	}
}

func billingSpecs() []operationSpec {
	const operation = "POST " + billingPath
	valid := func(testing.TB, *fixture) apiRequest {
		return apiRequest{headers: []system.Header{newKey()}, body: object{
			"period_start": "2021-01-01", "period_end": "2021-01-31", "due_days": 15, "tax_rate": "0.2",
		}}
	}
	invoice := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.issued}} }
	run := func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.run}} }
	const void = "POST /api/v1/invoices/{invoice_id}/void"
	voids := func(t testing.TB, e *fixture) apiRequest {
		return apiRequest{ids: []string{text(t, newInvoice(t, e.s, november), "id")}, headers: []system.Header{newKey()}, body: object{"reason": "Wrong tariff"}}
	}
	voiding := func(code string, details func(*fixture) object, invoice func(*fixture) string) refusalSpec {
		return refusalSpec{status: 409, code: code, details: details, request: func(_ testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{invoice(e)}, headers: []system.Header{newKey()}, body: object{"reason": "R"}}
		}}
	}
	command := func(name, to string) operationSpec {
		return operationSpec{
			operation: "POST /api/v1/billing/runs/{billing_run_id}/" + name,
			valid: func(t testing.TB, e *fixture) apiRequest {
				return apiRequest{ids: []string{runThatTakes(t, e.s, name)}, body: object{"reason": "Prices were wrong"}}
			},
			refusals: append(unknownIDRefusals("billing_run_not_found", object{}), refusalSpec{
				status: 409, code: "billing_run_status_transition_invalid",
				details: func(*fixture) object { return object{"from": "completed", "to": to} }, request: run,
			}),
		}
	}
	return []operationSpec{
		{operation: operation, valid: valid, refusals: keyRefusals(valid, object{"due_days": 16}, operation)},
		{operation: "GET /api/v1/billing/runs", valid: withoutParameters},
		{
			operation: "GET /api/v1/billing/runs/{billing_run_id}", refusals: unknownIDRefusals("billing_run_not_found", nil),
			valid: func(_ testing.TB, e *fixture) apiRequest { return apiRequest{ids: []string{e.run}} },
		},
		{operation: "GET /api/v1/billing/runs/{billing_run_id}/failures", refusals: unknownIDRefusals("billing_run_not_found", nil), valid: run},
		{operation: "GET /api/v1/billing/runs/{billing_run_id}/skipped", refusals: unknownIDRefusals("billing_run_not_found", nil), valid: run},
		{operation: "POST /api/v1/billing/runs/preview", valid: func(t testing.TB, e *fixture) apiRequest {
			return apiRequest{body: with(valid(t, e).body.(object), object{"page": 1, "size": 10})}
		}},
		command("pause", "paused"), command("resume", "running"), command("approve", "running"),
		command("cancel", "cancelled"), command("retry", "running"),
		{operation: "GET /api/v1/invoices", valid: withoutParameters},
		{operation: "GET /api/v1/invoices/{invoice_id}", refusals: unknownIDRefusals("invoice_not_found", nil), valid: invoice},
		{operation: "GET /api/v1/invoices/{invoice_id}/pdf", refusals: unknownIDRefusals("invoice_not_found", nil), valid: invoice},
		{operation: "GET /api/v1/invoices/{invoice_id}/audit", refusals: unknownIDRefusals("invoice_not_found", nil), valid: invoice},
		{operation: void, valid: voids, refusals: slices.Concat(keyRefusals(voids, object{"reason": "Other"}, void),
			unknownIDRefusals("invoice_not_found", object{"reason": "R"}, newKey()), []refusalSpec{
				voiding("invoice_void", nil, func(e *fixture) string { return e.void }),
				voiding("invoice_not_voidable", func(*fixture) object { return object{"paid_amount": "238.80"} }, func(e *fixture) string { return e.paid }),
			})},
	}
}

func collectionsSpecs() []operationSpec {
	const payment, approval = "POST " + paymentsPath, "POST /api/v1/collections/invoices/{invoice_id}/approve-paid"
	const reversal = payment + "/{payment_id}/reverse"
	pays := func(_ testing.TB, e *fixture) apiRequest {
		return apiRequest{headers: []system.Header{newKey()}, body: object{
			"invoice_id": e.issued, "amount": "0.01", "payment_date": "2026-11-20", "method": "cash", "reference": "R", "note": "N",
		}}
	}
	approves := func(t testing.TB, e *fixture) apiRequest {
		return apiRequest{
			ids: []string{text(t, newInvoice(t, e.s, november), "id")}, headers: []system.Header{newKey()},
			body: object{"payment_date": "2026-11-20", "method": "cash", "reference": "R", "note": "N"},
		}
	}
	paying := func(status int, code string, change func(*fixture) object) refusalSpec {
		return refusalSpec{status: status, code: code, request: func(t testing.TB, e *fixture) apiRequest {
			request := pays(t, e)
			request.body = with(request.body.(object), change(e))
			return request
		}}
	}
	approving := func(status int, code string, invoice func(*fixture) string) refusalSpec {
		return refusalSpec{status: status, code: code, request: func(_ testing.TB, e *fixture) apiRequest {
			return apiRequest{ids: []string{invoice(e)}, headers: []system.Header{newKey()}, body: object{}}
		}}
	}
	reverses := func(t testing.TB, e *fixture) apiRequest {
		payment := at(t, pay(t, e.s, newInvoice(t, e.s, september), "0.01"), "payment")
		return apiRequest{ids: []string{text(t, payment, "id")}, headers: []system.Header{newKey()}, body: object{"reason": "Bounced"}}
	}
	exceeds := paying(422, "payment_exceeds_outstanding", func(*fixture) object { return object{"amount": "999999.999"} })
	exceeds.details = func(*fixture) object { return object{"outstanding_amount": "<money>", "payment_amount": "999999.999"} }
	promised := []operationSpec{
		{operation: payment, valid: pays, refusals: append(keyRefusals(pays, object{"amount": "0.02"}, payment),
			paying(404, "invoice_not_found", func(*fixture) object { return object{"invoice_id": unknownID} }),
			paying(404, "invoice_not_found", func(*fixture) object { return object{"invoice_id": "no-uuid"} }),
			paying(409, "invoice_void", func(e *fixture) object { return object{"invoice_id": e.void} }),
			paying(409, "invoice_already_paid", func(e *fixture) object { return object{"invoice_id": e.paid} }), exceeds)},
		{operation: approval, valid: approves, refusals: slices.Concat(keyRefusals(approves, object{"note": "Other"}, approval),
			unknownIDRefusals("invoice_not_found", object{}, newKey()), []refusalSpec{
				approving(409, "invoice_void", func(e *fixture) string { return e.void }),
				approving(409, "invoice_already_paid", func(e *fixture) string { return e.paid }),
			})},
		{operation: reversal, valid: reverses, refusals: slices.Concat(keyRefusals(reverses, object{"reason": "Other"}, reversal),
			unknownIDRefusals("payment_not_found", object{"reason": "R"}, newKey()), []refusalSpec{
				{status: 409, code: "payment_already_reversed", request: func(_ testing.TB, e *fixture) apiRequest {
					return apiRequest{ids: []string{e.reversed}, headers: []system.Header{newKey()}, body: object{"reason": "R"}}
				}},
			})},
		{operation: "GET " + paymentsPath, valid: withoutParameters},
		{operation: "GET " + paymentsPath + "/export", valid: withoutParameters},
		{operation: "GET /api/v1/invoices/export", valid: withoutParameters},
	}
	return append(promised, caseSpecs()...)
}

// caseSpecs use the case of the fixture's overdue invoice.
func caseSpecs() []operationSpec {
	const cases = "/api/v1/collections/cases"
	about := func(body any) func(testing.TB, *fixture) apiRequest {
		return func(t testing.TB, e *fixture) apiRequest {
			var list object
			e.s.Get(t, cases, &list)
			return apiRequest{ids: []string{text(t, at(t, list, "data").([]any)[0], "id")}, body: body}
		}
	}
	return []operationSpec{
		{operation: "GET " + cases, valid: withoutParameters},
		{operation: "GET /api/v1/collections/overview", valid: withoutParameters},
		{operation: "GET " + cases + "/export", valid: withoutParameters},
		{operation: "GET " + agingPath, valid: withoutParameters},
		{operation: "GET " + agingPath + "/export", valid: withoutParameters},
		{operation: "GET " + cases + "/{case_id}/actions", valid: about(nil), refusals: unknownIDRefusals("collection_case_not_found", nil)},
		{operation: "GET " + cases + "/{case_id}/dunning", valid: about(nil), refusals: unknownIDRefusals("collection_case_not_found", nil)},
		{
			operation: "POST " + cases + "/{case_id}/actions", valid: about(object{"action_type": "note", "note": "Called"}),
			refusals: unknownIDRefusals("collection_case_not_found", object{"action_type": "note", "note": "Called"}),
		},
		{
			operation: "PUT " + cases + "/{case_id}/status", valid: about(object{"status": "in_progress", "note": "N"}),
			refusals: unknownIDRefusals("collection_case_not_found", object{"status": "open"}),
		},
	}
}
