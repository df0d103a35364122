package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// rounds is how often each race is repeated, so that a rare interleaving shows.
const rounds = 3

// effect is the number of rows that a request adds to each table.
type effect map[string]int

// requireEffect checks that exactly these rows were added.
func requireEffect(t testing.TB, s *system.System, before map[string]int, want effect) {
	t.Helper()
	got := effect{}
	for table, rows := range rowCounts(t, s) {
		if added := rows - before[table]; added != 0 {
			got[table] = added
		}
	}
	require.Equal(t, want, got)
}

// TestConcurrency_Races runs its races one after the other: each has its own concurrent callers.
func TestConcurrency_Races(t *testing.T) {
	t.Parallel()
	e := newFixture(t)
	for name, race := range map[string]func(*testing.T, *fixture){
		"OneOfManyContendersWins":                        oneOfManyContendersWins,
		"OneKeyHasTheEffectOfOneRequest":                 oneKeyHasTheEffectOfOneRequest,
		"PlanChangesAreAppliedOneAfterTheOther":          planChangesAreAppliedOneAfterTheOther,
		"DeletesAgainstProvisioningLeaveNothingHalfDone": deletesAgainstProvisioningLeaveNothingHalfDone,
	} {
		t.Run(name, func(t *testing.T) { race(t, e) })
	}
}

