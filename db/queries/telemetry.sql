-- name: TelemetryBillingProgress :one
-- The progress of the unfinished runs, and the invoices they have issued. A failed run counts: it can be retried.
SELECT count(*) FILTER (WHERE c.status = 'planned' AND r.status IN ('running', 'paused')) AS planned_chunks,
       count(*) FILTER (WHERE c.status = 'billed' AND r.status IN ('running', 'paused')) AS billed_chunks,
       count(*) FILTER (WHERE c.status = 'documented' AND r.status IN ('running', 'paused')) AS documented_chunks,
       coalesce(sum(c.invoice_count), 0)::bigint AS invoice_count,
       coalesce(sum(c.total_amount), 0)::centimes_sum AS total_amount
FROM billing_runs r
JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.status IN ('planned', 'running', 'paused', 'failed');

-- name: TelemetryBillingRunListByStatus :many
-- The runs per status, and what the finished ones issued. TelemetryBillingProgress has the others.
SELECT status, count(*) AS run_count, count(hold_reason) AS held_count,
       coalesce(sum(invoice_count) FILTER (WHERE status IN ('completed', 'completed_with_failures', 'cancelled')),
                0)::bigint AS invoice_count,
       coalesce(sum(total_amount) FILTER (WHERE status IN ('completed', 'completed_with_failures', 'cancelled')),
                0)::centimes_sum AS total_amount
FROM billing_runs
GROUP BY status;

-- name: TelemetryBillingRunListProgressed :many
-- The time of the last progress of each running run.
SELECT greatest(r.updated_at, max(c.billed_at), max(c.documented_at))::timestamptz AS progressed_at
FROM billing_runs r
LEFT JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.status = 'running'
GROUP BY r.id;

-- name: TelemetryFailedClientCount :one
-- The number of clients that recent runs could not bill.
SELECT count(*)
FROM billing_runs r
JOIN billing_run_failures f ON f.billing_run_id = r.id
WHERE r.planned_at >= @planned_from AND r.status <> 'cancelled' AND f.resolved_at IS NULL;

-- name: TelemetryInvoiceEarliestDue :one
-- The earliest due date of the invoices that are not marked overdue: one index probe.
SELECT due_date FROM invoices WHERE status = 'issued' ORDER BY due_date LIMIT 1;

-- name: TelemetryListTotalList :many
SELECT list, sum(total)::bigint AS total FROM list_totals GROUP BY list;

-- name: TelemetryMissingDocuments :one
-- The number of invoices of recent runs that were issued before billed_before and have no documents.
SELECT coalesce(sum(c.invoice_count), 0)::bigint
FROM billing_runs r
JOIN billing_run_chunks c ON c.billing_run_id = r.id
WHERE r.planned_at >= @planned_from AND c.status = 'billed' AND c.billed_at < @billed_before;

-- name: TelemetryMonthIsBilled :one
-- Reports whether a run over the whole month has completed.
SELECT EXISTS (
    SELECT 1 FROM billing_runs
    WHERE status IN ('completed', 'completed_with_failures')
      AND period_start <= @first_day::date AND period_end >= @last_day::date)::boolean;
