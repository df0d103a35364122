package api_test

import (
	"context"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const runFields = `id, idempotency_key, workflow_id, period_start, period_end, due_days, tax_rate, currency, status, client_count,
	chunk_count, progress, invoice_count, skipped_count, failed_count, subtotal_amount, tax_amount, total_amount, planned_at,
	completed_at, elapsed_seconds, clients_per_second`

var respondAsync = system.Header{Name: "Prefer", Value: "respond-async"}

// lockTable locks a table in a mode, so that what conflicts with the mode waits until
// release is called.
func lockTable(t testing.TB, s *system.System, table, mode string) (release func()) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.Config.DatabaseURL)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "BEGIN; LOCK TABLE "+table+" IN "+mode+" MODE")
	require.NoError(t, err)
	release = func() { _ = conn.Close(ctx) }
	t.Cleanup(release)
	return release
}

func TestBillingRun_Progress(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 2 })
	offer := newOffer(t, s, mobileOffer())
	for range 5 {
		client, _ := newClient(t, s)
		newContract(t, s, client, offer)
	}
	key := newKey()
	result := created(t, s, billingPath, september, key)
	var run, list object
	s.Get(t, billingPath+"/"+text(t, result, "billing_run_id"), &run)
	require.Subset(t, names(run), fieldsOf(runFields))
	require.Subset(t, run, object{
		"id": result["billing_run_id"], "idempotency_key": key.Value, "period_start": "2026-09-01", "period_end": "2026-09-30", "due_days": 15.0,
		"tax_rate": "0.20", "currency": "MAD", "status": "completed", "client_count": 5.0, "chunk_count": 3.0, "invoice_count": 5.0,
		"skipped_count": 0.0, "failed_count": 0.0, "subtotal_amount": "995.00", "tax_amount": "199.00", "total_amount": "1194.00",
		"progress": object{"billed_chunks": 3.0, "documented_chunks": 3.0, "billed_clients": 5.0, "documents": 5.0},
	})
	require.Regexp(t, timestampPattern, run["planned_at"])
	require.Regexp(t, timestampPattern, run["completed_at"])
	require.Positive(t, run["elapsed_seconds"])
	require.Positive(t, run["clients_per_second"])

	s.Get(t, billingPath, &list)
	listed := maps.Clone(run)
	for _, detail := range []string{"events", "invoices_url", "failures_url", "skipped_url"} {
		delete(listed, detail)
	}
	require.Equal(t, []any{map[string]any(listed)}, list["data"])
	bill(t, s, november)
	s.Get(t, billingPath+"?size=1", &list)
	require.Equal(t, "2026-11-01", at(t, list["data"].([]any)[0], "period_start"), "the newest run comes first")
	require.Equal(t, 2.0, at(t, list, "meta", "total"))
}

func TestBillingRun_NotFound(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000"} {
		s.Call(t, http.MethodGet, billingPath+"/"+id, nil).Refused(t, http.StatusNotFound, "billing_run_not_found")
	}
}

func TestBillingRun_WithoutClientsCompletes(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	result := bill(t, s, september)
	require.Subset(t, result, object{"invoice_count": 0.0, "invoice_ids": []any{}, "total_amount": "0.00", "status": "completed"})
}

func TestBillingRun_RespondAsync(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	release, key := lockTable(t, s, "invoices", "ACCESS EXCLUSIVE"), newKey()
	accepted := s.Call(t, http.MethodPost, billingPath, september, key, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	require.NotEmpty(t, accepted.Header.Get("Retry-After"))
	location := accepted.Header.Get("Location")
	require.Regexp(t, "^"+billingPath+"/[0-9a-f-]{36}$", location)

	// Planned, but held before its first invoice.
	var run object
	require.Eventually(t, func() bool {
		answer := s.Call(t, http.MethodGet, location, nil)
		if answer.Status != http.StatusOK {
			return false
		}
		run = decoded(t, answer, http.StatusOK)
		return run["status"] == "running"
	}, 20*time.Second, 20*time.Millisecond, "the run never showed at %s", location)
	require.Subset(t, run, object{
		"client_count": 1.0, "chunk_count": 1.0, "invoice_count": 0.0, "completed_at": nil,
		"progress": object{"billed_chunks": 0.0, "documented_chunks": 0.0, "billed_clients": 0.0, "documents": 0.0},
	})

	s.Call(t, http.MethodPost, billingPath, with(september, object{"due_days": 3}), key).
		Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	again := s.Call(t, http.MethodPost, billingPath, september, key, respondAsync)
	require.Equal(t, http.StatusAccepted, again.Status, "%s", again.Body)
	require.Equal(t, location, again.Header.Get("Location"))

	release()
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, location, billingPath+"/"+text(t, result, "billing_run_id"))
	require.Subset(t, result, object{"invoice_count": 1.0, "idempotency_replayed": true})
}

func TestBillingRun_AcceptedLocationOfOneKey(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	release, key, locations := lockTable(t, s, "billing_run_chunks", "ACCESS EXCLUSIVE"), newKey(), map[string]bool{}
	for range 3 {
		accepted := s.Call(t, http.MethodPost, billingPath, september, key, respondAsync)
		require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
		locations[accepted.Header.Get("Location")] = true
	}
	release()
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, map[string]bool{billingPath + "/" + text(t, result, "billing_run_id"): true}, locations)
}

func TestBillingRun_BoundedWaitIsAccepted(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	release, key := lockTable(t, s, "billing_run_chunks", "ACCESS EXCLUSIVE"), newKey()
	accepted := s.Call(t, http.MethodPost, billingPath, september, key, system.Header{Name: "Prefer", Value: "wait=0"})
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	release()
	for _, prefer := range []string{"wait=30", "wait=9223372036854775807", "wait=10000000000", "wait=-1", "wait=x", "handling=lenient, wait=20"} {
		answer := s.Call(t, http.MethodPost, billingPath, september, newKey(), system.Header{Name: "Prefer", Value: prefer})
		require.Equal(t, http.StatusOK, answer.Status, "Prefer: %s: %s", prefer, answer.Body)
	}
}

func TestLandingSubmit_PendingKeepsPayload(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	release, key := lockTable(t, s, "subscribers", "ACCESS EXCLUSIVE"), newKey()
	body := newMobile(newOffer(t, s, mobileOffer()))
	accepted := s.Call(t, http.MethodPost, submitNewPath, body, key, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	require.NotEmpty(t, accepted.Header.Get("Location"))
	require.NotEmpty(t, accepted.Header.Get("Retry-After"))
	s.Call(t, http.MethodPost, submitNewPath, with(body, object{"full_name": "Another Name"}), key).
		Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	release()
	answer := decoded(t, s.Call(t, http.MethodPost, submitNewPath, body, key), http.StatusOK)
	require.Equal(t, true, answer["idempotency_replayed"])
	pdf(t, s, text(t, answer, "document_download_url"))
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"))
}

func TestBillingRun_ContinuesAfterRestart(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 1 })
	offer := newOffer(t, s, mobileOffer())
	for range 6 {
		client, _ := newClient(t, s)
		newContract(t, s, client, offer)
	}
	key := newKey()
	accepted := s.Call(t, http.MethodPost, billingPath, september, key, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	s.Restart(t)
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Subset(t, result, object{"invoice_count": 6.0, "idempotency_replayed": true, "status": "completed"})
	require.Equal(t, 6, count(t, s, "SELECT count(*) FROM documents"))
	requireNumbersWithoutGaps(t, s)
}
