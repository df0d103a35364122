package api_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func TestLists(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	lists := fillLists(t, s)
	for _, shared := range []struct {
		name string
		test func(*testing.T, *system.System, []sortedList)
	}{
		{"PagesByNumberShowEveryRowOnceInOrder", pagesByNumberShowEveryRowOnceInOrder},
		{"CursorsShowEveryRowOnceInOrder", cursorsShowEveryRowOnceInOrder},
		{"CursorsOpenOnlyForTheirList", cursorsOpenOnlyForTheirList},
		{"FiltersNarrowTheListAndItsTotal", filtersNarrowTheListAndItsTotal},
		{"UnknownKeysAreEchoedAndIgnored", unknownKeysAreEchoedAndIgnored},
		{"TheKeysAreInTheOpenAPIDocument", theKeysAreInTheOpenAPIDocument},
		{"CursorsSurviveConcurrentInserts", cursorsSurviveConcurrentInserts},
	} {
		t.Run(shared.name, func(t *testing.T) { shared.test(t, s, lists) })
	}
}

func pagesByNumberShowEveryRowOnceInOrder(t *testing.T, s *system.System, lists []sortedList) {
	eachOrder(t, lists, func(t *testing.T, list sortedList, key, direction string) {
		want := ordered(t, s, list.table, key, direction)
		got := []string{}
		// More than five calls: PostgreSQL then chooses between its plans.
		for number := 1; ; number++ {
			var page object
			s.Get(t, list.path+query("sort", key+":"+direction, "size", "7", "page", fmt.Sprint(number)), &page)
			require.EqualValues(t, len(want), at(t, page, "meta", "total"), "page %d", number)
			require.Equal(t, key+":"+direction, at(t, page, "meta", "sort"))
			ids := idsOf(t, page)
			if len(ids) == 0 {
				require.Nil(t, at(t, page, "meta", "next_cursor"))
				break
			}
			got = append(got, ids...)
		}
		require.Equal(t, want, got)
	})
	for _, list := range lists {
		for sort, same := range map[string]string{"": list.keys[0] + " DESC", list.keys[1]: list.keys[1] + " ASC"} {
			key, direction, _ := strings.Cut(same, " ")
			var page object
			s.Get(t, list.path+query("size", "100", "sort", sort), &page)
			require.Equal(t, ordered(t, s, list.table, key, direction), idsOf(t, page), "%s?sort=%s", list.path, sort)
		}
	}
}

func cursorsShowEveryRowOnceInOrder(t *testing.T, s *system.System, lists []sortedList) {
	eachOrder(t, lists, func(t *testing.T, list sortedList, key, direction string) {
		want := ordered(t, s, list.table, key, direction)
		for _, size := range []int{1, 1 + rand.IntN(12), len(want), 100} {
			// A cursor sets where the list continues, so the page number is ignored.
			got := walkList(t, s, list.path, func() {}, "sort", key+":"+direction, "size", fmt.Sprint(size), "page", "1")
			require.Equal(t, want, got, "pages of %d", size)
		}
	})
	var second object
	s.Get(t, customersPath+"?page=2&size=5", &second)
	var third object
	s.Get(t, customersPath+query("cursor", text(t, second, "meta", "next_cursor"), "page", "9", "size", "5"), &third)
	require.Equal(t, ordered(t, s, "clients", "created_at", "desc")[10:15], idsOf(t, third), "a page by number is continued by its cursor")
	require.Equal(t, 9.0, at(t, third, "meta", "page"))
}

