package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestBillingRun_PauseAndResume(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 12)
	release, key := lockTable(t, s, "invoices", "SHARE"), newKey()
	location := beginRun(t, s, september, key)
	awaitStatus(t, s, location, "running")
	run := commandRun(t, s, location, "pause")
	require.Equal(t, "paused", run["status"])
	require.Nil(t, run["completed_at"])
	require.Equal(t, "paused", commandRun(t, s, location, "pause")["status"], "again is the same")
	refusesMove(t, s, location, "retry", "paused", "running")
	release()
	// The chunks in progress are finished, and the run stays paused.
	require.Eventually(t, func() bool {
		s.Get(t, location, &run)
		return at(t, run, "progress", "documented_chunks") == 2.0
	}, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, "paused", run["status"])
	require.Equal(t, 6.0, run["invoice_count"])

	require.Equal(t, "running", commandRun(t, s, location, "resume")["status"])
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, 12.0, result["invoice_count"])
	run = awaitStatus(t, s, location, "completed")
	require.Equal(t, []string{"running", "paused", "running", "completed"}, moves(run))
	require.Equal(t, "op-1", at(t, run["events"].([]any)[1], "actor_id"))
	require.Equal(t, "by test", at(t, run["events"].([]any)[1], "reason"))
	requireRunAddsUp(t, s, run)
	for name, to := range map[string]string{"pause": "paused", "resume": "running", "approve": "running", "cancel": "cancelled", "retry": "running"} {
		refusesMove(t, s, location, name, "completed", to)
	}
}

func TestBillingRun_CancelKeepsInvoices(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 12)
	release, key := lockTable(t, s, "invoices", "SHARE"), newKey()
	location := beginRun(t, s, september, key)
	awaitStatus(t, s, location, "running")
	accepted := s.Call(t, http.MethodPost, location+"/cancel", object{"reason": "wrong month"}, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	// The wait may have ended before the command was sent: sent again, it is the same.
	time.AfterFunc(200*time.Millisecond, release)
	run := commandRun(t, s, location, "cancel")
	require.Equal(t, "cancelled", run["status"])
	require.Less(t, run["invoice_count"], 12.0, "what was not begun is not billed")
	requireRunAddsUp(t, s, run)
	require.Equal(t, "cancelled", commandRun(t, s, location, "cancel")["status"], "again is the same")
	refusesMove(t, s, location, "retry", "cancelled", "running")
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, "cancelled", result["status"])
	require.Equal(t, run["invoice_count"], result["invoice_count"])

	rest := bill(t, s, september)
	require.Equal(t, 12.0, rest["invoice_count"].(float64)+run["invoice_count"].(float64), "another run bills what is missing")
	require.Equal(t, run["invoice_count"], rest["skipped_count"])
	var skipped object
	s.Get(t, billingPath+"/"+text(t, rest, "billing_run_id")+"/skipped?size=100", &skipped)
	require.Equal(t, run["invoice_count"], at(t, skipped, "meta", "total"))
	for _, row := range skipped["data"].([]any) {
		require.Subset(t, row, object{"billing_run_id": run["id"], "first_day": "2026-09-01", "last_day": "2026-09-30"})
		require.Regexp(t, "^FA-2026-[0-9]{7}$", at(t, row, "invoice_number"))
	}
	s.Get(t, location+"/skipped", &skipped)
	require.Empty(t, skipped["data"], "the first run left nothing out")
}

func TestBillingRun_HeldBeyondSafetyLimits(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.MaxTotal = 500; c.Billing.ChunkClients = 2 })
	offer := newOffer(t, s, mobileOffer())
	for range 3 {
		client, _ := newClient(t, s)
		newContract(t, s, client, offer)
	}
	key := newKey()
	location := beginRun(t, s, september, key)
	run := awaitStatus(t, s, location, "planned")
	require.Equal(t, "the plan totals 716.40 MAD, the bound is 500.00 MAD", run["hold_reason"])
	require.Equal(t, 3.0, run["expected_invoice_count"])
	refusesMove(t, s, location, "pause", "planned", "paused")
	refusesMove(t, s, location, "resume", "planned", "running")
	require.Equal(t, 0, count(t, s, "SELECT count(*) FROM invoices"))

	// A lost process does not approve the run.
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), text(t, run, "workflow_id"), "", "lost"))
	accepted := s.Call(t, http.MethodPost, location+"/retry", nil, respondAsync)
	require.Equal(t, http.StatusAccepted, accepted.Status, "%s", accepted.Body)
	require.Equal(t, "running", commandRun(t, s, location, "approve")["status"])
	run = awaitStatus(t, s, location, "completed")
	require.Nil(t, run["hold_reason"])
	require.Equal(t, []string{"running", "completed"}, moves(run))
	requireRunAddsUp(t, s, run)

	second := beginRun(t, s, with(september, object{"period_start": "2026-10-01", "period_end": "2026-10-31"}), newKey())
	awaitStatus(t, s, second, "planned")
	run = commandRun(t, s, second, "cancel")
	require.Equal(t, "cancelled", run["status"])
	require.NotNil(t, run["hold_reason"], "it still says why it was held")
	require.Equal(t, 3, count(t, s, "SELECT count(*) FROM invoices"))
}

