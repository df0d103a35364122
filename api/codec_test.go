package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/issuer"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const decodePath = "/api/v1/codec/decode"

// Payloads as the Temporal UI sends them: metadata and data are in base64.
var (
	plainPayload = object{"metadata": object{"encoding": inBase64("json/plain")}, "data": inBase64(`"hello"`)}
	// lostPayload is encrypted under a key that no configured key opens.
	lostPayload = object{
		"metadata": object{"encoding": inBase64("binary/encrypted"), "encryption-key-id": inBase64("lost")},
		"data":     inBase64(strings.Repeat("x", 60)),
	}
)

func inBase64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// historyEvents reads a history as Temporal keeps it, without the client's key.
func historyEvents(t testing.TB, s *system.System, workflowID string) []*historypb.HistoryEvent {
	t.Helper()
	var events []*historypb.HistoryEvent
	history := s.Temporal.GetWorkflowHistory(t.Context(), workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		events = append(events, event)
	}
	return events
}

// keptOf is what Temporal keeps of a workflow, memo and search attributes included.
func keptOf(t testing.TB, s *system.System, workflowID string) string {
	t.Helper()
	kept, err := proto.Marshal(&historypb.History{Events: historyEvents(t, s, workflowID)})
	require.NoError(t, err)
	described, err := s.Temporal.DescribeWorkflowExecution(t.Context(), workflowID, "")
	require.NoError(t, err)
	described.WorkflowExtendedInfo = nil
	more, err := proto.Marshal(described)
	require.NoError(t, err)
	return string(kept) + string(more)
}

// inputOf is the input of a workflow as the Temporal UI sends it to be decrypted.
func inputOf(t testing.TB, s *system.System, workflowID string) string {
	t.Helper()
	encoded, err := protojson.Marshal(historyEvents(t, s, workflowID)[0].GetWorkflowExecutionStartedEventAttributes().GetInput())
	require.NoError(t, err)
	return string(encoded)
}

// clearText is the data of decrypted payloads.
func clearText(t testing.TB, answer system.Response) string {
	t.Helper()
	var payloads commonpb.Payloads
	require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	require.NoError(t, protojson.Unmarshal(answer.Body, &payloads), "%s", answer.Body)
	var texts strings.Builder
	for _, payload := range payloads.GetPayloads() {
		texts.Write(payload.GetData())
	}
	return texts.String()
}

func subscriptionOf(offer, cin string) object {
	return object{
		"service_category": "mobile", "offer_id": offer, "cin": cin, "full_name": "Zoubida Quxley", "email": "zoubida@private.example",
		"contact_phone": "0677182736", "contract_start_date": "2026-11-22", "mobile_number_mode": "assign_new",
	}
}

func TestCodec_OperatorsSeeClearText(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "one")
	s := system.Start(t, production(t, key))
	ops, viewer := tokenOf(t, key, "ops"), tokenOf(t, key, "viewer")
	offer := text(t, created(t, s, offersPath, mobileOffer(), ops), "id")
	created(t, s, "/api/v1/landing/submit/new", subscriptionOf(offer, "QZ918273"), system.Key("clear-text"))
	const id = "landing-new/clear-text"
	kept := keptOf(t, s, id)
	for _, personal := range []string{"QZ918273", "Zoubida", "zoubida@private", "677182736", "json/plain\""} {
		require.NotContains(t, kept, personal)
	}
	require.NotContains(t, kept, "Subscribe the client", "summaries are encrypted too")

	input := inputOf(t, s, id)
	shown := clearText(t, s.Call(t, http.MethodPost, decodePath+"?preserveStorageRefs=true", input, ops,
		system.Header{Name: "X-Namespace", Value: "default"}))
	require.Contains(t, shown, "Zoubida Quxley")
	require.Contains(t, shown, "QZ918273")

	s.Call(t, http.MethodPost, decodePath, input, viewer).Refused(t, http.StatusForbidden, "forbidden")
	s.Call(t, http.MethodPost, decodePath, input, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	s.Call(t, http.MethodPost, decodePath, input, bearer("temporal-ui:ops")).Refused(t, http.StatusUnauthorized, "unauthorized")

	// A modified payload is refused, and with it the whole request.
	var changed object
	require.NoError(t, json.Unmarshal([]byte(input), &changed))
	payload := changed["payloads"].([]any)[0].(object)
	data, err := base64.StdEncoding.DecodeString(text(t, payload, "data"))
	require.NoError(t, err)
	data[len(data)-1] ^= 1
	payload["data"] = base64.StdEncoding.EncodeToString(data)
	details := s.Call(t, http.MethodPost, decodePath, object{"payloads": []any{plainPayload, payload}}, ops).
		Refused(t, http.StatusUnprocessableEntity, "payload_not_decodable")
	require.Equal(t, "test", details["key_id"])
	require.Contains(t, details["reason"], "changed")
}

