package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/internal/token"
)

// fixture holds the rows that the operation specs use, all on one system.
type fixture struct {
	s *system.System

	mobile, dated, retired, fiber string // Offers; dated is valid from 2026-02-01 to 2027-06-30.
	// owner has one active mobile contract, on line.
	owner, cin, contract, line string
	// several has two active mobile contracts. none never gets a contract. buyer gets the contracts of successful
	// requests.
	several             string
	candidates          []any
	none, buyer         string
	stranger, strangers string // The client's CIN and their contract.
	nameless            string // The contract of a client without a CIN.
	// ended is a contract that ends on 2027-02-10 after six months.
	ended, endedOwner, endedCIN, endedNumber string
	suspended, sleeping                      string // Suspended contracts of owner: a fiber and a mobile one.
	television                               string // A mobile number that owner has as the identifier of a television line.
	issued, paid, void, overdue              string // Invoices.
	reversed                                 string // A payment of overdue.
	billed                                   string // The CIN of the owner of issued.
	draft, run                               string
	landed                                   object // The answer of a submit.
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	// Runs that are held back keep a worker each.
	s := system.Start(t, func(settings *config.Config) {
		settings.Billing.Concurrency = 32
		settings.DocumentCheck.Cron = never
	})
	e := &fixture{
		s:      s,
		mobile: newOffer(t, s, mobileOffer()), fiber: newOffer(t, s, fiberOffer()),
		dated:   newOffer(t, s, with(mobileOffer(), object{"valid_from": "2026-02-01", "valid_to": "2027-06-30"})),
		retired: newOffer(t, s, with(mobileOffer(), object{"status": "retired"})),
	}
	issued, paid, void, overdue := newInvoice(t, s, november), newInvoice(t, s, november), newInvoice(t, s, november), newInvoice(t, s, september)
	e.issued, e.paid, e.void, e.overdue = text(t, issued, "id"), text(t, paid, "id"), text(t, void, "id"), text(t, overdue, "id")
	pay(t, s, paid, paid["total_amount"])
	voided(t, s, void)
	e.reversed = text(t, at(t, pay(t, s, overdue, 1), "payment"), "id")
	reversed(t, s, e.reversed)
	require.NoError(t, s.Pool.QueryRow(t.Context(), "SELECT coalesce(cin, '') FROM clients WHERE id = $1", issued["client_id"]).Scan(&e.billed))
	if e.billed == "" {
		e.billed = newCIN()
		execute(t, s, "UPDATE clients SET cin = $1 WHERE id = $2", e.billed, issued["client_id"])
	}
	e.run = text(t, created(t, s, billingPath, object{"period_start": "2020-01-01", "period_end": "2020-01-31"}, newKey()), "billing_run_id")

	e.owner, e.cin = newClient(t, s)
	e.contract = newContract(t, s, e.owner, e.mobile)
	e.line = e.lineOf(t, e.contract)
	e.suspended = newContract(t, s, e.owner, e.fiber)
	e.sleeping = newContract(t, s, e.owner, e.mobile)
	for _, contract := range []string{e.suspended, e.sleeping} {
		decoded(t, s.Call(t, http.MethodPut, contractsPath+"/"+contract+"/status", object{"status": "suspended"}), http.StatusOK)
	}
	e.television = newMobileNumber()
	newSubscriber(t, s, e.owner, object{"service_type": "tv", "service_identifier": e.television})
	e.several, _ = newClient(t, s)
	e.candidates = []any{newContract(t, s, e.several, e.mobile), newContract(t, s, e.several, e.mobile)}
	e.none, _ = newClient(t, s)
	e.buyer, _ = newClient(t, s)
	stranger, cin := newClient(t, s)
	e.stranger, e.strangers = cin, newContract(t, s, stranger, e.mobile)
	nameless := text(t, created(t, s, customersPath, object{"client_type": "individual", "full_name": "No CIN"}), "id")
	e.nameless = newContract(t, s, nameless, e.mobile)
	e.endedOwner, e.endedCIN = newClient(t, s)
	e.endedNumber = newMobileNumber()
	e.ended = newContract(t, s, e.endedOwner, e.mobile, object{
		"commitment_months": 6, "end_date": "2027-02-10", "subscriber": object{"service_identifier": e.endedNumber},
	})
	e.landed = submit(t, s, newMobile(e.mobile))
	e.draft = text(t, newDraft(t, s, object{}), "id")
	return e
}

