package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestLedger(t *testing.T) {
	t.Parallel()
	b := ledgerFixture{system.Borrow(t), ledgerDefinition(t)}
	for _, test := range []struct {
		name string
		test func(*testing.T, ledgerFixture)
	}{
		{"invoices and payments are posted", invoicesAndPaymentsAreEntered},
		{"manual events are posted, changed, and reversed", eventsAreEnteredChangedAndTakenBack},
		{"events are refused", eventsAreRefused},
		{"the list is filtered and paged", theListIsFilteredAndPaged},
		{"pages are the list", pagesAreTheList},
		{"the examples of the definition are taken", theExamplesOfTheDefinitionAreTaken},
		{"contracts are made, changed and deleted", contractsAreMadeChangedAndDeleted},
		{"the configuration history lists every change", configurationHistoryListsEveryChange},
		{"currencies are not added up", currenciesAreNotAddedUp},
		{"a direction follows from another type alone", aDirectionFollowsFromAnotherTypeAlone},
		{"lists and objects are replaced as a whole", listsAndObjectsAreReplacedAsAWhole},
		{"details are bounded", detailsAreBounded},
		{"changes are in the order in which they were made", changesAreInTheOrderInWhichTheyWereMade},
		{"the price of an offer waits for an amount", thePriceOfAnOfferWaitsForAnAmount},
		{"another offer waits for an amount, and ends it", anotherOfferWaitsForAnAmountAndEndsIt},
		{"the same offer changes nothing", theSameOfferChangesNothing},
		{"the amount of today holds until another one begins", theAmountOfTodayHoldsUntilAnotherOneBegins},
		{"contracts use their own currency", contractsUseTheirOwnCurrency},
		{"another end is in the trail of the contract", anotherEndIsInTheTrailOfTheContract},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.test(t, b)
			b.requireProven(t)
		})
	}
}

func invoicesAndPaymentsAreEntered(t *testing.T, b ledgerFixture) {
	// Of two contracts, so that parts and sums show.
	client, _ := newClient(t, b.s)
	offer := newOffer(t, b.s, with(mobileOffer(), object{"activation_fee": "0"}))
	first, second := newContract(t, b.s, client, offer), newContract(t, b.s, client, offer)
	bill(t, b.s, november)
	invoice := clientInvoice(t, b.s, client)
	require.Equal(t, "477.60", invoice["total_amount"])
	require.Equal(t, 47760.0, b.balance(t, client))
	require.Equal(t, []string{"invoice debit 477.60 open"}, b.events(t, "contact_id="+client))
	event := b.get(t, "/v1/billing/events/"+text(t, invoice, "id"))
	require.ElementsMatch(t, related(first, second)["$relation"], at(t, event, "contract", "$relation"))
	require.Equal(t, invoice["due_date"], event["due_date"])
	require.Equal(t, 23880.0, b.contractBalance(t, first))

	payment := text(t, at(t, pay(t, b.s, invoice, "300.00"), "payment"), "id")
	require.Equal(t, 17760.0, b.balance(t, client))
	require.Equal(t, 17760.0, b.contractBalance(t, first)+b.contractBalance(t, second))
	reversed(t, b.s, payment)
	require.Equal(t, 47760.0, b.balance(t, client))
	require.ElementsMatch(t, []string{"invoice debit 477.60 open", "payment credit 300.00 closed", "chargeback debit 300.00 closed"}, b.events(t, "contact_id="+client))
	voided(t, b.s, invoice)
	require.Zero(t, b.balance(t, client))
	require.Zero(t, b.contractBalance(t, first))
	require.Zero(t, b.contractBalance(t, second))
	require.Contains(t, b.events(t, "entity_id="+first), "correction credit 477.60 closed")
	require.Contains(t, b.events(t, "contact_id="+client), "invoice debit 477.60 closed")

	for _, event := range b.get(t, "/v1/billing/events?contact_id="+client)["results"].([]any) {
		path := "/v1/billing/events/" + text(t, event, "_id")
		b.requireRefused(t, http.MethodPatch, path, object{"note": "Never"}, http.StatusUnprocessableEntity, "billing_event_read_only", "/api/v1/")
		b.requireRefused(t, http.MethodDelete, path, nil, http.StatusUnprocessableEntity, "billing_event_read_only", "/api/v1/")
	}
}

