package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func subscriptionContracts(subscription string) string {
	return "/v2/orgs/mtf/subscriptions/" + subscription + "/contracts"
}

// linkedDocument is a document of another service, with every field set.
func linkedDocument() object {
	n := next()
	return object{
		"id": uuid.NewString(), "documents_contract_id": fmt.Sprintf("DOC-%d", n), "documents_owner_id": fmt.Sprintf("CUSTOMER-%d", n),
		"creation_date": "2026-11-20T10:15:00.000000Z", "creation_user": "agent-12", "creation_system": "signature-desk",
		"last_updated_date": "2026-11-21T08:00:00.123456Z", "last_updated_user": "agent-13",
	}
}

// linkedContracts lists the documents of a subscription.
func linkedContracts(t testing.TB, s *system.System, subscription, query string) object {
	t.Helper()
	var set object
	s.Get(t, subscriptionContracts(subscription)+query, &set)
	require.Equal(t, fieldsOf("contracts, offset, limit, total"), names(set))
	return set
}

// link posts a document that must be new.
func link(t testing.TB, s *system.System, subscription string, body object) object {
	t.Helper()
	return decoded(t, s.Call(t, http.MethodPost, subscriptionContracts(subscription), body), http.StatusCreated)
}

func TestContractDocuments(t *testing.T) {
	t.Parallel()
	runOnOneSystem(t, []sharedTest{
		{"issued documents are there by themselves", issuedDocumentsAreThereByThemselves},
		{"an issued document is linked already", anIssuedDocumentIsLinkedAlready},
		{"sent fields are kept, and missing fields get defaults", linkedDocumentIsKept},
		{"an id belongs to one content", anIDBelongsToOneContent},
		{"many callers link one document once", manyCallersLinkOneDocumentOnce},
		{"pages of any size give the whole", pagesOfAnySizeGiveTheWhole},
		{"any sequence of links leaves what a list of them says", anySequenceOfLinksLeavesWhatItSays},
		{"requests that have not the form are refused", documentsThatHaveNotTheFormAreRefused},
	})
}

func issuedDocumentsAreThereByThemselves(t *testing.T, s *system.System) {
	first := newOffer(t, s, mobileOffer())
	landed := submit(t, s, newMobile(first))
	subscription, client := text(t, landed, "contract", "id"), text(t, landed, "client_id")
	set := linkedContracts(t, s, subscription, "")
	require.Equal(t, object{"offset": 0.0, "limit": 50.0, "total": 1.0}, with(set, object{"contracts": absent{}}))
	captures{"client": client}.requireShape(t, s.Call(t, http.MethodGet, subscriptionContracts(subscription), nil), http.StatusOK, object{
		"contracts": []any{object{
			"id": "<uuid document>", "documents_contract_id": "<uuid>", "documents_owner_id": "$client", "creation_date": "<timestamp>",
			"creation_user": "landing-flow", "creation_system": "mtf", "last_updated_date": "<timestamp>", "last_updated_user": "landing-flow",
		}},
	})
	issued := at(t, set, "contracts").([]any)[0].(object)
	require.Equal(t, issued["id"], issued["documents_contract_id"])
	events := contractAudit(t, s, subscription)
	require.Equal(t, issued["id"], at(t, detailsOf(t, events[len(events)-1]["details"]), "document_id"))
	require.Equal(t, events[len(events)-1]["created_at"], issued["creation_date"])
	var alone object
	s.Get(t, subscriptionContracts(subscription)+"/"+text(t, issued, "id"), &alone)
	require.Equal(t, issued, alone)

	// A change of plan issues a new one, which comes first.
	created(t, s, "/api/v1/landing/submit/plan-change", object{
		"cin": landed["client_cin"], "source_contract_id": subscription, "target_offer_id": newOffer(t, s, mobileOffer()), "contract_start_date": "2026-09-20",
	}, newKey(), system.Anonymous)
	contracts := at(t, linkedContracts(t, s, subscription, ""), "contracts").([]any)
	require.Len(t, contracts, 2)
	require.Equal(t, issued, contracts[1])

	// A document link issues the first one of a contract that has none.
	owner, cin := newClient(t, s)
	bare := newContract(t, s, owner, first)
	require.Empty(t, at(t, linkedContracts(t, s, bare, ""), "contracts"))
	created(t, s, "/api/v1/landing/contracts/"+bare+"/document-link", object{"cin": cin}, system.Anonymous)
	contracts = at(t, linkedContracts(t, s, bare, ""), "contracts").([]any)
	require.Len(t, contracts, 1)
	require.Equal(t, owner, text(t, contracts[0], "documents_owner_id"))
	require.Equal(t, 0, count(t, s, "SELECT count(*) FROM linked_contract_documents WHERE contract_id = $1", bare), "nothing is kept twice")

	s.Call(t, http.MethodGet, subscriptionContracts(bare)+"/"+text(t, issued, "id"), nil).Refused(t, http.StatusNotFound, "contract_document_not_found")
}