// oneOfManyContendersWins lets callers want the same thing at the same moment. One
// gets it; the others are refused as if they had come later, and leave nothing behind.
func oneOfManyContendersWins(t *testing.T, e *fixture) {
	s := e.s
	for _, race := range []struct {
		name   string
		status int
		codes  []string
		effect effect
		// prepare returns the requests of a round, one for each contender.
		prepare func(t testing.TB) func(contender int) (system.Response, error)
	}{
		{"one CIN", 409, []string{"client_cin_conflict"}, effect{"clients": 1}, func(testing.TB) func(int) (system.Response, error) {
			cin := newCIN()
			return func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPost, customersPath, object{"cin": cin, "client_type": "individual", "full_name": fmt.Sprint("Client ", i)})
			}
		}},
		{"one CIN for many clients", 409, []string{"client_cin_conflict"}, effect{}, func(t testing.TB) func(int) (system.Response, error) {
			cin, clients := newCIN(), make([]string, concurrentCallers)
			for i := range clients {
				clients[i], _ = newClient(t, s)
			}
			return func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPut, customersPath+"/"+clients[i], object{"cin": cin})
			}
		}},
		{
			"one CIN of clients made with their contracts", 409,
			[]string{"client_cin_conflict"},
			effect{"clients": 1, "subscribers": 1, "contracts": 1, "idempotency_keys": 1, "contract_audit_events": 1, "billing_profiles": 1, "contract_price_changes": 1},
			func(testing.TB) func(int) (system.Response, error) {
				cin := newCIN()
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, provisionPath, object{
						"offer_id": e.mobile, "contract_start_date": "2026-08-10",
						"client": object{"cin": cin, "client_type": "individual", "full_name": "Inline Client"},
					})
				}
			},
		},
		{"one offer", 409, []string{"offer_version_conflict"}, effect{"offers": 1}, func(testing.TB) func(int) (system.Response, error) {
			offer := mobileOffer()
			return func(int) (system.Response, error) { return s.TryCall(http.MethodPost, offersPath, offer) }
		}},
		{"one name for many offers", 409, []string{"offer_version_conflict"}, effect{}, func(t testing.TB) func(int) (system.Response, error) {
			name, offers := fmt.Sprint("Name ", next()), make([]string, concurrentCallers)
			for i := range offers {
				offers[i] = newOffer(t, s, mobileOffer())
			}
			return func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPut, offersPath+"/"+offers[i], object{"name": name})
			}
		}},
		{"one service identifier", 409, []string{"subscriber_identifier_conflict"}, effect{"subscribers": 1}, func(testing.TB) func(int) (system.Response, error) {
			body := object{"service_type": "mobile", "service_identifier": newMobileNumber()}
			return func(i int) (system.Response, error) {
				return s.TryCall(http.MethodPost, subscribersOf([]string{e.owner, e.none}[i%2]), body)
			}
		}},
		{
			"one number for new lines of one client", 409,
			[]string{"subscriber_identifier_conflict"},
			effect{"subscribers": 1, "contracts": 1, "idempotency_keys": 1, "contract_audit_events": 1, "billing_profiles": 1, "contract_price_changes": 1},
			func(testing.TB) func(int) (system.Response, error) {
				body := object{
					"client_id": e.buyer, "offer_id": e.mobile, "contract_start_date": "2026-08-10", "provisioning_intent": "new_line",
					"subscriber": object{"service_identifier": newMobileNumber()},
				}
				return func(int) (system.Response, error) { return s.TryCall(http.MethodPost, provisionPath, body) }
			},
		},
		{
			"one number for new clients", 409,
			[]string{"subscriber_identifier_conflict"},
			effect{"clients": 1, "subscribers": 1, "contracts": 1, "idempotency_keys": 1, "contract_audit_events": 1, "billing_profiles": 1, "contract_price_changes": 1},
			func(testing.TB) func(int) (system.Response, error) {
				number := newMobileNumber()
				return func(i int) (system.Response, error) {
					return s.TryCall(http.MethodPost, provisionPath, object{
						"offer_id": e.mobile, "contract_start_date": "2026-08-10", "subscriber": object{"service_identifier": number},
						"client": object{"client_type": "individual", "full_name": fmt.Sprint("Client ", i)},
					})
				}
			},
		},
		{
			"one number on the landing page", 409,
			[]string{"subscriber_identifier_conflict"},
			effect{"clients": 1, "subscribers": 1, "contracts": 1, "contract_audit_events": 3, "documents": 1, "idempotency_keys": 1, "billing_profiles": 1, "contract_price_changes": 1},
			func(testing.TB) func(int) (system.Response, error) {
				number := newMobileNumber()
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, submitNewPath, with(newMobile(e.mobile), object{"requested_mobile_local_number": number}), newKey())
				}
			},
		},
		{
			"one subscriber", 409,
			[]string{"subscriber_contract_conflict"},
			effect{"contracts": 1, "contract_audit_events": 1, "billing_profiles": 1, "contract_price_changes": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				body := draftOf(t, s)
				return func(i int) (system.Response, error) {
					return s.TryCall(http.MethodPost, contractsPath, with(body, object{"status": []string{"draft", "active", "suspended"}[i%3]}))
				}
			},
		},
		{
			"the whole of one invoice", 409,
			[]string{"invoice_already_paid"},
			effect{"payments": 1, "idempotency_keys": 1, "ledger_entries": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				invoice := newInvoice(t, s, november)
				body := object{"invoice_id": invoice["id"], "amount": invoice["total_amount"], "payment_date": "2026-11-20"}
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, paymentsPath, body, newKey())
				}
			},
		},
		{
			"the approval of one invoice", 409,
			[]string{"invoice_already_paid"},
			effect{"payments": 1, "idempotency_keys": 1, "ledger_entries": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				path := approvalPath(newInvoice(t, s, november)["id"])
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, path, object{}, newKey())
				}
			},
		},
		{
			"payments and approvals of one overdue invoice", 409,
			[]string{"invoice_already_paid"},
			effect{"payments": 1, "idempotency_keys": 1, "collection_case_actions": 2, "ledger_entries": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				invoice := newInvoice(t, s, september)
				pay(t, s, invoice, "1.00")
				return func(i int) (system.Response, error) {
					if i%2 == 0 {
						return s.TryCall(http.MethodPost, approvalPath(invoice["id"]), object{}, newKey())
					}
					return s.TryCall(http.MethodPost, paymentsPath,
						object{"invoice_id": invoice["id"], "amount": "237.80", "payment_date": "2026-11-20"}, newKey())
				}
			},
		},
		{
			"the reversal of one payment", 409,
			[]string{"payment_already_reversed"},
			effect{"idempotency_keys": 1, "invoice_audit_events": 1, "collection_case_actions": 2, "ledger_entries": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				// Paid in two parts, the second of which settles it: the case is reopened by the reversal.
				invoice := newInvoice(t, s, september)
				pay(t, s, invoice, "1.00")
				path := reversalPath(text(t, at(t, pay(t, s, invoice, "237.80"), "payment"), "id"))
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, path, object{"reason": "Bounced"}, newKey())
				}
			},
		},
		{
			"one invoice to void", 409,
			[]string{"invoice_void"},
			effect{"idempotency_keys": 1, "invoice_audit_events": 1, "ledger_entries": 1},
			func(t testing.TB) func(int) (system.Response, error) {
				path := voidPath(newInvoice(t, s, november)["id"])
				return func(int) (system.Response, error) {
					return s.TryCall(http.MethodPost, path, object{"reason": "Wrong tariff"}, newKey())
				}
			},
		},
	} {
		t.Run(race.name, func(t *testing.T) {
			for round := range rounds {
				send := race.prepare(t)
				before, accepted := rowCounts(t, s), 0
				for _, answer := range concurrently(t, concurrentCallers, send) {
					if answer.Status == http.StatusOK {
						accepted++
						continue
					}
					code := text(t, decoded(t, answer, race.status), "error", "code")
					require.Contains(t, race.codes, code, "round %d", round)
				}
				require.Equal(t, 1, accepted, "round %d", round)
				requireEffect(t, s, before, race.effect)
			}
		})
	}
}