func eventsAreEnteredChangedAndTakenBack(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	contract := newContract(t, b.s, client, newOffer(t, b.s, mobileOffer()))
	other := newContract(t, b.s, client, newOffer(t, b.s, mobileOffer()))
	event := b.post(t, "/v1/billing/events", with(installment(contract), object{"external_id": "SAP-" + contract, "note": "November"}))
	path := "/v1/billing/events/" + text(t, event, "_id")
	require.Equal(t, "debit", event["direction"])
	require.Equal(t, event, b.get(t, path))
	require.Equal(t, event, b.get(t, "/v1/billing/external/SAP-"+contract))
	require.Equal(t, 5000.0, b.balance(t, client))

	entries := func() int {
		return count(t, b.s, "SELECT count(*) FROM ledger_entries WHERE event_id = $1", event["_id"])
	}
	changed := b.patch(t, path, object{"billing_amount": 7000, "contract": related(other), "status": "open", "paid_date": "2026-11-12T14:30:00Z"})
	require.Equal(t, "70.00", changed["billing_amount_decimal"])
	require.Equal(t, "November", changed["note"], "what is not sent stays")
	require.Equal(t, []any{0.0, 7000.0, 7000.0}, []any{b.contractBalance(t, contract), b.contractBalance(t, other), b.balance(t, client)})
	require.Equal(t, 3, entries(), "what was entered, what took it back, and what is entered now")
	b.patch(t, path, object{"status": "open"})
	require.Equal(t, 3, entries(), "nothing changed")
	require.Equal(t, []string{"installment debit 70.00 open"}, b.events(t, "contact_id="+client))
	require.Empty(t, b.events(t, "entity_id="+contract))
	require.Equal(t, "credit", b.patch(t, path, object{"type": "bonus"})["direction"])
	require.Equal(t, -7000.0, b.balance(t, client))

	require.Equal(t, http.StatusNoContent, b.call(t, http.MethodDelete, path, nil).Status)
	require.Zero(t, b.balance(t, client))
	require.Empty(t, b.events(t, "contact_id="+client))
	require.Equal(t, 6, entries(), "the entries stay")
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		b.requireRefused(t, method, path, nil, http.StatusNotFound, "billing_event_not_found", "not found")
	}
	b.requireRefused(t, http.MethodGet, "/v1/billing/external/SAP-"+contract, nil, http.StatusNotFound, "billing_event_not_found", "not found")
	b.post(t, "/v1/billing/events", with(installment(contract), object{"external_id": "SAP-" + contract}))
	b.requireRefused(t, http.MethodPost, "/v1/billing/events", with(installment(contract), object{"external_id": "SAP-" + contract}),
		http.StatusUnprocessableEntity, "billing_event_external_id_taken", "external id")
	_, err := b.s.Pool.Exec(t.Context(), "UPDATE ledger_entries SET amount = 1")
	require.ErrorContains(t, err, "ledger_entries is rejected")
	_, err = b.s.Pool.Exec(t.Context(), "DELETE FROM ledger_postings")
	require.ErrorContains(t, err, "ledger_postings is rejected")
}

