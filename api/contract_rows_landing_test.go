package api_test

import (
	"slices"
	"testing"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func landingPromises() []promise {
	draft := object{"flow_type": "subscribe_new_service", "step": "identity", "cin": "DRAFT1", "payload": object{"a": 1}, "status": "in_progress"}
	mismatch := func(contract func(*estate) string, cin func(*estate) string) func(testing.TB, *estate) asked {
		return func(_ testing.TB, e *estate) asked {
			return asked{ids: []string{contract(e)}, body: object{"cin": cin(e)}}
		}
	}
	owned, stranger, nameless := func(e *estate) string { return e.contract }, func(e *estate) string { return e.stranger },
		func(e *estate) string { return e.nameless }
	promised := []promise{
		{operation: "GET /api/v1/landing/bootstrap", valid: Authenticated},
		{operation: "POST /api/v1/landing/drafts", valid: sends(draft)},
		{operation: "GET /api/v1/landing/drafts/{draft_id}", refuses: unknown("landing_draft_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.draft}} }},
		{operation: "PUT /api/v1/landing/drafts/{draft_id}", refuses: unknown("landing_draft_not_found", object{"step": "any"}),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.draft}, body: draft} }},
		{operation: "POST /api/v1/landing/clients/verify-cin",
			valid: func(_ testing.TB, e *estate) asked { return asked{body: object{"cin": e.cin}} },
			refuses: []refused{
				{status: 404, code: "landing_client_not_found", ask: sends(object{"cin": "NOBODY1"})},
			}},
		{operation: "POST /api/v1/landing/contracts/{contract_id}/document-link",
			valid: func(_ testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, body: object{"cin": e.cin}}
			},
			refuses: append(unknown("contract_not_found", object{"cin": "NOBODY1"}),
				refused{status: 403, code: "landing_contract_client_mismatch", ask: mismatch(owned, stranger)},
				refused{status: 409, code: "client_cin_missing", ask: mismatch(nameless, stranger)})},
		{operation: "GET /api/v1/landing/contracts/{contract_id}/document", valid: func(t testing.TB, e *estate) asked {
			contract := text(t, e.landed, "contract", "id")
			return asked{ids: []string{contract}, query: e.contractToken(t, text(t, e.landed, "client_cin"), contract, true)}
		}, refuses: []refused{
			{status: 401, code: "landing_token_invalid", ask: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.contract}, query: "?token=%21.%21"} }},
			{status: 401, code: "landing_token_invalid", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, query: e.invoiceToken(t, e.cin, e.contract, true)}
			}},
			{status: 401, code: "landing_token_expired", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, query: e.contractToken(t, e.cin, e.contract, false)}
			}},
			{status: 403, code: "landing_document_token_mismatch", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.contract}, query: e.contractToken(t, e.stranger, e.strangers, true)}
			}},
			{status: 403, code: "landing_document_token_mismatch", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{"no-uuid"}, query: e.contractToken(t, e.cin, e.contract, true)}
			}},
			{status: 404, code: "contract_document_not_found", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.strangers}, query: e.contractToken(t, e.stranger, e.strangers, true)}
			}},
			{status: 404, code: "contract_document_not_found", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{nobody}, query: e.contractToken(t, e.cin, nobody, true)}
			}},
		}},
		{operation: "GET /api/v1/landing/invoices/{invoice_id}/document", valid: func(t testing.TB, e *estate) asked {
			return asked{ids: []string{e.issued}, query: e.invoiceToken(t, e.billed, e.issued, true)}
		}, refuses: []refused{
			{status: 401, code: "landing_token_invalid", ask: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.issued}, query: "?token=x"} }},
			{status: 401, code: "landing_token_expired", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.issued}, query: e.invoiceToken(t, e.billed, e.issued, false)}
			}},
			{status: 403, code: "landing_invoice_token_mismatch", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.issued}, query: e.invoiceToken(t, e.stranger, e.issued, true)}
			}},
			{status: 403, code: "landing_invoice_token_mismatch", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{e.paid}, query: e.invoiceToken(t, e.billed, e.issued, true)}
			}},
			{status: 404, code: "invoice_not_found", ask: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{nobody}, query: e.invoiceToken(t, e.billed, nobody, true)}
			}},
		}},
	}
	for _, what := range []string{"subscriptions", "invoices"} {
		promised = append(promised, promise{
			operation: "GET /api/v1/landing/clients/{cin}/" + what,
			valid:     func(t testing.TB, e *estate) asked { return asked{ids: []string{e.cin}, query: e.lookup(t, e.cin)} },
			refuses: []refused{
				{status: 401, code: "landing_token_invalid", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.cin}, query: "?lookup_token=" + system.Anonymous.Name}
				}},
				{status: 401, code: "landing_token_expired", ask: func(t testing.TB, e *estate) asked {
					return asked{ids: []string{e.cin}, query: e.expiredLookup(t, e.cin)}
				}},
				{status: 403, code: "landing_lookup_token_mismatch", ask: func(t testing.TB, e *estate) asked {
					return asked{ids: []string{e.stranger}, query: e.lookup(t, e.cin)}
				}},
				{status: 404, code: "landing_client_not_found", ask: func(t testing.TB, e *estate) asked {
					return asked{ids: []string{"NOBODY1"}, query: e.lookup(t, "NOBODY1")}
				}},
			},
		})
	}
	return promised
}

