package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/test/system"
)

const paymentsPath = "/api/v1/collections/payments"

// keyedOperation is an operation that takes a key: a request that works, another one for the
// same key, and the same request in other words.
type keyedOperation struct {
	name, path              string
	body, other, equivalent object
}

// keyedOperations prepares one request for each operation that takes a key.
func keyedOperations(t testing.TB, s *system.System) []keyedOperation {
	t.Helper()
	offer, second := newOffer(t, s, mobileOffer()), newOffer(t, s, mobileOffer())
	subscribed := submit(t, s, newMobile(offer))
	bill(t, s, november)
	invoice := text(t, clientInvoice(t, s, text(t, subscribed, "client_id")), "id")
	cin, lineOwner := text(t, subscribed, "client_cin"), newMobile(offer)
	client, _ := newClient(t, s)
	change := object{
		"cin": cin, "source_contract_id": at(t, subscribed, "contract", "id"), "target_offer_id": second, "contract_start_date": "2026-10-01",
	}
	provisioning := object{"client_id": client, "offer_id": offer, "contract_start_date": "2026-08-10"}
	payment := object{"invoice_id": invoice, "amount": "10.00", "payment_date": "2026-11-20"}
	unpaid := newInvoice(t, s, november)
	returned := text(t, at(t, pay(t, s, newInvoice(t, s, november), 5), "payment"), "id")
	reason := object{"reason": "A mistake"}
	december := with(november, object{"period_start": "2026-12-01", "period_end": "2026-12-31"})
	return []keyedOperation{
		{"submit/new", submitNewPath, lineOwner, with(lineOwner, object{"full_name": "Other Name"}), with(lineOwner, object{
			"cin": " " + strings.ToLower(text(t, lineOwner, "cin")) + " ", "full_name": "  Leila Amrani ", "email": nil, "address": "  ",
			"requested_mobile_local_number": nil,
		})},
		{
			"submit/plan-change", planChangePath, change, with(change, object{"contract_start_date": "2026-10-02"}),
			with(change, object{"cin": " " + strings.ToLower(cin), "commitment_months": nil}),
		},
		{
			"provision", provisionPath, provisioning, with(provisioning, object{"commitment_months": 3}),
			with(provisioning, object{"provisioning_intent": "auto", "auto_activate": true, "subscriber": nil, "end_date": nil}),
		},
		{"billing run", billingPath, december, with(december, object{"due_days": 10}), with(december, object{"tax_rate": "0.200"})},
		{
			"payment", paymentsPath, payment, with(payment, object{"amount": 10.01}),
			with(payment, object{"amount": 10, "method": "other", "reference": " ", "note": nil}),
		},
		{"reversal", reversalPath(returned), reason, object{"reason": "Another"}, object{"reason": " A mistake\n"}},
		{"void", voidPath(unpaid["id"]), reason, object{"reason": "Another"}, object{"reason": "\tA mistake "}},
	}
}

func TestIdempotency_ReplaysStoredAnswer(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, operation := range keyedOperations(t, s) {
		t.Run(operation.name, func(t *testing.T) {
			key := newKey()
			first := s.Call(t, http.MethodPost, operation.path, operation.body, key)
			want, replayed := withoutReplayMark(t, first)
			require.False(t, replayed, "the first answer")

			padded := system.Key("  " + key.Value + "  ")
			for name, body := range map[string]object{"same": operation.body, "equivalent": operation.equivalent} {
				answer := writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, operation.path, body, padded) })
				got, replayed := withoutReplayMark(t, answer)
				require.Equal(t, want, got, "%s request: %v", name, body)
				require.True(t, replayed, "%s request: %v", name, body)
			}
			writesNothing(t, s, func() system.Response { return s.Call(t, http.MethodPost, operation.path, operation.other, key) }).
				Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
		})
	}
}

func TestIdempotency_AnswersOutliveOSProcessAndWorkflow(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	operations := keyedOperations(t, s)
	keys, want := make([]system.Header, len(operations)), make([]string, len(operations))
	for i, operation := range operations {
		keys[i] = newKey()
		want[i], _ = withoutReplayMark(t, s.Call(t, http.MethodPost, operation.path, operation.body, keys[i]))
	}
	requireReplays := func(when string, s *system.System) {
		before := rowCounts(t, s)
		for i, operation := range operations {
			got, replayed := withoutReplayMark(t, s.Call(t, http.MethodPost, operation.path, operation.body, keys[i]))
			require.Equal(t, want[i], got, "%s, %s", operation.name, when)
			require.True(t, replayed, "%s, %s", operation.name, when)
			s.Call(t, http.MethodPost, operation.path, operation.other, keys[i]).Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
		}
		require.Equal(t, before, rowCounts(t, s), when)
	}
	s.Restart(t)
	requireReplays("after a restart", s)
	requireReplays("where Temporal knows none of the workflows", system.Start(t, func(c *config.Config) {
		c.DatabaseURL, c.DocumentsDirectory = s.Config.DatabaseURL, s.Config.DocumentsDirectory
	}))
}

func TestIdempotency_KeysAreScopedByOperation(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	key := newKey()
	for _, operation := range keyedOperations(t, s) {
		_, replayed := withoutReplayMark(t, s.Call(t, http.MethodPost, operation.path, operation.body, key))
		require.False(t, replayed, operation.name)
	}
}

