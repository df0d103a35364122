package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const unknownID = "01890000-0000-7000-8000-000000000000"

// object is a JSON object of a request or an answer.
type object = map[string]any

// absent is the value that makes with remove a field.
type absent struct{}

// with returns base with changes over it.
func with(base object, changes object) object {
	merged := maps.Clone(base)
	for name, value := range changes {
		if _, removed := value.(absent); removed {
			delete(merged, name)
			continue
		}
		merged[name] = value
	}
	return merged
}

var sequence atomic.Int64

// next returns a number that makes a name or an identifier unique in the package.
func next() int64 { return sequence.Add(1) }

func newCIN() string { return fmt.Sprintf("CIN%06d", next()) }

func newKey() system.Header { return system.Key(fmt.Sprintf("test-key-%06d", next())) }

func newMobileNumber() string { return fmt.Sprintf("+2126%08d", next()) }

func newLandlineNumber() string { return fmt.Sprintf("+2125%08d", next()) }

func mobileOffer() object {
	return object{
		"name": fmt.Sprintf("Mobile %d", next()), "service_category": "mobile", "monthly_fee": "199.00",
		"activation_fee": "50.50", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	}
}

func fiberOffer() object {
	return object{
		"name": fmt.Sprintf("Fiber %d", next()), "service_category": "internet", "monthly_fee": "400.00",
		"activation_fee": "100.00", "valid_from": "2026-01-01", "internet_access_type": "fiber", "internet_fiber_speed_mbps": 100,
	}
}

func adslOffer() object {
	return object{
		"name": fmt.Sprintf("ADSL %d", next()), "service_category": "internet", "monthly_fee": "150.00",
		"valid_from": "2026-01-01", "internet_access_type": "adsl", "internet_adsl_speed_mbps": 12,
	}
}

func landlineOffer() object {
	return object{
		"name": fmt.Sprintf("Landline %d", next()), "service_category": "landline", "monthly_fee": "99.90",
		"valid_from": "2026-01-01", "landline_national_included": true,
	}
}

// created posts a body, which must be accepted, and returns the answer.
func created(t testing.TB, s *system.System, path string, body object, headers ...system.Header) object {
	t.Helper()
	var answer object
	s.Post(t, path, body, &answer, headers...)
	return answer
}

// newOffer creates an offer and returns its id.
func newOffer(t testing.TB, s *system.System, offer object) string {
	t.Helper()
	return text(t, created(t, s, "/api/v1/offers", offer), "id")
}

// newClient creates a client with a CIN and returns both.
func newClient(t testing.TB, s *system.System) (id, cin string) {
	t.Helper()
	cin = newCIN()
	answer := created(t, s, "/api/v1/customers", object{"client_type": "individual", "full_name": "Test Client", "cin": cin})
	return text(t, answer, "id"), cin
}

// provision requests a contract, which must be created, and returns the answer.
func provision(t testing.TB, s *system.System, body object, headers ...system.Header) object {
	t.Helper()
	return created(t, s, "/api/v1/contracts/provision", with(object{"contract_start_date": "2026-08-10"}, body), headers...)
}

// newContract gives a client an active contract on a new line and returns its id.
func newContract(t testing.TB, s *system.System, clientID, offerID string, changes ...object) string {
	t.Helper()
	body := object{"client_id": clientID, "offer_id": offerID, "provisioning_intent": "new_line"}
	for _, change := range changes {
		body = with(body, change)
	}
	return text(t, provision(t, s, body), "contract", "id")
}

// at returns the value at a path of field names.
func at(t testing.TB, value any, names ...string) any {
	t.Helper()
	for _, name := range names {
		nested, ok := value.(object)
		require.True(t, ok, "no object holds %q in %v", name, value)
		require.Contains(t, nested, name)
		value = nested[name]
	}
	return value
}

// text returns the string at a path of field names.
func text(t testing.TB, value any, names ...string) string {
	t.Helper()
	found, ok := at(t, value, names...).(string)
	require.True(t, ok, "%v is no string in %v", names, value)
	return found
}

// names returns the sorted field names of an object.
func names(value any) []string {
	found, _ := value.(object)
	return slices.Sorted(maps.Keys(found))
}

// fieldsOf returns the sorted names of a list that is written as in the API contract.
func fieldsOf(list string) []string {
	return slices.Sorted(slices.Values(strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })))
}

// sharedTest is a test that other tests may follow on the same system.
type sharedTest struct {
	name string
	test func(*testing.T, *system.System)
}

