-- name: AgingList :many
-- The receivables on a day: the totals of all selected clients, and a page of those clients. An empty page still has one
-- row, which carries the totals and the nil UUID as client_id.
--
-- The query starts from the current balances and undoes what happened after the day. Today therefore costs no more than
-- the open invoices, and a past day adds the payments since then. The CTEs later and owed define what was owed, see
-- docs/api.md. day_end is the instant at which the day ends. Buckets are numbered; bucket 0 is not yet due.
WITH later AS (
    -- Per invoice: the payments that count now but not on the day, minus payments that count on the day but not now.
    SELECT p.invoice_id, sum(p.amount)::bigint AS amount
    FROM (SELECT invoice_id, client_id, amount::bigint AS amount FROM payments
          WHERE status = 'posted' AND payment_date > @as_of::date
          UNION ALL
          SELECT invoice_id, client_id, -amount::bigint FROM payments
          WHERE status = 'reversed' AND payment_date <= @as_of::date AND reversed_at >= @day_end::timestamptz) p
    WHERE (sqlc.narg('client_id')::uuid IS NULL OR p.client_id = sqlc.narg('client_id'))
    GROUP BY p.invoice_id
), owed AS (
    SELECT i.client_id, i.due_date, i.total_amount - i.paid_amount + coalesce(l.amount, 0) AS amount
    FROM invoices i
    LEFT JOIN later l ON l.invoice_id = i.id
    WHERE i.status IN ('issued', 'overdue') AND i.issue_date <= @as_of::date
      AND (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
    UNION ALL
    SELECT i.client_id, i.due_date, i.total_amount + coalesce(l.amount, 0)
    FROM invoices i
    LEFT JOIN later l ON l.invoice_id = i.id
    WHERE i.status = 'void' AND i.voided_at >= @day_end::timestamptz AND i.issue_date <= @as_of::date
      AND (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
    UNION ALL
    SELECT i.client_id, i.due_date, i.total_amount - i.paid_amount + l.amount
    FROM later l
    JOIN invoices i ON i.id = l.invoice_id
    WHERE i.status = 'paid' AND i.issue_date <= @as_of::date
), by_bucket AS MATERIALIZED (
    SELECT client_id, width_bucket(sqlc.arg('as_of')::date - due_date, sqlc.arg('bucket_starts')::integer[]) AS bucket,
           sum(amount)::bigint AS amount, count(*) AS invoices
    FROM owed
    WHERE amount > 0
    GROUP BY 1, 2
), by_client AS MATERIALIZED (
    SELECT client_id, sum(amount)::bigint AS amount, sum(invoices)::bigint AS invoices
    FROM by_bucket
    GROUP BY client_id
    HAVING sqlc.narg('bucket')::integer IS NULL OR bool_or(bucket = sqlc.narg('bucket'))
), bucket_totals AS (
    SELECT bucket, sum(amount)::bigint AS amount, sum(invoices)::bigint AS invoices, count(*) AS clients
    FROM by_bucket
    WHERE sqlc.narg('bucket')::integer IS NULL OR client_id IN (SELECT client_id FROM by_client)
    GROUP BY bucket
), totals AS (
    SELECT (SELECT count(*) FROM by_client) AS clients,
           array_agg(coalesce(t.amount, 0) ORDER BY n)::bigint[] AS amounts,
           array_agg(coalesce(t.invoices, 0) ORDER BY n)::bigint[] AS bucket_invoices,
           array_agg(coalesce(t.clients, 0) ORDER BY n)::bigint[] AS bucket_clients
    FROM generate_series(0, cardinality(sqlc.arg('bucket_starts')::integer[])) AS n
    LEFT JOIN bucket_totals t ON t.bucket = n
), page AS (
    SELECT * FROM by_client
    WHERE CASE @after::text
        WHEN 'outstanding_amount:desc' THEN (amount, client_id) < (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'outstanding_amount:asc' THEN (amount, client_id) > (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'client_id:desc' THEN client_id < sqlc.arg(after_id)::uuid
        WHEN 'client_id:asc' THEN client_id > sqlc.arg(after_id)::uuid
        ELSE true
      END
    ORDER BY CASE @sort::text WHEN 'outstanding_amount:desc' THEN amount END DESC,
             CASE @sort::text WHEN 'outstanding_amount:asc' THEN amount END,
             CASE WHEN @sort::text LIKE '%:desc' THEN client_id END DESC, client_id
    LIMIT @page_size OFFSET @page_offset
)
SELECT t.clients AS total_clients, t.amounts AS total_amounts, t.bucket_invoices AS total_invoices, t.bucket_clients,
       coalesce(p.client_id, '00000000-0000-0000-0000-000000000000')::uuid AS client_id,
       coalesce(p.amount, 0)::bigint AS amount, coalesce(p.invoices, 0)::bigint AS invoices,
       coalesce(b.buckets, '{}')::integer[] AS buckets, coalesce(b.amounts, '{}')::bigint[] AS amounts
FROM totals t
LEFT JOIN page p ON true
LEFT JOIN (SELECT client_id, array_agg(bucket)::integer[] AS buckets, array_agg(amount)::bigint[] AS amounts
           FROM by_bucket WHERE client_id IN (SELECT client_id FROM page)
           GROUP BY client_id) b ON b.client_id = p.client_id
ORDER BY CASE @sort::text WHEN 'outstanding_amount:desc' THEN p.amount END DESC,
         CASE @sort::text WHEN 'outstanding_amount:asc' THEN p.amount END,
         CASE WHEN @sort::text LIKE '%:desc' THEN p.client_id END DESC, p.client_id;
