package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	customersPath = "/api/v1/customers"
	clientFields  = `id, cin, client_type, full_name, address, email, phone, is_delinquent, delinquent_since, status,
		created_at, updated_at`
	timestampPattern = `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`
)

func TestCustomers(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"CreateClientRefusesWhatTheContractForbids", createClientRefusesWhatTheContractForbids},
		{"CINIsUniqueInWhateverCaseItIsWritten", cINIsUniqueInWhateverCaseItIsWritten},
		{"CINWithLettersOfAnyAlphabetIsNoFault", cINWithLettersOfAnyAlphabetIsNoFault},
		{"CreateClientTakesOneOfManyEqualCINsAtOnce", createClientTakesOneOfManyEqualCINsAtOnce},
		{"UpdateClientChangesOnlyWhatIsSent", updateClientChangesOnlyWhatIsSent},
		{"UpdateClientRefusesWhatTheContractForbids", updateClientRefusesWhatTheContractForbids},
		{"UnknownClientIsNotFound", unknownClientIsNotFound},
	})
}

func TestCustomer_CreateNormalisesAndSetsDefaults(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct {
		name       string
		body, want object
	}{
		{"everything given", object{
			"cin": " ab123456 ", "client_type": "business", "full_name": " Société Générale & Fils <Rabat> ",
			"address": "12 Rue Atlas, Rabat", "email": "contact@sgf.ma", "phone": "+212 5 37 00 00 00", "status": "suspended",
		}, object{
			"cin": "AB123456", "client_type": "business", "full_name": "Société Générale & Fils <Rabat>",
			"address": "12 Rue Atlas, Rabat", "email": "contact@sgf.ma", "phone": "+212 5 37 00 00 00", "status": "suspended",
			"is_delinquent": false, "delinquent_since": nil,
		}},
		{"only what is required", object{"client_type": "individual", "full_name": "فاطمة الزهراء 😀"}, object{
			"cin": nil, "client_type": "individual", "full_name": "فاطمة الزهراء 😀", "address": nil, "email": nil,
			"phone": nil, "status": "active", "is_delinquent": false, "delinquent_since": nil,
		}},
		{"null optionals", object{
			"client_type": "individual", "full_name": "No", "cin": nil, "address": nil, "email": nil, "phone": nil,
		}, object{"cin": nil, "address": nil, "email": nil, "phone": nil, "full_name": "No"}},
		{"unknown fields are ignored", object{
			"client_type": "individual", "full_name": "Unknown Fields", "id": unknownID, "is_delinquent": true, "x": object{"y": 1},
		}, object{"is_delinquent": false, "status": "active"}},
		{"longest values", object{
			"client_type": "individual", "full_name": strings.Repeat("é", 150), "cin": strings.Repeat("a", 40),
			"address": strings.Repeat("é", 255), "email": strings.Repeat("e", 255), "phone": strings.Repeat("1", 40),
		}, object{"full_name": strings.Repeat("é", 150), "cin": strings.Repeat("A", 40), "address": strings.Repeat("é", 255)}},
		{
			"surrogate pair escape is one character",
			object{"client_type": "individual", "full_name": "a\U0001F600"},
			object{"full_name": "a😀"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := created(t, s, customersPath, test.body)
			require.Equal(t, fieldsOf(clientFields), names(client))
			require.Subset(t, client, test.want, "body: %v", test.body)
			require.Regexp(t, timestampPattern, client["created_at"])
			require.Equal(t, client["created_at"], client["updated_at"])

			var read object
			s.Get(t, customersPath+"/"+text(t, client, "id"), &read)
			require.Equal(t, client, read, "what is read differs from what was created")
		})
	}
}

