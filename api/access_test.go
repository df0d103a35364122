package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/identity"
	"github.com/mtfacturation/mtf/internal/test/issuer"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// production makes a system's settings those of a production that trusts a key.
func production(t testing.TB, key issuer.Key) func(*config.Config) {
	t.Helper()
	file := issuer.SetFile(t, key)
	return func(c *config.Config) {
		c.Environment, c.TokenSecret = "production", strings.Repeat("s", 32)
		c.Auth = config.Auth{JWKSFile: file, Audience: "mtf"}
	}
}

// tokenOf returns the bearer header of an actor with roles.
func tokenOf(t testing.TB, key issuer.Key, roles ...string) system.Header {
	t.Helper()
	return bearer(key.Sign(t, object{
		"sub": "op-1", "aud": "mtf", "exp": system.Today.Add(24 * time.Hour).Unix(), "roles": roles,
	}))
}

// route is an operation as the API describes itself.
type route struct {
	method, path string
	secured      bool
	roles        []string
	statuses     []string
	description  string
}

// routes reads all operations from the API's description.
func routes(t testing.TB, document object) []route {
	t.Helper()
	var found []route
	eachOperation(t, document, func(_, method, path string, described object) {
		r := route{method: method, path: path, statuses: names(described["responses"]), description: text(t, described, "description")}
		_, r.secured = described["security"]
		roles, _ := described["x-required-roles"].([]any)
		for _, role := range roles {
			r.roles = append(r.roles, role.(string))
		}
		found = append(found, r)
	})
	return found
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// send calls an operation in a way that it cannot carry out.
func (r route) send(t testing.TB, s *system.System, headers ...system.Header) system.Response {
	t.Helper()
	var body any
	if slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, r.method) {
		body = "{"
	}
	return s.Call(t, r.method, parameter.ReplaceAllString(r.path, unknownID), body, headers...)
}

// outcome is what the gate in front of an operation says: open, unauthorized or
// forbidden. Refusals of the landing pages' own tokens come from behind it.
func outcome(answer system.Response) string {
	for status, code := range map[int]string{http.StatusUnauthorized: "unauthorized", http.StatusForbidden: "forbidden"} {
		if answer.Status == status && (strings.Contains(string(answer.Body), fmt.Sprintf("%q", code)) || answer.Header.Get("X-Error-Code") == code) {
			return code
		}
	}
	return "open"
}

func TestAccess_RolesOfEveryOperation(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	s := system.Start(t, production(t, key))
	var document object
	s.Get(t, "/openapi.json", &document)
	all := routes(t, document)
	require.NotEmpty(t, all)
	callers := map[string]system.Header{
		"anonymous": system.Anonymous, "an unverified token": bearer("op-1:admin"), "no role": tokenOf(t, key), "another role": tokenOf(t, key, "root", "Admin"),
	}
	for _, role := range identity.Roles {
		callers[role] = tokenOf(t, key, role)
	}
	writesNothing(t, s, func() (last system.Response) {
		for _, r := range all {
			for caller, header := range callers {
				want := "open"
				switch {
				case r.secured && (caller == "anonymous" || caller == "an unverified token"):
					want = "unauthorized"
				case len(r.roles) > 0 && !slices.Contains(r.roles, caller):
					want = "forbidden"
				}
				last = r.send(t, s, header)
				require.Equal(t, want, outcome(last), "%s %s by %s: %d %s", r.method, r.path, caller, last.Status, last.Body)
				require.Less(t, last.Status, http.StatusInternalServerError, "%s %s by %s: %s", r.method, r.path, caller, last.Body)
				switch want {
				case "unauthorized":
					require.Empty(t, last.Refused(t, http.StatusUnauthorized, "unauthorized"))
					require.Equal(t, "Bearer", last.Header.Get("WWW-Authenticate"))
				case "forbidden":
					details := last.Refused(t, http.StatusForbidden, "forbidden")
					if !foreignErrors(r.path) {
						require.ElementsMatch(t, r.roles, details["required_roles"])
					}
				}
			}
		}
		return last
	})
}

func TestAccess_EveryOperationDeclaresRoles(t *testing.T) {
	t.Parallel()
	for _, r := range routes(t, openAPI(t)) {
		if r.secured {
			require.Contains(t, r.statuses, "401", "%s %s", r.method, r.path)
			require.Contains(t, r.description, "Requires ", "%s %s", r.method, r.path)
		}
		for _, role := range r.roles {
			require.Contains(t, r.statuses, "403", "%s %s", r.method, r.path)
			require.Contains(t, r.description, "`"+role+"`", "%s %s", r.method, r.path)
		}
		require.Equal(t, !r.secured, publicPath(r.path),
			"%s %s: the public paths are known", r.method, r.path)
	}
}

func TestAccess_RolesBeforeValidation(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	s := system.Start(t, production(t, key))
	viewer := tokenOf(t, key, identity.Viewer)
	for _, body := range []any{
		"{",
		object{"client_type": 1},
		object{"client_type": "individual", "full_name": "Nobody Asked"},
		`"` + strings.Repeat("x", 2<<20) + `"`, // More than a body may have.
	} {
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, customersPath, body, viewer)
		}).Refused(t, http.StatusForbidden, "forbidden")
	}
	// Only an identified caller learns that a path does not exist.
	s.Call(t, http.MethodGet, "/api/v1/nothing", nil, viewer).Refused(t, http.StatusNotFound, "not_found")
	s.Call(t, http.MethodGet, "/api/v1/nothing", nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	s.Call(t, http.MethodDelete, "/api/v1/invoices", nil, viewer).Refused(t, http.StatusMethodNotAllowed, "method_not_allowed")
	s.Call(t, http.MethodDelete, "/api/v1/invoices", nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
}

func TestAccess_LocalAndTestRequireAdminOnly(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	var document object
	s.Get(t, "/openapi.json", &document)
	for _, r := range routes(t, document) {
		want := "open"
		if slices.Equal(r.roles, []string{identity.Admin}) {
			want = "forbidden"
		}
		require.Equal(t, want, outcome(r.send(t, s, bearer("op-1"))), "%s %s", r.method, r.path)
	}
}
