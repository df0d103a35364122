package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/api"
	"github.com/mtfacturation/mtf/api/rest"
)

// browse is a GET without an identity, in production.
func browse(path string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	dependencies := api.Dependencies{Framework: rest.Dependencies{Version: "test", Config: rest.Config{Environment: "production"}}}
	api.NewHandler(dependencies).ServeHTTP(recorder, request)
	return recorder
}

// references are what a page loads.
var references = regexp.MustCompile(`(?:src|href|spec-url)="([^"]*)"`)

func TestDocs_LoadNothingFromOtherHosts(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/docs", "/redoc"} {
		page := browse(path)
		require.Equal(t, http.StatusOK, page.Code, path)
		require.Contains(t, page.Header().Get("Content-Type"), "text/html", path)
		require.NotContains(t, withoutSchemeChecks(page.Body.String()), "://", path)
		policy := page.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'", path)
		require.Contains(t, policy, "connect-src 'self'", path)
		require.NotRegexp(t, `https?:|\*|script-src[^;]*'unsafe`, policy, path)

		loaded := 0
		for _, reference := range references.FindAllStringSubmatch(page.Body.String(), -1) {
			if strings.HasPrefix(reference[1], "data:") {
				continue
			}
			require.True(t, strings.HasPrefix(reference[1], "/") && !strings.HasPrefix(reference[1], "//"), "%s: %s", path, reference[1])
			require.Equal(t, http.StatusOK, browse(reference[1]).Code, "%s: %s", path, reference[1])
			loaded++
		}
		require.Greater(t, loaded, 1, path)
	}
}

// withoutSchemeChecks removes the code of Swagger UI's start script that checks whether an address has
// a host, and the code that prepends the host of the page.
func withoutSchemeChecks(page string) string {
	return strings.NewReplacer(`"https://"`, "", `"http://"`, "", `+"://"+`, "", `+ "//" +`, "").Replace(page)
}

func TestDocs_RedocBundleIsCompressedAndCached(t *testing.T) {
	t.Parallel()
	path := regexp.MustCompile(`/redoc/redoc\.[0-9a-f]{16}\.js`).FindString(browse("/redoc").Body.String())
	require.NotEmpty(t, path)

	compressed := browse(path, "Accept-Encoding", "br, gzip;q=0.8")
	require.Equal(t, "gzip", compressed.Header().Get("Content-Encoding"))
	require.Equal(t, "public, max-age=31536000, immutable", compressed.Header().Get("Cache-Control"))
	require.Contains(t, compressed.Header().Values("Vary"), "Accept-Encoding")
	require.Less(t, compressed.Body.Len(), 400_000)
	reader, err := gzip.NewReader(compressed.Body)
	require.NoError(t, err)
	unpacked, err := io.ReadAll(reader)
	require.NoError(t, err)

	for _, accepted := range []string{"", "br", "gzip;q=0", "*;q=0.0"} {
		plain := browse(path, "Accept-Encoding", accepted)
		require.Empty(t, plain.Header().Get("Content-Encoding"), accepted)
		require.True(t, bytes.Equal(unpacked, plain.Body.Bytes()), accepted)
	}
	require.NotContains(t, string(unpacked), "cdn.redoc")
	require.Equal(t, http.StatusNotFound, browse("/redoc/redoc.0000000000000000.js").Code)
}

func TestOpenAPI_NotModified(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		first := browse(path)
		require.Equal(t, http.StatusOK, first.Code)
		tag := first.Header().Get("ETag")
		require.NotEmpty(t, tag)
		require.Equal(t, "no-cache", first.Header().Get("Cache-Control"))
		again := browse(path, "If-None-Match", tag)
		require.Equal(t, http.StatusNotModified, again.Code, path)
		require.Empty(t, again.Body.Bytes())
		require.NotEqual(t, tag, browse(path, "Accept-Encoding", "gzip").Header().Get("ETag"), "another encoding is another entity")
	}
	require.True(t, json.Valid(browse("/openapi.json").Body.Bytes()))
	assert.True(t, strings.HasPrefix(browse("/openapi.yaml").Body.String(), "components:\n"))
}
