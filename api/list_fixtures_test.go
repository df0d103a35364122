package api_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/test/system"
)

// sortedList is a list with the keys that it can be sorted by.
type sortedList struct {
	path  string
	keys  []string
	table string
}

// fillLists gives every list some dozens of rows, most of which are equal in any key.
func fillLists(t *testing.T, s *system.System) []sortedList {
	t.Helper()
	execute(t, s, `INSERT INTO clients (id, cin, client_type, full_name, address, email, phone, status, delinquent_since, created_at, updated_at)
		SELECT gen_random_uuid(), 'LIST' || lpad(n::text, 4, '0'), CASE WHEN n % 3 = 0 THEN 'business' ELSE 'individual' END,
			'Client ' || n % 5, NULL, NULL, NULL, CASE WHEN n % 4 = 0 THEN 'suspended' ELSE 'active' END,
			CASE WHEN n % 6 = 0 THEN timestamptz '2026-10-01' END,
			'2026-11-01'::timestamptz + n % 3 * interval '1 microsecond', '2026-11-01' FROM generate_series(1, 40) n`)
	execute(t, s, `INSERT INTO subscribers
		SELECT gen_random_uuid(), (SELECT id FROM clients WHERE cin = 'LIST0001'), 'mobile', 'LIST-' || n,
			CASE WHEN n % 4 = 0 THEN 'suspended' ELSE 'active' END, '2026-11-01'::timestamptz + n % 3 * interval '1 hour', '2026-11-01'
		FROM generate_series(1, 40) n`)
	execute(t, s, `INSERT INTO offers (id, name, service_category, service_type, version, monthly_fee, activation_fee, status, valid_from,
			mobile_data_gb, internet_landline_included, internet_tv_included, landline_national_included, created_at, updated_at)
		SELECT gen_random_uuid(), 'Offer ' || n % 5, 'mobile', 'mobile', n, 10000 * (1 + n % 3), 0,
			CASE WHEN n % 4 = 0 THEN 'retired' ELSE 'active' END, '2026-01-01', 10, false, false, false,
			'2026-11-01'::timestamptz + n % 3 * interval '1 hour', '2026-11-01' FROM generate_series(1, 40) n`)
	execute(t, s, `INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, activated_at, created_at, updated_at)
		SELECT gen_random_uuid(), client_id, id, (SELECT id FROM offers WHERE version = 1), 'active',
			date '2026-10-01' + (row_number() OVER ())::int % 3, '2026-11-01', created_at, created_at FROM subscribers`)
	for run := range 3 {
		execute(t, s, `INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency, status,
				actor_id, client_count, chunk_count, planned_at, completed_at, updated_at)
			VALUES (gen_random_uuid(), 'list-run-' || $1::int, sha256('x'), date '2026-08-01' + $1::int / 2 * 31, date '2026-08-31' + $1::int / 2 * 30, 15, 0, 'MAD',
				'completed', 'op', 0, 0, '2026-11-01', '2026-11-01', '2026-11-01')`, run)
	}
	execute(t, s, `INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status, currency,
			subtotal_amount, tax_rate, tax_amount, total_amount, paid_amount, client_name, client_type, issued_at, created_at, updated_at)
		SELECT gen_random_uuid(), 'N-' || row_number() OVER (), 'MTF', 2026, row_number() OVER (), r.id, c.id, r.period_start, r.period_end, '2026-09-01',
			r.period_end + 15, CASE WHEN c.cin < 'LIST0010' THEN 'paid' ELSE 'issued' END, 'MAD', 1000 * length(c.full_name) + 100 * (ascii(right(c.full_name, 1)) % 3), 0, 0,
			1000 * length(c.full_name) + 100 * (ascii(right(c.full_name, 1)) % 3),
			CASE WHEN c.cin < 'LIST0010' THEN 1000 * length(c.full_name) + 100 * (ascii(right(c.full_name, 1)) % 3) ELSE 0 END,
			c.full_name, c.client_type, '2026-11-01', c.created_at, '2026-11-01' FROM billing_runs r, clients c WHERE c.cin < 'LIST0020'`)
	execute(t, s, `INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
			description, quantity, unit_amount, line_total, created_at)
		SELECT gen_random_uuid(), i.id, 1, (SELECT id FROM contracts LIMIT 1), (SELECT id FROM offers WHERE version = 1 + ascii(right(i.number, 1)) % 2),
			CASE WHEN right(i.number, 1) = '1' THEN 'internet' ELSE 'mobile' END, 'x', 'activation', 'x', 1, i.subtotal_amount, i.subtotal_amount, i.created_at
		FROM invoices i`)
	execute(t, s, `INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, status, actor_id, created_at)
		SELECT gen_random_uuid(), id, client_id, total_amount, 'MAD', due_date, CASE WHEN right(number, 1) < '5' THEN 'cash' ELSE 'card' END,
			'posted', 'op', created_at FROM invoices WHERE status = 'paid'`)
	// The cases are in step with their invoices, so that asking for them changes nothing.
	execute(t, s, "UPDATE invoices SET status = 'overdue' WHERE status = 'issued'")
	execute(t, s, `INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, days_past_due, aging_bucket, due_date, outstanding_amount,
			opened_at, last_action_at, closed_at, created_at, updated_at)
		SELECT gen_random_uuid(), id, client_id, CASE WHEN status = 'paid' THEN 'resolved' WHEN right(number, 1) < '5' THEN 'open' ELSE 'in_progress' END,
			'invoice_overdue', CASE status WHEN 'paid' THEN 40 END, CASE status WHEN 'paid' THEN '31_60' END, due_date, total_amount - paid_amount,
			'2026-11-01', '2026-11-01', CASE status WHEN 'paid' THEN timestamptz '2026-11-01' END, '2026-11-01', created_at FROM invoices`)
	var owner string
	require.NoError(t, s.Pool.QueryRow(context.Background(), "SELECT id::text FROM clients WHERE cin = 'LIST0001'").Scan(&owner))
	return []sortedList{
		{customersPath, []string{"created_at", "full_name"}, "clients"},
		{customersPath + "/" + owner + "/subscribers", []string{"created_at", "service_identifier"}, "subscribers"},
		{offersPath, []string{"created_at", "name", "monthly_fee"}, "offers"},
		{"/api/v1/contracts", []string{"created_at", "start_date"}, "contracts"},
		{"/api/v1/invoices", []string{"created_at", "due_date", "total_amount", "number"}, "invoices"},
		{"/api/v1/collections/payments", []string{"created_at", "payment_date", "amount"}, "payments"},
		{"/api/v1/billing/runs", []string{"planned_at", "period_start"}, "billing_runs"},
		{casesPath, []string{"updated_at", "due_date", "outstanding_amount"}, "collection_cases"},
	}
}

