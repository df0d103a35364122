package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/ledger"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// ledgerFixture calls the ledger of a system, and checks every answer against the definition.
type ledgerFixture struct {
	s          *system.System
	definition definition
}

func (b ledgerFixture) call(t testing.TB, method, path string, body any, headers ...system.Header) system.Response {
	t.Helper()
	answer := b.s.Call(t, method, path, body, headers...)
	b.definition.requireDefined(t, method, path, answer)
	return answer
}

func (b ledgerFixture) get(t testing.TB, path string) object {
	t.Helper()
	return decoded(t, b.call(t, http.MethodGet, path, nil), http.StatusOK)
}

func (b ledgerFixture) post(t testing.TB, path string, body any) object {
	t.Helper()
	return decoded(t, b.call(t, http.MethodPost, path, body), http.StatusCreated)
}

func (b ledgerFixture) patch(t testing.TB, path string, body any) object {
	t.Helper()
	return decoded(t, b.call(t, http.MethodPatch, path, body), http.StatusOK)
}

// requireRefused checks that a request is refused, and leaves no trace.
func (b ledgerFixture) requireRefused(t testing.TB, method, path string, body any, status int, code, message string) {
	t.Helper()
	answer := writesNothing(t, b.s, func() system.Response { return b.call(t, method, path, body) })
	answer.Refused(t, status, code)
	require.Contains(t, text(t, decoded(t, answer, status), "message"), message)
	require.Equal(t, http.StatusText(status), text(t, decoded(t, answer, status), "error"))
}

func (b ledgerFixture) balance(t testing.TB, client string) float64 {
	t.Helper()
	balance := b.get(t, "/v1/billing/customers/"+client+"/balance")
	require.Equal(t, fmt.Sprintf("%.2f", at(t, balance, "balance").(float64)/100), balance["balance_decimal"])
	require.Equal(t, "MAD", balance["balance_currency"])
	return balance["balance"].(float64)
}

func (b ledgerFixture) contractBalance(t testing.TB, contract string) float64 {
	t.Helper()
	return at(t, b.get(t, "/v1/billing/contracts/"+contract+"/pricing_information"), "balance", "amount").(float64)
}

// events returns the events of a query as "type direction amount status".
func (b ledgerFixture) events(t testing.TB, query string) []string {
	t.Helper()
	page := b.get(t, "/v1/billing/events?"+query)
	events := []string{}
	for _, event := range page["results"].([]any) {
		events = append(events, fmt.Sprint(at(t, event, "type"), " ", at(t, event, "direction"), " ", at(t, event, "billing_amount_decimal"), " ", at(t, event, "status")))
	}
	return events
}

// requireProven checks that the ledger proves itself.
func (b ledgerFixture) requireProven(t testing.TB) {
	t.Helper()
	faults, err := ledger.Prove(t.Context(), b.s.Pool)
	require.NoError(t, err)
	require.Empty(t, faults)
}