func submitPromises() []promise {
	const submitNew, planChange = "POST " + submitNewPath, "POST " + planChangePath
	examples := func(*estate) object { return object{"accepted_examples": []any{"<text>", more}} }
	subscription := func(_ testing.TB, e *estate) asked {
		return asked{headers: []system.Header{newKey()}, body: with(newMobile(e.mobile), object{
			"email": "a@example.ma", "address": "Rabat", "contact_phone": "1", "commitment_months": 12,
		})}
	}
	change := func(t testing.TB, e *estate) asked {
		return asked{headers: []system.Header{newKey()}, body: object{
			"cin": e.landed["client_cin"], "source_contract_id": at(t, e.landed, "contract", "id"), "target_offer_id": e.mobile,
			"contract_start_date": "2026-10-01", "commitment_months": 1,
		}}
	}
	row := func(valid func(testing.TB, *estate) asked, status int, code string, changes func(*estate) object) refused {
		return refused{status: status, code: code, ask: func(t testing.TB, e *estate) asked {
			request := valid(t, e)
			request.body = with(request.body.(object), changes(e))
			return request
		}}
	}
	detailed := func(row refused, details func(*estate) object) refused {
		row.details = details
		return row
	}
	validity := func(*estate) object { return object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"} }
	minimum := func(*estate) object { return object{"minimum_end_date": "2027-03-30"} }
	existing := func(e *estate, start string) object {
		return object{
			"cin": e.endedCIN, "mobile_number_mode": "use_existing", "existing_mobile_local_number": e.endedNumber, "contract_start_date": start,
			"commitment_months": nil,
		}
	}
	return []promise{
		{operation: submitNew, valid: subscription, refuses: append(badKeys(subscription, object{"full_name": "Other Name"}, submitNew),
			row(subscription, 404, "offer_not_found", func(*estate) object { return object{"offer_id": nobody} }),
			row(subscription, 404, "offer_not_found", func(*estate) object { return object{"offer_id": "no-uuid"} }),
			row(subscription, 409, "offer_not_active", func(e *estate) object { return object{"offer_id": e.retired} }),
			detailed(row(subscription, 422, "offer_validity_invalid", func(e *estate) object {
				return object{"offer_id": e.dated, "contract_start_date": "2026-01-31"}
			}), validity),
			row(subscription, 422, "landing_offer_service_mismatch", func(e *estate) object { return object{"offer_id": e.fiber} }),
			row(subscription, 422, "contract_date_invalid", func(e *estate) object { return existing(e, "2027-02-11") }),
			detailed(row(subscription, 422, "contract_commitment_invalid", func(e *estate) object { return existing(e, "2026-09-30") }), minimum),
			row(subscription, 409, "subscriber_identifier_conflict", func(e *estate) object {
				return object{"requested_mobile_local_number": e.endedNumber}
			}),
			row(subscription, 422, "subscriber_offer_mismatch", func(e *estate) object {
				return object{"cin": e.cin, "mobile_number_mode": "use_existing", "existing_mobile_local_number": e.television}
			}),
			detailed(row(subscription, 422, "mobile_number_invalid", func(*estate) object {
				return object{"requested_mobile_local_number": "0522334455"}
			}), examples),
			detailed(row(subscription, 422, "landline_number_invalid", func(e *estate) object {
				return object{"service_category": "internet", "offer_id": e.fiber, "mobile_number_mode": nil, "home_landline_local_number": "0612345678"}
			}), examples),
		)},
		{operation: planChange, valid: change, refuses: append(badKeys(change, object{"commitment_months": 2}, planChange),
			row(change, 404, "landing_client_not_found", func(*estate) object { return object{"cin": "NOBODY1"} }),
			row(change, 404, "contract_not_found", func(*estate) object { return object{"source_contract_id": nobody} }),
			row(change, 404, "contract_not_found", func(*estate) object { return object{"source_contract_id": "no-uuid"} }),
			row(change, 422, "landing_contract_client_mismatch", func(e *estate) object { return object{"source_contract_id": e.strangers} }),
			row(change, 404, "offer_not_found", func(*estate) object { return object{"target_offer_id": nobody} }),
			row(change, 422, "landing_offer_service_mismatch", func(e *estate) object { return object{"target_offer_id": e.fiber} }),
			row(change, 409, "offer_not_active", func(e *estate) object { return object{"target_offer_id": e.retired} }),
			detailed(row(change, 422, "offer_validity_invalid", func(e *estate) object {
				return object{"target_offer_id": e.dated, "contract_start_date": "2026-01-31"}
			}), validity),
			row(change, 422, "contract_date_invalid", func(e *estate) object {
				return object{"cin": e.endedCIN, "source_contract_id": e.ended, "contract_start_date": "2027-02-11"}
			}),
			detailed(row(change, 422, "contract_commitment_invalid", func(e *estate) object {
				return object{"cin": e.endedCIN, "source_contract_id": e.ended, "contract_start_date": "2026-09-30", "commitment_months": nil}
			}), minimum),
			row(change, 409, "contract_upgrade_target_missing", func(e *estate) object {
				return object{"cin": e.cin, "source_contract_id": e.suspended, "target_offer_id": e.fiber}
			}),
			detailed(row(change, 422, "contract_upgrade_target_invalid", func(e *estate) object {
				return object{"cin": e.cin, "source_contract_id": e.sleeping}
			}), func(e *estate) object { return object{"candidate_contract_ids": []any{e.contract}} }),
		)},
	}
}

func billingPromises() []promise {
	const operation = "POST " + billingPath
	valid := func(testing.TB, *estate) asked {
		return asked{headers: []system.Header{newKey()}, body: object{
			"period_start": "2021-01-01", "period_end": "2021-01-31", "due_days": 15, "tax_rate": "0.2",
		}}
	}
	invoice := func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.issued}} }
	run := func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.run}} }
	const void = "POST /api/v1/invoices/{invoice_id}/void"
	voids := func(t testing.TB, e *estate) asked {
		return asked{ids: []string{text(t, newInvoice(t, e.s, november), "id")}, headers: []system.Header{newKey()}, body: object{"reason": "Wrong tariff"}}
	}
	voiding := func(code string, details func(*estate) object, invoice func(*estate) string) refused {
		return refused{status: 409, code: code, details: details, ask: func(_ testing.TB, e *estate) asked {
			return asked{ids: []string{invoice(e)}, headers: []system.Header{newKey()}, body: object{"reason": "R"}}
		}}
	}
	command := func(name, to string) promise {
		return promise{operation: "POST /api/v1/billing/runs/{billing_run_id}/" + name,
			valid: func(t testing.TB, e *estate) asked {
				return asked{ids: []string{runThatTakes(t, e.s, name)}, body: object{"reason": "Prices were wrong"}}
			},
			refuses: append(unknown("billing_run_not_found", object{}), refused{
				status: 409, code: "billing_run_status_transition_invalid",
				details: func(*estate) object { return object{"from": "completed", "to": to} }, ask: run,
			})}
	}
	return []promise{
		{operation: operation, valid: valid, refuses: badKeys(valid, object{"due_days": 16}, operation)},
		{operation: "GET /api/v1/billing/runs", valid: Authenticated},
		{operation: "GET /api/v1/billing/runs/{billing_run_id}", refuses: unknown("billing_run_not_found", nil),
			valid: func(_ testing.TB, e *estate) asked { return asked{ids: []string{e.run}} }},
		{operation: "GET /api/v1/billing/runs/{billing_run_id}/failures", refuses: unknown("billing_run_not_found", nil), valid: run},
		{operation: "GET /api/v1/billing/runs/{billing_run_id}/skipped", refuses: unknown("billing_run_not_found", nil), valid: run},
		{operation: "POST /api/v1/billing/runs/preview", valid: func(t testing.TB, e *estate) asked {
			return asked{body: with(valid(t, e).body.(object), object{"page": 1, "size": 10})}
		}},
		command("pause", "paused"), command("resume", "running"), command("approve", "running"),
		command("cancel", "cancelled"), command("retry", "running"),
		{operation: "GET /api/v1/invoices", valid: Authenticated},
		{operation: "GET /api/v1/invoices/{invoice_id}", refuses: unknown("invoice_not_found", nil), valid: invoice},
		{operation: "GET /api/v1/invoices/{invoice_id}/pdf", refuses: unknown("invoice_not_found", nil), valid: invoice},
		{operation: "GET /api/v1/invoices/{invoice_id}/audit", refuses: unknown("invoice_not_found", nil), valid: invoice},
		{operation: void, valid: voids, refuses: slices.Concat(badKeys(voids, object{"reason": "Other"}, void),
			unknown("invoice_not_found", object{"reason": "R"}, newKey()), []refused{
				voiding("invoice_void", nil, func(e *estate) string { return e.void }),
				voiding("invoice_not_voidable", func(*estate) object { return object{"paid_amount": "238.80"} }, func(e *estate) string { return e.paid }),
			})},
	}
}

