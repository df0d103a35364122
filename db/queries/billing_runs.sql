-- name: BillableClientList :many
-- The next clients with a contract that is active in the period, in the order of ids.
SELECT DISTINCT client_id FROM contracts
WHERE client_id > @after_client_id
  AND status = 'active'
  AND start_date <= @period_end::date
  AND (end_date IS NULL OR end_date >= @period_start::date)
  AND created_at <= @planned_at::timestamptz
ORDER BY client_id
LIMIT @max_count;

-- name: BillableContractList :many
-- The contracts of a range of clients to bill for a period, in the order of the invoices and their lines.
-- already_billed is true if the recurring fee of any of the days was charged. With daily proration, billed_days has those
-- days instead. failed_only restricts the result to failed_client_ids, for a retry.
-- LIMIT 1 keeps each subquery an index look-up, see docs/performance.md.
SELECT ct.id AS contract_id, ct.client_id, ct.start_date, ct.end_date,
       cl.full_name AS client_name, cl.client_type, cl.cin AS client_cin, cl.address AS client_address,
       s.service_identifier,
       o.id AS offer_id, o.name AS offer_name, o.service_category, o.monthly_fee, o.activation_fee,
       (NOT sqlc.arg(daily)::boolean AND (
               SELECT true FROM invoice_lines l
               WHERE l.contract_id = ct.id
                 AND l.billed_days && daterange(@period_start::date, @period_end::date, '[]') AND NOT l.released
               LIMIT 1) IS NOT NULL)::boolean AS already_billed,
       (CASE WHEN sqlc.arg(daily)::boolean THEN (
               SELECT range_agg(l.billed_days) FROM invoice_lines l
               WHERE l.contract_id = ct.id
                 AND l.billed_days && daterange(@period_start::date, @period_end::date, '[]')
                 AND NOT l.released) END)::datemultirange AS billed_days
FROM contracts ct
CROSS JOIN LATERAL (SELECT * FROM clients WHERE id = ct.client_id LIMIT 1) cl
CROSS JOIN LATERAL (SELECT * FROM subscribers WHERE id = ct.subscriber_id LIMIT 1) s
JOIN offers o ON o.id = ct.offer_id
WHERE ct.client_id BETWEEN @first_client_id AND @last_client_id
  AND ct.status = 'active'
  AND ct.start_date <= @period_end::date
  AND (ct.end_date IS NULL OR ct.end_date >= @period_start::date)
  AND ct.created_at <= @planned_at::timestamptz
  AND (NOT sqlc.arg(failed_only)::boolean OR ct.client_id = ANY(@failed_client_ids::uuid[]))
ORDER BY ct.client_id, ct.id;

-- name: BillingRunChunkGet :one
SELECT * FROM billing_run_chunks WHERE billing_run_id = @billing_run_id AND number = @number;

-- name: BillingRunChunkInsertPlan :many
-- Divides the clients with a billable contract into chunks of chunk_size. PostgreSQL has no min(uuid), but in the C
-- collation the text of a uuid sorts like the uuid.
WITH billable AS (
    SELECT DISTINCT client_id FROM contracts
    WHERE status = 'active'
      AND start_date <= @period_end::date
      AND (end_date IS NULL OR end_date >= @period_start::date)
      AND created_at <= @planned_at::timestamptz
), numbered AS (
    SELECT client_id, ((row_number() OVER (ORDER BY client_id) - 1) / sqlc.arg(chunk_size)::integer + 1)::integer AS number
    FROM billable
)
INSERT INTO billing_run_chunks (billing_run_id, number, first_client_id, last_client_id, client_count)
SELECT @billing_run_id, number, min(client_id::text COLLATE "C")::uuid, max(client_id::text COLLATE "C")::uuid, count(*)
FROM numbered
GROUP BY number
RETURNING client_count;

