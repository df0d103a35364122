package api_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const (
	casesPath    = "/api/v1/collections/cases"
	overviewPath = "/api/v1/collections/overview"

	caseFields = `id, invoice_id, client_id, status, reason, days_past_due, aging_bucket, outstanding_amount, opened_at,
		last_action_at, closed_at, created_at, updated_at`
	caseActionFields = "id, case_id, action_type, actor_id, note, payload, created_at"
)

// casesWhere lists the cases of a query, at most a hundred, in the order of the answer.
func casesWhere(t testing.TB, s *system.System, query string) []object {
	t.Helper()
	var page object
	s.Get(t, casesPath+"?size=100&"+query, &page)
	found := []object{}
	for _, row := range at(t, page, "data").([]any) {
		found = append(found, row.(object))
	}
	require.EqualValues(t, len(found), at(t, page, "meta", "total"), "total of %s", query)
	return found
}

// invoiceCase returns the one case of an invoice, in step with the calendar.
func invoiceCase(t testing.TB, s *system.System, invoice object) object {
	t.Helper()
	found := casesWhere(t, s, "client_id="+text(t, invoice, "client_id"))
	require.Len(t, found, 1)
	require.Equal(t, invoice["id"], found[0]["invoice_id"])
	return found[0]
}

// history returns the actions of a case as the API shows them, newest first.
func history(t testing.TB, s *system.System, about object) []object {
	t.Helper()
	var actions []object
	s.Get(t, casesPath+"/"+text(t, about, "id")+"/actions", &actions)
	return actions
}

func kindsOf(t testing.TB, actions []object) []string {
	t.Helper()
	var found []string
	for _, action := range actions {
		found = append(found, text(t, action, "action_type"))
	}
	return found
}

func overview(t testing.TB, s *system.System) object {
	t.Helper()
	var found object
	s.Get(t, overviewPath, &found)
	return found
}

func TestCollectionCase_CreatedByRead(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september) // Due on 15 October, 38 days before the tests' day.
	require.Equal(t, "issued", invoice["status"])

	opened := invoiceCase(t, s, invoice)
	require.Equal(t, fieldsOf(caseFields), names(opened))
	require.Subset(t, opened, object{
		"invoice_id": invoice["id"], "client_id": invoice["client_id"], "status": "open", "reason": "invoice_overdue",
		"days_past_due": 38.0, "aging_bucket": "31_60", "outstanding_amount": "238.80", "closed_at": nil,
	})
	require.Regexp(t, timestampPattern, opened["opened_at"])
	require.Equal(t, "overdue", clientInvoice(t, s, text(t, invoice, "client_id"))["status"])
	client := clientOf(t, s, invoice)
	require.Equal(t, true, client["is_delinquent"])
	require.Equal(t, opened["opened_at"], client["delinquent_since"])

	actions := history(t, s, opened)
	require.Len(t, actions, 1)
	require.Equal(t, fieldsOf(caseActionFields), names(actions[0]))
	require.Subset(t, actions[0], object{
		"case_id": opened["id"], "action_type": "case_opened", "actor_id": "collections-sync",
		"payload": `{"invoice_id": "` + text(t, invoice, "id") + `"}`, "note": "Collection case opened for overdue invoice",
	})

	before := rowCounts(t, s)
	require.Equal(t, []object{opened}, casesWhere(t, s, ""))
	overview(t, s)
	require.Equal(t, before, rowCounts(t, s), "a second look changes nothing")
}

func TestCollectionCase_OverdueAtMidnightInCasablanca(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	// Due on 22 November. Morocco is at UTC+1: the 23rd begins at 23:00 UTC.
	invoice := newInvoice(t, s, object{"period_start": "2026-10-01", "period_end": "2026-10-31", "due_days": 22, "tax_rate": "0.2"})
	s.SetNow(time.Date(2026, time.November, 22, 22, 59, 0, 0, time.UTC))
	require.Empty(t, casesWhere(t, s, ""))
	require.EqualValues(t, 0, overview(t, s)["overdue_invoices"])

	s.SetNow(time.Date(2026, time.November, 22, 23, 0, 0, 0, time.UTC))
	require.EqualValues(t, 1, overview(t, s)["overdue_invoices"])
	require.Subset(t, invoiceCase(t, s, invoice), object{"status": "open", "days_past_due": 1.0, "aging_bucket": "1_30"})
}

