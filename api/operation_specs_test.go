package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// apiRequest is a request to an operation: the ids of its path, its query, its body, and its headers.
type apiRequest struct {
	// ids fill the braces of the operation's path in order.
	ids     []string
	query   string
	body    any
	headers []system.Header
}

// operationSpec is what the API contract says about one operation: a request that succeeds, and
// one for each error code of the operation.
type operationSpec struct {
	operation string // Method and path.
	valid     func(testing.TB, *fixture) apiRequest
	refusals  []refusalSpec
}

// refusalSpec is a request that an operation refuses with an error code.
type refusalSpec struct {
	status int
	code   string
	// details is the shape of the error's details; nil is {}.
	details func(*fixture) object
	request func(testing.TB, *fixture) apiRequest
}

// operationSpecs are all operations of the API contract.
func operationSpecs() []operationSpec {
	return slices.Concat(identitySpecs(), clientSpecs(), catalogueSpecs(), contractSpecs(), contractDocumentSpecs(), provisioningSpecs(),
		landingSpecs(), submitSpecs(), billingSpecs(), collectionsSpecs(), ledgerSpecs(), scheduleSpecs())
}

func (p operationSpec) method() string { return strings.Fields(p.operation)[0] }

// creates reports whether a success is 201: where another system says so.
func (p operationSpec) creates() bool {
	return p.method() == http.MethodPost && foreignErrors(p.template())
}

func (p operationSpec) template() string { return strings.Fields(p.operation)[1] }

var brace = regexp.MustCompile(`\{[a-zA-Z_]+\}`)

func (p operationSpec) path(request apiRequest) string {
	ids := slices.Clone(request.ids)
	return brace.ReplaceAllStringFunc(p.template(), func(string) string {
		id := ids[0]
		ids = ids[1:]
		return id
	}) + request.query
}

// publicPath reports whether an operation needs no identity.
func publicPath(path string) bool {
	return strings.HasPrefix(path, "/api/v1/landing/") || slices.Contains([]string{"/", "/api/v1/health", "/livez", "/readyz"}, path)
}

func (p operationSpec) call(t testing.TB, s *system.System, request apiRequest) system.Response {
	t.Helper()
	identity := system.Header{Name: "Authorization", Value: "Bearer op-1:ops,billing,admin"}
	if publicPath(p.template()) {
		identity = system.Anonymous
	}
	return s.Call(t, p.method(), p.path(request), request.body, append([]system.Header{identity}, request.headers...)...)
}

func TestOperationSpecs_Hold(t *testing.T) {
	t.Parallel()
	e := newFixture(t)
	described := describedOperations(t, e.s)
	for _, p := range operationSpecs() {
		if _, served := described[p.operation]; !served {
			continue // TestProcessMap fails when an operation of the API contract is missing.
		}
		for _, row := range p.refusals {
			t.Run(p.operation+" "+strconv.Itoa(row.status)+" "+row.code, func(t *testing.T) {
				request := row.request(t, e)
				// A billing run starts a collections sync, whose rows must not be attributed to the request. Reading
				// the overview waits for this sync.
				e.s.Get(t, "/api/v1/collections/overview", &object{})
				details := writesNothing(t, e.s, func() system.Response { return p.call(t, e.s, request) }).Refused(t, row.status, row.code)
				if foreignErrors(p.template()) {
					return // Its errors have no details.
				}
				want := object{}
				if row.details != nil {
					want = row.details(e)
				}
				require.Empty(t, captures{}.match("details", want, details, false))
			})
		}
		t.Run(p.operation+" success", func(t *testing.T) {
			want := http.StatusOK
			switch {
			case p.method() == http.MethodDelete:
				want = http.StatusNoContent
			case p.creates():
				want = http.StatusCreated
			}
			answer := p.call(t, e.s, p.valid(t, e))
			require.Equal(t, want, answer.Status, "answer: %s", answer.Body)
			require.Equal(t, want == http.StatusNoContent, len(answer.Body) == 0, "answer: %s", answer.Body)
		})
	}
}

// TestOperationSpecs_CoverEveryErrorCode compares the specs with the OpenAPI document.
func TestOperationSpecs_CoverEveryErrorCode(t *testing.T) {
	t.Parallel()
	described := describedOperations(t, system.Borrow(t))
	proven := map[string][]string{}
	for _, p := range operationSpecs() {
		require.NotContains(t, proven, p.operation, "an operation has one spec")
		proven[p.operation] = []string{}
		for _, row := range p.refusals {
			proven[p.operation] = append(proven[p.operation], fmt.Sprintf("%d %s", row.status, row.code))
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(described)) {
		rows, found := proven[operation]
		require.True(t, found, "%s has no operation spec", operation)
		require.ElementsMatch(t, described[operation], slices.Compact(slices.Sorted(slices.Values(rows))),
			"%s: what the server describes, and what the specs prove", operation)
	}
}

var refusalRow = regexp.MustCompile("\\|\\s*(\\d{3})\\s*\\|\\s*`([a-z0-9_]+)`")

// describedOperations reads from the server's OpenAPI document the refusals that each operation describes, such as
// "409 offer_not_active". It leaves out the refusals that all operations have.
func describedOperations(t testing.TB, s *system.System) map[string][]string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Description string `json:"description"`
		} `json:"paths"`
	}
	answer := s.Call(t, http.MethodGet, "/openapi.json", nil)
	require.NoError(t, json.Unmarshal(answer.Body, &document))
	described := map[string][]string{}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			if operation.OperationID == "" {
				continue
			}
			name := strings.ToUpper(method) + " " + path
			described[name] = []string{}
			for _, row := range refusalRow.FindAllStringSubmatch(operation.Description, -1) {
				described[name] = append(described[name], row[1]+" "+row[2])
			}
		}
	}
	require.Greater(t, len(described), 40)
	return described
}

// tableDigests returns the number of rows and a digest of all values of every table. It leaves out what
// dunning workflows write asynchronously.
func tableDigests(t testing.TB, s *system.System) map[string]string {
	t.Helper()
	var statement string
	require.NoError(t, s.Pool.QueryRow(t.Context(), `
		SELECT string_agg(format('SELECT %L, count(*) || '' rows, '' || coalesce(md5(string_agg(v, '';'' ORDER BY v)), '''') FROM (SELECT (to_jsonb(r) - ''dunning_seen_since'')::text AS v FROM %I r) rows',
			tablename, tablename), ' UNION ALL ')
		FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('goose_db_version', 'dunning_episodes')`).Scan(&statement))
	rows, err := s.Pool.Query(t.Context(), statement)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var table, content string
		require.NoError(t, rows.Scan(&table, &content))
		found[table] = content
	}
	require.NoError(t, rows.Err())
	require.Subset(t, slices.Collect(maps.Keys(found)), tables)
	return found
}