func TestBillingRun_RateExcludesHeldTime(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.MaxTotal = 1 })
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	location := beginRun(t, s, september, newKey())
	awaitStatus(t, s, location, "planned")
	s.PassDays(1)
	commandRun(t, s, location, "approve")
	run := awaitStatus(t, s, location, "completed")
	require.Greater(t, run["elapsed_seconds"], 86_400.0)
	require.Greater(t, run["clients_per_second"], 1.0/3600)
}

func TestBillingRun_RetryBillsFailedClients(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 4 })
	offer, dear := newOffer(t, s, mobileOffer()), newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "9999999999.99"}))
	var refusedClient, dearClient string
	for i := range 9 {
		client, _ := newClient(t, s)
		newContract(t, s, client, offer)
		switch i {
		case 2:
			refusedClient = client
		case 6:
			dearClient = client
			newContract(t, s, client, dear)
			newContract(t, s, client, dear)
		}
	}
	execute(t, s, fmt.Sprintf("ALTER TABLE invoices ADD CONSTRAINT invoices_test_refuses CHECK (client_id <> '%s')", refusedClient))
	key := newKey()
	result := created(t, s, billingPath, september, key)
	require.Subset(t, result, object{"status": "completed_with_failures", "invoice_count": 7.0, "failed_count": 2.0, "skipped_count": 0.0})
	location := billingPath + "/" + text(t, result, "billing_run_id")
	var run, failures object
	s.Get(t, location, &run)
	requireRunAddsUp(t, s, run)
	s.Get(t, text(t, run, "failures_url"), &failures)
	require.Equal(t, 2.0, at(t, failures, "meta", "total"))
	codes := map[string]string{}
	for _, row := range failures["data"].([]any) {
		codes[text(t, row, "client_id")] = text(t, row, "code")
		require.Subset(t, row, object{"attempts": 1.0, "resolved_at": nil})
	}
	require.Equal(t, map[string]string{refusedClient: "constraint_violated", dearClient: "amount_out_of_range"}, codes)

	run = commandRun(t, s, location, "retry")
	require.Subset(t, run, object{"status": "completed_with_failures", "invoice_count": 7.0, "failed_count": 2.0}, "nothing was repaired")
	execute(t, s, "ALTER TABLE invoices DROP CONSTRAINT invoices_test_refuses")
	run = commandRun(t, s, location, "retry")
	require.Subset(t, run, object{"status": "completed_with_failures", "invoice_count": 8.0, "failed_count": 1.0})
	requireRunAddsUp(t, s, run)
	execute(t, s, "UPDATE contracts SET status = 'suspended' WHERE offer_id = $1", dear)
	run = commandRun(t, s, location, "retry")
	require.Subset(t, run, object{"status": "completed", "invoice_count": 9.0, "failed_count": 0.0, "skipped_count": 0.0})
	requireRunAddsUp(t, s, run)
	refusesMove(t, s, location, "retry", "completed", "running")

	s.Get(t, text(t, run, "failures_url"), &failures)
	require.Empty(t, failures["data"])
	s.Get(t, text(t, run, "failures_url")+"?resolved=true", &failures)
	attempts := map[any]any{}
	for _, row := range failures["data"].([]any) {
		require.NotNil(t, at(t, row, "resolved_at"))
		attempts[at(t, row, "client_id")] = at(t, row, "attempts")
	}
	require.Len(t, attempts, 2)
	again := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, 7.0, again["invoice_count"], "the key keeps its first answer")
}

func TestBillingRun_RetryAfterFault(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 6)
	// A fault that is nothing about single rows, and lasts.
	execute(t, s, `CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`)
	execute(t, s, `CREATE TRIGGER test_refuse BEFORE INSERT ON documents FOR EACH STATEMENT EXECUTE FUNCTION test_refuse()`)
	key := newKey()
	location := beginRun(t, s, september, key)
	run := awaitStatus(t, s, location, "failed")
	require.Contains(t, text(t, run, "fault"), "PostgreSQL error P0001")
	refusesMove(t, s, location, "cancel", "failed", "cancelled")
	execute(t, s, "DROP TRIGGER test_refuse ON documents")
	run = commandRun(t, s, location, "retry")
	require.Subset(t, run, object{"status": "completed", "invoice_count": 6.0, "fault": nil})
	require.Equal(t, []string{"running", "failed", "running", "completed"}, moves(run))
	requireRunAddsUp(t, s, run)
	result := decoded(t, s.Call(t, http.MethodPost, billingPath, september, key), http.StatusOK)
	require.Equal(t, 6.0, result["invoice_count"])
}

