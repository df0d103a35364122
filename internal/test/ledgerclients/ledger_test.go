package ledgerclients

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/issuer"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const nobody = "01890000-0000-7000-8000-000000000000"

// estate is what the calls find: a production with a subscriber's contract that was billed and partly paid.
type estate struct {
	s *system.System
	// clerk may do everything, reader may read, and guest has no role.
	clerk, reader, guest         string
	client, contract             string
	invoice, payment             string
	standalone, used, event, ext string // Made through the ledger; ext is the event's external id.
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	key := issuer.ECKey(t, "ec")
	s := system.Start(t, func(c *config.Config) {
		c.Environment, c.TokenSecret = "production", strings.Repeat("s", 32)
		c.Auth = config.Auth{JWKSFile: issuer.SetFile(t, key), Audience: "mtf"}
	})
	// The server uses the business day of tests, but a client checks the expiry against the real time.
	token := func(roles ...string) string {
		return key.Sign(t, object{"sub": "op-1", "aud": "mtf", "exp": system.Today.AddDate(100, 0, 0).Unix(), "roles": roles})
	}
	e := &estate{s: s, clerk: token("admin"), reader: token("viewer"), guest: token()}
	offer := e.post(t, "/api/v1/offers", object{
		"name": "Mobile", "service_category": "mobile", "monthly_fee": "199.00", "valid_from": "2026-01-01", "mobile_data_gb": 20,
	})
	e.client = text(t, e.post(t, "/api/v1/customers", object{"client_type": "individual", "full_name": "Test Client"}), "id")
	provisioned := e.post(t, "/api/v1/contracts/provision", object{
		"client_id": e.client, "offer_id": offer["id"], "contract_start_date": "2026-08-10", "provisioning_intent": "new_line",
	})
	e.contract = text(t, provisioned, "contract", "id")
	run := e.post(t, "/api/v1/billing/runs", object{"period_start": "2026-10-01", "period_end": "2026-10-31", "tax_rate": "0.20"})
	e.invoice = run["invoice_ids"].([]any)[0].(string)
	paid := e.post(t, "/api/v1/collections/payments", object{"invoice_id": e.invoice, "amount": "38.80", "payment_date": "2026-11-20"})
	e.payment = text(t, paid, "payment", "id")
	return e
}

func (e *estate) post(t *testing.T, path string, body object) object {
	t.Helper()
	var made object
	e.s.Post(t, path, body, &made, system.Key(uuid.NewString()), system.Header{Name: "Authorization", Value: "Bearer " + e.clerk})
	return made
}

func text(t *testing.T, value any, names ...string) string {
	t.Helper()
	for _, name := range names {
		value = value.(object)[name]
	}
	found, is := value.(string)
	require.True(t, is, "%v is %v", names, value)
	return found
}

// about relates an event to a contract.
func about(contract string) object {
	return object{"$relation": []any{object{"entity_id": contract}}}
}

func installment(contract string, changes object) object {
	event := object{
		"type": "installment", "billing_amount": 10000, "billing_amount_decimal": "100.00", "billing_currency": "MAD", "contract": about(contract),
		"booking_date": "2026-11-01", "due_date": "2026-11-30", "note": "Abschlag November",
	}
	for name, value := range changes {
		event[name] = value
		if value == nil {
			delete(event, name)
		}
	}
	return event
}

// step is a call and what must come of it.
type step struct {
	call
	status int
	// check looks at the body of an answer; without it a refusal must have the error's two fields.
	check func(*testing.T, object)
}

