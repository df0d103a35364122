package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// backgroundResponse is an answer, or why there is none.
type backgroundResponse struct {
	system.Response
	err error
}

// callInBackground sends a request in the background.
func callInBackground(s *system.System, path string, body object, headers ...system.Header) <-chan backgroundResponse {
	answer := make(chan backgroundResponse, 1)
	go func() {
		response, err := s.TryCall(http.MethodPost, path, body, headers...)
		answer <- backgroundResponse{response, err}
	}()
	return answer
}

// lockWaiters waits until the given number of transactions of the system wait for a lock.
func lockWaiters(t testing.TB, s *system.System, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return count(t, s, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") >= want
	}, 30*time.Second, 10*time.Millisecond, "%d transactions do not come to the lock", want)
}

// requireOverloaded requires that the API refuses a request with overloaded and stores nothing, and returns the answer.
// The key must be unused.
func requireOverloaded(t testing.TB, s *system.System, path string, body object, key system.Header) system.Response {
	t.Helper()
	answer := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, path, body, key) })
	require.Empty(t, answer.Refused(t, http.StatusServiceUnavailable, "overloaded"))
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	return answer
}

func TestAdmission_RefusesPastLimit(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Admission = config.Admission{Interactive: 2, Billing: 1} })
	offer := newOffer(t, s, mobileOffer())
	done, doneKey := newMobile(offer), newKey()
	stored := created(t, s, submitNewPath, done, doneKey)
	contract := text(t, stored, "contract", "id")
	other, _ := newClient(t, s)
	release := lockTable(t, s, "subscribers", "EXCLUSIVE")
	first := callInBackground(s, submitNewPath, newMobile(offer), newKey())
	second := callInBackground(s, "/api/v1/contracts/provision", object{
		"client_id": other, "offer_id": offer, "contract_start_date": "2026-08-10", "provisioning_intent": "new_line",
	})
	lockWaiters(t, s, 2)

	// Both slots are taken and stay so: whatever is answered now did not wait for one.
	refused, refusedKey := newMobile(offer), newKey()
	requireOverloaded(t, s, submitNewPath, refused, refusedKey)
	requireOverloaded(t, s, "/api/v1/contracts/provision", object{
		"client_id": text(t, stored, "client_id"), "offer_id": offer, "contract_start_date": "2026-08-10", "provisioning_intent": "new_line",
	}, newKey())
	requireOverloaded(t, s, submitNewPath, refused, system.Header{Name: "Idempotency-Key", Value: refusedKey.Value})
	open, err := s.Temporal.DescribeWorkflowExecution(context.Background(), "landing-new/"+refusedKey.Value, "")
	require.Error(t, err, "a refused request has started %v", open)

	// Reads, health checks, replays and the other kind of work are still served.
	for _, path := range []string{customersPath, "/api/v1/health", "/api/v1/landing/bootstrap"} {
		s.Get(t, path, nil)
	}
	replay := created(t, s, submitNewPath, done, doneKey)
	require.Equal(t, true, replay["idempotency_replayed"])
	require.Equal(t, contract, text(t, replay, "contract", "id"))
	created(t, s, billingPath, september, newKey())

	release()
	for _, waiting := range []<-chan backgroundResponse{first, second} {
		answer := <-waiting
		require.NoError(t, answer.err)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	// The slots are back, and the refused key is free, for another payload too.
	for range 3 {
		created(t, s, submitNewPath, newMobile(offer), newKey())
	}
	created(t, s, submitNewPath, newMobile(offer), refusedKey)
}

