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
