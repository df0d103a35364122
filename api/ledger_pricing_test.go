package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/actor"
	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/money"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// changes lists a page of a configuration history as "reason source before -> after", with the total and the page's first row.
func (b ledgerFixture) changes(t testing.TB, path string) (rows []string, total any, first object) {
	t.Helper()
	page := b.get(t, path)
	for i, row := range page["history"].([]any) {
		if i == 0 {
			first = row.(object)
		}
		previous := any("nothing")
		if row.(object)["previous_value"] != nil {
			previous = at(t, row, "previous_value", "amount_decimal")
		}
		rows = append(rows, fmt.Sprint(at(t, row, "source_label"), " ", at(t, row, "source"), " ", previous, " -> ", at(t, row, "new_value", "amount_decimal")))
	}
	return rows, page["total"], first
}

func (b ledgerFixture) pricing(t testing.TB, contract string) object {
	t.Helper()
	return b.get(t, "/v1/billing/contracts/"+contract+"/pricing_information")
}

func historyPath(contract string) string {
	return "/v1/billing/contracts/" + contract + "/configuration_history"
}

func (b ledgerFixture) newOffer(t testing.TB, fee string) string {
	t.Helper()
	return newOffer(t, b.s, with(mobileOffer(), object{"monthly_fee": fee}))
}

func (b ledgerFixture) putOn(t testing.TB, contract, offer string) {
	t.Helper()
	decoded(t, b.s.Call(t, http.MethodPut, contractsPath+"/"+contract+"/offer", object{"offer_id": offer}), http.StatusOK)
}

func (b ledgerFixture) reprice(t testing.TB, offer, fee string) {
	t.Helper()
	decoded(t, b.s.Call(t, http.MethodPut, "/api/v1/offers/"+offer, object{"monthly_fee": fee}), http.StatusOK)
}

// changesAreInTheOrderInWhichTheyWereMade sets the clock back between changes. A change that waits for the lock of
// another change has read the clock earlier.
func changesAreInTheOrderInWhichTheyWereMade(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	cheap, dear := b.newOffer(t, "100.00"), b.newOffer(t, "300.00")
	contract := newContract(t, b.s, client, cheap)
	changes := []func(){
		func() { b.putOn(t, contract, dear) },
		func() { b.reprice(t, dear, "310.00") },
		func() { b.putOn(t, contract, cheap) },
		func() { b.reprice(t, cheap, "110.00") },
	}
	defer b.s.PassDays(len(changes))
	for _, change := range changes {
		b.s.PassDays(-1)
		change()
	}
	rows, _, _ := b.changes(t, historyPath(contract))
	require.Equal(t, []string{
		"price_changed api 100.00 -> 110.00", "offer_changed api 310.00 -> 100.00", "price_changed api 300.00 -> 310.00",
		"offer_changed api 100.00 -> 300.00", "provisioned api nothing -> 100.00",
	}, rows)
	rows, _, _ = b.changes(t, historyPath(contract)+"?from=1&size=2")
	require.Equal(t, []string{"offer_changed api 310.00 -> 100.00", "price_changed api 300.00 -> 310.00"}, rows)
	require.Equal(t, "price_changed", at(t, b.pricing(t, contract)["history"].([]any)[0], "source_label"))
}

// agreeAmountDuring agrees on an amount of 250.00 in a transaction that is committed once a request waits for it.
func (b ledgerFixture) agreeAmountDuring(t *testing.T, contract string, request func()) {
	t.Helper()
	tx, err := b.s.Pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	locked, err := ledger.LockContract(t.Context(), tx, uuid.MustParse(contract))
	require.NoError(t, err)
	profile := ledger.Profile{InstallmentAmount: new(money.Amount(25000)), Currency: ledger.Currency, Details: locked.BillingProfile.Details}
	require.NoError(t, ledger.ChangeContract(t.Context(), tx, locked, profile,
		actor.Act{Actor: "op-1", Today: b.s.Zone.DateAt(system.Today), Now: b.s.Now()}))

	committed, waited := make(chan error, 1), make(chan error, 1)
	go func() { waited <- releaseOnceWaiting(b.s, 1, func() { committed <- tx.Commit(t.Context()) }) }()
	request()
	require.NoError(t, <-waited)
	require.NoError(t, <-committed)
}

// thePriceOfAnOfferWaitsForAnAmount changes the fee of an offer while an amount is agreed on: the fee is none of the contract's
// any more.
func thePriceOfAnOfferWaitsForAnAmount(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	offer := b.newOffer(t, "300.00")
	contract := newContract(t, b.s, client, offer)
	b.agreeAmountDuring(t, contract, func() { b.reprice(t, offer, "310.00") })
	rows, _, _ := b.changes(t, historyPath(contract))
	require.Equal(t, []string{"installment_set api 300.00 -> 250.00", "provisioned api nothing -> 300.00"}, rows)
	require.Equal(t, 25000.0, at(t, b.pricing(t, contract), "current_installment_amount", "amount"))
}

func anotherOfferWaitsForAnAmountAndEndsIt(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	contract, cheap := newContract(t, b.s, client, b.newOffer(t, "300.00")), b.newOffer(t, "100.00")
	b.agreeAmountDuring(t, contract, func() { b.putOn(t, contract, cheap) })
	rows, _, _ := b.changes(t, historyPath(contract))
	require.Equal(t, []string{"offer_changed api 250.00 -> 100.00", "installment_set api 300.00 -> 250.00", "provisioned api nothing -> 300.00"}, rows)
	require.Equal(t, 10000.0, at(t, b.pricing(t, contract), "current_installment_amount", "amount"))
}