// steps are the calls that each client makes, in this order. They go through every operation of the clients' definition.
func steps(t *testing.T, e *estate) []func() step {
	t.Helper()
	equal := func(want object) func(*testing.T, object) {
		return func(t *testing.T, got object) { require.Subset(t, got, want) }
	}
	ok := func(operation, id string, body any, status int, check func(*testing.T, object)) step {
		return step{call{operation: operation, token: e.clerk, id: id, body: body}, status, check}
	}
	// refusals are calls that every operation refuses: without identity, without the role, and with a malformed body.
	refusals := func(operation, id string, body any, weak string) []func() step {
		found := []func() step{
			func() step { return step{call{operation: operation, token: "nobody", id: id, body: body}, 401, nil} },
			func() step { return step{call{operation: operation, token: weak, id: id, body: body}, 403, nil} },
		}
		if body != nil {
			found = append(found, func() step { return ok(operation, id, []any{1}, 400, nil) })
		}
		return found
	}
	unknown := func(operation string, body any) func() step {
		return func() step { return ok(operation, nobody, body, 404, nil) }
	}
	list := func(query object, status int, check func(*testing.T, object)) func() step {
		return func() step {
			return step{call{operation: "getBillingEvents", token: e.clerk, query: query}, status, check}
		}
	}
	hits := func(ids ...*string) func(*testing.T, object) {
		return func(t *testing.T, got object) {
			want, found := []string{}, []string{}
			for _, id := range ids {
				want = append(want, *id)
			}
			for _, event := range got["results"].([]any) {
				found = append(found, text(t, event, "_id"))
			}
			require.Equal(t, want, found)
			require.EqualValues(t, len(want), got["hits"])
		}
	}
	balance := func(owed int) func() step {
		return func() step {
			return ok("getCustomerBalance", e.client, nil, 200, func(t *testing.T, got object) {
				require.EqualValues(t, owed, got["balance"])
				require.Equal(t, "MAD", got["balance_currency"])
			})
		}
	}
	power := object{"contract_name": "Stromvertrag", "status": "active", "branch": "power", "installment_amount": 8500, "billing_due_day": 15}
	return slices.Concat(
		[]func() step{
			balance(20000), // 238.80 invoiced, 38.80 of it paid.
			unknown("getCustomerBalance", nil),

			func() step {
				return ok("createContractEntity", "", power, 201, func(t *testing.T, got object) {
					require.Subset(t, numbers(got), numbers(power))
					e.standalone = text(t, got, "_id")
				})
			},
			func() step {
				return ok("createContractEntity", "", power, 201, func(t *testing.T, got object) { e.used = text(t, got, "_id") })
			},
			func() step {
				return ok("createContractEntity", "", object{"start_date": "2026-02-01", "termination_date": "2026-01-31"}, 422, nil)
			},
		},
		refusals("createContractEntity", "", power, e.reader),
		[]func() step{
			func() step {
				return ok("updateContractEntity", e.standalone, object{"installment_amount": 9900, "contract_name": "Strom 2"}, 200,
					equal(object{"installment_amount": 9900.0, "contract_name": "Strom 2", "branch": "power"}))
			},
			func() step { return ok("updateContractEntity", e.standalone, object{"status": "sleeping"}, 422, nil) },
			unknown("updateContractEntity", object{"contract_name": "x"}),
		},
		refusals("updateContractEntity", e.contract, object{"contract_name": "x"}, e.reader),

		[]func() step{
			func() step {
				e.ext = "SAP-" + uuid.NewString()
				return ok("createBillingEvent", "", installment(e.contract, object{"external_id": e.ext}), 201, func(t *testing.T, got object) {
					require.Subset(t, numbers(got), numbers(installment(e.contract, object{"direction": "debit", "external_id": e.ext})))
					e.event = text(t, got, "_id")
				})
			},
			balance(30000),
			func() step { return ok("createBillingEvent", "", installment(e.used, nil), 201, nil) },
			func() step {
				return ok("createBillingEvent", "", installment(e.contract, object{"billing_amount_decimal": "99.99"}), 422, nil)
			},
			func() step { return ok("createBillingEvent", "", installment(nobody, nil), 422, nil) },
			func() step {
				return ok("createBillingEvent", "", installment(e.contract, object{"external_id": e.ext}), 422, nil)
			},
			func() step {
				return ok("createBillingEvent", "", installment(e.contract, object{"type": "correction", "due_date": nil}), 422, nil)
			},
			func() step {
				return ok("createBillingEvent", "", installment(e.contract, object{"billing_amount": "much"}), 400, nil)
			},
		},
		refusals("createBillingEvent", "", installment(e.contract, nil), e.reader),

		[]func() step{
			func() step {
				return ok("getBillingEvent", e.event, nil, 200, equal(object{"_id": e.event, "external_id": e.ext}))
			},
			func() step {
				return ok("getBillingEvent", e.invoice, nil, 200, equal(object{"type": "invoice", "direction": "debit", "billing_amount": 23880.0}))
			},
			func() step {
				return ok("getBillingEvent", e.payment, nil, 200, equal(object{"type": "payment", "direction": "credit", "billing_amount_decimal": "38.80"}))
			},
			unknown("getBillingEvent", nil),
		},
		[]func() step{
			func() step {
				return ok("getBillingEventByExternalId", e.ext, nil, 200, equal(object{"_id": e.event, "external_id": e.ext}))
			},
			unknown("getBillingEventByExternalId", nil),
		},
		[]func() step{
			list(object{"contact_id": e.client}, 200, hits(&e.invoice, &e.payment, &e.event)),
			list(object{"entity_id": []any{e.contract}}, 200, hits(&e.invoice, &e.payment, &e.event)),
			list(object{"entity_id": []any{nobody, e.contract}}, 200, hits(&e.invoice, &e.payment, &e.event)),
			list(object{"entity_id": []any{e.contract, nobody}}, 200, hits(&e.invoice, &e.payment, &e.event)),
			list(object{"entity_id": []any{nobody}}, 200, hits()),
			list(object{"event_type": "reimbursement"}, 200, hits()),
			list(object{"date_after": "2026-12-01T00:00:00Z"}, 200, hits()),
			list(object{"size": 1}, 200, func(t *testing.T, got object) { require.Len(t, got["results"], 1) }),
			list(object{"size": 0}, 400, nil),
			list(object{"from": -1}, 400, nil),
			list(object{"date_before": "yesterday"}, 400, nil),
		},
		[]func() step{
			func() step {
				return ok("updateBillingEvent", e.event, object{"billing_amount": 12000, "note": "mehr"}, 200,
					equal(object{"billing_amount": 12000.0, "billing_amount_decimal": "120.00", "note": "mehr", "external_id": e.ext}))
			},
			balance(32000),
			func() step { return ok("updateBillingEvent", e.invoice, object{"note": "mine"}, 422, nil) },
			func() step {
				return ok("updateBillingEvent", e.event, object{"billing_amount": 1, "billing_amount_decimal": "1.00"}, 422, nil)
			},
			unknown("updateBillingEvent", object{"note": "x"}),
		},
		[]func() step{
			func() step {
				return step{call{operation: "updateBillingEvent", token: "nobody", id: e.event, body: object{"note": "x"}}, 401, nil}
			},
			func() step {
				return step{call{operation: "updateBillingEvent", token: e.reader, id: e.event, body: object{"note": "x"}}, 403, nil}
			},
			func() step { return ok("updateBillingEvent", e.event, []any{1}, 400, nil) },
			func() step {
				return step{call{operation: "deleteBillingEvent", token: "nobody", id: e.event}, 401, nil}
			},
			func() step {
				return step{call{operation: "deleteBillingEvent", token: e.reader, id: e.event}, 403, nil}
			},
			func() step { return ok("deleteBillingEvent", e.payment, nil, 422, nil) },
			func() step { return ok("deleteBillingEvent", e.event, nil, 204, nil) },
			func() step { return ok("deleteBillingEvent", e.event, nil, 404, nil) },
			func() step { return ok("getBillingEvent", e.event, nil, 404, nil) },
			balance(20000),
			func() step {
				return step{call{operation: "deleteContractEntity", token: "nobody", id: e.standalone}, 401, nil}
			},
			func() step {
				return step{call{operation: "deleteContractEntity", token: e.reader, id: e.standalone}, 403, nil}
			},
			func() step { return ok("deleteContractEntity", e.standalone, nil, 204, nil) },
			func() step { return ok("deleteContractEntity", e.standalone, nil, 404, nil) },
			func() step { return ok("deleteContractEntity", e.used, nil, 422, nil) },
			func() step { return ok("deleteContractEntity", e.contract, nil, 422, nil) },
		},
		refusals("getBillingEvent", nobody, nil, e.guest), refusals("getBillingEvents", "", nil, e.guest),
		refusals("getBillingEventByExternalId", "SAP-1", nil, e.guest), refusals("getCustomerBalance", e.client, nil, e.guest),
	)
}