func TestCollectionCase_AgingFollowsCalendar(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	invoice := newInvoice(t, s, september)
	opened := invoiceCase(t, s, invoice)
	for _, c := range []struct {
		pass   int
		days   float64
		bucket string
	}{{22, 60, "31_60"}, {1, 61, "61_90"}, {29, 90, "61_90"}, {1, 91, "90_plus"}, {400, 491, "90_plus"}} {
		s.PassDays(c.pass)
		require.Equal(t, []object{with(opened, object{"days_past_due": c.days, "aging_bucket": c.bucket})},
			casesWhere(t, s, "aging_bucket="+c.bucket), "nothing else of a case changes with the day")
		require.Equal(t, "238.80", at(t, overview(t, s), "bucket_totals", c.bucket))
	}
	pay(t, s, invoice, "238.80")
	stopped := invoiceCase(t, s, invoice)
	require.Subset(t, stopped, object{"status": "resolved", "days_past_due": 491.0, "aging_bucket": "90_plus", "outstanding_amount": "0.00"})
	s.PassDays(10)
	require.Equal(t, stopped, invoiceCase(t, s, invoice), "a resolved case keeps its days")
}

func TestCollectionCase_PaymentResolves(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	partly, wholly := newInvoice(t, s, september), newInvoice(t, s, september)

	pay(t, s, partly, "38.80")
	opened := invoiceCase(t, s, partly)
	require.Subset(t, opened, object{"status": "open", "outstanding_amount": "200.00"})
	require.Equal(t, []string{"payment_recorded", "case_opened"}, kindsOf(t, history(t, s, opened)))
	pay(t, s, partly, "200.00")
	resolved := invoiceCase(t, s, partly)
	require.Equal(t, "resolved", resolved["status"])
	require.Equal(t, resolved["closed_at"], resolved["last_action_at"])

	require.Equal(t, []string{"case_opened"}, kindsOf(t, history(t, s, invoiceCase(t, s, wholly))))
	pay(t, s, wholly, "238.80")
	require.Equal(t, []string{"case_resolved", "payment_recorded", "case_opened"}, kindsOf(t, history(t, s, invoiceCase(t, s, wholly))))
	require.Equal(t, object{
		"open_cases": 0.0, "in_progress_cases": 0.0, "overdue_invoices": 0.0, "total_outstanding_amount": "0.00",
		"bucket_totals": object{"current": "0.00", "1_30": "0.00", "31_60": "0.00", "61_90": "0.00", "90_plus": "0.00"},
	}, overview(t, s))
}

