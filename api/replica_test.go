package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/test/logs"
	"github.com/mtfacturation/mtf/internal/test/servers"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// An API may use a replica of the database and serve readers only. The test is not parallel,
// for it reads what is logged.
func TestReplica_ReadsOnly(t *testing.T) {
	s := system.Start(t)
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	run := created(t, s, "/api/v1/billing/runs", object{"period_start": "2026-10-01", "period_end": "2026-10-31"}, newKey())
	invoice := run["invoice_ids"].([]any)[0].(string)
	key := newAPIKey(t, s, apikey.CreateInput{Name: "reports", Roles: []string{"ops", "billing"}})

	before, logged := slog.Default(), &logs.Lines{}
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	replica := &system.System{App: s.App, URL: serveOnReplica(t, s)}
	for _, path := range []string{
		"/readyz", "/api/v1/customers", "/api/v1/customers/" + client, "/api/v1/invoices/" + invoice, "/api/v1/invoices/" + invoice + "/pdf",
		"/api/v1/invoices/export", "/api/v1/collections/aging/export?as_of=2026-11-21", "/api/v1/collections/overview",
	} {
		answer := replica.Call(t, http.MethodGet, path, nil, key)
		require.Equal(t, http.StatusOK, answer.Status, "%s: %s", path, answer.Body)
		require.NotEmpty(t, answer.Body, path)
	}
	require.NotContains(t, logged.String(), "level=WARN", "a reader's key is no trouble")

	for path, body := range map[string]object{
		"/api/v1/customers": {"client_type": "individual", "full_name": "Test Client"},
		"/api/v1/collections/payments": {
			"invoice_id": invoice, "amount": "1.00", "payment_date": "2026-11-22", "method": "cash",
		},
	} {
		answer := replica.Call(t, http.MethodPost, path, body, key, newKey())
		answer.Refused(t, http.StatusServiceUnavailable, "service_unavailable")
		require.NotEmpty(t, answer.Header.Get("Retry-After"), path)
	}
	var payments object
	s.Get(t, "/api/v1/collections/payments", &payments)
	require.Empty(t, payments["items"])
}

// serveOnReplica runs an API alone on the system's database, whose writes are refused, and
// returns its base.
func serveOnReplica(t *testing.T, s *system.System) string {
	t.Helper()
	settings := s.Config
	settings.DatabaseURL = servers.ReadOnly(t, settings.DatabaseURL)
	reader, err := app.Open(t.Context(), settings, servers.Temporal(t))
	require.NoError(t, err)
	reader.Now = s.Now
	ctx, stop := context.WithCancel(context.Background())
	listening, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- reader.Serve(ctx, app.Parts{API: true}, "test", func(address string) { listening <- address })
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		reader.Close()
	})
	select {
	case address := <-listening:
		return "http://" + address
	case err := <-ended:
		ended <- err
		require.NoError(t, err)
		return ""
	}
}
