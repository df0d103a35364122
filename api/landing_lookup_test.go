package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
	"github.com/mtfacturation/mtf/internal/token"
)

const (
	verifyPath          = "/api/v1/landing/clients/verify-cin"
	offerSummaryFields  = "id, name, service_category, service_type, monthly_fee, activation_fee, status, valid_from, valid_to"
	landingClientFields = "id, cin, full_name, email, address, phone"
)

// lookups are what a lookup token opens.
var lookups = []string{"subscriptions", "invoices"}

func lookupPath(cin, what, token string) string {
	return "/api/v1/landing/clients/" + url.PathEscape(cin) + "/" + what + "?lookup_token=" + url.QueryEscape(token)
}

// lookUp verifies a CIN and reads what the token opens.
func lookUp(t testing.TB, s *system.System, cin, what string) object {
	t.Helper()
	verified := created(t, s, verifyPath, object{"cin": cin}, system.Anonymous)
	return decoded(t, s.Call(t, http.MethodGet, lookupPath(cin, what, text(t, verified, "lookup_token")), nil, system.Anonymous), http.StatusOK)
}

func TestLandingLookup_TokenOfVerifiedCIN(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	created(t, s, customersPath, object{"client_type": "individual", "full_name": "Leila Amrani", "cin": "LA100001"})
	created(t, s, customersPath, object{"client_type": "individual", "full_name": "Short", "cin": "AB12"})
	answer := created(t, s, verifyPath, object{"cin": " la100001 ", "unknown": 1}, system.Anonymous)
	require.Equal(t, fieldsOf("cin, masked_contact, lookup_token, expires_at"), names(answer))
	require.Subset(t, answer, object{"cin": "LA100001", "masked_contact": "LA***01"})
	require.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, answer["expires_at"])
	expiresAt, err := time.Parse(time.RFC3339, text(t, answer, "expires_at"))
	require.NoError(t, err)
	require.WithinRange(t, expiresAt, system.Today.Add(token.LookupLifetime), system.Today.Add(token.LookupLifetime+5*time.Minute))
	claims, err := signer(t).Verify(text(t, answer, "lookup_token"), token.Lookup, system.Today)
	require.NoError(t, err)
	require.Equal(t, "LA100001", claims.CIN)
	require.Equal(t, expiresAt.Unix(), claims.ExpiresAt)
	require.Equal(t, "A***", created(t, s, verifyPath, object{"cin": "ab12"})["masked_contact"])

	writesNothing(t, s, func() system.Response {
		return s.Call(t, http.MethodPost, verifyPath, object{"cin": "LA100002"}, system.Anonymous)
	}).Refused(t, http.StatusNotFound, "landing_client_not_found")
	for _, body := range []object{{}, {"cin": nil}, {"cin": "abc"}, {"cin": "   abc   "}, {"cin": strings.Repeat("c", 41)}, {"cin": 12345}} {
		problemAt(t, s.Call(t, http.MethodPost, verifyPath, body, system.Anonymous), "body", "cin")
	}
}

func TestLandingLookup_MasksClient(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, test := range []struct{ stored, want object }{
		{
			object{"cin": "LA100001", "email": "leila@example.ma", "address": "Fès", "phone": "06 61 00 00 01"},
			object{"cin": "LA100001", "email": "l***@example.ma", "address": "Fès", "phone": "+******0001"},
		},
		{object{"cin": "AB/12%2F É"}, object{"cin": "AB/12%2F É", "email": nil, "address": nil, "phone": nil}},
	} {
		stored := created(t, s, customersPath, with(object{"client_type": "individual", "full_name": "Leila Amrani"}, test.stored))
		for _, what := range lookups {
			answer := lookUp(t, s, " "+strings.ToLower(text(t, test.stored, "cin"))+" ", what)
			require.Equal(t, fieldsOf("client, "+what), names(answer))
			require.Equal(t, fieldsOf(landingClientFields), names(answer["client"]))
			require.Equal(t, with(test.want, object{"id": stored["id"], "full_name": "Leila Amrani"}), answer["client"])
			require.Equal(t, []any{}, answer[what])
		}
	}
}

func TestLandingLookup_Subscriptions(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	fiber, dear := newOffer(t, s, fiberOffer()), newOffer(t, s, with(fiberOffer(), object{"monthly_fee": 500, "valid_from": "2026-11-22", "valid_to": "2026-11-22"}))
	cheap, landline := newOffer(t, s, adslOffer()), newOffer(t, s, landlineOffer())
	same := newOffer(t, s, with(adslOffer(), object{"name": "A twin of the cheap one"}))
	newOffer(t, s, with(fiberOffer(), object{"status": "retired"}))
	newOffer(t, s, with(fiberOffer(), object{"valid_from": "2026-11-23"}))
	newOffer(t, s, with(fiberOffer(), object{"valid_to": "2026-11-21"}))
	newOffer(t, s, mobileOffer())
	client, cin := newClient(t, s)
	first, second := newContract(t, s, client, fiber), newContract(t, s, client, landline)
	third, ended := newContract(t, s, client, fiber), newContract(t, s, client, fiber)
	execute(t, s, "UPDATE contracts SET status = 'suspended' WHERE id = $1", ended)
	newContract(t, s, client, fiber, object{"auto_activate": false})
	stranger, _ := newClient(t, s)
	newContract(t, s, stranger, fiber)
	execute(t, s, "UPDATE offers SET status = 'retired' WHERE id = $1", landline)

	found := lookUp(t, s, cin, "subscriptions")["subscriptions"].([]any)
	require.Len(t, found, 3)
	for i, want := range []struct {
		contract, offer, category, kind string
		eligible                        []any
	}{
		{third, fiber, "internet", "fiber", []any{same, cheap, dear}},
		{second, landline, "landline", "landline", []any{}},
		{first, fiber, "internet", "fiber", []any{same, cheap, dear}},
	} {
		shown := found[i]
		require.Equal(t, fieldsOf("contract_id, subscriber_id, service_identifier, service_category, service_type, current_offer, eligible_offers"), names(shown))
		var contract object
		s.Get(t, contractsPath+"/"+want.contract, &contract)
		require.Subset(t, shown, object{
			"contract_id": want.contract, "subscriber_id": contract["subscriber_id"], "service_category": want.category, "service_type": want.kind,
		})
		require.Regexp(t, "^AUTO-", at(t, shown, "service_identifier"))
		require.Equal(t, want.offer, at(t, shown, "current_offer", "id"))
		eligible := []any{}
		for _, offer := range append(at(t, shown, "eligible_offers").([]any), at(t, shown, "current_offer")) {
			require.Equal(t, fieldsOf(offerSummaryFields), names(offer))
			eligible = append(eligible, at(t, offer, "id"))
		}
		require.Equal(t, append(want.eligible, want.offer), eligible)
	}
	require.Equal(t, "retired", at(t, found[1], "current_offer", "status"), "what is no longer sold is still subscribed")
	require.Equal(t, "400.00", at(t, found[0], "current_offer", "monthly_fee"))
}

