package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func (w scenario) subscribe(t *testing.T) {
	contract := object{
		"offer_id": "$small", "status": "active", "start_date": "2026-10-20", "end_date": nil, "commitment_months": 12,
		"activated_at": "<timestamp>", "terminated_at": nil, "created_at": "<timestamp>", "updated_at": "<timestamp>",
	}
	body, key := object{
		"service_category": "mobile", "offer_id": "$small", "cin": "la100001", "full_name": "Leila Amrani", "email": "leila@example.ma",
		"address": "Fès", "contact_phone": "0661000001", "contract_start_date": "2026-10-20", "commitment_months": 12,
		"mobile_number_mode": "assign_new",
	}, system.Key("scenario-submit-0001")
	first := w.post(t, submitNewPath, body, object{
		"contract":  with(contract, object{"id": "<uuid landed>", "client_id": "<uuid leila>", "subscriber_id": "<uuid landed_line>"}),
		"client_id": "<uuid leila>", "client_cin": "LA100001", "service_identifier": "<mobile number>", "created_client": true,
		"created_subscriber": true, "provisioning_mode": "new_contract", "idempotency_replayed": false,
		"document_download_url": "/api/v1/landing/contracts/<uuid landed>/document?token=<token first_token>",
	}, key, system.Anonymous)
	require.Equal(t, with(first.(object), object{"idempotency_replayed": true}),
		w.post(t, submitNewPath, body, object{"idempotency_replayed": true}, key, system.Anonymous))

	file := pdf(t, w.s, w.fill(documentPath("$landed")+"?token=$first_token"), system.Anonymous)
	require.Contains(t, file.Header.Get("Content-Disposition"), w.fill("contract-$landed.pdf"))
	w.get(t, contractsPath+"/$landed", contract)
	w.get(t, contractsPath+"/$landed/audit", []any{
		event("$landed", "contract_provisioned", "landing-flow",
			`{"offer_id": "$small", "start_date": "2026-10-20", "status": "active", "subscriber_id": "$landed_line"}`),
		event("$landed", "landing_service_identifier_allocated", "landing-flow",
			`{"allocation_mode": "generated", "service_category": "mobile", "service_identifier_masked": "<text>"}`),
		event("$landed", "contract_document_issued", "landing-flow",
			`{"document_id": "<uuid>", "document_type": "<text>", "sha256": "<sha256>"}`),
	})
	w.get(t, customersPath+"/$leila", object{
		"cin": "LA100001", "client_type": "individual", "full_name": "Leila Amrani", "email": "leila@example.ma", "address": "Fès",
		"phone": "0661000001", "is_delinquent": false, "status": "active",
	})

	w.post(t, documentPath("$landed")+"-link", object{"cin": " la100001"}, object{
		"contract_id": "$landed", "document_download_url": "/api/v1/landing/contracts/$landed/document?token=<token link_token>",
	}, system.Anonymous)
	require.Equal(t, file.Body, pdf(t, w.s, w.fill(documentPath("$landed")+"?token=$link_token"), system.Anonymous).Body)
}