func cursorsOpenOnlyForTheirList(t *testing.T, s *system.System, lists []sortedList) {
	cursorOf := func(path string) string {
		var page object
		s.Get(t, path, &page)
		return text(t, page, "meta", "next_cursor")
	}
	cursor := cursorOf(customersPath + query("size", "5", "sort", "full_name", "filters", "status=active"))
	refused := map[string]string{}
	for name, parameters := range map[string][]string{
		"another key":       {"sort", "created_at", "filters", "status=active"},
		"another direction": {"sort", "full_name:desc", "filters", "status=active"},
		"no sort":           {"filters", "status=active"},
		"another value":     {"sort", "full_name", "filters", "status=suspended"},
		"one filter more":   {"sort", "full_name", "filters", "status=active,client_type=business"},
		"no filter":         {"sort", "full_name"},
	} {
		refused[name] = customersPath + query(append(parameters, "cursor", cursor)...)
	}
	refused["another list"] = offersPath + query("cursor", cursorOf(customersPath+"?size=5"))
	refused["another client's subscribers"] = customersPath + "/" + ordered(t, s, "clients", "cin", "desc")[0] + "/subscribers" +
		query("cursor", cursorOf(lists[1].path+"?size=5"))
	whole := cursorOf(customersPath + "?size=5")
	for i := 0; i < len(whole); i += 7 {
		flipped := []byte(whole)
		flipped[i] = map[bool]byte{true: 'B', false: 'A'}[flipped[i] == 'A']
		refused[fmt.Sprintf("changed at %d", i)] = customersPath + query("cursor", string(flipped))
	}
	for _, broken := range []string{"x", "=", "null", "0", "ÿ", whole[:len(whole)-4], whole + "AAAA", strings.Repeat("A", 5000), " "} {
		refused[fmt.Sprintf("broken %.20q", broken)] = customersPath + query("cursor", broken)
	}
	for name, path := range refused {
		require.NotEmpty(t, problemAt(t, s.Call(t, http.MethodGet, path, nil), "query", "cursor"), name)
	}
	for name, parameters := range map[string][]string{
		"the same":            {"sort", "full_name", "filters", "status=active"},
		"the same, at length": {"sort", "full_name:asc", "filters", " status = active ,colour=red"},
		"another size":        {"sort", "full_name", "filters", "status=active", "size", "50"},
	} {
		answer := s.Call(t, http.MethodGet, customersPath+query(append(parameters, "cursor", cursor)...), nil)
		require.Equal(t, http.StatusOK, answer.Status, "%s: %s", name, answer.Body)
	}
	require.NotContains(t, cursor, "Client", "a cursor does not show the name it stands for")
}