func createClientRefusesWhatTheContractForbids(t *testing.T, s *system.System) {
	valid := object{"client_type": "individual", "full_name": "Valid Name"}
	for _, test := range []struct {
		name    string
		changes object
		at      string
	}{
		{"no name", object{"full_name": absent{}}, "full_name"},
		{"null name", object{"full_name": nil}, "full_name"},
		{"short name", object{"full_name": "x"}, "full_name"},
		{"name of spaces", object{"full_name": "     "}, "full_name"},
		{"long name", object{"full_name": strings.Repeat("é", 151)}, "full_name"},
		{"name is a number", object{"full_name": 12}, "full_name"},
		{"no type", object{"client_type": absent{}}, "client_type"},
		{"unknown type", object{"client_type": "ghost"}, "client_type"},
		{"unknown status", object{"status": "deleted"}, "status"},
		{"short CIN", object{"cin": "abc"}, "cin"},
		{"CIN short once trimmed", object{"cin": "  ab  "}, "cin"},
		{"long CIN", object{"cin": strings.Repeat("a", 41)}, "cin"},
		{"CIN is a list", object{"cin": []string{"abcd"}}, "cin"},
		{"long address", object{"address": strings.Repeat("x", 256)}, "address"},
		{"long email", object{"email": strings.Repeat("x", 256)}, "email"},
		{"long phone", object{"phone": strings.Repeat("1", 41)}, "phone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, customersPath, with(valid, test.changes))
			})
			problemAt(t, answer, "body", test.at)
		})
	}
	t.Run("all problems at once", func(t *testing.T) {
		answer := s.Call(t, http.MethodPost, customersPath, object{"client_type": "ghost", "full_name": "x", "cin": "abc"})
		for _, field := range []string{"client_type", "full_name", "cin"} {
			problemAt(t, answer, "body", field)
		}
	})
}

func cINIsUniqueInWhateverCaseItIsWritten(t *testing.T, s *system.System) {
	id, cin := newClient(t, s)
	other, _ := newClient(t, s)
	answer := writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodPost, customersPath,
			object{"client_type": "individual", "full_name": "Same CIN", "cin": " " + strings.ToLower(cin) + " "})
	})
	require.Equal(t, object{"client_id": id}, answer.Refused(t, http.StatusConflict, "client_cin_conflict"))

	answer = s.Call(t, http.MethodPut, customersPath+"/"+other, object{"cin": strings.ToLower(cin), "full_name": "Changed"})
	require.Equal(t, object{"client_id": id}, answer.Refused(t, http.StatusConflict, "client_cin_conflict"))
	var read object
	s.Get(t, customersPath+"/"+other, &read)
	require.Equal(t, "Test Client", read["full_name"], "a refused change was applied in part")
}

func cINWithLettersOfAnyAlphabetIsNoFault(t *testing.T, s *system.System) {
	for _, cin := range []string{"straße", "ﬁnance", "ŉaaaa", "ıiiii", "ǆabcd", "çéàü", "ΐΰὖὒ", "აბგდ", "\u00a0abcd\u00a0", "\u3000abce"} {
		answer := s.Call(t, http.MethodPost, customersPath, object{"client_type": "individual", "full_name": "Letters", "cin": cin})
		require.Less(t, answer.Status, 500, "CIN %q: %s", cin, answer.Body)
	}
}

func createClientTakesOneOfManyEqualCINsAtOnce(t *testing.T, s *system.System) {
	cin, accepted := newCIN(), 0
	for _, answer := range concurrently(t, 16, func(int) (system.Response, error) {
		return s.TryCall(http.MethodPost, customersPath, object{"client_type": "individual", "full_name": "Racer", "cin": cin})
	}) {
		if answer.Status == http.StatusOK {
			accepted++
			continue
		}
		answer.Refused(t, http.StatusConflict, "client_cin_conflict")
	}
	require.Equal(t, 1, accepted)
}