func (w scenario) changePlan(t *testing.T) {
	before := pdf(t, w.s, w.fill(documentPath("$landed")+"?token=$link_token"), system.Anonymous)
	w.post(t, verifyPath, object{"cin": " la100001 "}, object{
		"cin": "LA100001", "masked_contact": "LA***01", "lookup_token": "<token lookup>", "expires_at": "<second>",
	}, system.Anonymous)
	large := object{
		"id": "$large", "name": "Mobile 50GB", "service_category": "mobile", "service_type": "mobile", "monthly_fee": "289.99",
		"activation_fee": "20.00", "status": "active", "valid_from": "2026-01-01", "valid_to": nil,
	}
	client := object{
		"id": "$leila", "cin": "LA100001", "full_name": "Leila Amrani", "email": "l***@example.ma", "address": "Fès", "phone": "+******0001",
	}
	subscription := object{
		"contract_id": "$landed", "subscriber_id": "$landed_line", "service_identifier": "$number", "service_category": "mobile",
		"service_type": "mobile", "current_offer": object{"id": "$small"}, "eligible_offers": []any{large},
	}
	subscriptions := "/api/v1/landing/clients/LA100001/subscriptions?lookup_token=$lookup"
	w.get(t, subscriptions, object{"client": client, "subscriptions": []any{subscription}}, system.Anonymous)

	w.post(t, planChangePath, object{
		"cin": "LA100001", "source_contract_id": "$landed", "target_offer_id": "$large", "contract_start_date": "2026-11-01",
	}, object{
		"contract": object{
			"id": "$landed", "client_id": "$leila", "subscriber_id": "$landed_line", "offer_id": "$large", "status": "active",
			"start_date": "2026-11-01", "end_date": nil, "commitment_months": 12,
		},
		"client_id": "$leila", "client_cin": "LA100001", "service_identifier": "$number", "created_client": false,
		"created_subscriber": false, "provisioning_mode": "upgrade_existing_contract", "idempotency_replayed": false,
		"document_download_url": "/api/v1/landing/contracts/$landed/document?token=<token change_token>",
	}, system.Key("scenario-submit-0001"), system.Anonymous)
	after := pdf(t, w.s, w.fill(documentPath("$landed")+"?token=$change_token"), system.Anonymous)
	require.NotEqual(t, before.Body, after.Body, "a plan change has a document of its own")
	w.get(t, contractsPath+"/$landed/audit", []any{
		object{"event_type": "contract_provisioned"},
		object{"event_type": "landing_service_identifier_allocated"},
		object{"event_type": "contract_document_issued"},
		event("$landed", "contract_offer_changed", "landing-flow", `{"from_offer_id": "$small", "from_start_date": "2026-10-20", `+
			`"source": "provision_upgrade", "to_offer_id": "$large", "to_start_date": "2026-11-01"}`),
		object{"event_type": "contract_document_issued", "actor_id": "landing-flow"},
	})
	w.get(t, subscriptions, object{"subscriptions": []any{with(subscription, object{
		"current_offer": large, "eligible_offers": []any{object{"id": "$small"}},
	})}}, system.Anonymous)
}

func (w scenario) retrieveContractDocument(t *testing.T) {
	w.post(t, documentPath("$contract")+"-link", object{"cin": "AB123456"}, object{
		"contract_id": "$contract", "document_download_url": "/api/v1/landing/contracts/$contract/document?token=<token made>",
	}, system.Anonymous)
	file := pdf(t, w.s, w.fill(documentPath("$contract")+"?token=$made"), system.Anonymous)
	require.Contains(t, file.Header.Get("Content-Disposition"), w.fill("contract-$contract.pdf"))
	w.get(t, contractsPath+"/$contract/audit", []any{
		object{"event_type": "contract_provisioned"}, object{"event_type": "contract_document_issued"},
	})
	w.request(t, http.MethodPost, documentPath("$contract")+"-link", object{"cin": "LA100001"}, system.Anonymous).
		Refused(t, http.StatusForbidden, "landing_contract_client_mismatch")
}

