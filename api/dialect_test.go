package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/refusal"
)

// TestEveryAnswerUnderThePathsOfTheLedgerIsWordedAsItsOwn asks for what the middleware
// refuses, before any operation is reached.
func TestEveryAnswerUnderThePathsOfTheLedgerIsWordedAsItsOwn(t *testing.T) {
	t.Parallel()
	handler := NewHandler(Dependencies{Version: "test", Config: config.Config{Environment: config.Test}})
	for _, test := range []struct {
		name, path, actor string
		status            int
		code, message     string
	}{
		{"no identity", "/v1/billing/events", "", 401, "unauthorized", "Authentication is required."},
		{"no such path", "/v1/billing/nothing", "op-1", 404, "not_found", "Not Found."},
		{"no text", "/v1/billing/%ff", "op-1", 400, "validation_error", "Validation failed: 'path': URL holds characters that are not text."},
		{"a long URL", "/v1/billing/events?size=" + strings.Repeat("1", maxURLBytes), "op-1", 414, "uri_too_long", "URL is longer than 8 KiB."},
	} {
		request := httptest.NewRequest(http.MethodGet, test.path, nil)
		request.Header.Set("X-Actor-Id", test.actor)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		require.Equal(t, test.status, recorder.Code, "%s: %s", test.name, recorder.Body)
		require.Equal(t, test.code, recorder.Header().Get(headerErrorCode), test.name)
		var answer map[string]any
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
		require.Equal(t, map[string]any{"error": http.StatusText(test.status), "message": test.message}, answer, test.name)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/api/v1/billing/runs", nil))
	require.Empty(t, recorder.Header().Get(headerErrorCode))
	require.Contains(t, recorder.Body.String(), `"code":"unauthorized"`)
}

func TestWhatIsMalformedIsToldFromWhatIsInvalid(t *testing.T) {
	t.Parallel()
	problem := func(kind string, location ...any) refusal.Problem {
		return refusal.Problem{Location: location, Message: "Wrong", Type: kind}
	}
	for _, one := range []refusal.Problem{
		problem("value_error", "path"), problem("enum", "query", "event_type"), problem("json_invalid", "body"),
		problem("int_type", "body", "billing_amount"), problem("date_parsing", "body", "due_date"),
	} {
		require.True(t, malformed([]refusal.Problem{problem("missing", "body", "type"), one}), "%v", one)
	}
	for _, one := range []refusal.Problem{
		problem("missing", "body", "type"), problem("missing", "body"), problem("value_error", "body", "type"), problem("enum", "body", "status"),
	} {
		require.False(t, malformed([]refusal.Problem{one}), "%v", one)
	}
}
