-- name: NotificationGet :one
-- Also reports whether the episode of the message's step is still live.
SELECT sqlc.embed(n), EXISTS (
    SELECT 1 FROM clients c
    JOIN dunning_episodes e ON e.client_id = c.id AND e.since = c.delinquent_since AND e.ended_at IS NULL
    JOIN dunning_steps s ON s.episode_id = e.id AND s.notification_id = n.id
    WHERE c.id = n.client_id) AS episode_live
FROM notifications n WHERE n.id = @id;

-- name: NotificationInsert :exec
INSERT INTO notifications (id, client_id, channel, template, language, facts, status, reason, next_attempt_at, dedup_key,
    created_at, updated_at)
VALUES (@id, @client_id, @channel, @template, @language, @facts, @status, sqlc.narg('reason'), sqlc.narg('next_attempt_at'),
    @dedup_key, @now, @now);

-- name: NotificationMarkSent :exec
-- Unconditional: the message was sent, whatever its status has become in the meantime.
UPDATE notifications
SET status = 'sent', reason = NULL, next_attempt_at = NULL, attempts = attempts + 1, sent_at = @now, updated_at = @now
WHERE id = @id;

-- name: NotificationRecordFailure :exec
-- Ends a message that will not be sent: failed after attempts, or skipped without one.
UPDATE notifications
SET status = @status, reason = @reason, next_attempt_at = NULL, attempts = attempts + @attempts::integer, updated_at = @now
WHERE id = @id AND status = 'pending';

-- name: NotificationRetryLater :exec
-- Records an attempt that failed temporarily.
UPDATE notifications
SET attempts = attempts + 1, reason = @reason, next_attempt_at = @next_attempt_at, updated_at = @now
WHERE id = @id AND status = 'pending';
