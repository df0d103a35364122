package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// Every fuzz target runs in its own OS process with its own complete system, see make fuzz. For any input, three
// properties must hold: no answer is a server fault, every error has the error envelope, and only a success adds
// rows, at most as many as `explained` allows.

// anyNumber is a number of rows that depends on what there is to do.
const anyNumber = 1 << 30

// explained is how many rows a success of each operation may add at most.
var explained = map[string]effect{
	"POST /api/v1/customers":                                       {"clients": 1},
	"POST /api/v1/customers/{client_id}/subscribers":               {"subscribers": 1},
	"POST /api/v1/offers":                                          {"offers": 1},
	"POST /api/v1/contracts":                                       {"contracts": 1, "contract_audit_events": 1, "billing_profiles": 1, "contract_price_changes": 1},
	"POST /api/v1/contracts/provision":                             {"clients": 1, "subscribers": 1, "contracts": 1, "contract_audit_events": 1, "idempotency_keys": 1, "billing_profiles": 1, "contract_price_changes": 1},
	"PUT /api/v1/contracts/{contract_id}/status":                   {"contract_audit_events": 1},
	"PUT /api/v1/contracts/{contract_id}/offer":                    {"contract_audit_events": 1, "contract_price_changes": 1},
	"POST /api/v1/landing/drafts":                                  {"landing_drafts": 1},
	"POST /api/v1/landing/contracts/{contract_id}/document-link":   {"documents": 1, "contract_audit_events": 1},
	"POST /api/v1/landing/submit/new":                              {"clients": 1, "subscribers": 1, "contracts": 1, "contract_audit_events": 3, "documents": 1, "idempotency_keys": 1, "billing_profiles": 1, "contract_price_changes": 1},
	"POST /api/v1/landing/submit/plan-change":                      {"contract_audit_events": 2, "documents": 1, "idempotency_keys": 1, "contract_price_changes": 1},
	"POST /api/v1/billing/runs":                                    {"billing_runs": 1, "idempotency_keys": 1, "invoices": anyNumber, "invoice_lines": anyNumber, "documents": anyNumber, "ledger_entries": anyNumber},
	"POST /api/v1/billing/runs/{billing_run_id}/pause":             {},
	"POST /api/v1/billing/runs/{billing_run_id}/resume":            {},
	"POST /api/v1/billing/runs/{billing_run_id}/approve":           {"invoices": anyNumber, "invoice_lines": anyNumber, "documents": anyNumber, "ledger_entries": anyNumber},
	"POST /api/v1/billing/runs/{billing_run_id}/cancel":            {"idempotency_keys": 1},
	"POST /api/v1/billing/runs/{billing_run_id}/retry":             {"invoices": anyNumber, "invoice_lines": anyNumber, "documents": anyNumber, "idempotency_keys": 1, "ledger_entries": anyNumber},
	"POST /v2/orgs/{org}/subscriptions/{subscriptionId}/contracts": {"linked_contract_documents": 1},
	"POST /v1/billing/events":                                      {"ledger_entries": 1, "ledger_events": 1},
	"PATCH /v1/billing/events/{id}":                                {"ledger_entries": 2},
	"POST /v1/billing/contracts":                                   {"billing_profiles": 1, "contract_price_changes": 1},
	"PATCH /v1/billing/contracts/{id}":                             {"contract_audit_events": 2, "contract_price_changes": 1},
	"POST /api/v1/collections/payments":                            {"payments": 1, "idempotency_keys": 1, "collection_cases": 1, "collection_case_actions": 3, "ledger_entries": 1},
	"POST /api/v1/collections/invoices/{invoice_id}/approve-paid":  {"payments": 1, "idempotency_keys": 1, "collection_cases": 1, "collection_case_actions": 3, "ledger_entries": 1},
	"POST /api/v1/collections/payments/{payment_id}/reverse":       {"invoice_audit_events": 1, "idempotency_keys": 1, "collection_cases": 1, "collection_case_actions": 2, "ledger_entries": 1},
	"POST /api/v1/invoices/{invoice_id}/void":                      {"invoice_audit_events": 1, "idempotency_keys": 1, "collection_case_actions": 1, "ledger_entries": 1},
	"POST /api/v1/collections/cases/{case_id}/actions":             {"collection_case_actions": 1},
	"PUT /api/v1/collections/cases/{case_id}/status":               {"collection_case_actions": 1},
}

