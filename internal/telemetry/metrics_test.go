package telemetry_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// scraped is what Prometheus reads, by the names of the metrics.
type scraped map[string]*dto.MetricFamily

// scrape reads the metrics of a system.
func scrape(t *testing.T, s *system.System) scraped {
	t.Helper()
	answer, err := http.Get(s.MetricsURL())
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", body)
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	require.NoError(t, err)
	return families
}

// value returns the value of the one series with these labels, given as names and values.
func (s scraped) value(t *testing.T, name string, labels ...string) float64 {
	t.Helper()
	var found []float64
	for _, metric := range s[name].GetMetric() {
		if hasLabels(metric, labels) {
			found = append(found, metric.GetCounter().GetValue()+metric.GetGauge().GetValue()+float64(metric.GetHistogram().GetSampleCount()))
		}
	}
	require.Len(t, found, 1, "%s %v: %v", name, labels, s[name])
	return found[0]
}

func hasLabels(metric *dto.Metric, labels []string) bool {
	told := map[string]string{}
	for _, pair := range metric.GetLabel() {
		told[pair.GetName()] = pair.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if told[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// month is a system of which a month was billed: one invoice is overdue and partly paid,
// one became overdue and is not marked yet, and one client cannot be billed.
func month(t *testing.T) *system.System {
	t.Helper()
	s := system.Start(t, func(c *config.Config) {
		c.MetricsAddress = "127.0.0.1:0"
		c.RateLimits.VerifyPerAddress = ratelimit.Limit{Count: 1, Period: 24 * time.Hour}
	})
	var offer object
	s.Post(t, "/api/v1/offers", object{
		"name": "Mobile", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}, &offer)
	s.Post(t, "/api/v1/landing/submit/new", object{
		"service_category": "mobile", "offer_id": offer["id"], "cin": "QZ918273", "full_name": "Zoubida Quxley", "email": "zoubida@private.example",
		"address": "Impasse Xylophone", "contact_phone": "0677182736", "contract_start_date": "2026-10-01", "mobile_number_mode": "assign_new",
	}, nil, system.Key("counted-submit"))
	run := func(start, end, key string) {
		s.Post(t, "/api/v1/billing/runs", object{"period_start": start, "period_end": end, "due_days": 5}, nil, system.Key(key))
	}
	run("2026-10-01", "2026-10-31", "counted-october")
	s.AwaitCollections(t)
	var invoices struct{ Data []object }
	s.Get(t, "/api/v1/invoices", &invoices)
	require.Len(t, invoices.Data, 1)
	var paid struct{ Payment object }
	pay := func(amount, key string) {
		body := object{"invoice_id": invoices.Data[0]["id"], "amount": amount, "payment_date": "2026-11-20"}
		s.Post(t, "/api/v1/collections/payments", body, &paid, system.Key(key))
	}
	pay("38.80", "counted-payment-1")
	pay("38.80", "counted-payment-1")
	pay("100.00", "counted-payment-2")
	s.Post(t, "/api/v1/collections/payments/"+paid.Payment["id"].(string)+"/reverse", object{"reason": "A test"}, nil, system.Key("counted-reversal"))
	require.Equal(t, http.StatusNotFound, s.Call(t, http.MethodGet, "/api/v1/offers/01890000-0000-7000-8000-000000000000", nil).Status)
	require.Equal(t, http.StatusNotFound, s.Call(t, http.MethodGet, "/api/v1/QZ918273", nil).Status)
	for _, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		require.Equal(t, want, s.Call(t, http.MethodPost, "/api/v1/landing/clients/verify-cin", object{"cin": "QZ918273"}).Status)
	}

	run("2026-11-01", "2026-11-20", "counted-november")
	_, err := s.Pool.Exec(context.Background(), `
		INSERT INTO billing_run_failures (billing_run_id, client_id, chunk_number, code, message, created_at)
		SELECT billing_run_id, first_client_id, number, 'invoice_amount_out_of_range', 'A test', now() FROM billing_run_chunks LIMIT 1`)
	require.NoError(t, err)
	s.PassDays(5)
	return s
}

func TestMetricsTellWhatWasDone(t *testing.T) {
	t.Parallel()
	s := month(t)
	told := scrape(t, s)
	for _, want := range []struct {
		name   string
		labels []string
		value  float64
	}{
		{"mtf_state_up", nil, 1},
		{"mtf_dependency_up", []string{"dependency", "temporal"}, 1},
		{"mtf_dependency_up", []string{"dependency", "postgresql"}, 1},
		{"mtf_build_info", []string{"version", "test"}, 1},
		{"mtf_http_requests_in_flight", nil, 0},
		{"mtf_http_requests_total", []string{"method", "POST", "route", "/api/v1/collections/payments", "status", "2xx"}, 3},
		{"mtf_http_request_duration_seconds", []string{"method", "POST", "route", "/api/v1/landing/submit/new"}, 1},
		{"mtf_http_errors_total", []string{"route", "/api/v1/offers/{offer_id}", "code", "offer_not_found"}, 1},
		{"mtf_http_errors_total", []string{"route", "unmatched", "code", "not_found"}, 1},
		{"mtf_http_errors_total", []string{"code", "rate_limited"}, 1},
		{"mtf_payments_total", []string{"kind", "payment"}, 2},
		{"mtf_payments_centimes_total", []string{"kind", "payment"}, 13880},
		{"mtf_payments_total", []string{"kind", "reversal"}, 1},
		{"mtf_payments_centimes_total", []string{"kind", "reversal"}, 10000},
		{"mtf_documents_stored_total", []string{"type", "contract"}, 1},
		{"mtf_documents_stored_total", []string{"type", "invoice"}, 2},
		{"mtf_invoices_issued_total", nil, 2},
		{"mtf_billed_centimes_total", nil, 2 * 19900},
		{"mtf_billing_runs", []string{"status", "completed"}, 2},
		{"mtf_billing_runs", []string{"status", "running"}, 0},
		{"mtf_billing_progress_timestamp_seconds", nil, 0},
		{"mtf_billing_previous_month_billed", nil, 1},
		{"mtf_billing_failed_clients", nil, 1},
		{"mtf_invoice_documents_missing", nil, 0},
		// 27 November, 13:00 and 26 November, 0:00 by the local clock.
		{"mtf_collection_cases", []string{"bucket", "1_30"}, 1},
		{"mtf_overdue_centimes", []string{"bucket", "1_30"}, 16020},
		{"mtf_records", []string{"kind", "clients"}, 1},
		{"pgxpool_max_connections", nil, 24},
	} {
		require.Equal(t, want.value, told.value(t, want.name, want.labels...), "%s %v", want.name, want.labels)
	}
	require.InDelta(t, 37*3600, told.value(t, "mtf_collections_sync_lag_seconds"), 60, "since midnight of the 26th, at 13 o'clock of the 27th")

	for name, family := range told {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				for _, secret := range []string{"QZ918273", "Zoubida", "counted-", "private", "01890000"} {
					require.NotContains(t, label.GetValue(), secret, "%s %s", name, label.GetName())
				}
			}
		}
	}
	requireMonitoringNamesWhatExists(t, told)
	requireEveryQueueIsWatched(t, told)
}