func TestIdempotency_RefusalFreesKey(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, operation := range keyedOperations(t, s) {
		t.Run(operation.name, func(t *testing.T) {
			key := newKey()
			broken := with(operation.body, object{"contract_start_date": "1999-01-01", "period_end": "1999-01-01", "amount": "999999", "reason": " "})
			refused := s.Call(t, http.MethodPost, operation.path, broken, key)
			require.GreaterOrEqual(t, refused.Status, 400, "%s", refused.Body)
			require.Less(t, refused.Status, 500, "%s", refused.Body)
			again := s.Call(t, http.MethodPost, operation.path, broken, key)
			require.Equal(t, refused.Status, again.Status, "%s", again.Body)

			_, replayed := withoutReplayMark(t, s.Call(t, http.MethodPost, operation.path, operation.body, key))
			require.False(t, replayed)
		})
	}
}

func TestIdempotency_KeyValidation(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, operation := range keyedOperations(t, s) {
		t.Run(operation.name, func(t *testing.T) {
			for _, key := range []string{"   ", "short", "1234567", "   1234567   ", strings.Repeat("k", 201), "tab\tinside-key", strings.Repeat("k", 5000), "\xff\xfe-broken-utf8"} {
				writesNothing(t, s, func() system.Response {
					return s.Call(t, http.MethodPost, operation.path, operation.body, system.Key(key))
				}).Refused(t, http.StatusBadRequest, "idempotency_key_invalid")
			}
			if operation.path == provisionPath {
				return
			}
			problemAt(t, writesNothing(t, s, func() system.Response {
				return s.Call(t, http.MethodPost, operation.path, operation.body)
			}), "header", "Idempotency-Key")
		})
	}
}

func TestIdempotency_KeyLengthsAndAlphabets(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	offer := newOffer(t, s, mobileOffer())
	for _, key := range []string{
		"12345678", strings.Repeat("k", 200), strings.Repeat("é", 200), strings.Repeat("😀", 200), "a/b?c=d&e#f %41", "فاتورة-رقم-١٢٣", "'; DROP TABLE clients; --",
	} {
		body := newMobile(offer)
		for i, replay := range []bool{false, true} {
			answer := s.Call(t, http.MethodPost, submitNewPath, body, system.Key(key))
			require.Equal(t, http.StatusOK, answer.Status, "key %.20q, request %d: %s", key, i, answer.Body)
			_, replayed := withoutReplayMark(t, answer)
			require.Equal(t, replay, replayed, "key %.20q, request %d", key, i)
		}
	}
}

func TestProvision_ReplayMark(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	body := object{"client_id": client, "offer_id": newOffer(t, s, mobileOffer())}
	key := newKey()
	require.Equal(t, false, provision(t, s, body, key)["idempotency_replayed"])
	require.Equal(t, true, provision(t, s, body, key)["idempotency_replayed"])
	require.Equal(t, 1, count(t, s, "SELECT count(*) FROM contracts"))
}

func TestProvision_WithoutKey(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	client, _ := newClient(t, s)
	body := object{"client_id": client, "offer_id": newOffer(t, s, mobileOffer()), "provisioning_intent": "new_line"}
	for range 2 {
		require.NotContains(t, provision(t, s, body), "idempotency_replayed")
	}
	require.Equal(t, 2, count(t, s, "SELECT count(*) FROM contracts"), "requests without a key are not the same request")
	require.Equal(t, 2, count(t, s, "SELECT count(*) FROM idempotency_keys WHERE operation = 'provision' AND key LIKE 'auto-%'"),
		"a step that is repeated after its commit finds its answer")
}

func TestIdempotency_RefusalWithRespondAsync(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	body := newMobile(newOffer(t, s, mobileOffer()))
	execute(t, s, "UPDATE offers SET status = 'retired'")
	key := newKey()
	for range 2 {
		s.Call(t, http.MethodPost, submitNewPath, body, key, respondAsync).Refused(t, http.StatusConflict, "offer_not_active")
	}
}

func TestIdempotency_EquivalentNumbers(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	mobile, home := newMobile(newOffer(t, s, mobileOffer())), newHomeService("internet", newOffer(t, s, fiberOffer()))
	for _, test := range []struct {
		field   string
		body    object
		numbers []string
	}{
		{"requested_mobile_local_number", mobile, []string{"0612345678", "+212 6 12 34 56 78", "612-345-678", "212612345678"}},
		{"home_landline_local_number", home, []string{"0522334455", "+212-522-334-455", "522334455"}},
	} {
		key := newKey()
		for i, number := range test.numbers {
			answer := s.Call(t, http.MethodPost, submitNewPath, with(test.body, object{test.field: number}), key)
			require.Equal(t, http.StatusOK, answer.Status, "%s: %s", number, answer.Body)
			_, replayed := withoutReplayMark(t, answer)
			require.Equal(t, i > 0, replayed, number)
		}
		s.Call(t, http.MethodPost, submitNewPath, with(test.body, object{test.field: test.numbers[0], "cin": "OTHER1"}), key).
			Refused(t, http.StatusConflict, "idempotency_key_payload_conflict")
	}
}