// oneKeyHasTheEffectOfOneRequest compares what many equal requests under one key
// leave behind with what a single one does.
func oneKeyHasTheEffectOfOneRequest(t *testing.T, e *fixture) {
	keyed := 0
	for _, p := range operationSpecs() {
		if !slices.ContainsFunc(p.refusals, func(row refusalSpec) bool { return row.code == "idempotency_key_payload_conflict" }) {
			continue
		}
		keyed++
		t.Run(p.operation, func(t *testing.T) {
			send := func(request apiRequest) (system.Response, error) {
				return e.s.TryCall(p.method(), p.path(request), request.body, request.headers...)
			}
			fresh := func() apiRequest {
				request := p.valid(t, e)
				request.headers = []system.Header{newKey()}
				return request
			}
			// The first plan change puts the contract on the offer. The later plan changes find it on that offer.
			_, err := send(fresh())
			require.NoError(t, err)
			alone := effect{}
			request := fresh()
			before := rowCounts(t, e.s)
			_, replayed := withoutReplayMark(t, p.call(t, e.s, request))
			require.False(t, replayed)
			for table, rows := range rowCounts(t, e.s) {
				if rows != before[table] {
					alone[table] = rows - before[table]
				}
			}
			require.Equal(t, 1, alone["idempotency_keys"])
			for round := range rounds {
				request, originals := fresh(), 0
				before := rowCounts(t, e.s)
				answers := concurrently(t, concurrentCallers, func(int) (system.Response, error) { return send(request) })
				want, _ := withoutReplayMark(t, answers[0])
				for _, answer := range answers {
					got, replayed := withoutReplayMark(t, answer)
					require.Equal(t, want, got, "round %d", round)
					if !replayed {
						originals++
					}
				}
				require.Equal(t, 1, originals, "round %d", round)
				requireEffect(t, e.s, before, alone)
			}
		})
	}
	require.Equal(t, 8, keyed)
}

