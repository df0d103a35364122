package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

func actionsPath(t testing.TB, about object) string {
	return casesPath + "/" + text(t, about, "id") + "/actions"
}

// putStatus changes a case's status, which must be accepted.
func putStatus(t testing.TB, s *system.System, about object, body object) object {
	t.Helper()
	return decoded(t, s.Call(t, http.MethodPut, casesPath+"/"+text(t, about, "id")+"/status", body), http.StatusOK)
}

func TestCollectionCase_ActionMovesToInProgress(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for _, kind := range []string{"reminder_sent", "warning_sent"} {
		opened := invoiceCase(t, s, newInvoice(t, s, september))
		noted := created(t, s, actionsPath(t, opened), object{"action_type": "note", "note": "  called  "})
		require.Equal(t, "open", casesWhere(t, s, "client_id="+text(t, opened, "client_id"))[0]["status"], "a note moves nothing")
		require.Equal(t, fieldsOf(caseActionFields), names(noted))
		require.Subset(t, noted, object{
			"case_id": opened["id"], "action_type": "note", "actor_id": "op-1", "note": "called",
			"payload": `{"case_id": "` + text(t, opened, "id") + `", "invoice_id": "` + text(t, opened, "invoice_id") + `"}`,
		})

		sent := created(t, s, actionsPath(t, opened), object{"action_type": kind})
		require.Subset(t, sent, object{"action_type": kind, "note": nil})
		moved := casesWhere(t, s, "client_id="+text(t, opened, "client_id"))[0]
		require.Subset(t, moved, object{"status": "in_progress", "last_action_at": sent["created_at"], "updated_at": sent["created_at"], "closed_at": nil})
		require.Equal(t, []object{sent, noted}, history(t, s, opened)[:2], "newest first")
		require.Equal(t, []string{kind, "note", "case_opened"}, kindsOf(t, history(t, s, opened)))
	}
}

func TestCollectionCase_ManualActionsOfEveryType(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	opened := invoiceCase(t, s, newInvoice(t, s, september))
	for _, kind := range []string{"case_opened", "case_reopened", "payment_recorded", "status_updated", "case_resolved", "case_closed"} {
		recorded := created(t, s, actionsPath(t, opened), object{"action_type": kind})
		require.Subset(t, recorded, object{"action_type": kind, "actor_id": "op-1", "note": nil})
		require.Equal(t, "open", casesWhere(t, s, "")[0]["status"], kind)
	}
	pay(t, s, object{"id": opened["invoice_id"]}, "238.80")
	created(t, s, actionsPath(t, opened), object{"action_type": "reminder_sent"})
	require.Equal(t, "resolved", casesWhere(t, s, "")[0]["status"], "a reminder does not open what is resolved")
}

func TestCollectionCase_SyncReopensClosedCase(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	opened := invoiceCase(t, s, invoice)
	created(t, s, actionsPath(t, opened), object{"action_type": "reminder_sent"})

	closed := putStatus(t, s, opened, object{"status": "closed", "note": " manual "})
	require.Equal(t, fieldsOf(caseFields), names(closed))
	require.Subset(t, closed, object{"status": "closed", "days_past_due": 38.0, "aging_bucket": "31_60", "outstanding_amount": "238.80"})
	require.Equal(t, closed["updated_at"], closed["closed_at"])
	last := history(t, s, opened)[0]
	require.Subset(t, last, object{
		"action_type": "status_updated", "actor_id": "op-1", "note": "manual",
		"payload": `{"from_status": "in_progress", "to_status": "closed"}`, "created_at": closed["updated_at"],
	})

	reopened := invoiceCase(t, s, invoice)
	require.Subset(t, reopened, object{"status": "open", "closed_at": nil, "days_past_due": 38.0, "opened_at": opened["opened_at"]})
	actions := history(t, s, opened)
	require.Equal(t, []string{"case_reopened", "status_updated", "reminder_sent", "case_opened"}, kindsOf(t, actions))
	require.Subset(t, actions[0], object{
		"actor_id": "collections-sync", "note": "Collection case reopened due to outstanding overdue balance",
		"payload": `{"invoice_id": "` + text(t, invoice, "id") + `"}`,
	})
	require.Equal(t, true, clientOf(t, s, invoice)["is_delinquent"])

	// If the clock is behind, the reopening is still recorded after the change that it follows.
	putStatus(t, s, opened, object{"status": "resolved"})
	s.PassDays(-1)
	require.Equal(t, "open", invoiceCase(t, s, invoice)["status"])
	require.Equal(t, []string{"case_reopened", "status_updated"}, kindsOf(t, history(t, s, opened))[:2])
}

