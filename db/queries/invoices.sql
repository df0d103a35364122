-- name: InvoiceCount :one
SELECT count(*) FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('status')::text IS NULL OR i.status = sqlc.narg('status'))
  AND (sqlc.narg('billing_run_id')::uuid IS NULL OR i.billing_run_id = sqlc.narg('billing_run_id'))
  AND (sqlc.narg('period_start')::date IS NULL OR i.billing_run_id = ANY(ARRAY(
        SELECT r.id FROM billing_runs r WHERE r.period_start = sqlc.narg('period_start'))))
  AND (sqlc.narg('service_category')::text IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.service_category = sqlc.narg('service_category')))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.offer_id = sqlc.narg('offer_id')));

-- name: InvoiceCountByLine :one
-- InvoiceCount for a filter by service or by offer, but not both: here a join is several times faster than EXISTS, see
-- docs/performance.md.
SELECT count(*) FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('status')::text IS NULL OR i.status = sqlc.narg('status'))
  AND (sqlc.narg('billing_run_id')::uuid IS NULL OR i.billing_run_id = sqlc.narg('billing_run_id'))
  AND (sqlc.narg('period_start')::date IS NULL OR i.billing_run_id = ANY(ARRAY(
        SELECT r.id FROM billing_runs r WHERE r.period_start = sqlc.narg('period_start'))))
  AND i.id IN (
        SELECT l.invoice_id FROM invoice_lines l
        WHERE (sqlc.narg('service_category')::text IS NULL OR l.service_category = sqlc.narg('service_category'))
          AND (sqlc.narg('offer_id')::uuid IS NULL OR l.offer_id = sqlc.narg('offer_id')));

-- name: InvoiceGapList :many
-- The faults in the numbering of a seller and year: sequence numbers up to the last one reserved that no invoice has, and
-- invoices beyond it. An empty result means that every number has exactly one invoice; a constraint excludes duplicates.
WITH reserved AS (
    SELECT s.seller_code, s.year, s.last_number FROM invoice_number_sequences s
    UNION
    SELECT i.seller_code, i.number_year, 0 FROM invoices i
    WHERE NOT EXISTS (SELECT 1 FROM invoice_number_sequences s WHERE s.seller_code = i.seller_code AND s.year = i.number_year)
), neighbours AS (
    SELECT i.seller_code, i.number_year AS year, i.number_sequence AS sequence,
           lag(i.number_sequence, 1, 0::bigint) OVER (PARTITION BY i.seller_code, i.number_year ORDER BY i.number_sequence) AS before
    FROM invoices i
    UNION ALL
    SELECT g.seller_code, g.year, g.last_number + 1,
           coalesce((SELECT max(i.number_sequence) FROM invoices i
                     WHERE i.seller_code = g.seller_code AND i.number_year = g.year AND i.number_sequence <= g.last_number), 0)
    FROM reserved g
)
SELECT DISTINCT f.seller_code::text AS seller_code, f.year::integer AS year, (f.before + 1)::bigint AS first_missing,
       (f.sequence - 1)::bigint AS last_missing, false::boolean AS beyond
FROM neighbours f
JOIN reserved g ON g.seller_code = f.seller_code AND g.year = f.year
WHERE f.sequence - f.before > 1 AND f.sequence <= g.last_number + 1
  AND (sqlc.narg('year')::integer IS NULL OR f.year = sqlc.narg('year'))
UNION ALL
SELECT i.seller_code, i.number_year, min(i.number_sequence), max(i.number_sequence), true
FROM invoices i
JOIN reserved g ON g.seller_code = i.seller_code AND g.year = i.number_year
WHERE i.number_sequence > g.last_number
  AND (sqlc.narg('year')::integer IS NULL OR i.number_year = sqlc.narg('year'))
GROUP BY i.seller_code, i.number_year
ORDER BY 1, 2, 3;

-- name: InvoiceGetByID :one
SELECT * FROM invoices WHERE id = @id;

-- name: InvoiceInsertMany :copyfrom
INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id,
    period_start, period_end, issue_date, due_date, status, currency, subtotal_amount, tax_rate, tax_amount, total_amount,
    client_name, client_type, client_cin, client_address, issued_at, created_at, updated_at)
VALUES (@id, @number, @seller_code, @number_year, @number_sequence, @billing_run_id, @client_id,
    @period_start, @period_end, @issue_date, @due_date, @status, @currency, @subtotal_amount, @tax_rate, @tax_amount, @total_amount,
    @client_name, @client_type, @client_cin, @client_address, @issued_at, @created_at, @updated_at);

-- name: InvoiceLineInsertMany :copyfrom
INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier,
    line_type, description, quantity, unit_amount, line_total, billed_days, created_at)
VALUES (@id, @invoice_id, @position, @contract_id, @offer_id, @service_category, @service_identifier,
    @line_type, @description, @quantity, @unit_amount, @line_total, @billed_days, @created_at);

-- name: InvoiceLineListByInvoices :many
-- OFFSET 0 keeps the subquery an index look-up per invoice, see docs/performance.md.
SELECT sqlc.embed(invoice_lines) FROM unnest(@invoice_ids::uuid[]) AS invoice (id)
CROSS JOIN LATERAL (SELECT * FROM invoice_lines WHERE invoice_id = invoice.id OFFSET 0) invoice_lines
ORDER BY invoice_id, position;