func eventsAreRefused(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	good := installment(newContract(t, b.s, client, newOffer(t, b.s, mobileOffer())))
	for _, test := range []struct {
		change  object
		status  int
		message string
	}{
		{object{"billing_amount": 5001}, 422, "billing_amount_decimal"},
		{object{"billing_amount": 0}, 422, "billing_amount"},
		{object{"billing_amount": -1}, 422, "billing_amount"},
		{object{"billing_amount": absent{}, "billing_amount_decimal": absent{}}, 422, "billing_amount"},
		{object{"billing_amount": absent{}, "billing_amount_decimal": "x"}, 422, "billing_amount_decimal"},
		{object{"billing_amount": "5000"}, 400, "billing_amount"},
		{object{"billing_amount": 50.5}, 400, "billing_amount"},
		{object{"billing_currency": "dirham"}, 422, "billing_currency"},
		{object{"type": "meter_rental"}, 422, "direction"},
		{object{"type": "correction"}, 422, "direction"},
		{object{"type": absent{}}, 422, "type"},
		{object{"due_date": absent{}}, 422, "due_date"},
		{object{"due_date": "15.11.2026"}, 400, "due_date"},
		{object{"booking_date": "2026-02-30"}, 400, "booking_date"},
		{object{"booking_date": absent{}}, 422, "booking_date"},
		{object{"contract": absent{}}, 422, "contract"},
		{object{"contract": object{}}, 422, "contract"},
		{object{"contract": related()}, 422, "contract"},
		{object{"status": "done"}, 422, "status"},
		{object{"external_link": object{"title": "Nowhere"}}, 422, "external_link"},
	} {
		b.requireRefused(t, http.MethodPost, "/v1/billing/events", with(good, test.change), test.status, "validation_error", test.message)
	}
	b.requireRefused(t, http.MethodPost, "/v1/billing/events", with(good, object{"contract": related(unknownID)}), 422, "billing_event_contract_unknown", "not known")
	b.requireRefused(t, http.MethodPost, "/v1/billing/events", "{", 400, "validation_error", "JSON")
	b.requireRefused(t, http.MethodGet, "/v1/billing/events?size=1001", nil, 400, "validation_error", "size")
	b.requireRefused(t, http.MethodGet, "/v1/billing/events?date_after=yesterday", nil, 400, "validation_error", "date_after")
	path := "/v1/billing/events/" + text(t, b.post(t, "/v1/billing/events", good), "_id")
	b.requireRefused(t, http.MethodPatch, path, object{}, 422, "validation_error", "At least one")
	b.requireRefused(t, http.MethodPatch, path, object{"billing_amount_decimal": "0.00"}, 422, "validation_error", "billing_amount_decimal")
	b.call(t, http.MethodGet, path, nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	b.call(t, http.MethodPost, "/v1/billing/events", `"`+strings.Repeat("x", 2<<20)+`"`).Refused(t, http.StatusRequestEntityTooLarge, "payload_too_large")

	for kind, direction := range map[string]string{
		"installment": "debit", "dunning_fee": "debit", "invoice": "debit", "final_bill": "debit", "payment": "credit", "reimbursement": "credit", "bonus": "credit",
	} {
		require.Equal(t, direction, b.post(t, "/v1/billing/events", with(good, object{"type": kind}))["direction"], kind)
	}
	link := b.post(t, "/v1/billing/events", with(good, object{
		"external_link": object{"href": "https://billing.example.com/1", "title": "Invoice"},
		"attachments":   related(unknownID), "related_event": unknownID, "_tags": []string{"energy"}, "internal_note": "Checked",
	}))
	require.Equal(t, "https://billing.example.com/1", at(t, link, "external_link", "href"))
}

func theListIsFilteredAndPaged(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	first, second := newContract(t, b.s, client, newOffer(t, b.s, mobileOffer())), newStandaloneContract(t, b.s)
	for _, event := range []object{
		with(installment(first), object{"booking_date": "2026-11-01"}),
		with(installment(first), object{"booking_date": "2026-11-03", "type": "bonus"}),
		with(installment(second), object{"booking_date": "2026-11-02"}),
	} {
		b.post(t, "/v1/billing/events", event)
	}
	days := func(query string) (days []string) {
		t.Helper()
		page := b.get(t, "/v1/billing/events?"+query)
		for _, event := range page["results"].([]any) {
			days = append(days, strings.TrimPrefix(text(t, event, "booking_date"), "2026-11-0"))
		}
		if !strings.Contains(query, "size") {
			require.Equal(t, float64(len(days)), page["hits"], query)
		}
		return days
	}
	both := "entity_id=" + first + "&entity_id=" + second
	bracketed := "entity_id[]=" + first + "&entity_id%5B%5D=" + second // As some clients write a list.
	require.Equal(t, []string{"3", "2", "1"}, days(both))
	require.Equal(t, []string{"3", "2", "1"}, days(bracketed))
	require.Equal(t, []string{"3", "1"}, days("entity_id="+first))
	require.Equal(t, []string{"3", "1"}, days("contact_id="+client))
	require.Equal(t, []string{"2"}, days("entity_id="+second))
	require.Equal(t, []string{"3", "1"}, days(both+"&contact_id="+client))
	require.Equal(t, []string{"3"}, days(both+"&event_type=bonus"))
	require.Equal(t, []string{"3", "2"}, days(both+"&date_after=2026-11-02T00:00:00Z"))
	require.Equal(t, []string{"3"}, days(both+"&date_after=2026-11-02T00:00:01Z"))
	require.Equal(t, []string{"1"}, days("contact_id="+client+"&date_before=2026-11-02T23:59:59%2B01:00"))
	require.Equal(t, []string{"2", "1"}, days(both+"&from=1&size=2"))
	require.Equal(t, 2.0, b.get(t, "/v1/billing/events?contact_id="+client+"&from=5&size=1")["hits"])
	require.Empty(t, days("entity_id="+unknownID))
	require.Empty(t, days("contact_id=no-uuid"))
	require.NotEmpty(t, days("size=1"))
	require.Equal(t, "bonus", at(t, b.get(t, "/v1/billing/events?event_type=bonus&size=1")["results"].([]any)[0], "type"))
}

// pagesAreTheList reads a list page by page, from both ends.
func pagesAreTheList(t *testing.T, b ledgerFixture) {
	contract := newStandaloneContract(t, b.s)
	for i := range 9 {
		event := b.post(t, "/v1/billing/events", with(installment(contract), object{"booking_date": fmt.Sprintf("2026-11-%02d", 1+i*i%5), "billing_amount": absent{}, "billing_amount_decimal": fmt.Sprint(i + 1)}))
		if i%4 == 3 {
			b.call(t, http.MethodDelete, "/v1/billing/events/"+text(t, event, "_id"), nil)
		}
	}
	whole := b.events(t, "entity_id="+contract)
	require.Len(t, whole, 7)
	for size := 1; size <= 4; size++ {
		var pages []string
		for from := 0; from < 9; from += size {
			query := fmt.Sprintf("entity_id=%s&from=%d&size=%d", contract, from, size)
			pages = append(pages, b.events(t, query)...)
			require.Equal(t, 7.0, b.get(t, "/v1/billing/events?"+query)["hits"])
		}
		require.Equal(t, whole, pages, "pages of %d", size)
	}
	require.Equal(t, whole, b.events(t, "entity_id="+contract+"&date_after=2026-11-01T00:00:00Z"))
}

// theExamplesOfTheDefinitionAreTaken sends every example of an event and of a contract.
func theExamplesOfTheDefinitionAreTaken(t *testing.T, b ledgerFixture) {
	sent := 0
	contract := b.post(t, "/v1/billing/contracts", b.example(t, "paths", "/v1/billing/contracts", "post"))
	require.Equal(t, []any{"Stromvertrag Haushalt", "active", 8500.0, 0.0}, []any{contract["_title"], contract["status"], contract["installment_amount"], contract["balance"]})
	path := "/v1/billing/contracts/" + text(t, contract, "_id")
	require.Equal(t, "Kundenkündigung", b.patch(t, path, b.example(t, "paths", "/v1/billing/contracts/{id}", "patch"))["termination_reason"])
	schemas := b.definition.root["components"].(object)["schemas"].(object)
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		for _, part := range asList(schemas[name].(object)["allOf"]) {
			example, shown := part.(object)["example"].(object)
			if !shown {
				continue
			}
			event := with(example, object{"contract": related(text(t, contract, "_id"))})
			answer := b.post(t, "/v1/billing/events", event)
			wanted, err := json.Marshal(with(answer, event))
			require.NoError(t, err)
			answered, err := json.Marshal(answer)
			require.NoError(t, err)
			require.JSONEq(t, string(wanted), string(answered), "%s: what was sent is answered", name)
			sent++
		}
	}
	require.Equal(t, 9, sent)
	event := b.post(t, "/v1/billing/events", with(b.example(t, "paths", "/v1/billing/events", "post"), object{"contract": related(text(t, contract, "_id"))}))
	require.Equal(t, "closed", b.patch(t, "/v1/billing/events/"+text(t, event, "_id"), b.example(t, "paths", "/v1/billing/events/{id}", "patch"))["status"])
}

