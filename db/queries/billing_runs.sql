-- name: BillingRunComplete :one
-- Adds up the chunks. Failures decide between the two completed states.
WITH chunks AS (
    SELECT coalesce(sum(invoice_count), 0)::integer AS invoice_count,
           coalesce(sum(skipped_count), 0)::integer AS skipped_count,
           coalesce(sum(failed_count), 0)::integer AS failed_count,
           coalesce(sum(subtotal_amount), 0)::centimes_sum AS subtotal_amount,
           coalesce(sum(tax_amount), 0)::centimes_sum AS tax_amount,
           coalesce(sum(total_amount), 0)::centimes_sum AS total_amount
    FROM billing_run_chunks
    WHERE billing_run_id = @id
)
UPDATE billing_runs
SET status = CASE WHEN chunks.failed_count = 0 THEN 'completed' ELSE 'completed_with_failures' END,
    invoice_count = chunks.invoice_count, skipped_count = chunks.skipped_count, failed_count = chunks.failed_count,
    subtotal_amount = chunks.subtotal_amount, tax_amount = chunks.tax_amount, total_amount = chunks.total_amount,
    updated_at = @now, completed_at = @now
FROM chunks
WHERE billing_runs.id = @id
RETURNING billing_runs.*;

-- name: BillingRunCount :one
SELECT count(*) FROM billing_runs
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('period_start')::date IS NULL OR period_start = sqlc.narg('period_start'));

-- name: BillingRunGetByID :one
SELECT * FROM billing_runs WHERE id = @id;

-- name: BillingRunGetByKey :one
SELECT * FROM billing_runs WHERE idempotency_key = @idempotency_key;

-- name: BillingRunInsert :one
-- No row comes back when the key has a run already.
INSERT INTO billing_runs (id, idempotency_key, fingerprint, period_start, period_end, due_days, tax_rate, currency,
    status, actor_id, client_count, chunk_count, planned_at, updated_at)
VALUES (@id, @idempotency_key, @fingerprint, @period_start, @period_end, @due_days, @tax_rate, @currency,
    'planned', @actor_id, 0, 0, @now, @now)
ON CONFLICT ON CONSTRAINT billing_runs_idempotency_key_key DO NOTHING
RETURNING *;

-- name: BillingRunInvoiceIDs :many
SELECT id FROM invoices
WHERE billing_run_id = @billing_run_id
ORDER BY number
LIMIT @max_count;

-- name: BillingRunList :many
-- Each sort key has its branches here; the planner keeps those of the key that is asked for. See docs/lists.md.
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
         CASE @sort::text WHEN 'period_start:desc' THEN period_start END DESC, CASE @sort::text WHEN 'period_start:asc' THEN period_start END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: BillingRunPlanned :one
-- Records the size of the plan and starts the run.
UPDATE billing_runs
SET client_count = @client_count, chunk_count = @chunk_count, status = 'running', updated_at = @now
WHERE id = @id
RETURNING *;

-- name: BillingRunProgressList :many
-- How far runs have come, a row for each run that has chunks.
SELECT billing_run_id,
       count(*) FILTER (WHERE status <> 'planned')::integer AS billed_chunks,
       count(*) FILTER (WHERE status = 'documented')::integer AS documented_chunks,
       coalesce(sum(client_count) FILTER (WHERE status <> 'planned'), 0)::integer AS billed_clients,
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

-- name: BillingRunChunkBilled :exec
UPDATE billing_run_chunks
SET status = 'billed', invoice_count = @invoice_count, skipped_count = @skipped_count, failed_count = @failed_count,
    subtotal_amount = @subtotal_amount, tax_amount = @tax_amount, total_amount = @total_amount, billed_at = @now
WHERE billing_run_id = @billing_run_id AND number = @number;

-- name: BillingRunChunkDocumented :exec
UPDATE billing_run_chunks
SET status = 'documented', documented_at = @now
WHERE billing_run_id = @billing_run_id AND number = @number AND status = 'billed';

-- name: BillingRunChunkGet :one
SELECT * FROM billing_run_chunks WHERE billing_run_id = @billing_run_id AND number = @number;

-- name: BillingRunChunkLock :one
SELECT * FROM billing_run_chunks WHERE billing_run_id = @billing_run_id AND number = @number FOR UPDATE;

-- name: BillingRunChunkPlan :many
-- Cuts the clients with a billable contract into ranges of chunk_size. PostgreSQL has no
-- min(uuid), but the text of a uuid sorts like the uuid in the C collation.
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

-- name: BillingRunFailureInsertMany :copyfrom
INSERT INTO billing_run_failures (billing_run_id, client_id, chunk_number, code, message, created_at)
VALUES (@billing_run_id, @client_id, @chunk_number, @code, @message, @created_at);

-- name: BillableContractList :many
-- What a chunk of clients owes for a period, in the order of the invoices and their lines.
-- A contract that paid its recurring fee for any of these days is marked as billed.
SELECT ct.id AS contract_id, ct.client_id, ct.start_date, ct.end_date,
       cl.full_name AS client_name, cl.client_type, cl.cin AS client_cin, cl.address AS client_address,
       s.service_identifier,
       o.id AS offer_id, o.name AS offer_name, o.service_category, o.monthly_fee, o.activation_fee,
       EXISTS (SELECT 1 FROM invoice_lines l
               WHERE l.contract_id = ct.id
                 AND l.billed_days && daterange(@period_start::date, @period_end::date, '[]')) AS already_billed
FROM contracts ct
JOIN clients cl ON cl.id = ct.client_id
JOIN subscribers s ON s.id = ct.subscriber_id
JOIN offers o ON o.id = ct.offer_id
WHERE ct.client_id BETWEEN @first_client_id AND @last_client_id
  AND ct.status = 'active'
  AND ct.start_date <= @period_end::date
  AND (ct.end_date IS NULL OR ct.end_date >= @period_start::date)
  AND ct.created_at <= @planned_at::timestamptz
ORDER BY ct.client_id, ct.id;