-- name: BillingRunChunkListUnfinished :many
-- The chunks that a retry processes: those without documents, and those with failed clients. Billed chunks come first,
-- since their invoices only lack documents.
SELECT c.number FROM billing_run_chunks c
WHERE c.billing_run_id = @billing_run_id
  AND (c.status <> 'documented'
       OR EXISTS (SELECT 1 FROM billing_run_failures f
                  WHERE f.billing_run_id = c.billing_run_id AND f.chunk_number = c.number AND f.resolved_at IS NULL))
ORDER BY (c.status = 'billed') DESC, c.number;

-- name: BillingRunChunkLock :one
SELECT * FROM billing_run_chunks WHERE billing_run_id = @billing_run_id AND number = @number FOR UPDATE;

-- name: BillingRunChunkMarkBilled :exec
-- A chunk that a retry billed again has new invoices without documents.
UPDATE billing_run_chunks
SET status = 'billed', client_count = @client_count, invoice_count = @invoice_count,
    skipped_count = @skipped_count, failed_count = @failed_count,
    subtotal_amount = @subtotal_amount, tax_amount = @tax_amount, total_amount = @total_amount, billed_at = @now,
    documented_at = NULL
WHERE billing_run_id = @billing_run_id AND number = @number;

-- name: BillingRunChunkMarkDocumented :exec
UPDATE billing_run_chunks
SET status = 'documented', documented_at = @now
WHERE billing_run_id = @billing_run_id AND number = @number AND status = 'billed';

-- name: BillingRunCount :one
SELECT count(*) FROM billing_runs
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('period_start')::date IS NULL OR period_start = sqlc.narg('period_start'));

-- name: BillingRunEstimate :one
-- Estimates the invoices of a plan: the number of clients with a contract that owes its recurring fee for the whole
-- period, and the sum of their fees including tax.
SELECT count(DISTINCT ct.client_id)::integer AS client_count,
       coalesce(floor(sum(o.monthly_fee + CASE WHEN ct.start_date >= @period_start::date THEN o.activation_fee ELSE 0 END)::numeric
                      * (1000000 + sqlc.arg(tax_rate)::integer) / 1000000), 0)::centimes_sum AS total_amount
FROM contracts ct
JOIN offers o ON o.id = ct.offer_id
WHERE ct.status = 'active'
  AND ct.start_date <= @period_end::date
  AND (ct.end_date IS NULL OR ct.end_date >= @period_start::date)
  AND ct.created_at <= @planned_at::timestamptz
  AND NOT EXISTS (SELECT 1 FROM invoice_lines l
                  WHERE l.contract_id = ct.id
                    AND l.billed_days && daterange(@period_start::date, @period_end::date, '[]') AND NOT l.released);

-- name: BillingRunEstimateDaily :one
-- BillingRunEstimate with daily proration. The fee of a range of days is the fee accrued by its end minus the fee accrued by
-- its start, each rounded half up within its month. A client that owes nothing gets no invoice.
WITH billed AS (
    SELECT contract_id, range_agg(billed_days) AS days FROM invoice_lines
    WHERE billed_days && daterange(@period_start::date, @period_end::date, '[]') AND NOT released
    GROUP BY contract_id
), due AS (
    SELECT ct.id, ct.client_id, ct.start_date, o.monthly_fee::bigint AS monthly_fee, o.activation_fee::bigint AS activation_fee,
           datemultirange(daterange(greatest(ct.start_date, @period_start::date), least(ct.end_date, @period_end::date), '[]'))
           - coalesce(billed.days, '{}'::datemultirange) AS days
    FROM contracts ct
    JOIN offers o ON o.id = ct.offer_id
    LEFT JOIN billed ON billed.contract_id = ct.id
    WHERE ct.status = 'active'
      AND ct.start_date <= @period_end::date
      AND (ct.end_date IS NULL OR ct.end_date >= @period_start::date)
      AND ct.created_at <= @planned_at::timestamptz
), bounds AS (
    SELECT due.client_id, due.monthly_fee, lower(part.days) AS day, -1 AS sign
    FROM due CROSS JOIN LATERAL (SELECT unnest(due.days) AS days) part
    UNION ALL
    SELECT due.client_id, due.monthly_fee, upper(part.days), 1
    FROM due CROSS JOIN LATERAL (SELECT unnest(due.days) AS days) part
), amounts AS (
    SELECT client_id,
           sign * (monthly_fee * (extract(year FROM day)::bigint * 12 + extract(month FROM day)::bigint)
                   + (2 * monthly_fee * (extract(day FROM day)::bigint - 1) + month.days) / (2 * month.days)) AS amount
    FROM bounds
    CROSS JOIN LATERAL (
        SELECT extract(day FROM date_trunc('month', day::timestamp) + interval '1 month - 1 day')::bigint AS days) month
    UNION ALL
    SELECT client_id, activation_fee FROM due WHERE days @> start_date
), clients AS (
    SELECT client_id, sum(amount) AS amount FROM amounts GROUP BY client_id HAVING sum(amount) > 0
)
SELECT count(*)::integer AS client_count,
       least(coalesce(floor(sum(amount) * (1000000 + sqlc.arg(tax_rate)::integer) / 1000000), 0),
             9223372036854775807)::centimes_sum AS total_amount