func anIssuedDocumentIsLinkedAlready(t *testing.T, s *system.System) {
	landed := submit(t, s, newMobile(newOffer(t, s, mobileOffer())))
	subscription := text(t, landed, "contract", "id")
	issued := at(t, linkedContracts(t, s, subscription, ""), "contracts").([]any)[0].(object)
	other := text(t, submit(t, s, newMobile(newOffer(t, s, mobileOffer()))), "contract", "id")
	post := func(subscription string, body object) system.Response {
		return writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, subscriptionContracts(subscription), body)
		})
	}
	required := object{"id": issued["id"], "documents_contract_id": issued["documents_contract_id"], "documents_owner_id": issued["documents_owner_id"]}
	for _, same := range []object{issued, required} {
		require.Equal(t, issued, decoded(t, post(subscription, same), http.StatusOK))
	}
	for _, change := range []object{{"documents_owner_id": "CUSTOMER-7"}, {"documents_contract_id": "DOC-1"}, {"creation_system": "signature-desk"}, {"creation_user": "agent-12"}} {
		require.Empty(t, post(subscription, with(issued, change)).Refused(t, http.StatusConflict, "contract_document_conflict"), "%v", change)
	}
	post(other, issued).Refused(t, http.StatusConflict, "contract_document_conflict")
}

// newSubscription is a contract without a document.
func newSubscription(t testing.TB, s *system.System) string {
	t.Helper()
	client, _ := newClient(t, s)
	return newContract(t, s, client, newOffer(t, s, mobileOffer()))
}

func linkedDocumentIsKept(t *testing.T, s *system.System) {
	subscription := newSubscription(t, s)
	whole := linkedDocument()
	require.Equal(t, whole, link(t, s, subscription, whole))

	// However an instant is written, it is one instant.
	zoned := with(whole, object{"creation_date": "2026-11-20T11:15:00+01:00", "last_updated_date": "2026-11-21T08:00:00.1234569Z"})
	require.Equal(t, whole, decoded(t, s.Call(t, http.MethodPost, subscriptionContracts(subscription), zoned), http.StatusOK))

	bare := object{"id": strings.ToUpper(uuid.NewString()), "documents_contract_id": " DOC é ", "documents_owner_id": strings.Repeat("é", 200)}
	linked := link(t, s, subscription, bare)
	require.Equal(t, fieldsOf("id, documents_contract_id, documents_owner_id, creation_date, creation_user, last_updated_date, last_updated_user"), names(linked))
	require.Equal(t, strings.ToLower(text(t, bare, "id")), linked["id"])
	require.Equal(t, "DOC é", linked["documents_contract_id"])
	require.Equal(t, "op-1", linked["creation_user"])
	require.Equal(t, linked["creation_user"], linked["last_updated_user"])
	require.Equal(t, linked["creation_date"], linked["last_updated_date"])
	made, err := time.Parse(time.RFC3339, text(t, linked, "creation_date"))
	require.NoError(t, err)
	require.WithinRange(t, made, system.Today, s.Now())
	for _, again := range []object{bare, linked} {
		require.Equal(t, linked, decoded(t, s.Call(t, http.MethodPost, subscriptionContracts(subscription), again), http.StatusOK))
	}

	set := linkedContracts(t, s, subscription, "")
	require.Equal(t, []any{linked, whole}, set["contracts"], "the one that was linked last comes first, whenever it was made")
	var alone object
	s.Get(t, subscriptionContracts(subscription)+"/"+text(t, whole, "id"), &alone)
	require.Equal(t, whole, alone)
}