-- name: InvoiceList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
-- A filter by run also bounds created_at by the run's time, give or take a day for clock differences. Without the bound,
-- the newest page of an old run would scan every later invoice.
SELECT sqlc.embed(i),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'invoices')::bigint AS list_total
FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('status')::text IS NULL OR i.status = sqlc.narg('status'))
  AND (sqlc.narg('billing_run_id')::uuid IS NULL OR i.billing_run_id = sqlc.narg('billing_run_id')
        AND i.created_at >= (SELECT r.planned_at - interval '1 day' FROM billing_runs r WHERE r.id = sqlc.narg('billing_run_id'))
        AND i.created_at <= (SELECT coalesce(r.completed_at, 'infinity') + interval '1 day'
                             FROM billing_runs r WHERE r.id = sqlc.narg('billing_run_id')))
  AND (sqlc.narg('period_start')::date IS NULL OR i.billing_run_id = ANY(ARRAY(
        SELECT r.id FROM billing_runs r WHERE r.period_start = sqlc.narg('period_start'))))
  AND (sqlc.narg('service_category')::text IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.service_category = sqlc.narg('service_category')))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.offer_id = sqlc.narg('offer_id')))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (i.created_at, i.id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (i.created_at, i.id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'due_date:desc' THEN (i.due_date, i.id) < (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'due_date:asc' THEN (i.due_date, i.id) > (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'total_amount:desc' THEN (i.total_amount, i.id) < (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'total_amount:asc' THEN (i.total_amount, i.id) > (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'number:desc' THEN (i.number, i.id) < (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        WHEN 'number:asc' THEN (i.number, i.id) > (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN i.created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN i.created_at END,
         CASE @sort::text WHEN 'due_date:desc' THEN i.due_date END DESC, CASE @sort::text WHEN 'due_date:asc' THEN i.due_date END,
         CASE @sort::text WHEN 'total_amount:desc' THEN i.total_amount END DESC,
         CASE @sort::text WHEN 'total_amount:asc' THEN i.total_amount END,
         CASE @sort::text WHEN 'number:desc' THEN i.number END DESC, CASE @sort::text WHEN 'number:asc' THEN i.number END,
         CASE WHEN @sort::text LIKE '%:desc' THEN i.id END DESC, i.id
LIMIT @page_size OFFSET @page_offset;

-- name: InvoiceListByClient :many
SELECT * FROM invoices
WHERE client_id = @client_id
ORDER BY created_at DESC, id DESC;

-- name: InvoiceListByIDs :many
SELECT * FROM invoices WHERE id = ANY(@ids::uuid[]);

-- name: InvoiceListUndocumented :many
-- The invoices of a run for a range of clients that have no document yet.
SELECT * FROM invoices
WHERE billing_run_id = @billing_run_id AND client_id BETWEEN @first_client_id AND @last_client_id
  AND (SELECT true FROM documents d WHERE d.invoice_id = invoices.id LIMIT 1) IS NULL
ORDER BY client_id;

-- name: InvoiceLock :one
-- Serialises the payments of one invoice. has_case may miss a case that was opened while this statement waited for the
-- lock, but the invoice is read after the wait and is then overdue.
SELECT sqlc.embed(invoices), EXISTS (SELECT 1 FROM collection_cases c WHERE c.invoice_id = invoices.id) AS has_case
FROM invoices
WHERE invoices.id = @id
FOR NO KEY UPDATE OF invoices;

-- name: InvoiceLockMany :many
-- Locks in the order of ids, as all code that locks several invoices does.
SELECT * FROM invoices WHERE id = ANY(@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: InvoiceNewest :many
-- The most requested page: no filter, newest first, after a row. The inner limit is the largest page size plus one; it
-- lets PostgreSQL reuse the plan, see docs/lists.md.
SELECT sqlc.embed(invoices),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'invoices')::bigint AS list_total
FROM (SELECT * FROM invoices WHERE (created_at, id) < (@before_created_at, @before_id::uuid)
      ORDER BY created_at DESC, id DESC LIMIT 101) invoices
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: InvoiceNewestAt :one
-- The row after which a numbered page begins, found by an index-only scan.
SELECT created_at, id FROM invoices ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET @row_offset;

-- name: InvoiceNumberReserve :one
-- Reserves a block of numbers. Returns the last number of the block and the issue date of its invoices: the given date, or
-- the date of the preceding number if that is later. The row stays locked until the transaction ends, which keeps the
-- sequence free of gaps.
INSERT INTO invoice_number_sequences (seller_code, year, last_number, last_issue_date)
VALUES (@seller_code, @year, @count, sqlc.arg(issue_date)::date)
ON CONFLICT (seller_code, year) DO UPDATE
SET last_number = invoice_number_sequences.last_number + excluded.last_number,
    last_issue_date = greatest(invoice_number_sequences.last_issue_date, excluded.last_issue_date)
RETURNING last_number, last_issue_date::date AS issue_date;

-- name: InvoiceNumberSequenceList :many
-- The sequences, each with the number of its invoices.
SELECT s.seller_code, s.year, s.last_number,
       (SELECT count(*) FROM invoices i WHERE i.seller_code = s.seller_code AND i.number_year = s.year) AS invoice_count
FROM invoice_number_sequences s
WHERE sqlc.narg('year')::integer IS NULL OR s.year = sqlc.narg('year')
ORDER BY s.seller_code, s.year;

-- name: InvoiceUpdatePayment :one
UPDATE invoices
SET paid_amount = @paid_amount, status = @status, updated_at = @now
WHERE id = @id
RETURNING *;

-- name: InvoiceVoid :one
-- A trigger releases the days that the lines charge.
UPDATE invoices
SET status = 'void', voided_at = greatest(@now::timestamptz, issued_at), voided_by = @actor_id::text, void_reason = @reason::text,
    updated_at = @now
WHERE id = @id
RETURNING *;