func (w scenario) billMonths(t *testing.T) {
	october, key := object{"period_start": "2026-10-01", "period_end": "2026-10-31", "due_days": 15, "tax_rate": 0.2}, system.Key("scenario-2026-10")
	// In October only the first contract has begun: 199.00 and its activation of 50.50.
	run := object{
		"billing_run_id": "<uuid october>", "period_start": "2026-10-01", "period_end": "2026-10-31", "invoice_count": 1,
		"subtotal_amount": "249.50", "tax_amount": "49.90", "total_amount": "299.40", "invoice_ids": []any{"<uuid invoice>"},
		"idempotency_replayed": false,
	}
	w.post(t, billingPath, october, run, key)
	w.post(t, billingPath, with(october, object{"tax_rate": "0.200"}),
		with(run, object{"billing_run_id": "$october", "invoice_ids": []any{"$invoice"}, "idempotency_replayed": true}), key)
	w.request(t, http.MethodPost, billingPath, with(october, object{"due_days": 10}), key).
		Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	w.post(t, billingPath, october, object{"invoice_count": 0, "total_amount": "0.00", "invoice_ids": []any{}}, system.Key("scenario-2026-10-again"))

	// In November: 199.00 + 500.00 for one client, 289.99 + 20.00 for the other; 61.998 of tax is 62.00.
	w.post(t, billingPath, with(october, object{"period_start": "2026-11-01", "period_end": "2026-11-30"}), object{
		"invoice_count": 2, "subtotal_amount": "1008.99", "tax_amount": "201.80", "total_amount": "1210.79",
		"invoice_ids": []any{"<uuid>", "<uuid>"}, "idempotency_replayed": false,
	}, system.Key("scenario-2026-11"))
}

func (w scenario) operateInvoices(t *testing.T) {
	w.get(t, invoicesPath+"?client_id=$leila", page(object{"id": "<uuid leilas>", "subtotal_amount": "309.99", "tax_amount": "62.00", "total_amount": "371.99"}))
	w.get(t, invoicesPath+"?service=internet", page(object{"id": "<uuid second>", "subtotal_amount": "699.00", "tax_amount": "139.80", "total_amount": "838.80"}))
	w.get(t, invoicesPath+"?client_id=$client", page(object{"id": "$second"}, object{"id": "$invoice"}))
	w.get(t, invoicesPath+"?offer_id=$small", page(object{"id": "$second"}, object{"id": "$invoice"}))
	w.get(t, invoicesPath+"?service=mobile&client_id=$client&offer_id=$fiber_b", object{"meta": object{"total": 1}})
	w.get(t, invoicesPath, object{"meta": object{"total": 3}})
	// The due date lies before the tests' day; nothing has looked at the invoice since it was issued.
	invoice := object{
		"id": "$invoice", "billing_run_id": "$october", "client_id": "$client", "period_start": "2026-10-01", "period_end": "2026-10-31",
		"due_date": "2026-11-15", "status": "<text>", "currency": "MAD", "subtotal_amount": "249.50", "tax_amount": "49.90",
		"total_amount": "299.40", "issued_at": "<timestamp>", "pdf_file_name": "invoice-$invoice.pdf", "created_at": "<timestamp>",
		"updated_at": "<timestamp>",
	}
	line := object{"id": "<uuid>", "invoice_id": "$invoice", "contract_id": "$contract", "quantity": 1, "created_at": "<timestamp>"}
	w.get(t, invoicesPath+"/$invoice", with(invoice, object{"lines": []any{
		with(line, object{"line_type": "recurring", "description": "Mobile 20GB monthly recurring fee", "unit_amount": "199.00", "line_total": "199.00"}),
		with(line, object{"line_type": "activation", "description": "Mobile 20GB activation fee", "unit_amount": "50.50", "line_total": "50.50"}),
	}}))
	file := pdf(t, w.s, w.fill(invoicesPath+"/$invoice/pdf"))
	require.Contains(t, file.Header.Get("Content-Disposition"), w.fill("invoice-$invoice.pdf"))
}