func TestCollectionCase_SyncResolvesReopenedCase(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	opened := invoiceCase(t, s, invoice)
	pay(t, s, invoice, "238.80")
	s.PassDays(3)
	require.Subset(t, putStatus(t, s, opened, object{"status": "in_progress"}), object{
		"status": "in_progress", "closed_at": nil, "days_past_due": 41.0, "outstanding_amount": "0.00",
	})
	require.EqualValues(t, 0, overview(t, s)["overdue_invoices"])
	require.Subset(t, invoiceCase(t, s, invoice), object{"status": "resolved", "days_past_due": 41.0})
	require.Equal(t, []string{"case_resolved", "status_updated", "case_resolved", "payment_recorded", "case_opened"}, kindsOf(t, history(t, s, opened)))
	require.Equal(t, false, clientOf(t, s, invoice)["is_delinquent"])
}

func TestCollectionCase_SameStatusKeepsClosedAt(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	opened := invoiceCase(t, s, invoice)
	pay(t, s, invoice, "238.80")
	resolved := invoiceCase(t, s, invoice)
	again := putStatus(t, s, opened, object{"status": "resolved"})
	require.Equal(t, resolved["closed_at"], again["closed_at"])
	require.Equal(t, `{"from_status": "resolved", "to_status": "resolved"}`, history(t, s, opened)[0]["payload"])
	require.Nil(t, history(t, s, opened)[0]["note"])
	require.Equal(t, resolved["closed_at"], putStatus(t, s, opened, object{"status": "closed"})["closed_at"])
}

func TestCollectionCase_ChangeRefusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	about := invoiceCase(t, s, newInvoice(t, s, september))
	actions, status := actionsPath(t, about), casesPath+"/"+text(t, about, "id")+"/status"
	for _, c := range []struct {
		method, path string
		body         any
		location     []any
	}{
		{http.MethodPost, actions, object{"action_type": "note"}, []any{"body", "note"}},
		{http.MethodPost, actions, object{"action_type": "note", "note": " \t"}, []any{"body", "note"}},
		{http.MethodPost, actions, object{"action_type": "note", "note": nil}, []any{"body", "note"}},
		{http.MethodPost, actions, object{"action_type": "call"}, []any{"body", "action_type"}},
		{http.MethodPost, actions, object{}, []any{"body", "action_type"}},
		{http.MethodPost, actions, object{"action_type": "note", "note": strings.Repeat("x", 1201)}, []any{"body", "note"}},
		{http.MethodPut, status, object{"status": "paid"}, []any{"body", "status"}},
		{http.MethodPut, status, object{}, []any{"body", "status"}},
		{http.MethodPut, status, object{"status": "closed", "note": 1}, []any{"body", "note"}},
		{http.MethodPut, status, object{"status": "closed", "note": strings.Repeat("x", 1201)}, []any{"body", "note"}},
	} {
		problemAt(t, writesNothing(t, s, func() system.Response { return s.Call(t, c.method, c.path, c.body) }), c.location...)
	}
	for _, id := range []string{unknownID, "nonsense"} {
		s.Call(t, http.MethodPost, casesPath+"/"+id+"/actions", object{"action_type": "reminder_sent"}).
			Refused(t, http.StatusNotFound, "collection_case_not_found")
		s.Call(t, http.MethodPut, casesPath+"/"+id+"/status", object{"status": "closed"}).
			Refused(t, http.StatusNotFound, "collection_case_not_found")
	}
	s.Call(t, http.MethodPost, actions, object{"action_type": "reminder_sent"}, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	s.Call(t, http.MethodPut, status, object{"status": "closed"}, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	require.Equal(t, about, casesWhere(t, s, "")[0])
}
