-- name: ClientListDunningOutOfSync :many
-- The clients who became delinquent, or ceased to be, since dunning last saw them.
SELECT id, delinquent_since FROM clients
WHERE dunning_seen_since IS DISTINCT FROM delinquent_since
ORDER BY id LIMIT @batch_size
FOR NO KEY UPDATE;

-- name: ClientMarkDunningSeen :exec
UPDATE clients SET dunning_seen_since = delinquent_since
WHERE id = ANY(@ids::uuid[]) AND dunning_seen_since IS DISTINCT FROM delinquent_since;

-- name: CollectionCaseLockActiveByClient :many
-- Locks the active cases of a client's overdue invoices, in the order in which all code locks cases. Messages name the
-- invoice numbers.
SELECT sqlc.embed(c), i.number AS invoice_number FROM collection_cases c
JOIN invoices i ON i.id = c.invoice_id
WHERE c.client_id = @client_id AND c.status IN ('open', 'in_progress') AND i.status = 'overdue'
ORDER BY c.invoice_id
FOR NO KEY UPDATE OF c;

-- name: ContractListActiveIDs :many
SELECT id FROM contracts WHERE client_id = @client_id AND status = 'active' ORDER BY id;

-- name: DunningEpisodeEnd :exec
UPDATE dunning_episodes SET ended_at = @now WHERE id = @id AND ended_at IS NULL;

-- name: DunningEpisodeGetLatest :one
SELECT * FROM dunning_episodes WHERE client_id = @client_id ORDER BY since DESC LIMIT 1;

-- name: DunningEpisodeGetLive :one
SELECT * FROM dunning_episodes WHERE client_id = @client_id AND ended_at IS NULL;

-- name: DunningEpisodeInsert :one
-- A delinquency with the same start is the same episode; it is reopened.
INSERT INTO dunning_episodes (id, client_id, since, wake_at, created_at)
VALUES (@id, @client_id, @since, @wake_at, @now)
ON CONFLICT ON CONSTRAINT dunning_episodes_client_since_key DO UPDATE SET ended_at = NULL, wake_at = excluded.wake_at
RETURNING *;

-- name: DunningEpisodeInsertMany :exec
-- DunningEpisodeInsert for those of the clients that have no live episode.
INSERT INTO dunning_episodes (id, client_id, since, wake_at, created_at)
SELECT n.id, n.client_id, n.since, @now, @now
FROM (SELECT unnest(@ids::uuid[]) AS id, unnest(@client_ids::uuid[]) AS client_id, unnest(@since::timestamptz[]) AS since) n
WHERE NOT EXISTS (SELECT 1 FROM dunning_episodes e WHERE e.client_id = n.client_id AND e.ended_at IS NULL)
ON CONFLICT ON CONSTRAINT dunning_episodes_client_since_key DO UPDATE SET ended_at = NULL, wake_at = excluded.wake_at;

-- name: DunningEpisodeListDue :many
SELECT client_id FROM dunning_episodes
WHERE ended_at IS NULL AND wake_at <= @now
ORDER BY wake_at, id LIMIT @batch_size;

-- name: DunningEpisodePostpone :exec
-- The next time to wake a workflow, should it not set its own time after this wake-up.
UPDATE dunning_episodes SET wake_at = @wake_at
WHERE client_id = @client_id AND ended_at IS NULL AND wake_at <= @now;

-- name: DunningEpisodeUpdateWakeAt :exec
UPDATE dunning_episodes SET wake_at = @wake_at WHERE id = @id AND wake_at <> @wake_at;

-- name: DunningEpisodeWakeAll :exec
UPDATE dunning_episodes SET wake_at = @now WHERE ended_at IS NULL AND wake_at > @now;

-- name: DunningEpisodeWakeMany :exec
UPDATE dunning_episodes SET wake_at = @now WHERE client_id = ANY(@client_ids::uuid[]) AND ended_at IS NULL AND wake_at > @now;

-- name: DunningPolicyGet :one
SELECT * FROM dunning_policies ORDER BY version DESC LIMIT 1;

-- name: DunningPolicyInsert :one
INSERT INTO dunning_policies (version, steps, created_at)
VALUES (@version, @steps, @now)
RETURNING *;

-- name: DunningStepInsert :exec
INSERT INTO dunning_steps (id, episode_id, policy_version, step, days_past_due, action, notification_id, done_at)
VALUES (@id, @episode_id, @policy_version, @step, @days_past_due, @action, sqlc.narg('notification_id'), @now);

-- name: DunningStepList :many
SELECT sqlc.embed(s), n.status AS notification_status, n.reason AS notification_reason, n.next_attempt_at, n.attempts
FROM dunning_steps s
LEFT JOIN notifications n ON n.id = s.notification_id
WHERE s.episode_id = @episode_id
ORDER BY s.done_at, s.id;

-- name: InvoiceListOverdueByClient :many
SELECT id FROM invoices WHERE client_id = @client_id AND status = 'overdue';

-- name: InvoiceOldestOverdue :one
SELECT due_date FROM invoices WHERE client_id = @client_id AND status = 'overdue' ORDER BY due_date LIMIT 1;

-- name: NotificationSkipByEpisode :exec
-- Skips the pending messages of an episode that ended.
UPDATE notifications n
SET status = 'skipped', reason = @reason, next_attempt_at = NULL, updated_at = @now
FROM dunning_steps s
WHERE s.episode_id = @episode_id AND s.notification_id = n.id AND n.status = 'pending';