func (w scenario) serveInvoices(t *testing.T) {
	w.post(t, verifyPath, object{"cin": "LA100001"}, object{"lookup_token": "<token lookup>"}, system.Anonymous)
	w.get(t, "/api/v1/landing/clients/la100001/invoices?lookup_token=$lookup", object{
		"client": object{"id": "$leila", "cin": "LA100001"},
		"invoices": []any{object{
			"invoice_id": "$leilas", "period_start": "2026-11-01", "period_end": "2026-11-30", "due_date": "2026-12-15",
			"issued_at": "<timestamp>", "status": "issued", "currency": "MAD", "subtotal_amount": "309.99", "tax_amount": "62.00",
			"total_amount": "371.99", "document_download_url": "/api/v1/landing/invoices/$leilas/document?token=<token bill_token>",
		}},
	}, system.Anonymous)
	file := pdf(t, w.s, w.fill("/api/v1/landing/invoices/$leilas/document?token=$bill_token"), system.Anonymous)
	require.Equal(t, pdf(t, w.s, w.fill(invoicesPath+"/$leilas/pdf")).Body, file.Body)
	w.request(t, http.MethodGet, "/api/v1/landing/invoices/$invoice/document?token=$bill_token", nil, system.Anonymous).
		Refused(t, http.StatusForbidden, "landing_invoice_token_mismatch")
}

func (w scenario) postPayments(t *testing.T) {
	body, key := object{
		"invoice_id": "$invoice", "amount": "100.00", "payment_date": "2026-11-20", "method": "cash", "reference": "R1", "note": "first",
	}, system.Key("scenario-payment-01")
	answer := w.post(t, paymentsPath, body, object{
		"payment": object{
			"id": "<uuid part>", "invoice_id": "$invoice", "client_id": "$client", "amount": "100.00", "currency": "MAD",
			"payment_date": "2026-11-20", "method": "cash", "reference": "R1", "note": "first", "status": "posted", "created_at": "<timestamp>",
		},
		"invoice_status": "overdue", "outstanding_amount": "199.40", "allocation_state": "partial", "collection_case_status": "open",
		"idempotency_replayed": false,
	}, key)
	require.Equal(t, with(answer.(object), object{"idempotency_replayed": true}), w.post(t, paymentsPath, body, object{}, key))
	details := w.request(t, http.MethodPost, paymentsPath, with(body, object{"amount": "199.41"}), system.Key("scenario-payment-02")).
		Refused(t, http.StatusUnprocessableEntity, "payment_exceeds_outstanding")
	require.Equal(t, object{"outstanding_amount": "199.40", "payment_amount": "199.41"}, details)
	w.get(t, invoicesPath+"/$invoice", object{"status": "overdue"})
	w.get(t, customersPath+"/$client", object{"is_delinquent": true, "delinquent_since": "<timestamp>"})

	w.post(t, approvalPath("$leilas"), object{"method": "bank_transfer", "reference": "BT-1", "note": "  "}, object{
		"payment": object{
			"id": "<uuid whole>", "invoice_id": "$leilas", "client_id": "$leila", "amount": "371.99", "payment_date": "2026-11-22",
			"method": "bank_transfer", "reference": "BT-1", "note": "Invoice marked as paid by operator approval",
		},
		"invoice_status": "paid", "outstanding_amount": "0.00", "allocation_state": "full", "collection_case_status": nil,
		"idempotency_replayed": false,
	}, system.Key("scenario-approval-01"))
	w.request(t, http.MethodPost, approvalPath("$leilas"), object{}, system.Key("scenario-approval-02")).
		Refused(t, http.StatusConflict, "invoice_already_paid")
	w.get(t, invoicesPath+"/$leilas", object{"status": "paid"})
}

func (w scenario) reconcilePayments(t *testing.T) {
	w.get(t, paymentsPath, page(object{"id": "$whole"}, object{"id": "$part"}))
	w.get(t, paymentsPath+"?invoice_id=$invoice", page(object{"id": "$part"}))
	w.get(t, paymentsPath+"?client_id=$leila", page(object{"id": "$whole"}))
}