FROM clients;

-- name: BillingRunEventInsert :exec
INSERT INTO billing_run_events (id, billing_run_id, from_status, to_status, actor_id, reason, created_at)
VALUES (@id, @billing_run_id, @from_status, @to_status, @actor_id, sqlc.narg('reason'), @now);

-- name: BillingRunEventList :many
SELECT * FROM billing_run_events
WHERE billing_run_id = @billing_run_id
ORDER BY created_at, id;

-- name: BillingRunFailureCount :one
SELECT count(*) FROM billing_run_failures
WHERE billing_run_id = @billing_run_id
  AND (sqlc.arg(include_resolved)::boolean OR resolved_at IS NULL)
  AND (sqlc.narg('code')::text IS NULL OR code = sqlc.narg('code'));

-- name: BillingRunFailureInsertMany :copyfrom
INSERT INTO billing_run_failures (billing_run_id, client_id, chunk_number, code, message, created_at)
VALUES (@billing_run_id, @client_id, @chunk_number, @code, @message, @created_at);

-- name: BillingRunFailureList :many
SELECT * FROM billing_run_failures
WHERE billing_run_id = @billing_run_id
  AND (sqlc.arg(include_resolved)::boolean OR resolved_at IS NULL)
  AND (sqlc.narg('code')::text IS NULL OR code = sqlc.narg('code'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, client_id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, client_id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE WHEN @sort::text LIKE '%:desc' THEN client_id END DESC, client_id
LIMIT @page_size OFFSET @page_offset;

-- name: BillingRunFailureListUnresolved :many
-- The clients of a chunk that are not billed yet.
SELECT client_id FROM billing_run_failures
WHERE billing_run_id = @billing_run_id AND chunk_number = @chunk_number AND resolved_at IS NULL
ORDER BY client_id;

-- name: BillingRunFailureRecordAttempt :exec
-- Records that a retry failed too, with its reason.
UPDATE billing_run_failures
SET attempts = attempts + 1, code = @code, message = @message
WHERE billing_run_id = @billing_run_id AND client_id = @client_id;

-- name: BillingRunFailureResolve :exec
UPDATE billing_run_failures
SET resolved_at = @now
WHERE billing_run_id = @billing_run_id AND client_id = ANY(@client_ids::uuid[]) AND resolved_at IS NULL;

-- name: BillingRunGetByID :one
SELECT * FROM billing_runs WHERE id = @id;

-- name: BillingRunGetByKey :one
SELECT * FROM billing_runs WHERE idempotency_key = @idempotency_key;

-- name: BillingRunInsert :one
-- Returns no row if a run with the key exists.
INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency,
    proration, status, actor_id, client_count, chunk_count, planned_at, updated_at)
VALUES (@id, @idempotency_key, @fingerprint, @period_start, @period_end, @due_days, @tax_rate, @currency,
    @proration, 'planned', @actor_id, 0, 0, @now, @now)
ON CONFLICT ON CONSTRAINT billing_runs_idempotency_key_key DO NOTHING
RETURNING *;

-- name: BillingRunList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT * FROM billing_runs
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('period_start')::date IS NULL OR period_start = sqlc.narg('period_start'))
  AND CASE @after::text
        WHEN 'planned_at:desc' THEN (planned_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'planned_at:asc' THEN (planned_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'period_start:desc' THEN (period_start, id) < (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'period_start:asc' THEN (period_start, id) > (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'planned_at:desc' THEN planned_at END DESC, CASE @sort::text WHEN 'planned_at:asc' THEN planned_at END,
         CASE @sort::text WHEN 'period_start:desc' THEN period_start END DESC,
         CASE @sort::text WHEN 'period_start:asc' THEN period_start END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: BillingRunListInvoiceIDs :many
-- In the order of the clients, which has an index. In the order of numbers, the query would scan the invoices of earlier runs.
SELECT id FROM invoices
WHERE billing_run_id = @billing_run_id
ORDER BY client_id
LIMIT @max_count;

-- name: BillingRunLock :one
-- Does not wait for a transaction that bills a chunk, which holds a key lock on the run.
SELECT * FROM billing_runs WHERE id = @id FOR NO KEY UPDATE;

-- name: BillingRunMaxRecentInvoiceCount :one
-- The largest invoice count of the latest 12 runs that issued invoices.
SELECT coalesce(max(invoice_count), 0)::integer FROM (
    SELECT invoice_count FROM billing_runs
    WHERE status IN ('completed', 'completed_with_failures') AND invoice_count > 0
    ORDER BY planned_at DESC
    LIMIT 12
) latest;

-- name: BillingRunProgressList :many
-- The progress of runs: one row for each run that has chunks. running_seconds excludes the time in which a run was held,
-- paused, or ended before a retry.
WITH moves AS (
    SELECT billing_run_id, to_status, created_at,
           lead(created_at, 1, sqlc.arg(now)::timestamptz) OVER (PARTITION BY billing_run_id ORDER BY created_at, id) AS left_at
    FROM billing_run_events
    WHERE billing_run_id = ANY(@billing_run_ids::uuid[])
)
SELECT billing_run_id,
       greatest((SELECT extract(epoch FROM sum(m.left_at - m.created_at)) FROM moves m
                 WHERE m.billing_run_id = billing_run_chunks.billing_run_id AND m.to_status = 'running'),
                0)::double precision AS running_seconds,
       count(*) FILTER (WHERE status <> 'planned')::integer AS billed_chunks,
       count(*) FILTER (WHERE status = 'documented')::integer AS documented_chunks,
       coalesce(sum(client_count), 0)::integer AS client_count,
       coalesce(sum(client_count) FILTER (WHERE status <> 'planned'), 0)::integer AS billed_clients,
       coalesce(sum(client_count) FILTER (WHERE status = 'documented'), 0)::integer AS documented_clients,
       coalesce(sum(invoice_count), 0)::integer AS invoice_count,
       coalesce(sum(invoice_count) FILTER (WHERE status = 'documented'), 0)::integer AS document_count,
       coalesce(sum(skipped_count), 0)::integer AS skipped_count,
       coalesce(sum(failed_count), 0)::integer AS failed_count,
       coalesce(sum(subtotal_amount), 0)::centimes_sum AS subtotal_amount,
       coalesce(sum(tax_amount), 0)::centimes_sum AS tax_amount,
       coalesce(sum(total_amount), 0)::centimes_sum AS total_amount
FROM billing_run_chunks
WHERE billing_run_id = ANY(@billing_run_ids::uuid[])
GROUP BY billing_run_id;

-- name: BillingRunSkippedLineCount :one
SELECT count(*) FROM billing_run_skipped_lines WHERE billing_run_id = @billing_run_id;

-- name: BillingRunSkippedLineInsert :exec
-- Records why contracts are skipped: the lines that had charged days of the period. A retry may find some recorded.
INSERT INTO billing_run_skipped_lines (billing_run_id, client_id, line_id)
SELECT @billing_run_id, ct.client_id, l.id
FROM unnest(@contract_ids::uuid[]) skipped (contract_id)
JOIN contracts ct ON ct.id = skipped.contract_id
CROSS JOIN LATERAL (
    SELECT id FROM invoice_lines
    WHERE contract_id = skipped.contract_id AND billed_days && daterange(@period_start::date, @period_end::date, '[]') AND NOT released) l
ON CONFLICT DO NOTHING;

-- name: BillingRunSkippedLineList :many
-- The days that a run skipped because an invoice of another run had charged them.
SELECT k.line_id, k.client_id, l.contract_id, i.id AS invoice_id, i.number AS invoice_number,
       i.billing_run_id AS other_run_id, lower(l.billed_days)::date AS first_day, (upper(l.billed_days) - 1)::date AS last_day
FROM billing_run_skipped_lines k
JOIN invoice_lines l ON l.id = k.line_id
JOIN invoices i ON i.id = l.invoice_id
WHERE k.billing_run_id = @billing_run_id
  AND CASE @after::text
        WHEN 'client_id:desc' THEN (k.client_id, k.line_id) < (sqlc.arg(after_value)::text::uuid, sqlc.arg(after_id)::uuid)
        WHEN 'client_id:asc' THEN (k.client_id, k.line_id) > (sqlc.arg(after_value)::text::uuid, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'client_id:desc' THEN k.client_id END DESC, CASE @sort::text WHEN 'client_id:asc' THEN k.client_id END,
         CASE WHEN @sort::text LIKE '%:desc' THEN k.line_id END DESC, k.line_id
LIMIT @page_size OFFSET @page_offset;

-- name: BillingRunSumChunks :one
-- Sums up the chunks into the run.
WITH chunks AS (
    SELECT coalesce(sum(client_count), 0)::integer AS client_count,
           coalesce(sum(invoice_count), 0)::integer AS invoice_count,
           coalesce(sum(skipped_count), 0)::integer AS skipped_count,
           coalesce(sum(failed_count), 0)::integer AS failed_count,
           coalesce(sum(subtotal_amount), 0)::centimes_sum AS subtotal_amount,
           coalesce(sum(tax_amount), 0)::centimes_sum AS tax_amount,
           coalesce(sum(total_amount), 0)::centimes_sum AS total_amount
    FROM billing_run_chunks
    WHERE billing_run_id = @id
)
UPDATE billing_runs
SET client_count = chunks.client_count, invoice_count = chunks.invoice_count,
    skipped_count = chunks.skipped_count, failed_count = chunks.failed_count,
    subtotal_amount = chunks.subtotal_amount, tax_amount = chunks.tax_amount, total_amount = chunks.total_amount,
    updated_at = @now
FROM chunks
WHERE billing_runs.id = @id
RETURNING billing_runs.*;

-- name: BillingRunUpdatePlan :one
-- Records the size of the plan, and the hold reason if the run is held.
UPDATE billing_runs
SET client_count = @client_count, chunk_count = @chunk_count, estimated_invoice_count = @estimated_invoice_count,
    estimated_total_amount = @estimated_total_amount, hold_reason = sqlc.narg('hold_reason'), updated_at = @now
WHERE id = @id
RETURNING *;

-- name: BillingRunUpdateStatus :one
-- Any status but cancelled clears the hold reason. A fault exists only in status failed.
UPDATE billing_runs
SET status = @status, fault = sqlc.narg('fault'), completed_at = sqlc.narg('completed_at'), updated_at = @now,
    hold_reason = CASE WHEN @status = 'cancelled' THEN hold_reason END
WHERE id = @id
RETURNING *;
