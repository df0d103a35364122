-- name: SubscriberCountByClient :one
SELECT count(*) FROM subscribers WHERE client_id = @client_id;

-- name: SubscriberGetByID :one
SELECT * FROM subscribers WHERE id = @id;

-- name: SubscriberGetByIdentifier :one
SELECT * FROM subscribers WHERE service_identifier = @service_identifier;

-- name: SubscriberInsert :one
INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
VALUES (@id, @client_id, @service_type, @service_identifier, @status, @now, @now)
RETURNING *;

-- name: SubscriberInsertMany :copyfrom
INSERT INTO subscribers (id, client_id, service_type, service_identifier, status, created_at, updated_at)
VALUES (@id, @client_id, @service_type, @service_identifier, @status, @created_at, @updated_at);

-- name: SubscriberListByClient :many
SELECT * FROM subscribers
WHERE client_id = @client_id
ORDER BY created_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: SubscriberUpdate :one
-- Changes what is given.
UPDATE subscribers
SET status = coalesce(sqlc.narg('status'), status), updated_at = @now
WHERE id = @id
RETURNING *;
