package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/mtfacturation/mtf/cmd/dev/port"
	"github.com/mtfacturation/mtf/internal/apiclient"
	"github.com/mtfacturation/mtf/internal/calendar"
	"github.com/mtfacturation/mtf/workflows"
)

// person is an invented client with data that looks like nothing else in a database.
type person struct{ cin, name, email, address, phone string }

var (
	subscribed = person{"QZ918273", "Zoubida Quxley", "zoubida.quxley@private.example", "7 Impasse Xylophone", "0677182736"}
	// failing cannot be billed.
	failing = person{"WX564738", "Wadiaa Kvetchington", "w.kvetchington@hidden.example", "9 Ruelle Bandoneon", "0655463728"}
	// control is only in histories that are not encrypted.
	control = person{"YV102938", "Yousra Plainview", "yousra@plainview.example", "3 Derb Clavecin", "0610293847"}
)

// values are what identifies the person; the phone is without its zero, which E.164 leaves out.
func (p person) values() []string { return []string{p.cin, p.name, p.email, p.address, p.phone[1:]} }

// traces are the ways in which a value can be written: as it is, in hexadecimal, and in base64 wherever in a longer text
// it begins.
func traces(value string) [][]byte {
	found := [][]byte{[]byte(value), []byte(hex.EncodeToString([]byte(value)))}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", shift) + value))
		// The characters at both ends depend on what stands around the value as well.
		found = append(found, []byte(encoded[(shift*8+5)/6:(shift+len(value))*8/6]))
	}
	return found
}

// TestPrivacy_NoPersonalDataInTemporal goes through the processes that handle persons and looks for them in every column of
// every row that Temporal keeps.
func TestPrivacy_NoPersonalDataInTemporal(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	running := s.startWith(t, []string{"MTF_DUNNING_SEND_AFTER=0s", "MTF_DUNNING_SPREAD=0s"}, "run")
	running.waitFor(`ready: API http://127\.0\.0\.1:` + s.apiPort)
	inClear := s.dial(t) // A client without the key.
	offer := s.liveThrough(t)
	require.Empty(t, s.search(t, append(subscribed.values(), failing.values()...)), "personal data in Temporal's databases")

	// The key is what makes the difference: the same process, started by a client without it, leaves all of it there. It is
	// carried out, since what was written before there was a key is read.
	run, err := inClear.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "landing-new/in-clear", TaskQueue: workflows.InteractiveQueue,
	}, workflows.NameOf(workflows.SubscribeNewService), map[string]any{
		"request":      map[string]any{"operation": "landing-new", "key": "in-clear-key", "fingerprint": make([]byte, 32)},
		"subscription": with(subscription(control, offer), map[string]any{"allocation_mode": "generated", "number": ""}),
	})
	require.NoError(t, err)
	var status enums.WorkflowExecutionStatus
	require.Eventually(t, func() bool {
		described, err := inClear.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
		require.NoError(t, err)
		status = described.Status
		return status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	}, startLimit, 20*time.Millisecond, "the process in clear does not end")
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, status)
	require.ElementsMatch(t, control.values(), s.search(t, control.values()), "the search does not find what is there")

	s.requireClearTextInTheUI(t, inClear)
}

// liveThrough has both persons go through a subscription, a plan change, a provisioning, a billing run that cannot bill one of
// them, its retry, and dunning. It returns an offer.
func (s site) liveThrough(t *testing.T) (offer string) {
	t.Helper()
	api := s.api()
	post := func(path string, body, answer any, headers ...string) {
		t.Helper()
		_, err := api.Do(t.Context(), http.MethodPost, path, body, answer, headers...)
		require.NoError(t, err, path)
	}
	var first, second struct {
		ID string `json:"id"`
	}
	newOffer := func(name, fee string, answer any) {
		post("/api/v1/offers", map[string]any{
			"name": name, "service_category": "mobile", "monthly_fee": fee, "valid_from": "2020-01-01", "mobile_data_gb": 20,
		}, answer)
	}
	newOffer("Mobile 20", "199.00", &first)
	newOffer("Mobile 50", "299.00", &second)

	var made struct {
		Contract struct {
			ID string `json:"id"`
		} `json:"contract"`
	}
	post("/api/v1/landing/submit/new", with(subscription(subscribed, first.ID), map[string]any{"mobile_number_mode": "assign_new"}), &made,
		"Idempotency-Key", "private-subscription")
	post("/api/v1/landing/submit/plan-change", map[string]any{
		"cin": subscribed.cin, "source_contract_id": made.Contract.ID, "target_offer_id": second.ID, "contract_start_date": billedMonth().Start,
	}, nil, "Idempotency-Key", "private-plan-change")
	var provisioned struct {
		Contract struct {
			ClientID string `json:"client_id"`
		} `json:"contract"`
	}
	post("/api/v1/contracts/provision", map[string]any{
		"offer_id": first.ID, "contract_start_date": billedMonth().Start, "provisioning_intent": "new_line",
		"client": map[string]any{
			"client_type": "individual", "cin": failing.cin, "full_name": failing.name, "email": failing.email, "address": failing.address,
			"phone": failing.phone,
		},
	}, &provisioned, "Idempotency-Key", "private-provisioning")

	// PostgreSQL quotes the whole row in its error, name and CIN included.
	_, err := s.database(t).Exec(t.Context(), fmt.Sprintf(
		"ALTER TABLE invoices ADD CONSTRAINT invoices_test_refuses CHECK (client_id <> '%s')", provisioned.Contract.ClientID))
	require.NoError(t, err)
	var run struct {
		ID     string `json:"billing_run_id"`
		Status string `json:"status"`
	}
	post("/api/v1/billing/runs", apiclient.BillingRun{
		PeriodStart: billedMonth().Start, PeriodEnd: billedMonth().End, DueDays: 1, TaxRate: 200_000,
	}, &run, "Idempotency-Key", "private-run")
	require.Equal(t, "completed_with_failures", run.Status)
	post("/api/v1/billing/runs/"+run.ID+"/retry", map[string]any{"reason": "asked for by " + failing.name}, nil)

	require.Eventually(t, func() bool {
		sent, err := os.ReadFile(filepath.Join(s.dataDir, "notifications.log"))
		return err == nil && strings.Contains(string(sent), subscribed.email)
	}, startLimit, 20*time.Millisecond, "the client is not dunned")
	return first.ID
}