func updateClientChangesOnlyWhatIsSent(t *testing.T, s *system.System) {
	full := object{
		"cin": "UPD00001", "client_type": "individual", "full_name": "Before", "address": "Street", "email": "a@b.ma", "phone": "0600",
	}
	client := created(t, s, customersPath, full)
	path := customersPath + "/" + text(t, client, "id")
	for _, test := range []struct {
		name       string
		body, want object
	}{
		{"nothing", object{}, object{}},
		{"name", object{"full_name": "  After "}, object{"full_name": "After"}},
		{"status", object{"status": "terminated"}, object{"status": "terminated"}},
		{"CIN", object{"cin": " upd00002 "}, object{"cin": "UPD00002"}},
		{"own CIN again", object{"cin": "upd00002"}, object{"cin": "UPD00002"}},
		{
			"contact",
			object{"address": "Road", "email": "c@d.ma", "phone": "0700"},
			object{"address": "Road", "email": "c@d.ma", "phone": "0700"},
		},
		{
			"null clears",
			object{"address": nil, "email": nil, "phone": nil, "cin": nil},
			object{"address": nil, "email": nil, "phone": nil, "cin": nil},
		},
		{"type cannot change", object{"client_type": "business"}, object{"client_type": "individual"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after object
			s.Get(t, path, &before)
			s.Call(t, http.MethodPut, path, test.body).Into(t, http.StatusOK, &after)
			want := with(before, test.want)
			want["updated_at"] = after["updated_at"]
			require.Equal(t, want, after, "body: %v", test.body)
			require.GreaterOrEqual(t, text(t, after, "updated_at"), text(t, before, "updated_at"))
		})
	}
}

func updateClientRefusesWhatTheContractForbids(t *testing.T, s *system.System) {
	id, _ := newClient(t, s)
	path := customersPath + "/" + id
	var before, after object
	s.Get(t, path, &before)
	for _, test := range []struct {
		body object
		at   string
	}{
		{object{"full_name": nil}, "full_name"},
		{object{"full_name": " x "}, "full_name"},
		{object{"status": nil}, "status"},
		{object{"status": "gone"}, "status"},
		{object{"cin": "abc"}, "cin"},
		{object{"cin": "   "}, "cin"},
		{object{"phone": strings.Repeat("1", 41)}, "phone"},
		{object{"email": 5}, "email"},
	} {
		t.Run(fmt.Sprint(test.body), func(t *testing.T) {
			problemAt(t, s.Call(t, http.MethodPut, path, test.body), "body", test.at)
			s.Get(t, path, &after)
			require.Equal(t, before, after, "body: %v", test.body)
		})
	}
}

func unknownClientIsNotFound(t *testing.T, s *system.System) {
	for _, id := range []string{unknownID, "no-uuid", "00000000-0000-0000-0000-000000000000", "%20", strings.Repeat("9", 5000)} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			var body any
			if method == http.MethodPut {
				body = object{"full_name": "Somebody"}
			}
			s.Call(t, method, customersPath+"/"+id, body).Refused(t, http.StatusNotFound, "client_not_found")
		}
	}
}

func TestCustomer_DeleteCascadesToSubscribersOnly(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	free, _ := newClient(t, s)
	execute(t, s, `INSERT INTO subscribers VALUES (gen_random_uuid(), $1, 'mobile', '+212600000000', 'active', now(), now())`, free)
	answer := s.Call(t, http.MethodDelete, customersPath+"/"+free, nil)
	require.Equal(t, http.StatusNoContent, answer.Status, "%s", answer.Body)
	require.Empty(t, answer.Body)
	s.Call(t, http.MethodGet, customersPath+"/"+free, nil).Refused(t, http.StatusNotFound, "client_not_found")
	require.Zero(t, count(t, s, "SELECT count(*) FROM subscribers"))

	bound, _ := newClient(t, s)
	newContract(t, s, bound, newOffer(t, s, mobileOffer()))
	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodDelete, customersPath+"/"+bound, nil)
	}).Refused(t, http.StatusConflict, "client_delete_blocked")
}
