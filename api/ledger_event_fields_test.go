package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// entered posts an event about a new contract, and returns the paths of both.
func (b ledgerFixture) entered(t testing.TB, change object) (path, contract string) {
	t.Helper()
	contract = newStandaloneContract(t, b.s)
	event := b.post(t, "/v1/billing/events", with(installment(contract), change))
	return "/v1/billing/events/" + text(t, event, "_id"), contract
}

func aDirectionFollowsFromAnotherTypeAlone(t *testing.T, b ledgerFixture) {
	path, contract := b.entered(t, object{"type": "final_bill", "direction": "credit"})
	require.Equal(t, "credit", b.patch(t, path, object{"type": "final_bill", "note": "Sent again"})["direction"])
	require.Equal(t, -5000.0, b.contractBalance(t, contract))
	require.Equal(t, "debit", b.patch(t, path, object{"type": "dunning_fee"})["direction"])
	require.Equal(t, 5000.0, b.contractBalance(t, contract))
	b.requireRefused(t, http.MethodPatch, path, object{"type": "correction"}, 422, "validation_error", "direction")

	for _, kind := range []string{"correction", "meter_rental"} {
		path, contract := b.entered(t, object{"type": kind, "direction": "credit"})
		changed := b.patch(t, path, object{"type": kind, "billing_amount": 6000})
		require.Equal(t, []any{"credit", "60.00"}, []any{changed["direction"], changed["billing_amount_decimal"]}, kind)
		require.Equal(t, -6000.0, b.contractBalance(t, contract), kind)
	}
}

func listsAndObjectsAreReplacedAsAWhole(t *testing.T, b ledgerFixture) {
	details := object{
		"_tags": []any{"energy", "november"}, "attachments": related(unknownID, unknownID),
		"external_link": object{"href": "https://billing.example.com/1", "title": "Invoice 1"},
	}
	path, _ := b.entered(t, details)
	require.Equal(t, []any{"gas"}, b.patch(t, path, object{"_tags": []string{"gas"}})["_tags"])
	emptied := b.patch(t, path, object{"_tags": []string{}})
	require.Equal(t, []any{}, emptied["_tags"])
	require.Equal(t, details["attachments"], emptied["attachments"], "what is not sent stays")
	require.Equal(t, []any{}, b.patch(t, path, object{"_tags": []string{}, "note": "None"})["_tags"])
	require.Equal(t, related(unknownID), b.patch(t, path, object{"attachments": related(unknownID)})["attachments"])
	require.Equal(t, related(), b.patch(t, path, object{"attachments": related()})["attachments"])
	moved := b.patch(t, path, object{"external_link": object{"href": "https://billing.example.com/2"}})
	require.NotContains(t, moved["external_link"], "title", "that of the other address")
	require.Equal(t, "https://billing.example.com/2", at(t, moved, "external_link", "url"))
	require.Equal(t, moved, b.get(t, path))

	contract := "/v1/billing/contracts/" + newStandaloneContract(t, b.s)
	require.Equal(t, []any{"energy"}, b.patch(t, contract, object{"_tags": []string{"energy"}})["_tags"])
	require.Equal(t, []any{"energy"}, b.patch(t, contract, object{"description": "At home"})["_tags"])
	require.Equal(t, []any{}, b.patch(t, contract, object{"_tags": []string{}})["_tags"])
}

func detailsAreBounded(t *testing.T, b ledgerFixture) {
	contract := newStandaloneContract(t, b.s)
	long := strings.Repeat("x", 201)
	for field, change := range map[string]object{
		"_tags":                   {"_tags": slices.Repeat([]string{"x"}, 101)},
		"_tags.0":                 {"_tags": []string{long}},
		"attachments.$relation":   {"attachments": related(slices.Repeat([]string{unknownID}, 101)...)},
		"attachments.$relation.0": {"attachments": related(long)},
		"external_link.href":      {"external_link": object{"href": "https://billing.example.com/" + strings.Repeat("x", 2000)}},
		"contract.$relation.0":    {"contract": related(long)},
	} {
		field, _, _ := strings.Cut(field, ".0")
		b.requireRefused(t, http.MethodPost, "/v1/billing/events", with(installment(contract), change), 422, "validation_error", field)
	}
	b.requireRefused(t, http.MethodPatch, "/v1/billing/contracts/"+contract, object{"_tags": slices.Repeat([]string{"x"}, 101)}, 422, "validation_error", "_tags")
	b.post(t, "/v1/billing/events", with(installment(contract), object{"_tags": slices.Repeat([]string{long[1:]}, 100)}))
}