// runOnOneSystem runs tests one after the other on one system, without emptying the tables between them.
func runOnOneSystem(t *testing.T, tests []sharedTest) {
	s := system.Borrow(t)
	for _, shared := range tests {
		t.Run(shared.name, func(t *testing.T) { shared.test(t, s) })
	}
}

// tables are the tables that a refused request must not change.
var tables = []string{
	"clients", "subscribers", "offers", "contracts", "contract_audit_events", "billing_runs", "invoices", "invoice_lines",
	"documents", "linked_contract_documents", "payments", "invoice_audit_events", "collection_cases", "collection_case_actions",
	"landing_drafts", "idempotency_keys", "billing_profiles", "contract_price_changes", "ledger_entries", "ledger_events",
}

// rowCounts returns the number of rows of each table.
func rowCounts(t testing.TB, s *system.System) map[string]int {
	t.Helper()
	rows, targets := make([]int, len(tables)), make([]any, len(tables))
	for i := range rows {
		targets[i] = &rows[i]
	}
	query := "SELECT (SELECT count(*) FROM " + strings.Join(tables, "), (SELECT count(*) FROM ") + ")"
	require.NoError(t, s.Pool.QueryRow(context.Background(), query).Scan(targets...))
	found := map[string]int{}
	for i, table := range tables {
		found[table] = rows[i]
	}
	return found
}

func count(t testing.TB, s *system.System, query string, args ...any) int {
	t.Helper()
	var rows int
	require.NoError(t, s.Pool.QueryRow(context.Background(), query, args...).Scan(&rows), query)
	return rows
}

func execute(t testing.TB, s *system.System, statement string, args ...any) {
	t.Helper()
	_, err := s.Pool.Exec(context.Background(), statement, args...)
	require.NoError(t, err, statement)
}

// writesNothing runs a request and checks that it left no trace in the database: not one
// value of one row is another than before.
func writesNothing(t testing.TB, s *system.System, request func() system.Response) system.Response {
	t.Helper()
	before := tableDigests(t, s)
	answer := request()
	require.Equal(t, before, tableDigests(t, s), "a refused request wrote something; its answer: %s", answer.Body)
	return answer
}

// listsProblems reports whether the body of an error can list problems.
func listsProblems(answer system.Response) bool { return answer.Header.Get("X-Error-Code") == "" }

// problemsIn returns the problems that a validation refusal lists. A door with another error format may
// answer with 400. Every call checks that its status is declared.
func problemsIn(t testing.TB, answer system.Response) []any {
	t.Helper()
	require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, answer.Status, "answer: %s", answer.Body)
	details := answer.Refused(t, answer.Status, "validation_error")
	require.Contains(t, details, "errors", "answer: %s", answer.Body)
	return details["errors"].([]any)
}

// problemAt checks that a validation refusal names a location and returns the problem's type.
func problemAt(t testing.TB, answer system.Response, location ...any) string {
	t.Helper()
	for _, problem := range problemsIn(t, answer) {
		require.Subset(t, names(problem), []string{"loc", "msg", "type"}, "answer: %s", answer.Body)
		if slices.Equal(at(t, problem, "loc").([]any), location) {
			return text(t, problem, "type")
		}
	}
	t.Fatalf("no problem is at %v: %s", location, answer.Body)
	return ""
}

// concurrently sends requests at the same moment and returns their answers in order.
func concurrently(t testing.TB, requests int, send func(i int) (system.Response, error)) []system.Response {
	t.Helper()
	answers, failures := make([]system.Response, requests), make([]error, requests)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range requests {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			answers[i], failures[i] = send(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for i, err := range failures {
		require.NoError(t, err, "request %d", i)
	}
	return answers
}

// decoded reads an answer that must have a status.
func decoded(t testing.TB, answer system.Response, status int) object {
	t.Helper()
	var body object
	answer.Into(t, status, &body)
	return body
}

// withoutReplayMark returns the answer's JSON without its mark of a replay, and the mark.
func withoutReplayMark(t testing.TB, answer system.Response) (rest string, replayed bool) {
	t.Helper()
	body := decoded(t, answer, http.StatusOK)
	replayed, ok := at(t, body, "idempotency_replayed").(bool)
	require.True(t, ok, "answer: %s", answer.Body)
	encoded, err := json.Marshal(with(body, object{"idempotency_replayed": absent{}}))
	require.NoError(t, err)
	return string(encoded), replayed
}