// numbers makes all numbers of an object floats, as JSON has them.
func numbers(value object) object {
	same := maps.Clone(value)
	for name, field := range same {
		switch field := field.(type) {
		case int:
			same[name] = float64(field)
		}
	}
	return same
}

// take makes a call and checks what comes of it.
func take(t *testing.T, c client, wanted step) {
	t.Helper()
	got := c.call(t, wanted.call)
	require.Equal(t, wanted.status, got.status, "%s: %v", wanted.call, got.body)
	body, _ := got.body.(object)
	switch {
	case wanted.status == http.StatusNoContent:
		require.Nil(t, got.body, "%s", wanted.call)
	case wanted.status >= http.StatusBadRequest:
		require.Equal(t, http.StatusText(wanted.status), body["error"], "%s: %v", wanted.call, got.body)
		require.NotEmpty(t, body["message"], "%s: %v", wanted.call, got.body)
		require.Len(t, body, 2, "%s: %v", wanted.call, got.body)
	case wanted.check != nil:
		require.NotNil(t, body, "%s", wanted.call)
		wanted.check(t, body)
	}
}

func TestLedgerClients_Operations(t *testing.T) {
	t.Parallel()
	dir := packages(t)
	e := newEstate(t)
	for _, client := range []struct {
		name, definition string
		client           client
	}{
		{"command line", filepath.Join(dir, "node_modules", "@epilot", "cli", "definitions", "billing.json"), commandLine{packages: dir, server: e.s.URL}},
		{"library", filepath.Join(dir, "node_modules", "@epilot", "billing-client", "src", "openapi.json"), library{packages: dir, server: e.s.URL}},
	} {
		// Each client deletes its records except for one contract in use, which the second client then finds.
		t.Run(client.name, func(t *testing.T) {
			seen := map[string][]int{}
			for _, next := range steps(t, e) {
				wanted := next()
				if !t.Run(fmt.Sprintf("%s %d", wanted.operation, wanted.status), func(t *testing.T) { take(t, client.client, wanted) }) {
					return // The following steps depend on this one.
				}
				seen[wanted.operation] = append(seen[wanted.operation], wanted.status)
			}
			for operation, statuses := range declared(t, client.definition) {
				for _, status := range statuses {
					if status != http.StatusInternalServerError {
						require.Contains(t, seen[operation], status, "%s is not called so that it answers %d", operation, status)
					}
				}
			}
		})
	}
}