func TestAdmission_ReleasesSlots(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Admission.Interactive = 1 })
	offer := newOffer(t, s, mobileOffer())
	release := lockTable(t, s, "subscribers", "EXCLUSIVE")
	async := system.Header{Name: "Prefer", Value: "respond-async"}
	accepted := map[system.Header]object{}
	for range 3 {
		key, body := newKey(), newMobile(offer)
		require.Equal(t, http.StatusAccepted, s.Call(t, http.MethodPost, submitNewPath, body, key, async).Status)
		accepted[key] = body
	}

	// When a caller disconnects, its slot is released and its workflow continues.
	left, leftKey := newMobile(offer), newKey()
	conn := dial(t, s)
	conn.send(postSubmit(t, left, leftKey))
	require.Eventually(t, func() bool {
		_, err := s.Temporal.DescribeWorkflowExecution(context.Background(), "landing-new/"+leftKey.Value, "")
		return err == nil
	}, 30*time.Second, 10*time.Millisecond, "the request of the caller that leaves is not started")
	requireOverloaded(t, s, submitNewPath, newMobile(offer), newKey())
	require.NoError(t, conn.Close())
	next, nextKey := newMobile(offer), newKey()
	require.Eventually(t, func() bool {
		return s.Call(t, http.MethodPost, submitNewPath, next, nextKey, async).Status == http.StatusAccepted
	}, 30*time.Second, 10*time.Millisecond, "the slot of a caller that left does not come back")
	accepted[leftKey], accepted[nextKey] = left, next

	// A refusal gives its slot back as well.
	for range 2 {
		s.Call(t, http.MethodPost, submitNewPath, with(newMobile(offer), object{"offer_id": unknownID}), newKey()).
			Refused(t, http.StatusNotFound, "offer_not_found")
	}
	release()
	for key, body := range accepted {
		created(t, s, submitNewPath, body, key)
	}
	require.Equal(t, len(accepted), count(t, s, "SELECT count(*) FROM contracts"))
}

func TestAdmission_BillingDoesNotBlockSubmits(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Admission = config.Admission{Interactive: 1, Billing: 2} })
	offer := newOffer(t, s, mobileOffer())
	created(t, s, submitNewPath, newMobile(offer), newKey())
	release := lockTable(t, s, "billing_runs", "EXCLUSIVE")
	key := newKey()
	first, joined := callInBackground(s, billingPath, september, key), callInBackground(s, billingPath, september, key)
	lockWaiters(t, s, 1)
	require.Eventually(t, func() bool {
		answer := s.Call(t, http.MethodPost, billingPath, september, newKey(), system.Header{Name: "Prefer", Value: "wait=0"})
		return answer.Status == http.StatusServiceUnavailable
	}, 30*time.Second, 10*time.Millisecond, "two callers that wait for a run do not fill the two slots of runs")
	created(t, s, submitNewPath, newMobile(offer), newKey())
	release()
	for _, waiting := range []<-chan backgroundResponse{first, joined} {
		answer := <-waiting
		require.NoError(t, answer.err)
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
}

func TestDeadline_ReadWithoutConnection(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.HTTP.RequestTimeout = 300 * time.Millisecond })
	key := newAPIKey(t, s, apikey.CreateInput{Name: "crm", Roles: []string{"ops"}})
	var held []interface{ Release() }
	t.Cleanup(func() {
		for _, conn := range held {
			conn.Release()
		}
	})
	for range s.Pool.Config().MaxConns {
		conn, err := s.Pool.Acquire(context.Background())
		require.NoError(t, err)
		held = append(held, conn)
	}
	for _, path := range []string{customersPath, offersPath, "/api/v1/landing/bootstrap"} {
		answer := s.Call(t, http.MethodGet, path, nil)
		answer.Refused(t, http.StatusServiceUnavailable, "deadline_exceeded")
		require.NotEmpty(t, answer.Header.Get("Retry-After"))
	}
	s.Call(t, http.MethodGet, customersPath, nil, key).Refused(t, http.StatusServiceUnavailable, "deadline_exceeded")
	for _, conn := range held {
		conn.Release()
	}
	held = nil
	s.Get(t, customersPath, nil)
}

func TestDeadline_WriteWaitingForLock(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.HTTP.RequestTimeout = 300 * time.Millisecond })
	release := lockTable(t, s, "clients", "EXCLUSIVE")
	body := object{"client_type": "individual", "full_name": "Patient Person", "cin": newCIN()}
	writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, customersPath, body) }).
		Refused(t, http.StatusServiceUnavailable, "deadline_exceeded")
	release()
	created(t, s, customersPath, body)
}