func TestCodec_LocalTemporalUINeedsNoIdentity(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.Environment = config.Local })
	body := object{"payloads": []any{plainPayload}}
	require.Equal(t, `"hello"`, clearText(t, s.Call(t, http.MethodPost, decodePath, body, system.Anonymous)))
	s.Call(t, http.MethodPost, decodePath, body, bearer("")).Refused(t, http.StatusUnauthorized, "unauthorized")
	s.Call(t, http.MethodGet, customersPath, nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")

	preflight := s.Call(t, http.MethodOptions, decodePath, nil, system.Anonymous,
		system.Header{Name: "Origin", Value: "http://127.0.0.1:8233"},
		system.Header{Name: "Access-Control-Request-Method", Value: "POST"},
		system.Header{Name: "Access-Control-Request-Headers", Value: "authorization,authorization-extras,content-type,x-namespace"})
	require.Equal(t, "http://127.0.0.1:8233", preflight.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, strings.ToLower(preflight.Header.Get("Access-Control-Allow-Headers")), "x-namespace")
	elsewhere := s.Call(t, http.MethodPost, decodePath, body, system.Anonymous, system.Header{Name: "Origin", Value: "https://elsewhere.example"})
	require.Empty(t, elsewhere.Header.Get("Access-Control-Allow-Origin"), "pages of strangers can read it")
}

// A billing run survives a rotation of the payload keys: callers join it by its idempotency key, it continues, and
// workers that lack its payload key do not fail it.
func TestPayloadKeys_RotationDuringWorkflow(t *testing.T) {
	t.Parallel()
	before, after, other := system.PayloadKey(t, "before"), system.PayloadKey(t, "after"), system.PayloadKey(t, "other")
	use := func(keys ...string) func(*config.Config) {
		return func(c *config.Config) { c.PayloadKeys = system.PayloadKeys(t, keys...) }
	}
	s := system.Start(t, use(before), func(c *config.Config) {
		c.Billing.MaxTotal = 1
		c.HTTP.StartTimeout = 5 * time.Second
	})
	client, _ := newClient(t, s)
	newContract(t, s, client, newOffer(t, s, mobileOffer()))
	key := newKey()
	location := beginRun(t, s, september, key)
	run := awaitStatus(t, s, location, "planned")
	id := text(t, run, "workflow_id")

	// Workers that lack the payload key leave the run unchanged for the workers that have it.
	s.RestartWith(t, use(other))
	require.NoError(t, s.Temporal.SignalWorkflow(t.Context(), id, "", "look", nil), "the signal makes the workers execute a workflow task")
	require.Eventually(t, func() bool {
		for _, event := range historyEvents(t, s, id) {
			if event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_FAILED {
				return true
			}
		}
		return false
	}, time.Minute, 50*time.Millisecond, "no workflow task has failed")
	described, err := s.Temporal.DescribeWorkflow(t.Context(), id, "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described.Status)

	s.RestartWith(t, use(after, before))
	again := s.Call(t, http.MethodPost, billingPath, september, key, respondAsync)
	require.Equal(t, http.StatusAccepted, again.Status, "the memo under the old key is not read: %s", again.Body)
	s.Call(t, http.MethodPost, billingPath, with(september, object{"due_days": 3}), key, respondAsync).
		Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	// Temporal gives a task that has failed to another worker only when its time is over, and until then the run may take no
	// command: its sender repeats it. A command that was accepted too late to be answered is refused when it is repeated.
	var answer system.Response
	require.Eventually(t, func() bool {
		answer = s.Call(t, http.MethodPost, location+"/approve", nil)
		var run object
		s.Get(t, location, &run)
		return run["status"] != "planned"
	}, 5*time.Minute, 100*time.Millisecond, "the run cannot be approved")
	require.Contains(t, []int{http.StatusOK, http.StatusAccepted, http.StatusConflict, http.StatusServiceUnavailable}, answer.Status, "%s", answer.Body)
	awaitStatus(t, s, location, "completed")
	kept := keptOf(t, s, id)
	require.Contains(t, kept, "before")
	require.Contains(t, kept, "after")
}
