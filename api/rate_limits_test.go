package api_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/ratelimit"
	"github.com/mtfacturation/mtf/internal/test/system"
)

// perHour is a limit whose share does not come back within a test.
func perHour(count int) ratelimit.Limit { return ratelimit.Limit{Count: count, Period: time.Hour} }

// from is what a proxy says of a caller.
func from(address string) system.Header {
	return system.Header{Name: "X-Forwarded-For", Value: address}
}

// limited checks that an answer says to come back later, and when.
func limited(t testing.TB, answer system.Response) {
	t.Helper()
	details := answer.Refused(t, http.StatusTooManyRequests, "rate_limited")
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.Greater(t, seconds, 0)
	require.LessOrEqual(t, seconds, 3600)
	require.EqualValues(t, seconds, details["retry_after_seconds"])
}

var localProxy = config.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

func TestRateLimit_PublicOperationsPerAddress(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) {
		c.Proxies = localProxy
		c.RateLimits = config.RateLimits{
			VerifyPerAddress: perHour(2), SubmitPerAddress: perHour(2), LinkPerAddress: perHour(2),
			DraftPerAddress: perHour(2), TokenPerAddress: perHour(2),
		}
	})
	offer := newOffer(t, s, mobileOffer())
	contracts := "/api/v1/landing/contracts/" + unknownID
	for i, kind := range [][]struct {
		method, path string
		body         object
	}{
		{{http.MethodPost, verifyPath, object{"cin": "NOBODY1"}}},
		{{http.MethodPost, submitNewPath, newMobile(offer)}, {http.MethodPost, "/api/v1/landing/submit/plan-change", object{}}},
		{{http.MethodPost, contracts + "/document-link", object{"cin": "NOBODY1"}}},
		{
			{http.MethodPost, "/api/v1/landing/drafts", object{"flow_type": "subscribe_new_service", "step": "identity"}},
			{http.MethodGet, "/api/v1/landing/drafts/" + unknownID, nil},
			{http.MethodPut, "/api/v1/landing/drafts/" + unknownID, object{}},
		},
		{
			{http.MethodGet, contracts + "/document?token=x", nil},
			{http.MethodGet, "/api/v1/landing/invoices/" + unknownID + "/document?token=x", nil},
			{http.MethodGet, "/api/v1/landing/clients/A1234/invoices?lookup_token=x", nil},
			{http.MethodGet, "/api/v1/landing/clients/A1234/subscriptions?lookup_token=x", nil},
		},
	} {
		caller := from("198.51.100." + strconv.Itoa(i+1))
		call := func(n int, headers ...system.Header) system.Response {
			request := kind[n%len(kind)]
			var body any
			if request.body != nil {
				body = request.body
			}
			return s.Call(t, request.method, request.path, body, append(headers, newKey(), system.Anonymous)...)
		}
		for n := range 2 {
			require.NotEqual(t, http.StatusTooManyRequests, call(n, caller).Status, "%v", kind)
		}
		for n := range max(2, len(kind)) {
			writesNothing(t, s, func() system.Response {
				answer := call(n, caller)
				limited(t, answer)
				return answer
			})
		}
		require.NotEqual(t, http.StatusTooManyRequests, call(0, from("203.0.113."+strconv.Itoa(i+1))).Status, "another caller")
	}
	s.Get(t, "/api/v1/landing/bootstrap", nil)
}

