package telemetry_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/mtfacturation/mtf/internal/app"
	"github.com/mtfacturation/mtf/internal/test/logs"
	"github.com/mtfacturation/mtf/internal/test/system"
)

type object = map[string]any

// collector is an OpenTelemetry collector that keeps what it is sent.
type collector struct {
	mu    sync.Mutex
	raw   bytes.Buffer
	spans []*tracepb.Span
}

// startCollector has the program send its traces to a collector, until the test ends.
func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // It is sent again.
		}
		var request collectorpb.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			t.Errorf("what the program sent is no trace: %v", err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.raw.Write(body)
		for _, resource := range request.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	return c
}

// lineage names the span and its ancestors, the outermost first.
func (c *collector) lineage(span *tracepb.Span) []string {
	names := []string{span.GetName()}
	for _, parent := range c.spans {
		if bytes.Equal(parent.GetSpanId(), span.GetParentSpanId()) {
			return append(c.lineage(parent), names...)
		}
	}
	return names
}

// collectLog keeps the program's log, until the test ends.
func collectLog(t *testing.T) *logs.Lines {
	t.Helper()
	logged, before := &logs.Lines{}, slog.Default()
	slog.SetDefault(app.Logger(logged))
	t.Cleanup(func() { slog.SetDefault(before) })
	return logged
}

func TestOneTraceLeadsFromARequestThroughItsWorkflowToTheRows(t *testing.T) {
	sent, logged := startCollector(t), collectLog(t)
	s := system.Start(t)
	var offer object
	s.Post(t, "/api/v1/offers", object{
		"name": "Mobile", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}, &offer)
	const path = "/api/v1/landing/submit/new"
	answer := s.Call(t, http.MethodPost, path, object{
		"service_category": "mobile", "offer_id": offer["id"], "cin": "QZ918273", "full_name": "Zoubida Quxley", "email": "zoubida@private.example",
		"address": "Impasse Xylophone", "contact_phone": "0677182736", "contract_start_date": "2026-11-01", "mobile_number_mode": "assign_new",
	}, system.Key("traced-submit"))
	require.Equal(t, http.StatusOK, answer.Status, "answer: %s", answer.Body)
	refused := s.Call(t, http.MethodGet, "/api/v1/landing/clients/QZ918273/invoices?lookup_token=SECRETTOKEN", nil)
	require.GreaterOrEqual(t, refused.Status, http.StatusBadRequest)
	id := answer.Header.Get("X-Request-Id")
	s.Restart(t) // A stop sends the last spans.

	sent.mu.Lock()
	defer sent.mu.Unlock()
	lineages := map[string][]string{}
	for _, span := range sent.spans {
		if hex.EncodeToString(span.GetTraceId()) == id {
			lineages[span.GetName()] = append(lineages[span.GetName()], strings.Join(sent.lineage(span), " > "))
		}
	}
	const workflow = "POST " + path + " > StartWorkflow:SubscribeNewService > RunWorkflow:SubscribeNewService"
	require.Equal(t, []string{workflow}, lineages["RunWorkflow:SubscribeNewService"], "spans of the trace: %v", lineages)
	for statement, activity := range map[string]string{
		"ClientInsert": "Subscribe", "DocumentInsertContract": "Subscribe", "DocumentGetByID": "StoreContractDocument",
	} {
		require.True(t, slices.ContainsFunc(lineages[statement], func(lineage string) bool {
			return strings.HasPrefix(lineage, workflow+" > ") && strings.Contains(lineage, ":"+activity+" > ") && strings.HasSuffix(lineage, " > "+statement)
		}), "%s: %v", statement, lineages[statement])
	}
	for _, secret := range []string{"QZ918273", "Zoubida", "zoubida@", "Xylophone", "677182736", "SECRETTOKEN"} {
		require.False(t, bytes.Contains(sent.raw.Bytes(), []byte(secret)), "the collector is sent %s", secret)
	}

	for line := range strings.Lines(logged.String()) {
		var record object
		require.NoError(t, json.Unmarshal([]byte(line), &record), line)
		if record["msg"] == "request" && record["route"] == path {
			require.Equal(t, id, record["trace_id"])
			require.Equal(t, id, record["request_id"])
			require.Len(t, record["span_id"], 16)
			return
		}
	}
	t.Fatal("the request is not in the log")
}
