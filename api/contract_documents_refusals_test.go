package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/apikey"
	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/issuer"
	"github.com/mtfacturation/mtf/internal/test/system"
)

func documentsThatHaveNotTheFormAreRefused(t *testing.T, s *system.System) {
	subscription := newSubscription(t, s)
	for _, test := range []struct {
		field string
		value any
	}{
		{"id", "no-uuid"},
		{"id", uuid.Nil.String()},
		{"id", strings.ReplaceAll(uuid.NewString(), "-", "")},
		{"id", "urn:uuid:" + uuid.NewString()},
		{"id", absent{}},
		{"documents_contract_id", ""},
		{"documents_contract_id", "  "},
		{"documents_contract_id", absent{}},
		{"documents_contract_id", strings.Repeat("x", 201)},
		{"documents_owner_id", " \t "},
		{"documents_owner_id", nil},
		{"documents_owner_id", 7},
		{"creation_date", "2026-11-20"},
		{"creation_date", "yesterday"},
		{"creation_date", ""},
		{"creation_date", "9999-12-31T23:59:59-23:59"},
		{"creation_date", "0000-12-31T00:00:00Z"},
		{"last_updated_date", "2026-02-30T00:00:00Z"},
		{"last_updated_date", 1763632500},
		{"creation_user", ""},
		{"creation_system", strings.Repeat("x", 201)},
		{"last_updated_user", object{}},
	} {
		answer := writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, subscriptionContracts(subscription), with(linkedDocument(), object{test.field: test.value}))
		})
		require.Equal(t, http.StatusBadRequest, answer.Status, "%v: %s", test, answer.Body)
		problemAt(t, answer, "body", test.field)
	}
}

func TestContractDocuments_CallersOrganisationsOnly(t *testing.T) {
	t.Parallel()
	key := issuer.ECKey(t, "ec")
	s := system.Start(t, production(t, key), func(c *config.Config) {
		c.Organisations = []string{"mtf", "mtf-business"}
		c.Auth.OrganisationsClaim = "orgs"
	})
	admin := func(orgs ...string) system.Header {
		return bearer(key.Sign(t, object{
			"sub": "op-1", "aud": "mtf", "exp": system.Today.Add(24 * time.Hour).Unix(), "roles": []string{"admin"}, "orgs": orgs,
		}))
	}
	both, one, none := admin("mtf", "mtf-business"), admin("mtf"), admin()
	apiKey := func(name string, orgs ...string) system.Header {
		made, _, err := apikey.Create(t.Context(), s.Pool, apikey.CreateInput{Name: name, Roles: []string{"ops"}, Organisations: orgs}, system.Today)
		require.NoError(t, err)
		return bearer(made.Reveal())
	}
	every, business := apiKey("every"), apiKey("business", "mtf-business")
	offer := text(t, created(t, s, offersPath, mobileOffer(), every), "id")
	client := text(t, created(t, s, customersPath, object{"client_type": "individual", "full_name": "Test Client"}, every), "id")
	subscription := text(t, provision(t, s, object{"client_id": client, "offer_id": offer, "provisioning_intent": "new_line"}, every), "contract", "id")
	path := func(org string) string { return "/v2/orgs/" + org + "/subscriptions/" + subscription + "/contracts" }
	for caller, test := range map[string]struct {
		identity system.Header
		serves   []string
	}{
		"a token for both": {both, []string{"mtf", "mtf-business"}}, "a token for one": {one, []string{"mtf"}}, "a token for none": {none, nil},
		"a key for all": {every, []string{"mtf", "mtf-business"}}, "a key for one": {business, []string{"mtf-business"}},
	} {
		for _, org := range []string{"mtf", "mtf-business", "MTF", "other", "%20", unknownID} {
			answers := []system.Response{
				s.Call(t, http.MethodGet, path(org), nil, test.identity),
				s.Call(t, http.MethodPost, path(org), linkedDocument(), test.identity),
				s.Call(t, http.MethodGet, path(org)+"/"+unknownID, nil, test.identity),
			}
			if slices.Contains(test.serves, org) {
				require.Equal(t, []int{200, 201, 404}, []int{answers[0].Status, answers[1].Status, answers[2].Status}, "%s: %s", caller, org)
				continue
			}
			for _, answer := range answers {
				require.Empty(t, answer.Refused(t, http.StatusForbidden, "organisation_forbidden"), "%s: %s", caller, org)
			}
			// A caller outside the organisation does not learn what is wrong with the request.
			s.Call(t, http.MethodPost, path(org), "{", test.identity).Refused(t, http.StatusForbidden, "organisation_forbidden")
		}
	}
}
