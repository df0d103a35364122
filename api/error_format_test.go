package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/api"
	"github.com/mtfacturation/mtf/api/rest"
	"github.com/mtfacturation/mtf/internal/config"
)

// The middleware refuses these requests before they reach an operation.
func TestErrorFormat_LedgerPaths(t *testing.T) {
	t.Parallel()
	handler := api.NewHandler(api.Dependencies{Framework: rest.Dependencies{Version: "test", Config: rest.Config{Environment: config.Test}}})
	for _, test := range []struct {
		name, path, actor string
		status            int
		code, message     string
	}{
		{"no identity", "/v1/billing/events", "", 401, "unauthorized", "Authentication is required."},
		{"no such path", "/v1/billing/nothing", "op-1", 404, "not_found", "Not Found."},
		{"no text", "/v1/billing/%ff", "op-1", 400, "validation_error", "Validation failed: 'path': URL contains characters that are not valid text."},
		{"a long URL", "/v1/billing/events?size=" + strings.Repeat("1", 8<<10), "op-1", 414, "uri_too_long", "URL is longer than 8 KiB."},
	} {
		request := httptest.NewRequest(http.MethodGet, test.path, nil)
		request.Header.Set("X-Actor-Id", test.actor)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		require.Equal(t, test.status, recorder.Code, "%s: %s", test.name, recorder.Body)
		require.Equal(t, test.code, recorder.Header().Get("X-Error-Code"), test.name)
		var answer map[string]any
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
		require.Equal(t, map[string]any{"error": http.StatusText(test.status), "message": test.message}, answer, test.name)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/api/v1/billing/runs", nil))
	require.Empty(t, recorder.Header().Get("X-Error-Code"))
	require.Contains(t, recorder.Body.String(), `"code":"unauthorized"`)
}