func theSameOfferChangesNothing(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	offer := b.newOffer(t, "300.00")
	contract := newContract(t, b.s, client, offer)
	b.patch(t, "/v1/billing/contracts/"+contract, object{"installment_amount": 25000})
	agreed := []string{"installment_set api 300.00 -> 250.00", "provisioned api nothing -> 300.00"}
	upgrade := object{"client_id": client, "offer_id": offer, "provisioning_intent": "upgrade"}
	for range 2 {
		b.putOn(t, contract, offer)
		provision(t, b.s, upgrade)
		rows, _, _ := b.changes(t, historyPath(contract))
		require.Equal(t, agreed, rows)
	}
	require.Len(t, contractAudit(t, b.s, contract), 5, "the trail has all that was asked for")

	// Another start is from when on it costs that.
	provision(t, b.s, with(upgrade, object{"contract_start_date": "2026-12-01"}))
	rows, _, first := b.changes(t, historyPath(contract))
	require.Equal(t, append([]string{"upgraded api 250.00 -> 250.00"}, agreed...), rows)
	require.Equal(t, "2026-11-30T23:00:00.000000Z", first["effective_at"])
	require.NotContains(t, first, "context", "the amount is not the offer's fee")
	require.Equal(t, 25000.0, b.get(t, "/v1/billing/billing_accounts/"+client+"/pricing_information")["contracts"].([]any)[0].(object)["current_installment_amount"].(object)["amount"])
}

func theAmountOfTodayHoldsUntilAnotherOneBegins(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	cheap, dear := b.newOffer(t, "100.00"), b.newOffer(t, "300.00")
	contract := newContract(t, b.s, client, cheap)
	costs := func() []any {
		t.Helper()
		pricing := b.pricing(t, contract)
		account := b.get(t, "/v1/billing/billing_accounts/"+client+"/pricing_information")
		require.Equal(t, []any{pricing}, account["contracts"])
		price := at(t, pricing, "context", "base_price")
		require.Equal(t, at(t, pricing, "current_installment_amount", "amount_decimal"), at(t, price, "unit_amount_net_decimal"))
		return []any{pricing["pending_installment_change"], at(t, pricing, "current_installment_amount", "amount"), at(t, price, "price_id")}
	}
	require.Equal(t, []any{false, 10000.0, cheap}, costs())
	provision(t, b.s, object{"client_id": client, "offer_id": dear, "provisioning_intent": "upgrade", "contract_start_date": "2026-12-01"})
	require.Equal(t, []any{true, 10000.0, cheap}, costs())
	b.reprice(t, dear, "310.00")
	require.Equal(t, []any{true, 10000.0, cheap}, costs(), "the fee of an offer that it has from a later day on")
	b.s.PassDays(10)
	require.Equal(t, []any{false, 31000.0, dear}, costs(), "on 2 December")
	b.s.PassDays(-10)

	later := b.pricing(t, newContract(t, b.s, client, cheap, object{"contract_start_date": "2026-12-01"}))
	require.Equal(t, true, later["pending_installment_change"])
	require.NotContains(t, later, "current_installment_amount", "it has not begun")
	require.NotContains(t, later, "context")
}

func contractsUseTheirOwnCurrency(t *testing.T, b ledgerFixture) {
	contract := b.post(t, "/v1/billing/contracts", object{"balance_currency": "EUR", "installment_amount": 8500})
	require.Equal(t, []any{0.0, "EUR"}, []any{contract["balance"], contract["balance_currency"]})
	pricing := b.pricing(t, text(t, contract, "_id"))
	require.Equal(t, object{"amount": 0.0, "amount_decimal": "0.00", "currency": "EUR"}, pricing["balance"])
	require.Equal(t, "EUR", at(t, pricing, "current_installment_amount", "currency"))
}

func anotherEndIsInTheTrailOfTheContract(t *testing.T, b ledgerFixture) {
	client, _ := newClient(t, b.s)
	contract := newContract(t, b.s, client, b.newOffer(t, "100.00"))
	path := "/v1/billing/contracts/" + contract
	for _, end := range []string{"2026-12-31", "2027-01-31", "2027-01-31"} {
		require.Equal(t, end, b.patch(t, path, object{"termination_date": end})["termination_date"])
	}
	events := contractAudit(t, b.s, contract)
	require.Len(t, events, 3, "the end that it has already is no change")
	for i, details := range []string{`{"from": null, "to": "2026-12-31"}`, `{"from": "2026-12-31", "to": "2027-01-31"}`} {
		require.Equal(t, []any{"contract_end_date_changed", "op-1", details}, []any{events[i+1]["event_type"], events[i+1]["actor_id"], events[i+1]["details"]})
	}

	ended := object{"status": "terminated", "termination_date": "2027-02-28"}
	b.patch(t, path, ended)
	b.patch(t, path, ended)
	require.Len(t, contractAudit(t, b.s, contract), 5)
	b.requireRefused(t, http.MethodPatch, path, object{"termination_date": "2027-03-31"}, 422, "contract_date_invalid", "terminated")
}