func filtersNarrowTheListAndItsTotal(t *testing.T, s *system.System, _ []sortedList) {
	one := func(statement string) string {
		var value string
		require.NoError(t, s.Pool.QueryRow(context.Background(), statement).Scan(&value))
		return value
	}
	client, subscriber := one("SELECT id::text FROM clients WHERE cin = 'LIST0001'"), one("SELECT id::text FROM subscribers LIMIT 1")
	offer, run := one("SELECT id::text FROM offers WHERE version = 1"), one("SELECT id::text FROM billing_runs LIMIT 1")
	invoice := one("SELECT id::text FROM invoices WHERE status = 'paid' LIMIT 1")
	const invoices, payments = "/api/v1/invoices", "/api/v1/collections/payments"
	const from31To60 = "(aging_bucket = '31_60' OR aging_bucket IS NULL AND date '2026-11-22' - due_date BETWEEN 31 AND 60)"
	for _, test := range []struct{ path, filters, table, where string }{
		{customersPath, "status=suspended", "clients", "status = 'suspended'"},
		{customersPath, "client_type=business", "clients", "client_type = 'business'"},
		{customersPath, "status=active,client_type=business", "clients", "status = 'active' AND client_type = 'business'"},
		{customersPath, "is_delinquent=true", "clients", "delinquent_since IS NOT NULL"},
		{customersPath, "is_delinquent=false", "clients", "delinquent_since IS NULL"},
		{customersPath, "cin= list0007", "clients", "cin = 'LIST0007'"},
		{customersPath, "status=active,status=suspended", "clients", "status = 'suspended'"},
		{customersPath, "status=,client_type=business", "clients", "client_type = 'business'"},
		{customersPath, "colour=red,status=suspended,=,x", "clients", "status = 'suspended'"},
		{customersPath + "/" + client + "/subscribers", "status=suspended", "subscribers", "status = 'suspended'"},
		{customersPath + "/" + client + "/subscribers", "service_type=fiber", "subscribers", "service_type = 'fiber'"},
		{offersPath, "status=retired", "offers", "status = 'retired'"},
		{offersPath, "service_category=mobile,service_type=mobile", "offers", "true"},
		{"/api/v1/contracts", "client_id=" + strings.ToUpper(client), "contracts", "true"},
		{"/api/v1/contracts", "subscriber_id=" + subscriber, "contracts", "subscriber_id = '" + subscriber + "'"},
		{"/api/v1/contracts", "offer_id=" + offer + ",status=active", "contracts", "true"},
		{"/api/v1/contracts", "status=draft", "contracts", "false"},
		{invoices, "status=paid", "invoices", "status = 'paid'"},
		{invoices, "billing_run_id=" + run, "invoices", "billing_run_id = '" + run + "'"},
		{invoices, "period_start=2026-08-01", "invoices", "period_start = '2026-08-01'"},
		{invoices, "client_id=" + client + ",status=paid", "invoices", "client_id = '" + client + "'"},
		{invoices, "service=internet", "invoices", "right(number, 1) = '1'"},
		{invoices + "?service=internet", "status=paid", "invoices", "right(number, 1) = '1' AND status = 'paid'"},
		{invoices + "?offer_id=" + offer, "", "invoices", "ascii(right(number, 1)) % 2 = 0"},
		{invoices + "?offer_id=" + offer + "&service=mobile", "", "invoices", "ascii(right(number, 1)) % 2 = 0 AND right(number, 1) <> '1'"},
		{invoices + "?client_id=" + client, "period_start=2026-08-01", "invoices", "period_start = '2026-08-01' AND client_id = '" + client + "'"},
		{invoices + "?client_id=" + client, "client_id=" + client, "invoices", "client_id = '" + client + "'"},
		{invoices + "?client_id=" + client, "client_id=" + unknownID, "invoices", "false"},
		{payments, "method=cash", "payments", "method = 'cash'"},
		{payments, "status=reversed", "payments", "false"},
		{payments + "?invoice_id=" + invoice, "method=cash", "payments", "method = 'cash' AND invoice_id = '" + invoice + "'"},
		{payments + "?client_id=" + client, "status=posted", "payments", "client_id = '" + client + "'"},
		{"/api/v1/billing/runs", "status=completed,period_start=2026-08-01", "billing_runs", "period_start = '2026-08-01'"},
		{casesPath, "status=open", "collection_cases", "status = 'open'"},
		{casesPath, "aging_bucket=31_60", "collection_cases", from31To60},
		{casesPath, "client_id=" + client, "collection_cases", "client_id = '" + client + "'"},
		{casesPath + "?status=resolved", "aging_bucket=31_60,client_id=" + client, "collection_cases", "status = 'resolved' AND client_id = '" + client + "'"},
		{casesPath + "?aging_bucket=31_60", "status=in_progress", "collection_cases", "status = 'in_progress' AND " + from31To60},
		{casesPath + "?status=open", "status=resolved", "collection_cases", "false"},
		{casesPath + "?sort=due_date", "aging_bucket=31_60", "collection_cases", from31To60},
		{casesPath + "?sort=outstanding_amount:desc", "status=open,aging_bucket=31_60", "collection_cases", "status = 'open' AND " + from31To60},
		{casesPath + "?sort=updated_at&client_id=" + client, "", "collection_cases", "client_id = '" + client + "'"},
		// Values that their keys cannot have.
		{casesPath, "status=purple", "collection_cases", "false"},
		{casesPath, "aging_bucket=purple", "collection_cases", "false"},
		{casesPath + "?sort=due_date", "aging_bucket=purple", "collection_cases", "false"},
		{customersPath, "status=purple", "clients", "false"},
		{customersPath, "is_delinquent=maybe", "clients", "false"},
		{"/api/v1/contracts", "client_id=x", "contracts", "false"},
		{invoices, "period_start=yesterday", "invoices", "false"},
		{invoices, "service=tv", "invoices", "false"},
		{invoices + "?client_id=x", "", "invoices", "false"},
		{"/api/v1/billing/runs", "period_start=2026-02-30", "billing_runs", "false"},
	} {
		t.Run(test.path+" "+test.filters, func(t *testing.T) {
			path, given, _ := strings.Cut(test.path, "?")
			values, err := url.ParseQuery(given)
			require.NoError(t, err)
			values.Set("filters", test.filters)
			var parameters []string
			for name := range maps.Keys(values) {
				parameters = append(parameters, name, values.Get(name))
			}
			want := ordered(t, s, "(SELECT * FROM "+test.table+" WHERE "+test.where+") matching", "id", "desc")
			var page object
			s.Get(t, path+query(append(parameters, "size", "100")...), &page)
			require.ElementsMatch(t, want, idsOf(t, page))
			require.EqualValues(t, len(want), at(t, page, "meta", "total"))
			require.Equal(t, any(test.filters), cmp.Or(at(t, page, "meta", "filters"), any("")))
			require.ElementsMatch(t, want, walkList(t, s, path, func() {}, append(parameters, "size", "7")...))
		})
	}
}