// billedMonth is long past, so that its invoices are overdue at once.
func billedMonth() calendar.Period {
	today := time.Now()
	return calendar.MonthOf(calendar.NewDate(today.Year(), today.Month(), 1).AddDays(-80))
}

func subscription(p person, offer string) map[string]any {
	return map[string]any{
		"service_category": "mobile", "offer_id": offer, "cin": p.cin, "full_name": p.name, "email": p.email, "address": p.address,
		"contact_phone": p.phone, "contract_start_date": billedMonth().Start,
	}
}

// with returns base with more in it.
func with(base, more map[string]any) map[string]any {
	merged := maps.Clone(base)
	maps.Copy(merged, more)
	return merged
}

// search returns those of the values that are anywhere in Temporal's two databases.
func (s site) search(t *testing.T, values []string) (found []string) {
	t.Helper()
	seen, searched := map[string]bool{}, 0
	for _, database := range []string{"temporal", "temporal_visibility"} {
		pool := s.databaseNamed(t, database)
		rows, err := pool.Query(t.Context(), `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`)
		require.NoError(t, err)
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.NotEmpty(t, tables)
		for _, table := range tables {
			rows, err := pool.Query(t.Context(), "SELECT * FROM "+table)
			require.NoError(t, err)
			for rows.Next() {
				for _, column := range rows.RawValues() {
					searched += len(column)
					for _, value := range values {
						if slices.ContainsFunc(traces(value), func(trace []byte) bool { return bytes.Contains(column, trace) }) {
							t.Logf("%s is in %s.%s", value, database, table)
							seen[value] = true
						}
					}
				}
			}
			require.NoError(t, rows.Err(), table)
		}
	}
	t.Logf("searched %d bytes", searched)
	require.Greater(t, searched, 50_000, "Temporal has more than that")
	return slices.Collect(maps.Keys(seen))
}

// requireClearTextInTheUI requests a decrypted payload as the Temporal UI does.
func (s site) requireClearTextInTheUI(t *testing.T, inClear client.Client) {
	t.Helper()
	settings := s.fetch(t, http.MethodGet, "http://"+port.Loopback+":"+s.uiPort+"/api/v1/settings", nil)
	var told struct {
		Codec struct{ Endpoint string }
	}
	require.NoError(t, json.Unmarshal(settings, &told), "%s", settings)

	history := inClear.GetWorkflowHistory(t.Context(), "landing-new/private-subscription", "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	started, err := history.Next()
	require.NoError(t, err)
	input := started.GetWorkflowExecutionStartedEventAttributes().GetInput()
	encrypted, err := protojson.Marshal(input)
	require.NoError(t, err)
	require.NotContains(t, string(encrypted), base64.StdEncoding.EncodeToString([]byte("json/plain")))

	decoded := s.fetch(t, http.MethodPost, told.Codec.Endpoint+"/decode?preserveStorageRefs=true", encrypted)
	var payloads commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(decoded, &payloads), "%s", decoded)
	require.Contains(t, string(payloads.GetPayloads()[0].GetData()), subscribed.name)
}

// fetch makes a request as the pages of the Temporal UI do, without an identity, and returns the answer.
func (s site) fetch(t *testing.T, method, address string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	require.NoError(t, err)
	origin := "http://" + port.Loopback + ":" + s.uiPort
	request.Header.Set("Origin", origin)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Namespace", "default")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s: %s", address, content)
	if method == http.MethodPost {
		require.Equal(t, origin, answer.Header.Get("Access-Control-Allow-Origin"))
	}
	return content
}
