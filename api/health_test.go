package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"HealthNeedsNoIdentity", healthNeedsNoIdentity},
		{"RootNamesServiceAndEnvironment", rootNamesServiceAndEnvironment},
	})
}

func healthNeedsNoIdentity(t *testing.T, s *system.System) {
	for _, path := range []string{"/api/v1/health", "/livez", "/readyz"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			answer := s.Call(t, method, path, nil, system.Anonymous)
			require.Equal(t, http.StatusOK, answer.Status, "%s %s: %s", method, path, answer.Body)
			if method == http.MethodGet {
				require.JSONEq(t, `{"status": "ok"}`, string(answer.Body), path)
			}
		}
	}
}

func rootNamesServiceAndEnvironment(t *testing.T, s *system.System) {
	var root struct{ Service, Env string }
	s.Call(t, http.MethodGet, "/", nil, system.Anonymous).Into(t, http.StatusOK, &root)
	require.Equal(t, "mtf", root.Service)
	require.Equal(t, "test", root.Env)
}
