package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	draftsPath  = "/api/v1/landing/drafts"
	draftFields = "id, flow_type, step, cin, payload, status, created_at, updated_at"
)

func TestLandingDrafts(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"DraftIsReadAsItWasCreated", draftIsReadAsItWasCreated},
		{"DraftPayloadIsKeptAsItWasSent", draftPayloadIsKeptAsItWasSent},
		{"DraftUpdateChangesWhatIsSent", draftUpdateChangesWhatIsSent},
		{"DraftUpdatesAtOnceBothCount", draftUpdatesAtOnceBothCount},
		{"DraftRefusesWhatTheContractForbids", draftRefusesWhatTheContractForbids},
		{"UnknownDraftIsNotFound", unknownDraftIsNotFound},
	})
}

func newDraft(t testing.TB, s *system.System, changes object) object {
	t.Helper()
	body := with(object{"flow_type": "subscribe_new_service", "step": "identity"}, changes)
	return created(t, s, draftsPath, body, system.Anonymous)
}

// putDraft sends a change without credentials.
func putDraft(t testing.TB, s *system.System, draft object, body any) system.Response {
	t.Helper()
	return s.Call(t, http.MethodPut, draftsPath+"/"+text(t, draft, "id"), body, system.Anonymous)
}

func newLandingDraftRead(t testing.TB, s *system.System, draft object) object {
	t.Helper()
	return decoded(t, s.Call(t, http.MethodGet, draftsPath+"/"+text(t, draft, "id"), nil, system.Anonymous), http.StatusOK)
}

func draftIsReadAsItWasCreated(t *testing.T, s *system.System) {
	for _, flow := range []string{"subscribe_new_service", "upgrade_or_downgrade_existing_service", "check_billing_and_download_invoices"} {
		draft := newDraft(t, s, object{"flow_type": flow, "step": "  offer ", "cin": " qq1111 ", "payload": object{"a": 1.0}, "status": "submitted", "unknown": 1})
		require.Equal(t, fieldsOf(draftFields), names(draft))
		require.Subset(t, draft, object{"flow_type": flow, "step": "offer", "cin": "QQ1111", "payload": object{"a": 1.0}, "status": "submitted"})
		require.Regexp(t, timestampPattern, draft["created_at"])
		require.Equal(t, draft["created_at"], draft["updated_at"])
		require.Equal(t, draft, newLandingDraftRead(t, s, draft))
	}
	for _, nothing := range []object{{}, {"cin": nil, "payload": nil, "status": nil}} {
		require.Subset(t, newDraft(t, s, nothing), object{"cin": nil, "payload": object{}, "status": "in_progress"})
	}
	longest := strings.Repeat("é", 64)
	require.Equal(t, longest, newDraft(t, s, object{"step": longest})["step"])
}

