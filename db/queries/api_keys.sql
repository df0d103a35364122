-- name: APIKeyGetByID :one
SELECT * FROM api_keys WHERE id = @id;

-- name: APIKeyInsert :one
-- Returns no row if an active key has the name.
INSERT INTO api_keys (id, name, roles, organisations, secret_hash, created_at, expires_at)
VALUES (@id, @name, @roles, @organisations, @secret_hash, @now, @expires_at)
ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
RETURNING *;

-- name: APIKeyList :many
SELECT * FROM api_keys ORDER BY created_at DESC, id DESC;

-- name: APIKeyMarkUsed :exec
-- Only the first of several concurrent callers updates the row.
UPDATE api_keys SET last_used_at = @now
WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @before);

-- name: APIKeyRevoke :one
-- Returns no row if no active key has the id or the name.
UPDATE api_keys SET revoked_at = @now
WHERE revoked_at IS NULL AND (id = sqlc.narg('id') OR name = sqlc.narg('name'))
RETURNING *;
