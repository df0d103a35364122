-- name: LandingDraftGetByID :one
SELECT * FROM landing_drafts WHERE id = @id;

-- name: LandingDraftInsert :one
INSERT INTO landing_drafts (id, flow_type, step, cin, payload, status, created_at, updated_at)
VALUES (@id, @flow_type, @step, sqlc.narg('cin'), @payload, @status, @now, @now)
RETURNING *;

-- name: LandingDraftUpdate :one
-- A NULL argument keeps its column. The CIN can be cleared, so cin_sent says whether to change it.
UPDATE landing_drafts
SET flow_type = coalesce(sqlc.narg('flow_type'), flow_type),
    step = coalesce(sqlc.narg('step'), step),
    cin = CASE WHEN @cin_sent::boolean THEN sqlc.narg('cin') ELSE cin END,
    payload = coalesce(sqlc.narg('payload'), payload),
    status = coalesce(sqlc.narg('status'), status),
    updated_at = @now
WHERE id = @id
RETURNING *;
