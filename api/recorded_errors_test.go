package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// TestErrors_MatchRecordedAnswers holds errors as existing clients know them,
// with their wording; TestProcessMap holds the successes.
func TestErrors_MatchRecordedAnswers(t *testing.T) {
	t.Parallel()
	e := newFixture(t)
	recorded := func(code, message string, details object) object {
		return object{"error": object{"code": code, "message": message, "details": details, "trace_id": "golden-001"}}
	}
	key := newKey()
	created(t, e.s, billingPath, september, key)
	for _, test := range []struct {
		name, method, path string
		body               any
		headers            []system.Header
		status             int
		answer             object
	}{
		{
			"me without identity", http.MethodGet, "/api/v1/me", nil,
			[]system.Header{system.Anonymous},
			401,
			recorded("unauthorized", "Authentication is required", object{}),
		},
		{
			"admin ping without the role", http.MethodGet, "/api/v1/admin/ping", nil, nil, 403,
			recorded("forbidden", "Insufficient permissions", object{"required_roles": []any{"admin"}}),
		},
		{
			"page 0", http.MethodGet, "/api/v1/conventions/sample?page=0", nil, nil, 422,
			recorded("validation_error", "Request validation failed", object{"errors": []any{object{
				"type": "greater_than_equal", "loc": []any{"query", "page"}, "msg": "Input should be greater than or equal to 1", furtherItems: furtherItems,
			}}}),
		},
		{
			"key of another run", http.MethodPost, billingPath, with(september, object{"due_days": 10}),
			[]system.Header{key},
			409,
			recorded("idempotency_key_payload_conflict", "Idempotency-Key was already used with a different payload", object{}),
		},
		{
			"payment above what is outstanding", http.MethodPost, paymentsPath,
			object{"invoice_id": e.issued, "amount": "999999.999", "payment_date": "2026-11-20"},
			[]system.Header{newKey()},
			422,
			recorded("payment_exceeds_outstanding", "Payment amount cannot exceed invoice outstanding balance",
				object{"outstanding_amount": "238.80", "payment_amount": "999999.999"}),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			headers := append(test.headers, system.Header{Name: "X-Request-ID", Value: "golden-001"})
			answer := e.s.Call(t, test.method, test.path, test.body, headers...)
			require.Equal(t, test.status, answer.Status, "answer: %s", answer.Body)
			require.Empty(t, captures{}.match("answer", test.answer, decoded(t, answer, test.status), false), "answer: %s", answer.Body)
		})
	}
	var list object
	e.s.Get(t, "/api/v1/conventions/sample?page=2&size=5&sort=name:asc&filters=a%3Db", &list)
	require.Equal(t, []any{object{"id": "sample-1", "name": "Sample Item"}}, list["data"])
	require.Subset(t, list["meta"], object{"page": 2.0, "size": 5.0, "total": 1.0, "sort": "name:asc", "filters": "a=b"})
}
