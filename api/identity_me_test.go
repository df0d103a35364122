package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestIdentity_Me(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"MeTellsTheActorAndTheRoles", meReturnsActorAndRoles},
		{"AdminPingNeedsTheRoleAdmin", adminPingNeedsTheRoleAdmin},
		{"SampleEchoesItsPageSortAndFilters", sampleEchoesItsPageSortAndFilters},
		{"SampleRefusesPagesOutOfRange", sampleRefusesPagesOutOfRange},
		{"AnonymousCallersAreRefused", anonymousCallersAreRefused},
	})
}

func bearer(token string) system.Header {
	return system.Header{Name: "Authorization", Value: "Bearer " + token}
}

func meReturnsActorAndRoles(t *testing.T, s *system.System) {
	for _, test := range []struct {
		name    string
		headers []system.Header
		want    object
	}{
		{"several roles", []system.Header{bearer("op-9:admin, ops")}, object{"actor_id": "op-9", "roles": []any{"admin", "ops"}}},
		{"no roles", []system.Header{bearer("op-9")}, object{"actor_id": "op-9", "roles": []any{}}},
		{
			"headers",
			[]system.Header{system.Anonymous, {Name: "X-Actor-Id", Value: "op-8"}, {Name: "X-Actor-Roles", Value: "billing"}},
			object{"actor_id": "op-8", "roles": []any{"billing"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, decoded(t, s.Call(t, http.MethodGet, "/api/v1/me", nil, test.headers...), http.StatusOK))
		})
	}
}

func adminPingNeedsTheRoleAdmin(t *testing.T, s *system.System) {
	const path = "/api/v1/admin/ping"
	answer := s.Call(t, http.MethodGet, path, nil, bearer("op-9:ops,admin"))
	require.Equal(t, object{"status": "ok", "actor_id": "op-9"}, decoded(t, answer, http.StatusOK))
	for _, token := range []string{"op-9", "op-9:ops", "admin", "op-9:administrator", "op-9:Admin"} {
		details := s.Call(t, http.MethodGet, path, nil, bearer(token)).Refused(t, http.StatusForbidden, "forbidden")
		require.Equal(t, object{"required_roles": []any{"admin"}}, details, token)
	}
}

func sampleEchoesItsPageSortAndFilters(t *testing.T, s *system.System) {
	for query, meta := range map[string]object{
		"": {"page": 1.0, "size": 20.0, "total": 1.0, "sort": nil, "filters": nil, "next_cursor": nil},
		"?page=2&size=5&sort=name:asc&filters=a%3Db": {"page": 2.0, "size": 5.0, "total": 1.0, "sort": "name:asc", "filters": "a=b", "next_cursor": nil},
	} {
		var list object
		s.Get(t, "/api/v1/conventions/sample"+query, &list)
		require.Equal(t, object{"data": []any{object{"id": "sample-1", "name": "Sample Item"}}, "meta": meta}, list, query)
	}
}

func sampleRefusesPagesOutOfRange(t *testing.T, s *system.System) {
	for query, want := range map[string][2]string{
		"page=0":   {"page", "greater_than_equal"},
		"size=0":   {"size", "greater_than_equal"},
		"size=101": {"size", "less_than_equal"},
		"page=x":   {"page", "value_error"},
	} {
		answer := s.Call(t, http.MethodGet, "/api/v1/conventions/sample?"+query, nil)
		require.Equal(t, want[1], problemAt(t, answer, "query", want[0]), query)
	}
}

func anonymousCallersAreRefused(t *testing.T, s *system.System) {
	for _, path := range []string{"/api/v1/me", "/api/v1/admin/ping", "/api/v1/conventions/sample", "/api/v1/offer-categories", "/api/v1/offer-families"} {
		require.Empty(t, s.Call(t, http.MethodGet, path, nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized"), path)
	}
}
