-- name: ContractAuditEventInsert :exec
-- Several events of one contract, in the order of their ids. The clock was read before the contract was locked, so a
-- change that waited for another one takes at least that one's time: the trail is in the order of the changes.
INSERT INTO contract_audit_events (id, contract_id, event_type, actor_id, details, created_at)
SELECT unnest(@ids::uuid[]), @contract_id, unnest(@event_types::text[]), @actor_id, unnest(@details::jsonb[]),
       greatest(@now::timestamptz, (SELECT max(earlier.created_at) FROM contract_audit_events earlier
                                    WHERE earlier.contract_id = @contract_id));

-- name: ContractAuditEventInsertMany :copyfrom
INSERT INTO contract_audit_events (id, contract_id, event_type, actor_id, details, created_at)
VALUES (@id, @contract_id, @event_type, @actor_id, @details, @created_at);

-- name: ContractAuditEventListByContract :many
SELECT * FROM contract_audit_events
WHERE contract_id = @contract_id
ORDER BY created_at, id;

-- name: ContractCount :one
SELECT count(*) FROM contracts
WHERE (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('subscriber_id')::uuid IS NULL OR subscriber_id = sqlc.narg('subscriber_id'))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR offer_id = sqlc.narg('offer_id'))
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'));

-- name: ContractGetByID :one
SELECT * FROM contracts WHERE id = @id;

-- name: ContractGetOpenBySubscriber :one
-- Draft, active and suspended are open; a subscriber has one open contract at most.
SELECT * FROM contracts
WHERE subscriber_id = @subscriber_id AND status IN ('draft', 'active', 'suspended');

-- name: ContractGetParties :one
-- A contract with everything that its document shows.
SELECT sqlc.embed(contracts), sqlc.embed(clients), sqlc.embed(subscribers), sqlc.embed(offers)
FROM contracts
JOIN clients ON clients.id = contracts.client_id
JOIN subscribers ON subscribers.id = contracts.subscriber_id
JOIN offers ON offers.id = contracts.offer_id
WHERE contracts.id = @id;

-- name: ContractInsert :one
INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, end_date, commitment_months,
    activated_at, terminated_at, created_at, updated_at)
VALUES (@id, @client_id, @subscriber_id, @offer_id, @status, @start_date, sqlc.narg('end_date'),
    sqlc.narg('commitment_months'), sqlc.narg('activated_at'), sqlc.narg('terminated_at'), @now, @now)
RETURNING *;

-- name: ContractInsertMany :copyfrom
INSERT INTO contracts (id, client_id, subscriber_id, offer_id, status, start_date, end_date, commitment_months,
    activated_at, terminated_at, created_at, updated_at)
VALUES (@id, @client_id, @subscriber_id, @offer_id, @status, @start_date, @end_date, @commitment_months,
    @activated_at, @terminated_at, @created_at, @updated_at);

-- name: ContractList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT sqlc.embed(contracts),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'contracts')::bigint AS list_total
FROM contracts
WHERE (sqlc.narg('client_id')::uuid IS NULL OR client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('subscriber_id')::uuid IS NULL OR subscriber_id = sqlc.narg('subscriber_id'))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR offer_id = sqlc.narg('offer_id'))
  AND (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'start_date:desc' THEN (start_date, id) < (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        WHEN 'start_date:asc' THEN (start_date, id) > (sqlc.arg(after_value)::text::date, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE @sort::text WHEN 'start_date:desc' THEN start_date END DESC, CASE @sort::text WHEN 'start_date:asc' THEN start_date END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: ContractListSubscriptions :many
-- The client's active contracts with their subscribers and offers, newest first.
SELECT sqlc.embed(contracts), sqlc.embed(subscribers), sqlc.embed(offers)
FROM contracts
JOIN subscribers ON subscribers.id = contracts.subscriber_id
JOIN offers ON offers.id = contracts.offer_id
WHERE contracts.client_id = @client_id AND contracts.status = 'active'
ORDER BY contracts.created_at DESC, contracts.id DESC;

-- name: ContractListUpgradeCandidates :many
-- The client's active contracts on a service type, with their subscribers' identifiers.
SELECT sqlc.embed(contracts), sqlc.embed(subscribers)
FROM contracts
JOIN subscribers ON subscribers.id = contracts.subscriber_id
WHERE contracts.client_id = @client_id
  AND contracts.status = 'active'
  AND subscribers.service_type = @service_type
ORDER BY contracts.created_at, contracts.id
FOR NO KEY UPDATE OF contracts; -- Does not wait for a billing run, which holds key locks.

-- name: ContractLock :one
SELECT * FROM contracts WHERE id = @id FOR NO KEY UPDATE;

-- name: ContractNewest :many
-- The most requested page: no filter, newest first, after a row. The inner limit is the largest page size plus one; it
-- lets PostgreSQL reuse the plan, see docs/lists.md.
SELECT sqlc.embed(contracts),
       (SELECT coalesce(sum(total), 0) FROM list_totals WHERE list = 'contracts')::bigint AS list_total
FROM (SELECT * FROM contracts WHERE (created_at, id) < (@before_created_at, @before_id::uuid)
      ORDER BY created_at DESC, id DESC LIMIT 101) contracts
ORDER BY created_at DESC, id DESC
LIMIT @page_size;

-- name: ContractNewestAt :one
-- The row after which a numbered page begins, found by an index-only scan.
SELECT created_at, id FROM contracts ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET @row_offset;

-- name: ContractUpdateEndDate :one
UPDATE contracts
SET end_date = sqlc.narg('end_date'), updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ContractUpdateOffer :one
UPDATE contracts
SET offer_id = @offer_id, updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ContractUpdateStatus :one
UPDATE contracts
SET status = @status, end_date = sqlc.narg('end_date'), activated_at = sqlc.narg('activated_at'),
    terminated_at = sqlc.narg('terminated_at'), updated_at = @now
WHERE id = @id
RETURNING *;

-- name: ContractUpgrade :one
-- Sets the offer and the start date, and the commitment and the end date if given.
UPDATE contracts
SET offer_id = @offer_id, start_date = @start_date,
    commitment_months = coalesce(sqlc.narg('commitment_months'), commitment_months),
    end_date = coalesce(sqlc.narg('end_date'), end_date),
    updated_at = @now
WHERE id = @id
RETURNING *;