// example is the request that the definition shows of an operation.
func (b ledgerFixture) example(t testing.TB, place ...string) object {
	t.Helper()
	return at(t, b.definition.root, append(place, "requestBody", "content", "application/json", "example")...).(object)
}

func contractsAreMadeChangedAndDeleted(t *testing.T, b ledgerFixture) {
	path := "/v1/billing/contracts/" + newStandaloneContract(t, b.s)
	b.requireRefused(t, http.MethodPatch, path, object{"billing_due_day": 32}, 422, "validation_error", "billing_due_day")
	b.requireRefused(t, http.MethodPatch, path, object{"branch": "telephony"}, 422, "validation_error", "branch")
	changed := b.patch(t, path, object{"status": "expired", "billing_due_day": 15, "billing_period": "every_quarter", "installment_amount": 100})
	require.Equal(t, []any{"expired", 15.0, 100.0, "Power"}, []any{changed["status"], changed["billing_due_day"], changed["installment_amount"], changed["contract_name"]})
	schedule := at(t, b.get(t, path+"/pricing_information"), "schedule")
	require.Equal(t, object{"billing_due_day": 15.0, "billing_period": "every_quarter", "installments_per_year": 4.0, "inferred": false}, schedule)
	event := b.post(t, "/v1/billing/events", installment(text(t, changed, "_id")))
	b.requireRefused(t, http.MethodDelete, path, nil, 422, "billing_contract_in_use", "events")
	b.call(t, http.MethodDelete, "/v1/billing/events/"+text(t, event, "_id"), nil)
	b.requireRefused(t, http.MethodDelete, path, nil, 422, "billing_contract_in_use", "stay when an event is deleted")
	unused := "/v1/billing/contracts/" + newStandaloneContract(t, b.s)
	require.Equal(t, http.StatusNoContent, b.call(t, http.MethodDelete, unused, nil).Status)
	b.requireRefused(t, http.MethodDelete, unused, nil, 404, "contract_not_found", "not found")

	// That of a subscriber says what the contract says.
	client, _ := newClient(t, b.s)
	id := newContract(t, b.s, client, newOffer(t, b.s, mobileOffer()))
	path = "/v1/billing/contracts/" + id
	b.requireRefused(t, http.MethodDelete, path, nil, 422, "billing_contract_in_use", "subscriber")
	b.requireRefused(t, http.MethodPatch, path, object{"status": "revoked"}, 422, "validation_error", "status")
	b.requireRefused(t, http.MethodPatch, path, object{"start_date": "2020-01-01"}, 422, "validation_error", "start_date")
	suspended := b.patch(t, path, object{"status": "deactivated", "contract_name": "At home"})
	require.Equal(t, []any{"deactivated", "At home", "2026-08-10", 19900.0}, []any{suspended["status"], suspended["contract_name"], suspended["start_date"], suspended["installment_amount"]})
	var contract object
	b.s.Get(t, contractsPath+"/"+id, &contract)
	require.Equal(t, "suspended", contract["status"])
	b.patch(t, path, object{"status": "terminated", "termination_date": "2026-12-31", "termination_reason": "Moved"})
	b.s.Get(t, contractsPath+"/"+id, &contract)
	require.Equal(t, []any{"terminated", "2026-12-31"}, []any{contract["status"], contract["end_date"]})
	b.requireRefused(t, http.MethodPatch, path, object{"status": "active"}, 422, "contract_status_transition_invalid", "cannot move")
}

