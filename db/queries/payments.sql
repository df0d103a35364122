-- name: PaymentCount :one
SELECT count(*) FROM payments
WHERE (sqlc.narg('invoice_id')::uuid IS NULL OR invoice_id = sqlc.narg('invoice_id'))
  AND (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'));

-- name: PaymentInsert :one
INSERT INTO payments (id, invoice_id, client_id, amount, currency, payment_date, method, reference, note, status,
    actor_id, created_at)
VALUES (@id, @invoice_id, @client_id, @amount, @currency, @payment_date, @method, sqlc.narg('reference'),
    sqlc.narg('note'), 'posted', @actor_id, @now)
RETURNING *;

-- name: PaymentList :many
SELECT * FROM payments
WHERE (sqlc.narg('invoice_id')::uuid IS NULL OR invoice_id = sqlc.narg('invoice_id'))
  AND (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
ORDER BY created_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;