// holds sends a request and checks what must always hold.
func holds(t testing.TB, s *system.System, most effect, request func() system.Response) system.Response {
	t.Helper()
	before := rowCounts(t, s)
	answer := request()
	after := rowCounts(t, s)
	require.Less(t, answer.Status, 500, "answer: %s", answer.Body)
	require.NotEmpty(t, answer.Header.Get("X-Request-Id"))
	if answer.Status >= 300 {
		answer.Refused(t, answer.Status, answer.Code())
		most = effect{}
	}
	for _, table := range tables {
		require.LessOrEqual(t, after[table]-before[table], most[table], "%s: more rows than %d explains; answer: %s", table, answer.Status, answer.Body)
		require.GreaterOrEqual(t, after[table], before[table], "%s lost rows; answer: %s", table, answer.Body)
	}
	return answer
}

// FuzzBody sends bodies to every operation that takes one.
func FuzzBody(f *testing.F) {
	e := newFixture(f)
	served := describedOperations(f, e.s)
	var operations []operationSpec
	for _, p := range operationSpecs() {
		if _, described := served[p.operation]; described && slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch}, p.method()) {
			operations = append(operations, p)
		}
	}
	// Commands go to an ended run, because a held run would hold up all other runs. They go to a
	// schedule that is off, because a triggered workflow writes rows at an unpredictable time.
	request := func(p operationSpec) apiRequest {
		switch {
		case strings.Contains(p.operation, "{billing_run_id}"):
			return apiRequest{ids: []string{e.run}, body: object{"reason": "by test"}}
		case strings.Contains(p.operation, "{schedule_name}"):
			return apiRequest{ids: []string{"collections-day"}, body: p.valid(f, e).body}
		}
		return p.valid(f, e)
	}
	for i, p := range operations {
		valid, err := json.Marshal(request(p).body)
		require.NoError(f, err)
		for _, seed := range []string{string(valid), `{}`, `[`, strings.ReplaceAll(string(valid), `"`, `"\u0000`), strings.ReplaceAll(string(valid), `:`, `:[1e999,`)} {
			f.Add(uint8(i), []byte(seed))
		}
	}
	ids := make([][]string, len(operations))
	for i, p := range operations {
		ids[i] = request(p).ids
	}
	f.Fuzz(func(t *testing.T, operation uint8, body []byte) {
		i := int(operation) % len(operations)
		p := operations[i]
		holds(t, e.s, explained[p.operation], func() system.Response {
			return p.call(t, e.s, apiRequest{ids: ids[i], body: string(body), headers: []system.Header{newKey()}})
		})
	})
}

// FuzzTokens sends tokens to what they open: only the very token that was handed out works.
func FuzzTokens(f *testing.F) {
	e := newFixture(f)
	contract := text(f, e.landed, "contract", "id")
	doors := []struct{ path, token string }{
		{"/api/v1/landing/clients/" + e.cin + "/subscriptions", e.lookup(f, e.cin)},
		{"/api/v1/landing/clients/" + e.cin + "/invoices", e.lookup(f, e.cin)},
		{documentPath(contract), e.contractToken(f, text(f, e.landed, "client_cin"), contract, true)},
		{"/api/v1/landing/invoices/" + e.issued + "/document", e.invoiceToken(f, e.billed, e.issued, true)},
	}
	for i := range doors {
		f.Add(uint8(i), uint8(i), uint16(0), byte(0), "")
		f.Add(uint8(i), uint8(i+1), uint16(0), byte(0), "")
		f.Add(uint8(i), uint8(i), uint16(7), byte(1), "")
		f.Add(uint8(i), uint8(i), uint16(500), byte(3), "=")
		f.Add(uint8(i), uint8(i), uint16(0), byte(0), ".e30")
	}
	f.Fuzz(func(t *testing.T, door, other uint8, position uint16, flip byte, suffix string) {
		at, from := doors[int(door)%len(doors)], doors[int(other)%len(doors)]
		name, good, _ := strings.Cut(at.token, "=")
		_, signed, _ := strings.Cut(from.token, "=")
		changed := []byte(signed)
		changed[int(position)%len(changed)] ^= flip
		sent := string(changed) + suffix
		answer := holds(t, e.s, nil, func() system.Response {
			return e.s.Call(t, http.MethodGet, at.path+name+"="+url.QueryEscape(sent), nil, system.Anonymous)
		})
		if sent == good {
			require.Equal(t, http.StatusOK, answer.Status, "answer: %s", answer.Body)
		} else {
			require.Contains(t, []int{401, 403, 422}, answer.Status, "token %q opened %s", sent, at.path)
		}
	})
}