// query writes the parameters of a list.
func query(parameters ...string) string {
	values := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		values.Set(parameters[i], parameters[i+1])
	}
	return "?" + values.Encode()
}

// ordered returns the ids of a table in an order, as PostgreSQL sorts it.
func ordered(t testing.TB, s *system.System, table, key, direction string) []string {
	t.Helper()
	rows, err := s.Pool.Query(context.Background(), fmt.Sprintf("SELECT id::text FROM %s ORDER BY %s %s, id %[3]s", table, key, direction))
	require.NoError(t, err)
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	return ids
}

func idsOf(t testing.TB, page object) []string {
	t.Helper()
	ids := []string{}
	for _, row := range at(t, page, "data").([]any) {
		ids = append(ids, text(t, row, "id"))
	}
	return ids
}

// walk follows cursors to the end of a list and returns all ids.
func walkList(t testing.TB, s *system.System, path string, between func(), parameters ...string) []string {
	t.Helper()
	ids, cursor := []string{}, ""
	for range 1000 {
		var page object
		s.Get(t, path+query(append(slices.Clone(parameters), "cursor", cursor)...), &page)
		ids = append(ids, idsOf(t, page)...)
		next := at(t, page, "meta", "next_cursor")
		if next == nil {
			return ids
		}
		cursor = next.(string)
		between()
	}
	t.Fatal("the list does not end")
	return nil
}

func eachOrder(t *testing.T, lists []sortedList, test func(t *testing.T, list sortedList, key, direction string)) {
	for _, list := range lists {
		for _, key := range list.keys {
			for _, direction := range []string{"asc", "desc"} {
				t.Run(list.table+"/"+key+"/"+direction, func(t *testing.T) { test(t, list, key, direction) })
			}
		}
	}
}
