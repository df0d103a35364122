package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestContract_ConcurrentCreationOnOneSubscriber(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	body := draftOf(t, s)
	var accepted []object
	var conflicts []any
	// All requests have begun before the first contract is written.
	release := lockTable(t, s, "contracts", "SHARE")
	for _, answer := range concurrently(t, concurrentCallers+1, func(i int) (system.Response, error) {
		if i == concurrentCallers {
			return system.Response{}, releaseOnceWaiting(s, concurrentCallers, release)
		}
		return s.TryCall(http.MethodPost, contractsPath, body)
	})[:concurrentCallers] {
		if answer.Status == http.StatusOK {
			accepted = append(accepted, decoded(t, answer, http.StatusOK))
			continue
		}
		conflicts = append(conflicts, answer.Refused(t, http.StatusConflict, "subscriber_contract_conflict")["contract_id"])
	}
	require.Len(t, accepted, 1)
	require.Len(t, conflicts, concurrentCallers-1)
	for _, named := range conflicts {
		require.Equal(t, accepted[0]["id"], named)
	}
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contract_audit_events"))
}

func TestContract_ConcurrentEqualStatusChanges(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	contract := created(t, s, contractsPath, draftOf(t, s))
	release := lockTable(t, s, "contract_audit_events", "SHARE")
	answers := concurrently(t, concurrentCallers+1, func(i int) (system.Response, error) {
		if i == concurrentCallers {
			return system.Response{}, releaseOnceWaiting(s, concurrentCallers, release)
		}
		return s.TryCall(http.MethodPut, statusPath(contract), object{"status": "active"})
	})[:concurrentCallers]
	want := decoded(t, answers[0], http.StatusOK)
	require.Equal(t, "active", want["status"])
	for _, answer := range answers {
		require.Equal(t, want, decoded(t, answer, http.StatusOK))
	}
	require.Len(t, contractAudit(t, s, text(t, contract, "id")), 2)
}

func TestContract_ConcurrentChangesNeverDeadlock(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	body := with(draftOf(t, s), object{"status": "active"})
	contract, other := created(t, s, contractsPath, body), newOffer(t, s, mobileOffer())
	client, offer := text(t, body, "client_id"), text(t, body, "offer_id")
	requests := []func() (system.Response, error){
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, offerPath(contract), object{"offer_id": other})
		},
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, offerPath(contract), object{"offer_id": offer})
		},
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, statusPath(contract), object{"status": "suspended"})
		},
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, statusPath(contract), object{"status": "active"})
		},
		func() (system.Response, error) {
			return s.TryCall(http.MethodPost, contractsPath+"/provision",
				object{"client_id": client, "offer_id": other, "contract_start_date": "2026-08-10", "provisioning_intent": "upgrade"})
		},
		func() (system.Response, error) { return s.TryCall(http.MethodPost, contractsPath, body) },
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, offersPath+"/"+other, object{"monthly_fee": "210.00"})
		},
		func() (system.Response, error) {
			return s.TryCall(http.MethodPut, customersPath+"/"+client, object{"address": "Rabat"})
		},
	}
	for _, answer := range concurrently(t, 3*len(requests), func(i int) (system.Response, error) {
		return requests[i%len(requests)]()
	}) {
		// An upgrade finds no active contract while it is suspended, and the line has its contract already.
		require.Contains(t, []int{http.StatusOK, http.StatusConflict}, answer.Status, "answer: %s", answer.Body)
	}
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"))
	require.Zero(t, count(t, s, "SELECT deadlocks::integer FROM pg_stat_database WHERE datname = current_database()"))
}