func TestCollectionCaseList_FiltersAndOrder(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	// Of one client, due 76, 45 and 15 days before the tests' day and one not due yet; of another, 103 days before.
	august := newInvoice(t, s, object{"period_start": "2026-08-01", "period_end": "2026-08-31", "due_days": 7, "tax_rate": 0.2})
	client := text(t, august, "client_id")
	beforeOverdue(s, func() {
		bill(t, s, object{"period_start": "2026-09-01", "period_end": "2026-09-30", "due_days": 8, "tax_rate": 0.2})
		bill(t, s, object{"period_start": "2026-10-01", "period_end": "2026-10-31", "due_days": 7, "tax_rate": 0.2})
		bill(t, s, november)
	})
	other := newInvoice(t, s, object{"period_start": "2026-07-01", "period_end": "2026-08-10", "due_days": 1, "tax_rate": 0.2})

	all := casesWhere(t, s, "")
	require.Len(t, all, 4)
	byBucket := map[string]object{}
	for _, bucket := range []string{"current", "1_30", "31_60", "61_90", "90_plus"} {
		found := casesWhere(t, s, "aging_bucket="+bucket)
		for _, row := range found {
			require.Equal(t, bucket, row["aging_bucket"])
			byBucket[bucket] = row
		}
		require.Len(t, casesWhere(t, s, "client_id="+text(t, other, "client_id")+"&aging_bucket="+bucket), boolean(bucket == "90_plus"))
	}
	require.Len(t, byBucket, 4, "each of the four is in a bucket of its own, none is current")
	require.Equal(t, other["id"], byBucket["90_plus"]["invoice_id"])
	require.Equal(t, object{
		"open_cases": 4.0, "in_progress_cases": 0.0, "overdue_invoices": 4.0, "total_outstanding_amount": "955.20",
		"bucket_totals": object{"current": "0.00", "1_30": "238.80", "31_60": "238.80", "61_90": "238.80", "90_plus": "238.80"},
	}, overview(t, s), "what is not due yet is not in it")

	// Touched in this order, they are listed in the opposite one.
	remind := func(bucket string) {
		created(t, s, casesPath+"/"+text(t, byBucket[bucket], "id")+"/actions", object{"action_type": "reminder_sent"})
	}
	remind("61_90")
	remind("1_30")
	s.Post(t, paymentsPath, object{"invoice_id": byBucket["31_60"]["invoice_id"], "amount": "238.80", "payment_date": "2026-11-20"}, nil, newKey())
	remind("90_plus")
	var order []any
	for _, row := range casesWhere(t, s, "") {
		order = append(order, row["aging_bucket"])
	}
	require.Equal(t, []any{"90_plus", "31_60", "1_30", "61_90"}, order)
	for page, want := range order {
		var one object
		s.Get(t, casesPath+"?"+url.Values{"size": {"1"}, "page": {string(rune('1' + page))}}.Encode(), &one)
		require.Equal(t, want, at(t, at(t, one, "data").([]any)[0], "aging_bucket"))
		require.EqualValues(t, 4, at(t, one, "meta", "total"))
	}

	for query, want := range map[string]int{
		"status=open": 0, "status=in_progress": 3, "status=resolved": 1, "status=closed": 0,
		"status=in_progress&aging_bucket=1_30": 1, "status=resolved&aging_bucket=31_60": 1, "status=in_progress&aging_bucket=31_60": 0,
		"client_id=" + client: 3, "client_id=" + client + "&status=in_progress": 2, "client_id=" + client + "&status=resolved&aging_bucket=31_60": 1,
		"client_id=" + unknownID: 0, "client_id=nonsense": 0, "status=": 4, "aging_bucket=": 4,
	} {
		require.Len(t, casesWhere(t, s, query), want, query)
	}
	require.Equal(t, object{
		"open_cases": 0.0, "in_progress_cases": 3.0, "overdue_invoices": 3.0, "total_outstanding_amount": "716.40",
		"bucket_totals": object{"current": "0.00", "1_30": "238.80", "31_60": "0.00", "61_90": "238.80", "90_plus": "238.80"},
	}, overview(t, s))
}

// boolean is how many rows there are when a row is there or not.
func boolean(there bool) int {
	if there {
		return 1
	}
	return 0
}

func TestCollectionCaseList_Refusals(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	for query, parameter := range map[string]string{
		"status=paid": "status", "status=OPEN": "status", "aging_bucket=1-30": "aging_bucket", "page=0": "page", "size=101": "size",
	} {
		problemAt(t, s.Call(t, http.MethodGet, casesPath+"?"+query, nil), "query", parameter)
	}
	for _, path := range []string{casesPath, overviewPath, casesPath + "/" + unknownID + "/actions"} {
		s.Call(t, http.MethodGet, path, nil, system.Anonymous).Refused(t, http.StatusUnauthorized, "unauthorized")
	}
	for _, id := range []string{unknownID, "nonsense"} {
		s.Call(t, http.MethodGet, casesPath+"/"+id+"/actions", nil).Refused(t, http.StatusNotFound, "collection_case_not_found")
	}
}