func unknownKeysAreEchoedAndIgnored(t *testing.T, s *system.System, lists []sortedList) {
	for _, list := range lists {
		want := ordered(t, s, list.table, list.keys[0], "desc")
		for _, sort := range []string{
			"colour", "colour:asc", "id:desc", list.keys[1] + ":upwards", ":asc", ":", "-" + list.keys[1], "created_at:desc:x",
			"1; DROP TABLE clients", "' OR 1=1",
		} {
			for _, filters := range []string{"a=b", "=", ",,,", "a", "id=" + unknownID, "{}", "' OR 1=1", "client=1,b=2"} {
				var page object
				s.Get(t, list.path+query("size", "100", "sort", sort, "filters", filters), &page)
				require.Equal(t, want, idsOf(t, page), "sort %s filters %s", sort, filters)
				require.EqualValues(t, len(want), at(t, page, "meta", "total"))
				require.Equal(t, sort, at(t, page, "meta", "sort"))
				require.Equal(t, filters, at(t, page, "meta", "filters"))
			}
		}
	}
}

func theKeysAreInTheOpenAPIDocument(t *testing.T, s *system.System, lists []sortedList) {
	var document object
	s.Get(t, "/openapi.json", &document)
	for _, list := range lists {
		path := list.path
		if list.table == "subscribers" {
			path = customersPath + "/{client_id}/subscribers"
		}
		described := map[string]string{}
		for _, parameter := range at(t, document, "paths", path, "get", "parameters").([]any) {
			if text(t, parameter, "in") == "query" {
				described[text(t, parameter, "name")] = fmt.Sprint(parameter.(object)["description"])
			}
		}
		for _, key := range list.keys {
			require.Contains(t, described["sort"], "`"+key+"`", path)
		}
		require.Contains(t, described["filters"], "`status`", path)
		require.Contains(t, described, "cursor", path)
	}
}

// cursorsSurviveConcurrentInserts adds rows before, at and behind the place of the
// cursor: none of the old ones is missed and none is seen twice.
func cursorsSurviveConcurrentInserts(t *testing.T, s *system.System, lists []sortedList) {
	for _, key := range lists[0].keys {
		for _, direction := range []string{"asc", "desc"} {
			before := ordered(t, s, "clients", key, direction)
			got := walkList(t, s, customersPath, func() {
				execute(t, s, `INSERT INTO clients (id, client_type, full_name, status, created_at, updated_at)
					SELECT gen_random_uuid(), 'individual', 'Client ' || n % 7, 'active',
					'2026-11-01'::timestamptz + (n % 5 - 1) * interval '1 microsecond', '2026-11-01' FROM generate_series(1, 3) n`)
			}, "sort", key+":"+direction, "size", "6")
			seen := map[string]bool{}
			for _, id := range got {
				require.False(t, seen[id], "client %s is seen twice", id)
				seen[id] = true
			}
			old := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return !slices.Contains(before, id) })
			require.Equal(t, before, old, "%s:%s", key, direction)
			execute(t, s, "DELETE FROM clients WHERE cin IS NULL")
		}
	}
}