// TestLedgerClients_CommandLine calls the operations that are newer than the client's own
// definition, which the client reads from the server.
func TestLedgerClients_CommandLine(t *testing.T) {
	t.Parallel()
	dir := packages(t)
	e := newEstate(t)
	c := commandLine{packages: dir, server: e.s.URL, definition: e.s.URL + "/openapi.json"}
	for _, operation := range []struct {
		id, subject string
		check       func(*testing.T, object)
	}{
		{"getContractPricingInformation", e.contract, func(t *testing.T, got object) { require.Equal(t, e.contract, got["entity_id"]) }},
		{"getBillingAccountPricingInformation", e.client, func(t *testing.T, got object) { require.Equal(t, e.client, got["entity_id"]) }},
		{"getContractConfigurationHistory", e.contract, func(t *testing.T, got object) { require.EqualValues(t, 1, got["total"]) }},
		{"getBillingAccountConfigurationHistory", e.client, func(t *testing.T, got object) { require.EqualValues(t, 1, got["total"]) }},
	} {
		for _, wanted := range []step{
			{call{operation: operation.id, token: e.reader, id: operation.subject}, 200, operation.check},
			{call{operation: operation.id, token: e.reader, id: nobody}, 404, nil},
			{call{operation: operation.id, token: e.guest, id: operation.subject}, 403, nil},
			{call{operation: operation.id, token: "nobody", id: operation.subject}, 401, nil},
		} {
			t.Run(fmt.Sprintf("%s %d", wanted.operation, wanted.status), func(t *testing.T) { take(t, c, wanted) })
		}
	}
}