func anIDBelongsToOneContent(t *testing.T, s *system.System) {
	subscription := newSubscription(t, s)
	whole := linkedDocument()
	link(t, s, subscription, whole)
	refuse := func(subscription string, body object) {
		t.Helper()
		writesNothing(t, s, func() system.Response {
			return s.Call(t, http.MethodPost, subscriptionContracts(subscription), body)
		}).Refused(t, http.StatusConflict, "contract_document_conflict")
	}
	other := linkedDocument()
	for name := range whole {
		if name == "id" {
			continue
		}
		value := other[name]
		if value == whole[name] {
			value = "2026-11-19T00:00:00Z"
			if strings.HasSuffix(name, "_user") || strings.HasSuffix(name, "_system") {
				value = "another"
			}
		}
		refuse(subscription, with(whole, object{name: value}))
		if !strings.HasPrefix(name, "documents_") {
			refuse(subscription, with(whole, object{name: absent{}}))
		}
	}
	refuse(newSubscription(t, s), whole)
}

func manyCallersLinkOneDocumentOnce(t *testing.T, s *system.System) {
	subscription := newSubscription(t, s)
	for round := range 4 {
		same, contents := linkedDocument(), make([]object, 16)
		for i := range contents {
			contents[i] = with(same, object{"documents_contract_id": fmt.Sprintf("DOC-%d", i)})
		}
		// In half of the rounds all requests are equal, in the others all differ.
		statuses := map[int]int{}
		var stored, answered []object
		for i, answer := range concurrently(t, len(contents), func(i int) (system.Response, error) {
			body := same
			if round%2 == 1 {
				body = contents[i]
			}
			return s.TryCall(http.MethodPost, subscriptionContracts(subscription), body)
		}) {
			statuses[answer.Status]++
			if answer.Status == http.StatusConflict {
				answer.Refused(t, http.StatusConflict, "contract_document_conflict")
				continue
			}
			answered = append(answered, decoded(t, answer, answer.Status))
			if answer.Status == http.StatusCreated {
				stored = append(stored, contents[i])
			}
		}
		if round%2 == 0 {
			require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusOK: 15}, statuses)
			for _, answer := range answered {
				require.Equal(t, same, answer)
			}
		} else {
			require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 15}, statuses)
			require.Equal(t, stored, answered)
		}
		require.Equal(t, 1, count(t, s, "SELECT count(*) FROM linked_contract_documents WHERE id = $1", same["id"]))
	}
}