func configurationHistoryListsEveryChange(t *testing.T, b ledgerFixture) {
	client, cin := newClient(t, b.s)
	cheap := newOffer(t, b.s, with(mobileOffer(), object{"monthly_fee": "100.00"}))
	dear := newOffer(t, b.s, with(mobileOffer(), object{"monthly_fee": "300.00"}))
	contract := newContract(t, b.s, client, cheap)
	provision(t, b.s, object{"client_id": client, "offer_id": dear, "provisioning_intent": "upgrade", "contract_start_date": "2026-12-01"})
	decoded(t, b.s.Call(t, http.MethodPost, planChangePath, object{
		"cin": cin, "source_contract_id": contract, "target_offer_id": cheap, "contract_start_date": "2026-11-20",
	}, newKey(), system.Anonymous), http.StatusOK)
	decoded(t, b.s.Call(t, http.MethodPut, contractsPath+"/"+contract+"/offer", object{"offer_id": dear}), http.StatusOK)
	decoded(t, b.s.Call(t, http.MethodPut, "/api/v1/offers/"+dear, object{"monthly_fee": "310.00"}), http.StatusOK)
	decoded(t, b.s.Call(t, http.MethodPut, "/api/v1/offers/"+dear, object{"activation_fee": "1.00"}), http.StatusOK)
	b.patch(t, "/v1/billing/contracts/"+contract, object{"installment_amount": 25000})
	b.patch(t, "/v1/billing/contracts/"+contract, object{"installment_amount": 25000})
	// The agreed installment replaces the offer's fee until the contract is put on another offer.
	decoded(t, b.s.Call(t, http.MethodPut, "/api/v1/offers/"+dear, object{"monthly_fee": "320.00"}), http.StatusOK)
	decoded(t, b.s.Call(t, http.MethodPut, contractsPath+"/"+contract+"/offer", object{"offer_id": cheap}), http.StatusOK)

	want := []string{
		"offer_changed api 250.00 -> 100.00", "installment_set api 310.00 -> 250.00", "price_changed api 300.00 -> 310.00",
		"offer_changed api 100.00 -> 300.00", "upgraded portal 300.00 -> 100.00", "upgraded api 100.00 -> 300.00", "provisioned api nothing -> 100.00",
	}
	path := "/v1/billing/contracts/" + contract + "/configuration_history"
	for _, history := range []string{path, "/v1/billing/billing_accounts/" + client + "/configuration_history"} {
		rows, total, _ := b.changes(t, history)
		require.Equal(t, want, rows)
		require.Equal(t, float64(len(want)), total)
	}
	rows, total, first := b.changes(t, path+"?from=5&size=1&change_type=installment_amount_changed")
	require.Equal(t, want[5:6], rows)
	require.Equal(t, float64(len(want)), total)
	require.Equal(t, "2026-11-30T23:00:00.000000Z", first["effective_at"], "midnight of 1 December")
	require.Equal(t, object{"amount": 30000.0, "amount_decimal": "300.00", "currency": "MAD"}, first["new_value"])
	b.requireRefused(t, http.MethodGet, path+"?size=101", nil, 400, "validation_error", "size")
	b.requireRefused(t, http.MethodGet, path+"?change_type=other", nil, 400, "validation_error", "change_type")

	account := b.get(t, "/v1/billing/billing_accounts/"+client+"/pricing_information")
	require.Equal(t, []any{client, 1}, []any{account["entity_id"], len(account["contracts"].([]any))})
	require.Equal(t, 10000.0, at(t, account["contracts"].([]any)[0], "current_installment_amount", "amount"))
	require.Equal(t, cheap, at(t, account["contracts"].([]any)[0], "context", "base_price", "price_id"))
}

func currenciesAreNotAddedUp(t *testing.T, b ledgerFixture) {
	contract := newStandaloneContract(t, b.s)
	b.post(t, "/v1/billing/events", with(installment(contract), object{"billing_currency": "EUR"}))
	require.Equal(t, object{"amount": 5000.0, "amount_decimal": "50.00", "currency": "EUR"}, b.get(t, "/v1/billing/contracts/"+contract+"/pricing_information")["balance"])
	b.post(t, "/v1/billing/events", installment(contract))
	require.Equal(t, object{"amount": 5000.0, "amount_decimal": "50.00", "currency": "MAD"}, b.get(t, "/v1/billing/contracts/"+contract+"/pricing_information")["balance"])
}
