package apiclient

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/calendar"
)

var october = BillingRun{PeriodStart: calendar.MustParse("2026-10-01"), PeriodEnd: calendar.MustParse("2026-10-31"), DueDays: 15}

// reply is an answer of an API.
type reply struct {
	status int
	body   string
}

var (
	accepted  = reply{http.StatusAccepted, `{}`}
	running   = reply{http.StatusOK, `{"id": "run", "status": "running"}`}
	completed = reply{http.StatusOK, `{"id": "run", "status": "completed"}`}
	answer    = reply{http.StatusOK, `{"billing_run_id": "run", "invoice_count": 3}`}
	behind    = reply{http.StatusBadGateway, "<html>nobody is behind this proxy</html>"}
	down      = reply{http.StatusServiceUnavailable, `{"error": {"code": "service_unavailable", "message": "Not now", "details": {}}}`}
	forbidden = reply{http.StatusForbidden, `{"error": {"code": "forbidden", "message": "Not you", "details": {}}}`}
)

// serve is an API at an address that gives the replies to requests of each method in turn,
// the last one of them for good.
func serve(t *testing.T, address string, replies map[string][]reply) *http.Server {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	var mu sync.Mutex
	server := &http.Server{Addr: listener.Addr().String(), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		left := replies[r.Method]
		if len(left) > 1 {
			replies[r.Method] = left[1:]
		}
		w.Header().Set("Location", "/api/v1/billing/runs/run")
		w.WriteHeader(left[0].status)
		fmt.Fprint(w, left[0].body)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// noticing signals a request that got no response.
type noticing struct {
	once     sync.Once
	unheeded chan struct{}
}

func (n *noticing) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		n.once.Do(func() { close(n.unheeded) })
	}
	return response, err
}

func TestFollow_SurvivesAPIOutage(t *testing.T) {
	t.Parallel()
	first := serve(t, "127.0.0.1:0", map[string][]reply{http.MethodPost: {accepted}, http.MethodGet: {running}})
	client := New("http://"+first.Addr, "")
	notices := &noticing{unheeded: make(chan struct{})}
	client.http.Transport = notices
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		<-notices.unheeded
		serve(t, first.Addr, map[string][]reply{http.MethodGet: {behind, down, running, completed}, http.MethodPost: {down, answer}})
	}()
	var seen []string
	result, err := client.RunBilling(t.Context(), october, "key", func(progress BillingProgress) {
		if seen = append(seen, progress.Status); len(seen) == 1 {
			require.NoError(t, first.Close())
		}
	})
	require.NoError(t, err)
	<-returned
	require.Equal(t, 3, result.InvoiceCount)
	require.Equal(t, []string{"running", "running", "completed"}, seen)
}

func TestFollow_GivesUpAfterLongOutage(t *testing.T) {
	t.Parallel()
	server := serve(t, "127.0.0.1:0", map[string][]reply{http.MethodPost: {accepted}, http.MethodGet: {running, down}})
	client := New("http://"+server.Addr, "")
	client.patience = time.Millisecond
	_, err := client.RunBilling(t.Context(), october, "key", nil)
	require.ErrorContains(t, err, "away for 1ms")
	require.True(t, HasCode(err, "service_unavailable"), "%v", err)
}

func TestFollow_DoesNotRetryRefusals(t *testing.T) {
	t.Parallel()
	server := serve(t, "127.0.0.1:0", map[string][]reply{http.MethodPost: {accepted}, http.MethodGet: {running, forbidden, completed}})
	_, err := New("http://"+server.Addr, "").RunBilling(t.Context(), october, "key", nil)
	require.True(t, HasCode(err, "forbidden"), "%v", err)
}

func TestFollow_DoesNotRepeatUnacceptedStart(t *testing.T) {
	t.Parallel()
	server := serve(t, "127.0.0.1:0", map[string][]reply{http.MethodPost: {behind, answer}})
	_, err := New("http://"+server.Addr, "").RunBilling(t.Context(), october, "key", nil)
	told, ok := errors.AsType[*Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, http.StatusBadGateway, told.Status)
	require.ErrorContains(t, err, "status 502: <html>nobody")
}
