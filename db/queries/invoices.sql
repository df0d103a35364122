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
-- InvoiceCount for a filter by service or by offer, not both: a join counts a large part of all invoices several times
-- faster than looking for a line of each.
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

-- name: InvoiceGetByID :one
SELECT * FROM invoices WHERE id = @id;

-- name: InvoiceGapList :many
-- What is wrong with the numbers of a seller and year: sequences up to the last number given that no
-- invoice has, and invoices beyond it. Empty when all of them exist exactly once, which the unique
-- constraint makes at most once.
WITH given AS (
    SELECT s.seller_code, s.year, s.last_number FROM invoice_number_sequences s
    UNION
    SELECT i.seller_code, i.number_year, 0 FROM invoices i
    WHERE NOT EXISTS (SELECT 1 FROM invoice_number_sequences s WHERE s.seller_code = i.seller_code AND s.year = i.number_year)
), followed AS (
    SELECT i.seller_code, i.number_year AS year, i.number_sequence AS sequence,
           lag(i.number_sequence, 1, 0::bigint) OVER (PARTITION BY i.seller_code, i.number_year ORDER BY i.number_sequence) AS before
    FROM invoices i
    UNION ALL
    SELECT g.seller_code, g.year, g.last_number + 1,
           coalesce((SELECT max(i.number_sequence) FROM invoices i
                     WHERE i.seller_code = g.seller_code AND i.number_year = g.year AND i.number_sequence <= g.last_number), 0)
    FROM given g
)
SELECT DISTINCT f.seller_code::text AS seller_code, f.year::integer AS year, (f.before + 1)::bigint AS first_missing,
       (f.sequence - 1)::bigint AS last_missing, false::boolean AS beyond
FROM followed f
JOIN given g ON g.seller_code = f.seller_code AND g.year = f.year
WHERE f.sequence - f.before > 1 AND f.sequence <= g.last_number + 1
  AND (sqlc.narg('year')::integer IS NULL OR f.year = sqlc.narg('year'))
UNION ALL
SELECT i.seller_code, i.number_year, min(i.number_sequence), max(i.number_sequence), true
FROM invoices i
JOIN given g ON g.seller_code = i.seller_code AND g.year = i.number_year
WHERE i.number_sequence > g.last_number
  AND (sqlc.narg('year')::integer IS NULL OR i.number_year = sqlc.narg('year'))
GROUP BY i.seller_code, i.number_year
ORDER BY 1, 2, 3;

-- name: InvoiceInsertMany :copyfrom
INSERT INTO invoices (id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status,
    currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin,
    client_address, issued_at, created_at, updated_at)
VALUES (@id, @number, @seller_code, @number_year, @number_sequence, @billing_run_id, @client_id, @period_start, @period_end, @issue_date, @due_date, @status,
    @currency, @subtotal_amount, @tax_rate, @tax_amount, @total_amount, @client_name, @client_type, @client_cin,
    @client_address, @issued_at, @created_at, @updated_at);

-- name: InvoiceLineInsertMany :copyfrom
INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier,
    line_type, description, quantity, unit_amount, line_total, billed_days, created_at)
VALUES (@id, @invoice_id, @position, @contract_id, @offer_id, @service_category, @service_identifier,
    @line_type, @description, @quantity, @unit_amount, @line_total, @billed_days, @created_at);

-- name: InvoiceLineListByInvoices :many
-- OFFSET keeps it a look-up by index for each invoice: of many invoices PostgreSQL would read the whole table.
SELECT sqlc.embed(invoice_lines) FROM unnest(@invoice_ids::uuid[]) AS invoice (id)
CROSS JOIN LATERAL (SELECT * FROM invoice_lines WHERE invoice_id = invoice.id OFFSET 0) invoice_lines
ORDER BY invoice_id, position;

-- name: InvoiceList :many
-- Each sort key has its branches here; the planner keeps those of the key that is asked for. See docs/lists.md.
-- The invoices of a run are looked for in its time only, or the newest page of an old run passes over all that came
-- since. A day more on both sides is far beyond what the clocks of two machines differ by.
SELECT sqlc.embed(i),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'invoices')::bigint AS list_total
FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('status')::text IS NULL OR i.status = sqlc.narg('status'))
  AND (sqlc.narg('billing_run_id')::uuid IS NULL OR i.billing_run_id = sqlc.narg('billing_run_id')
        AND i.created_at >= (SELECT r.planned_at - interval '1 day' FROM billing_runs r WHERE r.id = sqlc.narg('billing_run_id'))
        AND i.created_at <= (SELECT coalesce(r.completed_at, 'infinity') + interval '1 day' FROM billing_runs r WHERE r.id = sqlc.narg('billing_run_id')))
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
         CASE @sort::text WHEN 'total_amount:desc' THEN i.total_amount END DESC, CASE @sort::text WHEN 'total_amount:asc' THEN i.total_amount END,
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
-- The invoices that a run issued for a range of clients and that have no document yet.
SELECT * FROM invoices
WHERE billing_run_id = @billing_run_id AND client_id BETWEEN @first_client_id AND @last_client_id
  AND (SELECT true FROM documents d WHERE d.invoice_id = invoices.id LIMIT 1) IS NULL
ORDER BY client_id;

-- name: InvoiceLock :one
-- Serialises payments of one invoice. A case that was opened while this statement waited for
-- the lock may be missing from has_case, but then the invoice, which is read anew, is overdue.
SELECT sqlc.embed(invoices), EXISTS (SELECT 1 FROM collection_cases c WHERE c.invoice_id = invoices.id) AS has_case
FROM invoices
WHERE invoices.id = @id
FOR NO KEY UPDATE OF invoices;

-- name: InvoiceLockMany :many
-- In the order of ids, as everything locks them that takes more than one.
SELECT * FROM invoices WHERE id = ANY(@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: InvoiceNewest :many
-- The page that nearly every caller asks for: no filter, newest first, behind a row. The inner limit, of the largest
-- page and one row, keeps PostgreSQL from planning every call anew: see docs/lists.md.
SELECT sqlc.embed(invoices),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'invoices')::bigint AS list_total
FROM (SELECT * FROM invoices WHERE (created_at, id) < (@before_created_at, @before_id::uuid)
      ORDER BY created_at DESC, id DESC LIMIT 101) invoices
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: InvoiceNewestAt :one
-- The row behind which a page far down begins, found in the index alone.
SELECT created_at, id FROM invoices ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET @row_offset;

-- name: InvoiceNumberReserve :one
-- Takes a block of numbers and answers the last of it, with the date that its invoices are issued on: the given
-- one, or that of the number before when it is later. The row stays locked until the transaction ends: that is
-- what keeps the sequence without gaps.
INSERT INTO invoice_number_sequences (seller_code, year, last_number, last_issue_date)
VALUES (@seller_code, @year, @count, sqlc.arg(issue_date)::date)
ON CONFLICT (seller_code, year) DO UPDATE
SET last_number = invoice_number_sequences.last_number + excluded.last_number,
    last_issue_date = greatest(invoice_number_sequences.last_issue_date, excluded.last_issue_date)
RETURNING last_number, last_issue_date::date AS issue_date;

-- name: InvoiceNumberSequenceList :many
-- The sequences with the invoices that have their numbers.
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
-- A trigger releases the days that its lines charge.
UPDATE invoices
SET status = 'void', voided_at = greatest(@now::timestamptz, issued_at), voided_by = @actor_id::text, void_reason = @reason::text,
    updated_at = @now
WHERE id = @id
RETURNING *;
