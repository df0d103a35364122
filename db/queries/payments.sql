-- name: PaymentCount :one
SELECT count(*) FROM payments
WHERE (sqlc.narg('invoice_id')::uuid IS NULL OR invoice_id = sqlc.narg('invoice_id'))
  AND (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('method')::text IS NULL OR method = sqlc.narg('method'))
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'));

-- name: PaymentGetByID :one
SELECT * FROM payments WHERE id = @id;

-- name: PaymentInsert :one
INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, reference, note, status,
    actor_id, created_at)
VALUES (@id, @invoice_id, @client_id, @amount, @currency, @payment_date, @method, sqlc.narg('reference'),
    sqlc.narg('note'), 'posted', @actor_id, @now)
RETURNING *;

-- name: PaymentList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT sqlc.embed(payments),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'payments')::bigint AS list_total
FROM payments
WHERE (sqlc.narg('invoice_id')::uuid IS NULL OR invoice_id = sqlc.narg('invoice_id'))
  AND (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('method')::text IS NULL OR method = sqlc.narg('method'))
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'payment_date:desc' THEN (payment_date, id) < (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'payment_date:asc' THEN (payment_date, id) > (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'amount:desc' THEN (amount, id) < (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'amount:asc' THEN (amount, id) > (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE @sort::text WHEN 'payment_date:desc' THEN payment_date END DESC,
         CASE @sort::text WHEN 'payment_date:asc' THEN payment_date END,
         CASE @sort::text WHEN 'amount:desc' THEN amount END DESC, CASE @sort::text WHEN 'amount:asc' THEN amount END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: PaymentNewest :many
-- The most requested page: no filter, newest first, after a row. The inner limit is the largest page size plus one; it
-- lets PostgreSQL reuse the plan, see docs/lists.md.
SELECT sqlc.embed(payments),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'payments')::bigint AS list_total
FROM (SELECT * FROM payments WHERE (created_at, id) < (@before_created_at, @before_id::uuid)
      ORDER BY created_at DESC, id DESC LIMIT 101) payments
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: PaymentNewestAt :one
-- The row after which a numbered page begins, found by an index-only scan.
SELECT created_at, id FROM payments ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET @row_offset;

-- name: PaymentReverse :one
-- Returns no row if the payment is already reversed. The reversal is never earlier than the payment, even if the clocks of
-- two servers differ.
UPDATE payments
SET status = 'reversed', reversed_at = greatest(@now::timestamptz, created_at), reversed_by = @actor_id::text,
    reversal_reason = @reason::text
WHERE id = @id AND status = 'posted'
RETURNING *;