// FuzzNumbers subscribes with service numbers in every field that takes one.
func FuzzNumbers(f *testing.F) {
	s := system.Borrow(f)
	mobile, fiber := newOffer(f, s, mobileOffer()), newOffer(f, s, fiberOffer())
	for i, number := range []string{"0612345678", "+212 7 12-34-56-78", "00212612345678", "212522334455", "٠٦١٢٣٤٥٦٧٨", "061234567", "+", "", "6\x00", "+2126123456789"} {
		for mode := range uint8(3) {
			f.Add(mode, number+strings.Repeat(" ", i%2))
		}
	}
	f.Fuzz(func(t *testing.T, mode uint8, number string) {
		body, digits := with(newMobile(mobile), object{"requested_mobile_local_number": number}), "67"
		switch mode % 3 {
		case 1:
			body = with(newMobile(mobile), object{"mobile_number_mode": "use_existing", "existing_mobile_local_number": number})
		case 2:
			body, digits = with(newHomeService("internet", fiber), object{"home_landline_local_number": number}), "58"
		}
		answer := holds(t, s, explained["POST /api/v1/landing/submit/new"], func() system.Response {
			return s.Call(t, http.MethodPost, submitNewPath, body, newKey(), system.Anonymous)
		})
		if answer.Status == http.StatusOK {
			require.Regexp(t, regexp.MustCompile(`^\+212[`+digits+`][0-9]{8}$`), decoded(t, answer, 200)["service_identifier"], "from %q", number)
		} else {
			require.Contains(t, []int{409, 422}, answer.Status, "answer: %s", answer.Body)
		}
	})
}

// FuzzCIN makes clients and finds them again by their CIN, however it was written.
func FuzzCIN(f *testing.F) {
	s := system.Borrow(f)
	for _, cin := range []string{" ab123456 ", "ab/12", "Straße", "ŉŉŉŉ", "ﬀﬀﬀﬀ", "ıııı", "?#%&", "..", "....", "a\u00a0bc", "١٢٣٤", "😀😀😀😀", "a\x00bc", strings.Repeat("x", 41), "\u2028abc"} {
		f.Add(cin)
	}
	f.Fuzz(func(t *testing.T, cin string) {
		cin = strings.ToValidUTF8(cin, "\ufffd") // As it is written into JSON.
		answer := holds(t, s, effect{"clients": 1}, func() system.Response {
			return s.Call(t, http.MethodPost, customersPath, object{"cin": cin, "client_type": "individual", "full_name": "Fuzzed Client"})
		})
		if answer.Status != http.StatusOK {
			require.Contains(t, []int{409, 422}, answer.Status, "answer: %s", answer.Body)
			return
		}
		stored := text(t, decoded(t, answer, 200), "cin")
		require.Equal(t, strings.ToUpper(strings.TrimSpace(stored)), stored, "a stored CIN is normalised")
		require.GreaterOrEqual(t, utf8.RuneCountInString(stored), 4)
		require.LessOrEqual(t, utf8.RuneCountInString(stored), 40)
		for _, written := range []string{cin, stored, strings.TrimSpace(cin)} {
			s.Call(t, http.MethodPost, customersPath, object{"cin": written, "client_type": "individual", "full_name": "Twice"}).
				Refused(t, http.StatusConflict, "client_cin_conflict")
			verified := decoded(t, s.Call(t, http.MethodPost, verifyPath, object{"cin": written}, system.Anonymous), http.StatusOK)
			require.Equal(t, stored, verified["cin"])
			path := "/api/v1/landing/clients/" + url.PathEscape(written) + "/subscriptions?lookup_token=" + text(t, verified, "lookup_token")
			found := holds(t, s, nil, func() system.Response { return s.Call(t, http.MethodGet, path, nil, system.Anonymous) })
			require.Equal(t, http.StatusOK, found.Status, "%q at %s: %s", written, path, found.Body)
		}
	})
}

// FuzzQuery sends queries to every operation that reads.
func FuzzQuery(f *testing.F) {
	e := newFixture(f)
	served := describedOperations(f, e.s)
	var operations []operationSpec
	var paths []string
	for _, p := range operationSpecs() {
		if _, described := served[p.operation]; described && p.method() == http.MethodGet {
			operations = append(operations, p)
			request := p.valid(f, e)
			request.query = ""
			paths = append(paths, p.path(request))
		}
	}
	for i := range operations {
		for _, seed := range []string{"page=2&size=5&sort=name:asc&filters=a%3Db", "page=0", "page=1&page=9999999999", "client_id=%00", "service=tv&offer_id=x", "%", "size=\xff", ";;&&=", "sort=-created_at&filters=status:eq:active"} {
			f.Add(uint8(i), seed)
		}
	}
	f.Fuzz(func(t *testing.T, operation uint8, query string) {
		i := int(operation) % len(operations)
		target := paths[i] + "?" + query
		if _, err := url.Parse(e.s.URL + target); err != nil || strings.ContainsAny(query, "# ") {
			t.Skip("this is no request line")
		}
		holds(t, e.s, nil, func() system.Response {
			identity := system.Header{Name: "Authorization", Value: "Bearer op-1:ops,billing,admin"}
			return e.s.Call(t, http.MethodGet, target, nil, identity)
		})
	})
}