func TestBillingRun_RetryAfterLostWorkflow(t *testing.T) {
	t.Parallel()
	s := newBillableClients(t, 9)
	release := lockTable(t, s, "invoices", "SHARE")
	location := beginRun(t, s, september, newKey())
	run := awaitStatus(t, s, location, "running")
	require.NoError(t, s.Temporal.TerminateWorkflow(t.Context(), text(t, run, "workflow_id"), "", "lost"))
	refusesMove(t, s, location, "pause", "running", "paused")
	release()
	run = commandRun(t, s, location, "retry")
	require.Subset(t, run, object{"status": "completed", "invoice_count": 9.0})
	requireRunAddsUp(t, s, run)
}

func TestBillingRun_TwoRunsOfOnePeriodShareWork(t *testing.T) {
	t.Parallel()
	const clients = 12
	s := newBillableClients(t, clients)
	for round := range 3 {
		terms := object{"period_start": fmt.Sprintf("2026-1%d-01", round), "period_end": fmt.Sprintf("2026-1%d-28", round)}
		invoices := 0.0
		keys := []system.Header{newKey(), newKey()}
		for _, answer := range concurrently(t, 2, func(i int) (system.Response, error) {
			return s.TryCall(http.MethodPost, billingPath, terms, keys[i])
		}) {
			result := decoded(t, answer, http.StatusOK)
			require.Equal(t, "completed", result["status"])
			require.Equal(t, float64(clients), result["invoice_count"].(float64)+result["skipped_count"].(float64))
			invoices += result["invoice_count"].(float64)
		}
		require.Equal(t, float64(clients), invoices, "round %d", round)
	}
	requireNumbersWithoutGaps(t, s)
}

func TestBillingPreview_MatchesRun(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Billing.ChunkClients = 4 })
	offers := []string{
		newOffer(t, s, mobileOffer()), newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "33.33", "activation_fee": "7.77"})),
		newOffer(t, s, with(mobileOffer(), object{"monthly_fee": "9999999999.99"})),
	}
	for i := range 11 {
		client, _ := newClient(t, s)
		newContract(t, s, client, offers[i%2], object{"contract_start_date": "2026-09-10"})
		if i%3 == 0 {
			newContract(t, s, client, offers[1], object{"contract_start_date": "2026-08-10"})
		}
		if i == 7 {
			newContract(t, s, client, offers[2])
			newContract(t, s, client, offers[2])
		}
	}
	// Some days of some contracts are billed already.
	execute(t, s, "UPDATE contracts SET status = 'suspended' WHERE start_date = '2026-09-10' AND offer_id = $1", offers[1])
	bill(t, s, with(september, object{"period_end": "2026-09-15"}))
	execute(t, s, "UPDATE contracts SET status = 'active'")

	var preview object
	writesNothing(t, s, func() system.Response {
		answer := s.Call(t, http.MethodPost, billingPath+"/preview", with(september, object{"size": 100}))
		answer.Into(t, http.StatusOK, &preview)
		return answer
	})
	var paged []any
	for page := 1; page <= 4; page++ {
		var part object
		s.Post(t, billingPath+"/preview", with(september, object{"size": 2, "page": page}), &part)
		require.Equal(t, preview["total_amount"], part["total_amount"])
		paged = append(paged, part["data"].([]any)...)
	}
	all := preview["data"].([]any)
	require.Equal(t, all[:min(len(all), 8)], paged)
	require.Positive(t, preview["skipped_count"])
	require.Equal(t, 1.0, preview["unbillable_count"])

	run := bill(t, s, september)
	require.Equal(t, []any{preview["invoice_count"], preview["skipped_count"], preview["unbillable_count"], preview["subtotal_amount"], preview["tax_amount"], preview["total_amount"]},
		[]any{run["invoice_count"], run["skipped_count"], run["failed_count"], run["subtotal_amount"], run["tax_amount"], run["total_amount"]})
	require.Len(t, all, int(run["invoice_count"].(float64)))
	for _, client := range all {
		var issued object
		for _, invoice := range clientInvoices(t, s, text(t, client, "client_id")) {
			if invoice["billing_run_id"] == run["billing_run_id"] {
				issued = invoice
			}
		}
		require.NotNil(t, issued)
		shown := []string{"contract_id", "line_type", "description", "quantity", "unit_amount", "line_total"}
		for _, line := range client.(map[string]any)["lines"].([]any) {
			for _, other := range []string{"offer_id", "service_category", "service_identifier"} {
				require.NotEmpty(t, at(t, line, other))
				delete(line.(map[string]any), other)
			}
		}
		lines := []any{}
		for _, line := range issued["lines"].([]any) {
			kept := object{}
			for _, name := range shown {
				kept[name] = line.(map[string]any)[name]
			}
			lines = append(lines, map[string]any(kept))
		}
		require.Equal(t, []any{issued["subtotal_amount"], issued["tax_amount"], issued["total_amount"], lines},
			[]any{at(t, client, "subtotal_amount"), at(t, client, "tax_amount"), at(t, client, "total_amount"), at(t, client, "lines")})
	}
}