func planChangesAreAppliedOneAfterTheOther(t *testing.T, e *fixture) {
	s := e.s
	first := newOffer(t, s, mobileOffer())
	offers := make([]string, concurrentCallers)
	for i := range offers {
		offers[i] = newOffer(t, s, mobileOffer())
	}
	for _, changes := range []int{2, 2, concurrentCallers} {
		subscribed := submit(t, s, newMobile(first))
		contract, before := text(t, subscribed, "contract", "id"), rowCounts(t, s)
		for i, answer := range concurrently(t, changes, func(i int) (system.Response, error) {
			return s.TryCall(http.MethodPost, planChangePath, object{
				"cin": subscribed["client_cin"], "source_contract_id": contract, "target_offer_id": offers[i],
				"contract_start_date": fmt.Sprintf("2026-10-%02d", i+1),
			}, newKey(), system.Anonymous)
		}) {
			body := decoded(t, answer, http.StatusOK)
			require.Equal(t, offers[i], at(t, body, "contract", "offer_id"), "the answer is about the change that was asked for")
			pdf(t, s, text(t, body, "document_download_url"))
		}
		requireEffect(t, s, before, effect{"contract_audit_events": 2 * changes, "documents": changes, "idempotency_keys": changes, "contract_price_changes": changes})

		current, start, seen := first, "2026-09-20", map[string]bool{}
		for _, event := range contractAudit(t, s, contract) {
			if event["event_type"] != "contract_offer_changed" {
				continue
			}
			details := detailsOf(t, event["details"])
			require.Equal(t, current, details["from_offer_id"], "a change begins where the one before it ended")
			require.Equal(t, start, details["from_start_date"])
			current, start = text(t, details, "to_offer_id"), text(t, details, "to_start_date")
			seen[current] = true
		}
		require.Len(t, seen, changes)
		var read object
		s.Get(t, contractsPath+"/"+contract, &read)
		require.Subset(t, read, object{"offer_id": current, "start_date": start, "status": "active"})
	}
}

// deletesAgainstProvisioningLeaveNothingHalfDone deletes clients and offers while
// contracts on them are made by every door.
func deletesAgainstProvisioningLeaveNothingHalfDone(t *testing.T, e *fixture) {
	s := e.s
	for range 4 * rounds {
		offer := newOffer(t, s, mobileOffer())
		client, cin := newClient(t, s)
		line := newSubscriber(t, s, client)
		requests := []func() (system.Response, error){
			func() (system.Response, error) {
				return s.TryCall(http.MethodDelete, customersPath+"/"+client, nil)
			},
			func() (system.Response, error) { return s.TryCall(http.MethodDelete, offersPath+"/"+offer, nil) },
			func() (system.Response, error) {
				return s.TryCall(http.MethodPost, provisionPath, object{
					"client_id": client, "offer_id": offer, "contract_start_date": "2026-08-10", "provisioning_intent": "new_line",
				})
			},
			func() (system.Response, error) {
				return s.TryCall(http.MethodPost, submitNewPath, with(newMobile(offer), object{"cin": cin}), newKey())
			},
			func() (system.Response, error) {
				return s.TryCall(http.MethodPost, contractsPath, object{
					"client_id": client, "offer_id": offer, "subscriber_id": line, "contract_start_date": "2026-08-10",
				})
			},
			func() (system.Response, error) {
				return s.TryCall(http.MethodPost, subscribersOf(client), object{"service_type": "mobile", "service_identifier": newMobileNumber()})
			},
			func() (system.Response, error) {
				return s.TryCall(http.MethodPut, customersPath+"/"+client, object{"address": "Rabat"})
			},
			func() (system.Response, error) {
				return s.TryCall(http.MethodPut, offersPath+"/"+offer, object{"monthly_fee": 5})
			},
		}
		made := 0
		for i, answer := range concurrently(t, 2*len(requests), func(i int) (system.Response, error) { return requests[i%len(requests)]() }) {
			require.Contains(t, []int{200, 204, 404, 409}, answer.Status, "request %d: %s", i, answer.Body)
			if kind := i % len(requests); answer.Status == http.StatusOK && (kind == 2 || kind == 3 || kind == 4) {
				made++
			}
		}
		require.Equal(t, made, count(t, s, "SELECT count(*) FROM contracts WHERE offer_id = $1", offer), "contracts that were answered for")
		if made > 0 {
			var read object
			s.Get(t, offersPath+"/"+offer, &read)
		}
	}
	require.Zero(t, count(t, s, `SELECT count(*) FROM contracts c WHERE NOT EXISTS (SELECT 1 FROM contract_audit_events a WHERE a.contract_id = c.id)`))
}
