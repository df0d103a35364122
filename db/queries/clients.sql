-- name: ClientCount :one
SELECT count(*) FROM clients;

-- name: ClientDelete :execrows
DELETE FROM clients WHERE id = @id;

-- name: ClientFillEmpty :one
-- Fills what is not known yet and never overwrites what is.
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
-- No row comes back when the CIN exists. A concurrent insert of the same CIN is waited for.
INSERT INTO clients (id, cin, client_type, full_name, address, email, phone, status, created_at, updated_at)
VALUES (@id, sqlc.narg('cin'), @client_type, @full_name, sqlc.narg('address'), sqlc.narg('email'), sqlc.narg('phone'),
        @status, @now, @now)
ON CONFLICT ON CONSTRAINT clients_cin_key DO NOTHING
RETURNING *;

-- name: ClientInsertMany :copyfrom
INSERT INTO clients (id, cin, client_type, full_name, address, email, phone, status, created_at, updated_at)
VALUES (@id, @cin, @client_type, @full_name, @address, @email, @phone, @status, @created_at, @updated_at);

-- name: ClientList :many
SELECT * FROM clients
ORDER BY created_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: ClientLock :one
-- Serialises what decides over a client's contracts, without blocking readers or foreign keys.
SELECT * FROM clients WHERE id = @id FOR NO KEY UPDATE;

-- name: ClientLockByCIN :one
SELECT * FROM clients WHERE cin = @cin FOR NO KEY UPDATE;

-- name: ClientLockMany :exec
SELECT FROM clients WHERE id = ANY(@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: ClientMarkDelinquent :exec
-- The clients are locked; those who are delinquent already are so since then.
UPDATE clients SET delinquent_since = @now, updated_at = @now
WHERE id = ANY(@ids::uuid[]) AND delinquent_since IS NULL;

-- name: ClientUpdate :one
UPDATE clients
SET cin = sqlc.narg('cin'), full_name = @full_name, address = sqlc.narg('address'), email = sqlc.narg('email'),
    phone = sqlc.narg('phone'), status = @status, updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ClientUpdateDelinquency :exec
-- A client is delinquent while any invoice of theirs is overdue; the first moment is kept.
UPDATE clients c
SET delinquent_since = CASE WHEN overdue.any_overdue THEN coalesce(c.delinquent_since, @now) END,
    updated_at = @now
FROM (SELECT EXISTS (SELECT 1 FROM invoices i WHERE i.client_id = @id AND i.status = 'overdue') AS any_overdue) overdue
WHERE c.id = @id AND (c.delinquent_since IS NOT NULL) <> overdue.any_overdue;