func pagesOfAnySizeGiveTheWhole(t *testing.T, s *system.System) {
	// Issued and linked ones between each other.
	landed := submit(t, s, newMobile(newOffer(t, s, mobileOffer())))
	subscription := text(t, landed, "contract", "id")
	for range 4 {
		link(t, s, subscription, linkedDocument())
	}
	created(t, s, "/api/v1/landing/submit/plan-change", object{
		"cin": landed["client_cin"], "source_contract_id": subscription, "target_offer_id": newOffer(t, s, mobileOffer()), "contract_start_date": "2026-09-20",
	}, newKey(), system.Anonymous)
	link(t, s, subscription, linkedDocument())
	const total = 7
	whole := at(t, linkedContracts(t, s, subscription, "?limit=200"), "contracts").([]any)
	require.Len(t, whole, total)
	ids := map[any]bool{}
	for _, each := range whole {
		ids[at(t, each, "id")] = true
	}
	require.Len(t, ids, total)
	for offset := range total + 2 {
		for limit := 1; limit <= total+1; limit++ {
			set := linkedContracts(t, s, subscription, fmt.Sprintf("?offset=%d&limit=%d", offset, limit))
			from := min(offset, total)
			require.Equal(t, whole[from:min(from+limit, total)], set["contracts"], "offset %d, limit %d", offset, limit)
			require.Equal(t, object{"offset": float64(offset), "limit": float64(limit), "total": float64(total)}, with(set, object{"contracts": absent{}}))
		}
	}
	for _, query := range []string{"offset=-1", "offset=x", "offset=1.5", "offset=2147483648", "limit=0", "limit=201", "limit=-1", "limit=x"} {
		name, _, _ := strings.Cut(query, "=")
		answer := s.Call(t, http.MethodGet, subscriptionContracts(subscription)+"?"+query, nil)
		require.Equal(t, http.StatusBadRequest, answer.Status)
		problemAt(t, answer, "query", name)
	}
	require.Empty(t, at(t, linkedContracts(t, s, subscription, "?offset=2147483647"), "contracts"))
}

// within reports whether whole contains every field of part with the same value.
func within(part, whole object) bool {
	for name, value := range part {
		if whole[name] != value {
			return false
		}
	}
	return true
}

// anySequenceOfLinksLeavesWhatItSays compares answers and lists with a list that is kept beside.
func anySequenceOfLinksLeavesWhatItSays(t *testing.T, s *system.System) {
	subscriptions := []string{newSubscription(t, s), newSubscription(t, s)}
	before := map[string]int{} // How many documents each has.
	rapid.Check(t, func(r *rapid.T) {
		ids := []string{uuid.NewString(), uuid.NewString(), uuid.NewString()}
		optional := rapid.SampledFrom([]any{nil, "a", "b"})
		type stored struct {
			subscription string
			body, shown  object
		}
		var model []stored // In the order in which they were linked.
		for range rapid.IntRange(1, 8).Draw(r, "links") {
			subscription := rapid.SampledFrom(subscriptions).Draw(r, "subscription")
			body := object{
				"id": rapid.SampledFrom(ids).Draw(r, "id"), "documents_contract_id": rapid.SampledFrom([]string{"D1", "D2"}).Draw(r, "document"),
				"documents_owner_id": "C1",
			}
			for _, name := range []string{"creation_user", "last_updated_user"} {
				if value := optional.Draw(r, name); value != nil {
					body[name] = value
				}
			}
			answer := s.Call(t, http.MethodPost, subscriptionContracts(subscription), body)
			known := slices.IndexFunc(model, func(each stored) bool { return each.body["id"] == body["id"] })
			switch {
			case known < 0:
				model = append(model, stored{subscription, body, decoded(t, answer, http.StatusCreated)})
				require.Subset(t, model[len(model)-1].shown, body)
			case model[known].subscription == subscription && within(model[known].body, body) && within(body, model[known].shown):
				// The body repeats every field of the first body and contradicts no field of the stored document.
				require.Equal(t, model[known].shown, decoded(t, answer, http.StatusOK))
			default:
				answer.Refused(t, http.StatusConflict, "contract_document_conflict")
			}
		}
		for _, subscription := range subscriptions {
			want := []any{}
			for _, each := range slices.Backward(model) {
				if each.subscription == subscription {
					want = append(want, each.shown)
				}
			}
			set := linkedContracts(t, s, subscription, "")
			require.Equal(t, want, at(t, set, "contracts").([]any)[:len(want)])
			before[subscription] += len(want)
			require.EqualValues(t, before[subscription], set["total"])
		}
	})
}