func draftPayloadIsKeptAsItWasSent(t *testing.T, s *system.System) {
	for sent, want := range map[string]string{
		`{"b": 1, "a": {"z": [1, 2.5, null], "é": "ü"}}`:         `{"a":{"z":[1,2.5,null],"é":"ü"},"b":1}`,
		`{"n": 12345678901234567890123.4567890123456789}`:        `{"n":12345678901234567890123.4567890123456789}`,
		`{"n": [0.10, -7, 10000000000, 9007199254740993]}`:       `{"n":[0.10,-7,10000000000,9007199254740993]}`,
		`{"m": "<b> & 😀", "E": "\u00e9", "quote": "a \"b\" \\"}`: `{"E":"é","m":"<b> & 😀","quote":"a \"b\" \\"}`,
		`{"": [], "B": {}, "a": [{"y": 1, "x": true}]}`:          `{"":[],"B":{},"a":[{"x":true,"y":1}]}`,
		`{"a": 1, "a": 2}`: `{"a":2}`,
		`{"deep": ` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`: `{"deep":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`,
	} {
		answer := s.Call(t, http.MethodPost, draftsPath, `{"flow_type":"subscribe_new_service","step":"identity","payload":`+sent+`}`, system.Anonymous)
		draft := decoded(t, answer, http.StatusOK)
		require.Contains(t, string(answer.Body), `"payload":`+want+`,"status"`)
		again := s.Call(t, http.MethodGet, draftsPath+"/"+text(t, draft, "id"), nil, system.Anonymous)
		require.Equal(t, string(answer.Body), string(again.Body))
		changed := putDraft(t, s, newDraft(t, s, object{}), `{"payload":`+sent+`}`)
		require.Contains(t, string(changed.Body), `"payload":`+want+`,"status"`)
	}
}

func draftUpdateChangesWhatIsSent(t *testing.T, s *system.System) {
	draft := newDraft(t, s, object{"cin": "QQ1111", "payload": object{"a": 1.0, "b": 2.0}})
	for _, test := range []struct{ sent, want object }{
		{object{}, object{}},
		{object{"unknown": 1}, object{}},
		{object{"step": " offers "}, object{"step": "offers"}},
		{object{"flow_type": "check_billing_and_download_invoices"}, object{"flow_type": "check_billing_and_download_invoices"}},
		{object{"payload": object{"a": 3.0}}, object{"payload": object{"a": 3.0}}},
		{object{"payload": object{}}, object{"payload": object{}}},
		{object{"cin": " ww2222 "}, object{"cin": "WW2222"}},
		{object{"status": "submitted"}, object{"status": "submitted"}},
		{object{"cin": nil}, object{"cin": nil}},
		{object{"status": "cancelled", "step": "end", "cin": "QQ1111"}, object{"status": "cancelled", "step": "end", "cin": "QQ1111"}},
	} {
		answer := decoded(t, putDraft(t, s, draft, test.sent), http.StatusOK)
		require.Greater(t, answer["updated_at"], draft["updated_at"])
		require.Equal(t, with(with(draft, test.want), object{"updated_at": answer["updated_at"]}), answer, "sent: %v", test.sent)
		require.Equal(t, answer, newLandingDraftRead(t, s, draft))
		draft = answer
	}
}

func draftUpdatesAtOnceBothCount(t *testing.T, s *system.System) {
	draft := newDraft(t, s, object{})
	changes := []object{{"step": "offers"}, {"cin": "QQ1111"}, {"payload": object{"a": 1.0}}, {"status": "submitted"}}
	for _, answer := range concurrently(t, len(changes), func(i int) (system.Response, error) {
		return s.TryCall(http.MethodPut, draftsPath+"/"+draft["id"].(string), changes[i])
	}) {
		require.Equal(t, http.StatusOK, answer.Status, "%s", answer.Body)
	}
	require.Subset(t, newLandingDraftRead(t, s, draft), object{"step": "offers", "cin": "QQ1111", "payload": object{"a": 1.0}, "status": "submitted"})
}

func draftRefusesWhatTheContractForbids(t *testing.T, s *system.System) {
	draft := newDraft(t, s, object{"cin": "QQ1111", "payload": object{"a": 1.0}})
	drafts := count(t, s, "SELECT count(*) FROM landing_drafts")
	for _, test := range []struct{ field, value string }{
		{"flow_type", `"buy"`},
		{"flow_type", `1`},
		{"step", `"x"`},
		{"step", `"  x  "`},
		{"step", `"` + strings.Repeat("s", 65) + `"`},
		{"step", `2`},
		{"cin", `"abc"`},
		{"cin", `"  abc  "`},
		{"cin", `"` + strings.Repeat("c", 41) + `"`},
		{"cin", `true`},
		{"payload", `[]`},
		{"payload", `"{}"`},
		{"payload", `1`},
		{"payload", `{"a": 1e-9999}`},
		{"payload", `{"a": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`},
		{"status", `"done"`},
		{"status", `1`},
	} {
		sent := `"` + test.field + `":` + test.value
		post := `{"flow_type":"subscribe_new_service","step":"identity",` + sent + `}`
		problemAt(t, s.Call(t, http.MethodPost, draftsPath, post, system.Anonymous), "body", test.field)
		problemAt(t, putDraft(t, s, draft, `{`+sent+`}`), "body", test.field)
	}
	for _, field := range []string{"flow_type", "step", "payload", "status"} {
		problemAt(t, putDraft(t, s, draft, object{field: nil}), "body", field)
	}
	for _, field := range []string{"flow_type", "step"} {
		body := with(object{"flow_type": "subscribe_new_service", "step": "identity"}, object{field: absent{}})
		problemAt(t, s.Call(t, http.MethodPost, draftsPath, body, system.Anonymous), "body", field)
	}
	for _, payload := range []string{`{"a": "\u0000"}`, `{"\u0000": 1}`, `{"a": "\ud800"}`, `{"a": 1e400}`, `{"a"}`} {
		for _, answer := range []system.Response{
			s.Call(t, http.MethodPost, draftsPath, `{"flow_type":"subscribe_new_service","step":"identity","payload":`+payload+`}`),
			putDraft(t, s, draft, `{"payload":`+payload+`}`),
		} {
			answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")
		}
	}
	require.Equal(t, drafts, count(t, s, "SELECT count(*) FROM landing_drafts"))
	require.Equal(t, draft, newLandingDraftRead(t, s, draft))
}

func unknownDraftIsNotFound(t *testing.T, s *system.System) {
	for _, id := range []string{unknownID, "x", "00000000-0000-0000-0000-000000000000"} {
		s.Call(t, http.MethodGet, draftsPath+"/"+id, nil, system.Anonymous).Refused(t, http.StatusNotFound, "landing_draft_not_found")
		s.Call(t, http.MethodPut, draftsPath+"/"+id, object{"step": "offers"}, system.Anonymous).
			Refused(t, http.StatusNotFound, "landing_draft_not_found")
	}
}
