-- name: CollectionCaseActionInsert :exec
INSERT INTO collection_case_actions (id, case_id, action_type, actor_id, note, payload, created_at)
VALUES (@id, @case_id, @action_type, @actor_id, sqlc.narg('note'), @payload, @now);

-- name: CollectionCaseInsert :one
INSERT INTO collection_cases (id, invoice_id, client_id, status, reason, days_past_due, aging_bucket,
    outstanding_amount, opened_at, last_action_at, created_at, updated_at)
VALUES (@id, @invoice_id, @client_id, 'open', 'invoice_overdue', @days_past_due, @aging_bucket,
    @outstanding_amount, @now, @now, @now, @now)
RETURNING *;

-- name: CollectionCaseLockByInvoice :one
SELECT * FROM collection_cases WHERE invoice_id = @invoice_id FOR NO KEY UPDATE;

-- name: CollectionCaseUpdate :one
UPDATE collection_cases
SET status = @status, days_past_due = @days_past_due, aging_bucket = @aging_bucket,
    outstanding_amount = @outstanding_amount, last_action_at = @last_action_at,
    closed_at = sqlc.narg('closed_at'), updated_at = @now
WHERE id = @id
RETURNING *;
