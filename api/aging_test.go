package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

const agingPath = "/api/v1/collections/aging"

func sum(amount string, invoices, clients int) object {
	return object{"outstanding_amount": amount, "invoice_count": float64(invoices), "client_count": float64(clients)}
}

func TestAging_FollowsPaymentDates(t *testing.T) {
	t.Parallel()
	s := system.Start(t)
	// The run that bills the second client bills November of the first one too.
	first, second := newInvoice(t, s, september), newInvoice(t, s, november)
	require.Equal(t, "2026-10-15", first["due_date"])
	pay(t, s, first, "100.00", object{"payment_date": "2026-11-20"})
	pay(t, s, second, "38.80", object{"payment_date": "2026-12-01"})
	execute(t, s, "ALTER TABLE invoices DISABLE TRIGGER invoices_immutable")
	execute(t, s, "UPDATE invoices SET issue_date = '2026-10-01' WHERE id = $1", first["id"])

	report := func(query string) (found object) {
		s.Get(t, agingPath+query, &found)
		return found
	}
	none := sum("0.00", 0, 0)
	row := func(invoice object, invoices int, total, current, to60 string) object {
		return object{
			"client_id": invoice["client_id"], "outstanding_amount": total, "invoice_count": float64(invoices),
			"current": current, "1_30": "0.00", "31_60": to60, "61_90": "0.00", "90_plus": "0.00",
		}
	}
	today := report("")
	require.Equal(t, object{
		"as_of": "2026-11-22", "outstanding_amount": "616.40", "invoice_count": 3.0, "client_count": 2.0,
		"buckets": object{"current": sum("477.60", 2, 2), "1_30": none, "31_60": sum("138.80", 1, 1), "61_90": none, "90_plus": none},
		"data":    []any{row(first, 2, "377.60", "238.80", "138.80"), row(second, 1, "238.80", "238.80", "0.00")},
		"meta":    object{"page": 1.0, "size": 20.0, "total": 2.0, "sort": nil, "filters": nil, "next_cursor": nil},
	}, today)
	require.Equal(t, today["data"], report("?as_of=2026-11-22")["data"])

	past := report("?as_of=2026-11-19")
	require.Equal(t, []any{row(first, 1, "238.80", "0.00", "238.80")}, past["data"], "the payment had not been made, the invoices of November not issued")
	require.Equal(t, "0.00", report("?as_of=2026-09-30")["outstanding_amount"])
	require.Equal(t, []any{}, report("?as_of=0001-01-01")["data"])
	require.Equal(t, []any{row(first, 2, "377.60", "238.80", "138.80")}, report("?filters=aging_bucket%3D31_60")["data"])
	require.Equal(t, "238.80", report("?filters=client_id%3D" + text(t, second, "client_id"))["outstanding_amount"])
	require.Equal(t, []any{}, report("?filters=aging_bucket%3Dpurple")["data"])
	require.Equal(t, "616.40", report("?page=9")["outstanding_amount"], "the sums come with an empty page too")

	cursor := text(t, report("?size=1"), "meta", "next_cursor")
	require.Equal(t, today["data"].([]any)[1:], report("?size=1&cursor=" + cursor)["data"])
	require.Equal(t, today["data"].([]any)[1:], report("?size=1&as_of=2026-11-22&cursor=" + cursor)["data"])
	problemAt(t, s.Call(t, http.MethodGet, agingPath+"?as_of=2026-11-21&cursor="+cursor, nil), "query", "cursor")
	for _, day := range []string{"2026-11-23", "9999-12-31", "10000-01-01", "2026-02-30", "today", "2026-11-22T00:00:00Z", "20261122"} {
		for _, path := range []string{agingPath, agingPath + "/export"} {
			problemAt(t, s.Call(t, http.MethodGet, path+"?as_of="+day, nil), "query", "as_of")
		}
	}
}

func TestAging_DefaultsToBusinessDay(t *testing.T) {
	t.Parallel()
	s := system.Borrow(t)
	// Casablanca is an hour ahead of UTC.
	s.SetNow(system.Today.Add(11*time.Hour + 30*time.Minute))
	var report object
	s.Get(t, agingPath+"?as_of=2026-11-23", &report)
	s.Get(t, agingPath, &report)
	require.Equal(t, "2026-11-23", report["as_of"])
}