// TestRateLimit_PartnerOperationsPerAddress uses up the share of an address by each operation of a part, and asks
// once more.
func TestRateLimit_PartnerOperationsPerAddress(t *testing.T) {
	t.Parallel()
	all := routes(t, openAPI(t))
	for prefix, limits := range map[string]config.RateLimits{
		"/v1/billing/": {LedgerPerAddress: perHour(1)}, "/v2/": {ContractDocumentsPerAddress: perHour(1)},
	} {
		s := system.Start(t, func(c *config.Config) { c.Proxies, c.RateLimits = localProxy, limits })
		requests := 0
		for _, r := range all {
			if !strings.HasPrefix(r.path, prefix) {
				continue
			}
			requests++
			path := strings.ReplaceAll(r.path, "{org}", "mtf")
			caller := from("198.51.100." + strconv.Itoa(requests))
			call := func(caller system.Header) system.Response {
				return route{method: r.method, path: path}.send(t, s, caller)
			}
			require.NotEqual(t, http.StatusTooManyRequests, call(caller).Status, "%s %s", r.method, r.path)
			answer := call(caller)
			answer.Refused(t, http.StatusTooManyRequests, "rate_limited")
			seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
			require.NoError(t, err)
			require.Positive(t, seconds)
		}
		require.Positive(t, requests, prefix)
		s.Get(t, "/api/v1/me", nil)
	}
}

func TestRateLimit_PerCIN(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) {
		c.Proxies = localProxy
		c.RateLimits = config.RateLimits{VerifyPerCIN: perHour(2), SubmitPerCIN: perHour(2), LinkPerCIN: perHour(2)}
	})
	offer := newOffer(t, s, mobileOffer())
	_, cin := newClient(t, s)
	verify := func(written, address string) system.Response {
		return s.Call(t, http.MethodPost, verifyPath, object{"cin": written}, from(address), system.Anonymous)
	}
	require.Equal(t, http.StatusOK, verify(cin, "198.51.100.1").Status)
	require.Equal(t, http.StatusOK, verify(" "+cin+" ", "198.51.100.2").Status)
	limited(t, verify(cin, "198.51.100.3"))
	limited(t, verify("  "+cin, "198.51.100.4"))
	verify("NOBODY77", "198.51.100.1").Refused(t, http.StatusNotFound, "landing_client_not_found")

	// The same limit applies to unknown CINs.
	verify("nobody77", "198.51.100.1").Refused(t, http.StatusNotFound, "landing_client_not_found")
	limited(t, verify("NOBODY77", "198.51.100.1"))

	// Both submits count as one. An acknowledged request is answered however often it is repeated.
	body, key := newMobile(offer), newKey()
	created(t, s, submitNewPath, body, key)
	s.Call(t, http.MethodPost, submitNewPath, with(body, object{"offer_id": unknownID}), newKey()).Refused(t, http.StatusNotFound, "offer_not_found")
	writesNothing(t, s, func() system.Response {
		answer := s.Call(t, http.MethodPost, submitNewPath, body, newKey())
		limited(t, answer)
		return answer
	})
	for range 3 {
		require.Equal(t, true, created(t, s, submitNewPath, body, key)["idempotency_replayed"])
	}
	limited(t, s.Call(t, http.MethodPost, "/api/v1/landing/submit/plan-change", object{
		"cin": body["cin"], "source_contract_id": unknownID, "target_offer_id": offer, "contract_start_date": "2026-09-20",
	}, newKey()))
	created(t, s, submitNewPath, newMobile(offer), newKey())

	link := "/api/v1/landing/contracts/" + unknownID + "/document-link"
	for range 2 {
		s.Call(t, http.MethodPost, link, object{"cin": cin}).Refused(t, http.StatusNotFound, "contract_not_found")
	}
	limited(t, s.Call(t, http.MethodPost, link, object{"cin": cin}))
}

func TestRateLimit_ForgedHeader(t *testing.T) {
	t.Parallel()
	s := system.Start(t, func(c *config.Config) { c.RateLimits.VerifyPerAddress = perHour(2) })
	verify := func(address string) system.Response {
		return s.Call(t, http.MethodPost, verifyPath, object{"cin": newCIN()}, from(address),
			system.Header{Name: "Forwarded", Value: "for=" + address}, system.Header{Name: "X-Real-Ip", Value: address})
	}
	for i := range 2 {
		require.Equal(t, http.StatusNotFound, verify("198.51.100."+strconv.Itoa(i)).Status)
	}
	limited(t, verify("198.51.100.99"))
}
