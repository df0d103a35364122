-- name: TelemetryBillingProgress :one
-- How far the runs that have not ended have come, and what they issued so far. A failed run may go on.
SELECT count(*) FILTER (WHERE c.status = 'planned' AND r.status IN ('running', 'paused')) AS planned_chunks,
       count(*) FILTER (WHERE c.status = 'billed' AND r.status IN ('running', 'paused')) AS billed_chunks,
       count(*) FILTER (WHERE c.status = 'documented' AND r.status IN ('running', 'paused')) AS documented_chunks,
       coalesce(sum(c.invoice_count), 0)::bigint AS invoice_count,
       coalesce(sum(c.total_amount), 0)::centimes_sum AS total_amount
FROM billing_runs r
JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.status IN ('planned', 'running', 'paused', 'failed');

-- name: TelemetryBillingRunListByStatus :many
-- The runs of each status, and what those issued that have been added up. The others' chunks are in
-- TelemetryBillingProgress.
SELECT status, count(*) AS run_count, count(hold_reason) AS held_count,
       coalesce(sum(invoice_count) FILTER (WHERE status IN ('completed', 'completed_with_failures', 'cancelled')), 0)::bigint AS invoice_count,
       coalesce(sum(total_amount) FILTER (WHERE status IN ('completed', 'completed_with_failures', 'cancelled')), 0)::centimes_sum AS total_amount
FROM billing_runs
GROUP BY status;

-- name: TelemetryBillingRunListProgressed :many
-- When each of the running runs last came further.
SELECT greatest(r.updated_at, max(c.billed_at), max(c.documented_at))::timestamptz AS progressed_at
FROM billing_runs r
LEFT JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.status = 'running'
GROUP BY r.id;

-- name: TelemetryInvoiceEarliestDue :one
-- The earliest due date of what is issued and not marked as overdue: one probe of an index.
SELECT due_date FROM invoices WHERE status = 'issued' ORDER BY due_date LIMIT 1;

-- name: TelemetryListTotalList :many
SELECT list, sum(total)::bigint AS total FROM list_totals GROUP BY list;

-- name: TelemetryMissingDocuments :one
-- The invoices of recent runs that were issued some time ago and have no documents.
SELECT coalesce(sum(c.invoice_count), 0)::bigint
FROM billing_runs r
JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.planned_at >= @planned_from AND c.status = 'billed' AND c.billed_at < @billed_before;

-- name: TelemetryMonthIsBilled :one
-- Whether a run of a whole month has ended.
SELECT EXISTS (
    SELECT 1 FROM billing_runs
    WHERE status IN ('completed', 'completed_with_failures')
      AND period_start <= @first_day::date AND period_end >= @last_day::date)::boolean;

-- name: TelemetryParkedClientCount :one
-- The clients of recent runs that could not be billed.
SELECT count(*)
FROM billing_runs r
JOIN billing_run_failures f ON f.billing_run_id = r.id
WHERE r.planned_at >= @planned_from AND r.status <> 'cancelled' AND f.resolved_at IS NULL;
