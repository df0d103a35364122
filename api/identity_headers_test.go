package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestIdentity_Headers(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"IdentityIsRequired", identityIsRequired},
		{"IdentityIsAskedForBeforeAnythingElse", identityIsAskedForBeforeAnythingElse},
		{"LandingPathsDoNotOpenOthers", landingPathsDoNotOpenOthers},
		{"AuditTrailNamesTheActor", auditTrailNamesTheActor},
	})
}

func identityIsRequired(t *testing.T, s *system.System) {
	for _, test := range []struct {
		name    string
		headers []system.Header
		known   bool
	}{
		{"none", []system.Header{system.Anonymous}, false},
		{"empty bearer", []system.Header{{Name: "Authorization", Value: "Bearer "}}, false},
		{"bearer without a space", []system.Header{{Name: "Authorization", Value: "Bearer"}}, false},
		{"bearer of spaces", []system.Header{{Name: "Authorization", Value: "Bearer    "}}, false},
		{"bearer with roles only", []system.Header{{Name: "Authorization", Value: "Bearer :admin"}}, false},
		{"another scheme", []system.Header{{Name: "Authorization", Value: "Basic b3A6b3A="}}, false},
		{"empty actor", []system.Header{system.Anonymous, {Name: "X-Actor-Id", Value: " "}}, false},
		{"roles without actor", []system.Header{system.Anonymous, {Name: "X-Actor-Roles", Value: "admin"}}, false},
		{"actor of 129 characters", []system.Header{system.Anonymous, {Name: "X-Actor-Id", Value: strings.Repeat("a", 129)}}, false},
		{"bearer", []system.Header{{Name: "Authorization", Value: "Bearer op-1"}}, true},
		{"bearer with roles", []system.Header{{Name: "Authorization", Value: "Bearer op-1:admin,ops"}}, true},
		{"bearer in lower case", []system.Header{{Name: "Authorization", Value: "bearer op-1"}}, true},
		{"actor header", []system.Header{system.Anonymous, {Name: "X-Actor-Id", Value: "op-1"}}, true},
		{"actor header with roles", []system.Header{system.Anonymous, {Name: "X-Actor-Id", Value: "op-1"}, {Name: "X-Actor-Roles", Value: "ops"}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{customersPath, offersPath, "/api/v1/contracts", "/api/v1/billing/runs", "/api/v1/invoices", "/api/v1/collections/payments"} {
				answer := s.Call(t, http.MethodGet, path, nil, test.headers...)
				if test.known {
					require.Equal(t, http.StatusOK, answer.Status, "%s with %v: %s", path, test.headers, answer.Body)
					continue
				}
				require.Empty(t, answer.Refused(t, http.StatusUnauthorized, "unauthorized"))
			}
		})
	}
}

func identityIsAskedForBeforeAnythingElse(t *testing.T, s *system.System) {
	for _, test := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPost, customersPath, object{"client_type": "individual", "full_name": "Nobody Asked"}},
		{http.MethodPost, customersPath, "{"},
		{http.MethodPost, "/api/v1/contracts/provision", object{}},
		{http.MethodPost, "/api/v1/billing/runs", object{}},
		{http.MethodPost, "/api/v1/collections/payments", object{}},
		{http.MethodDelete, customersPath + "/" + unknownID, nil},
		{http.MethodGet, "/api/v1/invoices/" + unknownID + "/pdf", nil},
		{http.MethodGet, "/api/v1/landing", nil},
		{http.MethodGet, "/api/v1/landingx/bootstrap", nil},
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, test.method, test.path, test.body, system.Anonymous)
		}).Refused(t, http.StatusUnauthorized, "unauthorized")
	}
}

func landingPathsDoNotOpenOthers(t *testing.T, s *system.System) {
	for _, path := range []string{
		"/api/v1/landing/../customers", "/api/v1/landing/%2e%2e/customers", "/api/v1/landing/..%2fcustomers",
		"//api/v1/customers", "/api/v1/landing//../customers",
	} {
		answer := s.Call(t, http.MethodGet, path, nil, system.Anonymous)
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusNotFound}, answer.Status, "%s: %s", path, answer.Body)
	}
}

func TestIdentity_UnverifiedTokensInProduction(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) {
		c.Environment, c.TokenSecret = "production", strings.Repeat("s", 32)
	})
	s.Call(t, http.MethodGet, customersPath, nil).Refused(t, http.StatusUnauthorized, "unauthorized")
	s.Call(t, http.MethodGet, customersPath, nil, system.Anonymous, system.Header{Name: "X-Actor-Id", Value: "op-1"}).
		Refused(t, http.StatusUnauthorized, "unauthorized")
	for _, path := range []string{"/", "/api/v1/health", "/api/v1/landing/bootstrap"} {
		answer := s.Call(t, http.MethodGet, path, nil, system.Anonymous)
		require.Equal(t, http.StatusOK, answer.Status, "%s: %s", path, answer.Body)
	}
}

func auditTrailNamesTheActor(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	offer := newOffer(t, s, mobileOffer())
	answer := provision(t, s, object{"client_id": client, "offer_id": offer}, system.Header{Name: "Authorization", Value: "Bearer op-77:ops"})
	events := contractAudit(t, s, text(t, answer, "contract", "id"))
	require.Equal(t, "op-77", events[0]["actor_id"])
}