func collectionsPromises() []promise {
	const payment, approval = "POST " + paymentsPath, "POST /api/v1/collections/invoices/{invoice_id}/approve-paid"
	const reversal = payment + "/{payment_id}/reverse"
	pays := func(_ testing.TB, e *estate) asked {
		return asked{headers: []system.Header{newKey()}, body: object{
			"invoice_id": e.issued, "amount": "0.01", "payment_date": "2026-11-20", "method": "cash", "reference": "R", "note": "N",
		}}
	}
	approves := func(t testing.TB, e *estate) asked {
		return asked{ids: []string{text(t, newInvoice(t, e.s, november), "id")}, headers: []system.Header{newKey()},
			body: object{"payment_date": "2026-11-20", "method": "cash", "reference": "R", "note": "N"}}
	}
	paying := func(status int, code string, change func(*estate) object) refused {
		return refused{status: status, code: code, ask: func(t testing.TB, e *estate) asked {
			request := pays(t, e)
			request.body = with(request.body.(object), change(e))
			return request
		}}
	}
	approving := func(status int, code string, invoice func(*estate) string) refused {
		return refused{status: status, code: code, ask: func(_ testing.TB, e *estate) asked {
			return asked{ids: []string{invoice(e)}, headers: []system.Header{newKey()}, body: object{}}
		}}
	}
	reverses := func(t testing.TB, e *estate) asked {
		payment := at(t, pay(t, e.s, newInvoice(t, e.s, september), "0.01"), "payment")
		return asked{ids: []string{text(t, payment, "id")}, headers: []system.Header{newKey()}, body: object{"reason": "Bounced"}}
	}
	exceeds := paying(422, "payment_exceeds_outstanding", func(*estate) object { return object{"amount": "999999.999"} })
	exceeds.details = func(*estate) object { return object{"outstanding_amount": "<money>", "payment_amount": "999999.999"} }
	promised := []promise{
		{operation: payment, valid: pays, refuses: append(badKeys(pays, object{"amount": "0.02"}, payment),
			paying(404, "invoice_not_found", func(*estate) object { return object{"invoice_id": nobody} }),
			paying(404, "invoice_not_found", func(*estate) object { return object{"invoice_id": "no-uuid"} }),
			paying(409, "invoice_void", func(e *estate) object { return object{"invoice_id": e.void} }),
			paying(409, "invoice_already_paid", func(e *estate) object { return object{"invoice_id": e.paid} }), exceeds)},
		{operation: approval, valid: approves, refuses: slices.Concat(badKeys(approves, object{"note": "Other"}, approval),
			unknown("invoice_not_found", object{}, newKey()), []refused{
				approving(409, "invoice_void", func(e *estate) string { return e.void }),
				approving(409, "invoice_already_paid", func(e *estate) string { return e.paid }),
			})},
		{operation: reversal, valid: reverses, refuses: slices.Concat(badKeys(reverses, object{"reason": "Other"}, reversal),
			unknown("payment_not_found", object{"reason": "R"}, newKey()), []refused{
				{status: 409, code: "payment_already_reversed", ask: func(_ testing.TB, e *estate) asked {
					return asked{ids: []string{e.reversed}, headers: []system.Header{newKey()}, body: object{"reason": "R"}}
				}},
			})},
		{operation: "GET " + paymentsPath, valid: Authenticated},
		{operation: "GET " + paymentsPath + "/export", valid: Authenticated},
		{operation: "GET /api/v1/invoices/export", valid: Authenticated},
	}
	return append(promised, casePromises()...)
}

