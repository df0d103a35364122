package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestOddInputs(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"TextThatCannotBeStoredIsRefused", textThatCannotBeStoredIsRefused},
		{"NumbersThatNothingCanHoldAreRefused", numbersThatNothingCanHoldAreRefused},
		{"OddDatesAreNoFault", oddDatesAreNoFault},
		{"URLsThatHoldNoTextAreRefused", urlsThatHoldNoTextAreRefused},
		{"PagesAreCountedFromOneAndBounded", pagesAreCountedFromOneAndBounded},
		{"HEADAnswersWhereGETDoes", headAnswersWhereGETDoes},
	})
}

func textThatCannotBeStoredIsRefused(t *testing.T, s *system.System) {
	for _, test := range []struct{ name, text string }{
		{"NUL", `a\u0000b`},
		{"lone high surrogate", `a\ud83db`},
		{"lone low surrogate", `a\ude00b`},
		{"surrogates the wrong way round", `a\ude00\ud83db`},
		{"high surrogate at the end", `ab\ud83d`},
		{"high surrogate and another escape", `ab\ud83d\n`},
		{"broken UTF-8", "ab\xff"},
		{"raw NUL", "ab\x00c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, body := range []string{
				`{"client_type": "individual", "full_name": "` + test.text + `"}`,
				`{"client_type": "individual", "full_name": "Name", "address": "` + test.text + `"}`,
				`{"client_type": "individual", "full_name": "Name", "` + test.text + `": 1}`,
			} {
				writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, customersPath, body) }).
					Refused(t, http.StatusUnprocessableEntity, "validation_error")
			}
		})
	}
	for _, accepted := range []string{`a\ud83d\ude00b`, `a\\u0000b`, `a\\ud83db`, `a\u00e9b`, `a\tb`} {
		answer := s.Call(t, http.MethodPost, customersPath, `{"client_type": "individual", "full_name": "`+accepted+`"}`)
		require.Equal(t, http.StatusOK, answer.Status, "%s: %s", accepted, answer.Body)
	}
}

func numbersThatNothingCanHoldAreRefused(t *testing.T, s *system.System) {
	for _, field := range []string{"monthly_fee", "activation_fee", "version", "mobile_data_gb"} {
		for _, number := range []string{
			"1e400", "-1e400", "1e99", `"1e400"`, `"1e-400x"`, "10000000000", strings.Repeat("9", 400), "2147483648000", "-5", "1e-400e1",
			`"` + strings.Repeat("9", 100_000) + `"`, "{}", "[]", "true", `"NaN"`, `"-Infinity"`, `"0x10"`, `"١٢"`, `"1,5"`, `"1_000"`,
		} {
			body := fmt.Sprintf(`{"name": "Odd %d", "service_category": "mobile", "mobile_calls_hours": 1, "valid_from": "2026-01-01",
				"monthly_fee": 1, %q: %s}`, next(), field, number)
			answer := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, offersPath, body) })
			require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %.40s: %.300s", field, number, answer.Body)
			answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")
		}
	}
}

func oddDatesAreNoFault(t *testing.T, s *system.System) {
	for _, date := range []string{
		"0000-01-01", "10000-01-01", "2026-13-01", "2026-02-29", "2026-1-1", "20260101", "", " ", "today", "2026-01-01 ", "-001-01-01",
	} {
		answer := writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, offersPath, with(mobileOffer(), object{"valid_from": date}))
		})
		problems := answer.Refused(t, http.StatusUnprocessableEntity, "validation_error")["errors"].([]any)
		require.NotEmpty(t, problems, "date %q", date)
	}
	for _, date := range []string{"0001-01-01", "9999-12-31", "2024-02-29"} {
		offer := created(t, s, offersPath, with(mobileOffer(), object{"valid_from": date}))
		require.Equal(t, date, offer["valid_from"])
	}
}

func urlsThatHoldNoTextAreRefused(t *testing.T, s *system.System) {
	for _, path := range []string{
		customersPath + "/%00", customersPath + "/%ff%fe", customersPath + "?page=%00", customersPath + "?sort=a%00b",
		customersPath + "?sort=%ff", customersPath + "?%00=1", "/api/v1/invoices?client_id=%00", customersPath + "?a=%zz",
	} {
		answer := s.Call(t, http.MethodGet, path, nil)
		require.Contains(t, []int{http.StatusNotFound, http.StatusUnprocessableEntity}, answer.Status, "%s: %s", path, answer.Body)
		code := text(t, decoded(t, answer, answer.Status), "error", "code")
		require.Contains(t, []string{"client_not_found", "validation_error"}, code, path)
	}
}

