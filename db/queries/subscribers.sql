-- name: SubscriberCountByClient :one
SELECT count(*) FROM subscribers
WHERE client_id = @client_id
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('service_type')::text IS NULL OR service_type = sqlc.narg('service_type'));

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
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT * FROM subscribers
WHERE client_id = @client_id
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('service_type')::text IS NULL OR service_type = sqlc.narg('service_type'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'service_identifier:desc' THEN (service_identifier, id) < (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        WHEN 'service_identifier:asc' THEN (service_identifier, id) > (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE @sort::text WHEN 'service_identifier:desc' THEN service_identifier END DESC,
         CASE @sort::text WHEN 'service_identifier:asc' THEN service_identifier END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: SubscriberUpdate :one
-- A NULL argument keeps its column.
UPDATE subscribers
SET status = coalesce(sqlc.narg('status')::text, status), updated_at = @now
WHERE id = @id
RETURNING *;
