-- name: IdempotencyKeyGet :one
SELECT * FROM idempotency_keys WHERE operation = @operation AND key = @key;

-- name: IdempotencyKeyInsert :exec
INSERT INTO idempotency_keys (operation, key, fingerprint, answer, created_at)
VALUES (@operation, @key, @fingerprint, @answer, @now);
