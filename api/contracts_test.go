package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	contractsPath  = "/api/v1/contracts"
	contractFields = `id, client_id, subscriber_id, offer_id, status, start_date, end_date, commitment_months, activated_at,
		terminated_at, created_at, updated_at`
)

// contractAudit returns the audit trail of a contract, oldest first.
func contractAudit(t testing.TB, s *system.System, contractID string) []object {
	t.Helper()
	var events []object
	s.Get(t, contractsPath+"/"+contractID+"/audit", &events)
	return events
}

// detailsOf reads the details of an audit event or the payload of an action, which
// are objects as text.
func detailsOf(t testing.TB, written any) object {
	t.Helper()
	var details object
	require.IsType(t, "", written)
	require.NoError(t, json.Unmarshal([]byte(written.(string)), &details))
	return details
}

func TestContract_ReadsAsProvisioned(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	offer := newOffer(t, s, mobileOffer())
	provisioned := provision(t, s, object{"client_id": client, "offer_id": offer, "commitment_months": 12, "end_date": "2027-08-10"})
	contract := at(t, provisioned, "contract").(object)
	require.Equal(t, fieldsOf(contractFields), names(contract))
	require.Subset(t, contract, object{
		"client_id": client, "offer_id": offer, "status": "active", "start_date": "2026-08-10", "end_date": "2027-08-10",
		"commitment_months": 12.0, "terminated_at": nil,
	})
	require.Regexp(t, timestampPattern, contract["activated_at"])

	var read, list object
	s.Get(t, contractsPath+"/"+text(t, contract, "id"), &read)
	require.Equal(t, contract, read)
	s.Get(t, contractsPath, &list)
	require.Equal(t, []any{contract}, list["data"])
	require.Equal(t, 1.0, at(t, list, "meta", "total"))
}

func TestContract_NotFound(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		s.Call(t, http.MethodGet, contractsPath+"/"+id, nil).Refused(t, http.StatusNotFound, "contract_not_found")
		s.Call(t, http.MethodGet, contractsPath+"/"+id+"/audit", nil).Refused(t, http.StatusNotFound, "contract_not_found")
	}
}

func TestContractAudit_OldestFirstWithSortedDetails(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	first, second := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	contract := newContract(t, s, client, first)
	provision(t, s, object{"client_id": client, "offer_id": second, "contract_start_date": "2026-09-01"})

	events := contractAudit(t, s, contract)
	require.Len(t, events, 2)
	require.Equal(t, fieldsOf("id, contract_id, event_type, actor_id, details, created_at"), names(events[0]))
	require.Equal(t, "contract_provisioned", events[0]["event_type"])
	require.Equal(t, "contract_offer_changed", events[1]["event_type"])
	for _, event := range events {
		require.Equal(t, contract, event["contract_id"])
		require.Equal(t, "op-1", event["actor_id"])
		require.Regexp(t, timestampPattern, event["created_at"])
	}
	require.Equal(t, `{"from_offer_id": "`+first+`", "from_start_date": "2026-08-10", "source": "provision_upgrade", `+
		`"to_offer_id": "`+second+`", "to_start_date": "2026-09-01"}`, events[1]["details"])
}