func TestLandingLookup_Invoices(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	older := newInvoice(t, s, september)
	client := text(t, older, "client_id")
	bill(t, s, november)
	newInvoice(t, s, november) // A stranger's.
	invoices := clientInvoices(t, s, client)
	require.Len(t, invoices, 2)
	var owner object
	s.Get(t, customersPath+"/"+client, &owner)

	found := lookUp(t, s, text(t, owner, "cin"), "invoices")["invoices"].([]any)
	require.Len(t, found, 2)
	for i, invoice := range invoices {
		shown := found[i].(object)
		id, link := text(t, invoice, "id"), text(t, shown, "document_download_url")
		want := object{"invoice_id": id, "document_download_url": link}
		for _, name := range fieldsOf("period_start, period_end, due_date, issued_at, status, currency, subtotal_amount, tax_amount, total_amount") {
			want[name] = invoice[name]
		}
		require.Equal(t, want, shown)
		require.Equal(t, pdf(t, s, invoicesPath+"/"+id+"/pdf").Body, pdf(t, s, link, system.Anonymous).Body)

		path, signed, _ := strings.Cut(link, "?token=")
		require.Equal(t, "/api/v1/landing/invoices/"+id+"/document", path)
		claims, err := signer(t).Verify(signed, token.InvoiceDocument, system.Today)
		require.NoError(t, err)
		require.Equal(t, uuid.MustParse(id), *claims.InvoiceID)
		require.InDelta(t, system.Today.Add(token.DocumentLifetime).Unix(), claims.ExpiresAt, 300)
	}
	require.Equal(t, older["id"], at(t, found[1], "invoice_id"))
}

func TestLandingLookup_TokenOpensOneClient(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, cin := newClient(t, s)
	_, other := newClient(t, s)
	signs, id, later := signer(t), uuid.MustParse(client), system.Today.Add(token.DocumentLifetime)
	good, _ := signs.Lookup(cin, system.Today)
	expired, _ := signs.Lookup(cin, system.Today.Add(-token.LookupLifetime))
	unknown, _ := signs.Lookup("NOBODY1", system.Today)
	stranger, err := token.NewSigner("some other secret of some length")
	require.NoError(t, err)
	forged, _ := stranger.Lookup(cin, system.Today)
	head, tail, _ := strings.Cut(good, ".")
	for _, test := range []struct {
		name, cin, token string
		status           int
		code             string
	}{
		{"another CIN's token", other, good, 403, "landing_lookup_token_mismatch"},
		{"an unknown CIN with a token", "NOBODY1", good, 403, "landing_lookup_token_mismatch"},
		{"client is gone", "NOBODY1", unknown, 404, "landing_client_not_found"},
		{"expired", cin, expired, 401, "landing_token_expired"},
		{"expired of another", other, expired, 401, "landing_token_expired"},
		{"forged", cin, forged, 401, "landing_token_invalid"},
		{"contract token", cin, signs.ContractDocument(cin, id, later), 401, "landing_token_invalid"},
		{"invoice token", cin, signs.InvoiceDocument(cin, id, later), 401, "landing_token_invalid"},
		{"no signature", cin, head, 401, "landing_token_invalid"},
		{"broken base64", cin, "%%%." + tail, 401, "landing_token_invalid"},
		{"endless", cin, strings.Repeat("a", 4000), 401, "landing_token_invalid"},
	} {
		for _, what := range lookups {
			t.Run(fmt.Sprintf("%s/%s", what, test.name), func(t *testing.T) {
				s.Call(t, http.MethodGet, lookupPath(test.cin, what, test.token), nil, system.Anonymous).Refused(t, test.status, test.code)
			})
		}
	}
	for _, what := range lookups {
		path := lookupPath(cin, what, good)
		require.Equal(t, http.StatusOK, s.Call(t, http.MethodGet, path, nil, system.Anonymous).Status)
		bare, _, _ := strings.Cut(path, "?")
		problemAt(t, s.Call(t, http.MethodGet, bare, nil, system.Anonymous), "query", "lookup_token")
		problemAt(t, s.Call(t, http.MethodGet, bare+"?lookup_token=", nil, system.Anonymous), "query", "lookup_token")
	}
}