func pagesAreCountedFromOneAndBounded(t *testing.T, s *system.System) {
	lists := []string{customersPath, offersPath, "/api/v1/contracts", "/api/v1/billing/runs", "/api/v1/invoices", "/api/v1/collections/payments"}
	for _, list := range lists {
		for _, test := range []struct{ query, at string }{
			{"page=0", "page"},
			{"page=-1", "page"},
			{"page=x", "page"},
			{"page=1.5", "page"},
			{"page=99999999999999999999", "page"},
			{"size=0", "size"},
			{"size=101", "size"},
			{"size=-5", "size"},
			{"size=x", "size"},
			{"size=2147483648", "size"},
		} {
			problemAt(t, s.Call(t, http.MethodGet, list+"?"+test.query, nil), "query", test.at)
		}
		for _, query := range []string{"page=2147483647&size=100", "page=21474837&size=100", "page=10000000&size=100", "page=9223372036854775807"} {
			answer := s.Call(t, http.MethodGet, list+"?"+query, nil)
			require.Less(t, answer.Status, 500, "%s?%s: %s", list, query, answer.Body)
		}
	}
	require.Equal(t, "greater_than_equal", problemAt(t, s.Call(t, http.MethodGet, customersPath+"?page=0", nil), "query", "page"))
}

func TestLists_EchoParameters(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct {
		query string
		want  object
	}{
		{"", object{"page": 1.0, "size": 20.0, "total": 0.0, "sort": nil, "filters": nil, "next_cursor": nil}},
		{"?page=2&size=5&sort=name:asc&filters=a%3Db", object{"page": 2.0, "size": 5.0, "total": 0.0, "sort": "name:asc", "filters": "a=b", "next_cursor": nil}},
		{"?size=3&size=7&page=9&page=2&sort=a&sort=b", object{"page": 2.0, "size": 7.0, "total": 0.0, "sort": "b", "filters": nil, "next_cursor": nil}},
		{"?page=0&page=3", object{"page": 3.0, "size": 20.0, "total": 0.0, "sort": nil, "filters": nil, "next_cursor": nil}},
		{"?unknown=1&sort=%C3%A9", object{"page": 1.0, "size": 20.0, "total": 0.0, "sort": "é", "filters": nil, "next_cursor": nil}},
	} {
		for _, list := range []string{customersPath, offersPath, "/api/v1/contracts", "/api/v1/invoices", "/api/v1/collections/payments"} {
			var page object
			s.Get(t, list+test.query, &page)
			require.Equal(t, object{"data": []any{}, "meta": test.want}, page, "%s%s", list, test.query)
		}
	}
}

func TestLists_PagesNeverOverlap(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	// All rows have the same timestamp, so only the id orders them.
	execute(t, s, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
		SELECT gen_random_uuid(), 'individual', 'Client', 'active', '2026-11-01', '2026-11-01' FROM generate_series(1, 23)`)
	newest, _ := newClient(t, s)
	seen := map[string]bool{}
	for page := 1; page <= 5; page++ {
		var list object
		s.Get(t, fmt.Sprintf("%s?page=%d&size=5", customersPath, page), &list)
		require.Equal(t, 24.0, at(t, list, "meta", "total"))
		for _, client := range at(t, list, "data").([]any) {
			id := text(t, client, "id")
			require.False(t, seen[id], "client %s is on two pages", id)
			if len(seen) == 0 {
				require.Equal(t, newest, id)
			}
			seen[id] = true
		}
	}
	require.Len(t, seen, 24)
}

func headAnswersWhereGETDoes(t *testing.T, s *system.System) {
	client, _ := newClient(t, s)
	for path, status := range map[string]int{
		customersPath: 200, customersPath + "/" + client: 200, customersPath + "/" + unknownID: 404, "/api/v1/landing/bootstrap": 200,
		"/": 200, "/nothing": 404, customersPath + "?page=0": 422,
	} {
		answer := s.Call(t, http.MethodHead, path, nil)
		require.Equal(t, status, answer.Status, path)
		require.Empty(t, answer.Body, path)
		require.NotEmpty(t, answer.Header.Get("X-Request-ID"), path)
	}
}