// casePromises are about the case of the estate's overdue invoice.
func casePromises() []promise {
	const cases = "/api/v1/collections/cases"
	about := func(body any) func(testing.TB, *estate) asked {
		return func(t testing.TB, e *estate) asked {
			var list object
			e.s.Get(t, cases, &list)
			return asked{ids: []string{text(t, at(t, list, "data").([]any)[0], "id")}, body: body}
		}
	}
	return []promise{
		{operation: "GET " + cases, valid: Authenticated},
		{operation: "GET /api/v1/collections/overview", valid: Authenticated},
		{operation: "GET " + cases + "/export", valid: Authenticated},
		{operation: "GET " + agingPath, valid: Authenticated},
		{operation: "GET " + agingPath + "/export", valid: Authenticated},
		{operation: "GET " + cases + "/{case_id}/actions", valid: about(nil), refuses: unknown("collection_case_not_found", nil)},
		{operation: "GET " + cases + "/{case_id}/dunning", valid: about(nil), refuses: unknown("collection_case_not_found", nil)},
		{operation: "POST " + cases + "/{case_id}/actions", valid: about(object{"action_type": "note", "note": "Called"}),
			refuses: unknown("collection_case_not_found", object{"action_type": "note", "note": "Called"})},
		{operation: "PUT " + cases + "/{case_id}/status", valid: about(object{"status": "in_progress", "note": "N"}),
			refuses: unknown("collection_case_not_found", object{"status": "open"})},
	}
}
