-- name: ClientCount :one
SELECT count(*) FROM clients
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('client_type')::text IS NULL OR client_type = sqlc.narg('client_type'))
  AND (sqlc.narg('is_delinquent')::boolean IS NULL OR (delinquent_since IS NOT NULL) = sqlc.narg('is_delinquent'))
  AND (sqlc.narg('cin')::text IS NULL OR cin = sqlc.narg('cin'));

-- name: ClientDelete :execrows
DELETE FROM clients WHERE id = @id;

-- name: ClientFillEmpty :one
-- Fills empty fields and never overwrites a value.
UPDATE clients
SET email = coalesce(email, sqlc.narg('email')),
    address = coalesce(address, sqlc.narg('address')),
    phone = coalesce(phone, sqlc.narg('phone')),
    updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ClientGetByCIN :one
SELECT * FROM clients WHERE cin = @cin;

-- name: ClientGetByID :one
SELECT * FROM clients WHERE id = @id;

-- name: ClientInsert :one
-- Returns no row if the CIN exists. Waits for a concurrent insert of the same CIN.
INSERT INTO clients (id, cin, client_type, full_name, address, email, phone, status, created_at, updated_at)
VALUES (@id, sqlc.narg('cin'), @client_type, @full_name, sqlc.narg('address'), sqlc.narg('email'), sqlc.narg('phone'),
        @status, @now, @now)
ON CONFLICT ON CONSTRAINT clients_cin_key DO NOTHING
RETURNING *;

-- name: ClientInsertMany :copyfrom
INSERT INTO clients (id, cin, client_type, full_name, address, email, phone, status, created_at, updated_at)
VALUES (@id, @cin, @client_type, @full_name, @address, @email, @phone, @status, @created_at, @updated_at);

-- name: ClientList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT sqlc.embed(clients),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'clients')::bigint AS list_total
FROM clients
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('client_type')::text IS NULL OR client_type = sqlc.narg('client_type'))
  AND (sqlc.narg('is_delinquent')::boolean IS NULL OR (delinquent_since IS NOT NULL) = sqlc.narg('is_delinquent'))
  AND (sqlc.narg('cin')::text IS NULL OR cin = sqlc.narg('cin'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'full_name:desc' THEN (full_name, id) < (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        WHEN 'full_name:asc' THEN (full_name, id) > (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE @sort::text WHEN 'full_name:desc' THEN full_name END DESC, CASE @sort::text WHEN 'full_name:asc' THEN full_name END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: ClientLock :one
-- Serialises decisions about a client's contracts without blocking readers or foreign key checks.
SELECT * FROM clients WHERE id = @id FOR NO KEY UPDATE;

-- name: ClientLockByCIN :one
SELECT * FROM clients WHERE cin = @cin FOR NO KEY UPDATE;

-- name: ClientMarkDelinquent :execrows
-- Locks the clients in the order of ids before it reads them: a payment that has just settled another invoice may be
-- about to clear the delinquency. A client who is already delinquent keeps the original start.
WITH locked AS (SELECT id, delinquent_since FROM clients WHERE id = ANY(@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE)
UPDATE clients c SET delinquent_since = @now, updated_at = @now
FROM locked
WHERE c.id = locked.id AND locked.delinquent_since IS NULL;

-- name: ClientNewest :many
-- The most requested page: no filter, newest first, after a row. The inner limit is the largest page size plus one; it
-- lets PostgreSQL reuse the plan, see docs/lists.md.
SELECT sqlc.embed(clients),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'clients')::bigint AS list_total
FROM (SELECT * FROM clients WHERE (created_at, id) < (@before_created_at, @before_id::uuid)
      ORDER BY created_at DESC, id DESC LIMIT 101) clients
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: ClientNewestAt :one
-- The row after which a numbered page begins, found by an index-only scan.
SELECT created_at, id FROM clients ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET @row_offset;

-- name: ClientUpdate :one
UPDATE clients
SET cin = sqlc.narg('cin'), full_name = @full_name, address = sqlc.narg('address'), email = sqlc.narg('email'),
    phone = sqlc.narg('phone'), status = @status, updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ClientUpdateDelinquency :execrows
-- A client is delinquent while any of their invoices is overdue. The start of the delinquency is kept.
UPDATE clients c
SET delinquent_since = CASE WHEN overdue.any_overdue THEN coalesce(c.delinquent_since, @now) END,
    updated_at = @now
FROM (SELECT EXISTS (SELECT 1 FROM invoices i WHERE i.client_id = @id AND i.status = 'overdue') AS any_overdue) overdue
WHERE c.id = @id AND (c.delinquent_since IS NOT NULL) <> overdue.any_overdue;