func (w scenario) recoverDebt(t *testing.T) {
	const cases, overview = "/api/v1/collections/cases", "/api/v1/collections/overview"
	w.get(t, overview, object{
		"open_cases": 1, "in_progress_cases": 0, "overdue_invoices": 1, "total_outstanding_amount": "199.40",
		"bucket_totals": object{"current": "0.00", "1_30": "199.40", "31_60": "0.00", "61_90": "0.00", "90_plus": "0.00"},
	})
	overdue := object{
		"id": "<uuid case>", "invoice_id": "$invoice", "client_id": "$client", "status": "open", "reason": "invoice_overdue",
		"days_past_due": 7, "aging_bucket": "1_30", "outstanding_amount": "199.40", "opened_at": "<timestamp>",
		"last_action_at": "<timestamp>", "closed_at": nil, "created_at": "<timestamp>", "updated_at": "<timestamp>",
	}
	w.get(t, cases, page(overdue))
	w.get(t, cases+"?status=open&aging_bucket=1_30&client_id=$client", page(object{"id": "$case"}))
	for _, none := range []string{"?status=resolved", "?aging_bucket=90_plus", "?client_id=$leila"} {
		w.get(t, cases+none, page())
	}
	w.request(t, http.MethodGet, cases+"?status=none", nil).Refused(t, http.StatusUnprocessableEntity, "validation_error")

	action := func(kind string, note any) object {
		return object{
			"id": "<uuid>", "case_id": "$case", "action_type": kind, "actor_id": "launch-smoke", "note": note, "payload": "<text>",
			"created_at": "<timestamp>",
		}
	}
	history := []any{object{"action_type": "payment_recorded"}, object{"action_type": "case_opened"}}
	w.get(t, cases+"/$case/actions", history)
	w.post(t, cases+"/$case/actions", object{"action_type": "reminder_sent"}, action("reminder_sent", nil))
	w.get(t, cases+"?status=in_progress", page(object{"id": "$case"}))
	w.post(t, cases+"/$case/actions", object{"action_type": "note", "note": " Called "}, action("note", "Called"))
	w.request(t, http.MethodPost, cases+"/$case/actions", object{"action_type": "note"}).Refused(t, http.StatusUnprocessableEntity, "validation_error")
	w.put(t, cases+"/$case/status", object{"status": "open", "note": "manual"}, object{"id": "$case", "status": "open", "closed_at": nil})
	w.get(t, cases+"/$case/actions", append([]any{
		with(action("status_updated", "manual"), object{"payload": `{"from_status": "in_progress", "to_status": "open"}`}),
		action("note", "Called"), action("reminder_sent", nil),
	}, history...))
	w.put(t, cases+"/$case/status", object{"status": "closed"}, object{"id": "$case", "status": "closed", "closed_at": "<timestamp>"})
	w.get(t, cases, page(object{"id": "$case", "status": "open", "closed_at": nil}))
	w.get(t, cases+"/$case/actions", []any{
		with(action("case_reopened", "Collection case reopened due to outstanding overdue balance"), object{
			"actor_id": "collections-sync", "payload": `{"invoice_id": "$invoice"}`,
		}), object{"action_type": "status_updated"}, furtherItems,
	})
	for _, unknown := range []string{unknownID, "no-uuid"} {
		w.request(t, http.MethodGet, cases+"/"+unknown+"/actions", nil).Refused(t, http.StatusNotFound, "collection_case_not_found")
	}

	w.post(t, approvalPath("$invoice"), object{}, object{
		"outstanding_amount": "0.00", "invoice_status": "paid", "collection_case_status": "resolved",
	}, system.Key("scenario-approval-03"))
	w.get(t, cases+"?client_id=$client", page(object{"status": "resolved", "outstanding_amount": "0.00", "closed_at": "<timestamp>"}))
	w.get(t, customersPath+"/$client", object{"is_delinquent": false, "delinquent_since": nil})
	w.get(t, overview, object{"open_cases": 0, "in_progress_cases": 0, "overdue_invoices": 0, "total_outstanding_amount": "0.00"})
	w.get(t, paymentsPath+"?client_id=$client", object{"meta": object{"total": 2}})
}