func (e *fixture) lineOf(t testing.TB, contract string) string {
	t.Helper()
	var read object
	e.s.Get(t, contractsPath+"/"+contract, &read)
	return text(t, read, "subscriber_id")
}

// The methods below return tokens of the landing pages: valid, expired and invalid tokens.

func (e *fixture) lookup(t testing.TB, cin string) string {
	t.Helper()
	signed, _ := signer(t).Lookup(cin, system.Today)
	return "?lookup_token=" + signed
}

func (e *fixture) expiredLookup(t testing.TB, cin string) string {
	t.Helper()
	signed, _ := signer(t).Lookup(cin, system.Today.Add(-2*token.LookupLifetime))
	return "?lookup_token=" + signed
}

func (e *fixture) contractToken(t testing.TB, cin, contract string, valid bool) string {
	t.Helper()
	expires := system.Today.Add(token.DocumentLifetime)
	if !valid {
		expires = system.Today
	}
	return "?token=" + signer(t).ContractDocument(cin, uuid.MustParse(contract), expires)
}

func (e *fixture) invoiceToken(t testing.TB, cin, invoice string, valid bool) string {
	t.Helper()
	expires := system.Today.Add(token.DocumentLifetime)
	if !valid {
		expires = system.Today
	}
	return "?token=" + signer(t).InvoiceDocument(cin, uuid.MustParse(invoice), expires)
}

// sends is a request with a body.
func sends(body object, ids ...string) func(testing.TB, *fixture) apiRequest {
	return func(testing.TB, *fixture) apiRequest { return apiRequest{ids: ids, body: body} }
}

// unknownIDRefusals are the rows of an operation for unknown ids and for texts that are not UUIDs.
func unknownIDRefusals(code string, body any, headers ...system.Header) []refusalSpec {
	var rows []refusalSpec
	for _, id := range []string{unknownID, "no-uuid", strings.Repeat("0", 36), uuid.Nil.String()} {
		rows = append(rows, refusalSpec{status: http.StatusNotFound, code: code, request: func(testing.TB, *fixture) apiRequest {
			return apiRequest{ids: []string{id}, body: body, headers: headers}
		}})
	}
	return rows
}

// keyRefusals are the rows of an operation that takes a key. other is the valid request with something else in it.
func keyRefusals(valid func(testing.TB, *fixture) apiRequest, change object, operation string) []refusalSpec {
	return []refusalSpec{
		{status: http.StatusBadRequest, code: "idempotency_key_invalid", request: func(t testing.TB, e *fixture) apiRequest {
			request := valid(t, e)
			request.headers = []system.Header{system.Key("  short  ")}
			return request
		}},
		{status: http.StatusBadRequest, code: "idempotency_key_invalid", request: func(t testing.TB, e *fixture) apiRequest {
			request := valid(t, e)
			request.headers = []system.Header{system.Key(strings.Repeat("k", 201))}
			return request
		}},
		{status: http.StatusConflict, code: "idempotency_key_payload_conflict", request: func(t testing.TB, e *fixture) apiRequest {
			request := valid(t, e)
			request.headers = []system.Header{newKey()}
			answer := operationSpec{operation: operation}.call(t, e.s, request)
			require.Equal(t, http.StatusOK, answer.Status, "answer: %s", answer.Body)
			request.body = with(request.body.(object), change)
			return request
		}},
	}
}
