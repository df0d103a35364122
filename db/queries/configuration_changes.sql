-- name: ConfigurationChangeCount :one
SELECT count(*) FROM configuration_changes WHERE contract_id = ANY(@contract_ids::uuid[]);

-- name: ConfigurationChangeInsert :exec
INSERT INTO configuration_changes (id, contract_id, reason, source, previous_amount, new_amount, currency, offer_id, offer_name, effective_date, changed_at)
VALUES (@id, @contract_id, @reason, @source, sqlc.narg('previous_amount'), @new_amount, @currency, sqlc.narg('offer_id'), sqlc.narg('offer_name'),
    @effective_date, @now);

-- name: ConfigurationChangeInsertMany :copyfrom
INSERT INTO configuration_changes (id, contract_id, reason, source, previous_amount, new_amount, currency, offer_id, offer_name, effective_date, changed_at)
VALUES (@id, @contract_id, @reason, @source, @previous_amount, @new_amount, @currency, @offer_id, @offer_name, @effective_date, @changed_at);

-- name: ConfigurationChangeInsertMissing :execrows
-- What contracts cost of which nothing is noted, since the day on which they began.
INSERT INTO configuration_changes (id, contract_id, reason, source, new_amount, currency, offer_id, offer_name, effective_date, changed_at)
SELECT gen_random_uuid(), c.id, 'provisioned', 'system', o.monthly_fee, @currency, o.id, o.name, c.start_date, c.created_at
FROM contracts c JOIN offers o ON o.id = c.offer_id
WHERE NOT EXISTS (SELECT 1 FROM configuration_changes h WHERE h.contract_id = c.id);

-- name: ConfigurationChangeInsertOfPrice :execrows
-- An offer's fee has changed: so has what each of its contracts costs that has not ended and has no amount of its own, for one
-- that begins later from its start on. One that is moved to another offer, or gets an amount of its own, at this moment is waited for.
INSERT INTO configuration_changes (id, contract_id, reason, source, previous_amount, new_amount, currency, offer_id, offer_name, effective_date, changed_at)
SELECT gen_random_uuid(), c.id, 'price_changed', @source, @previous_amount::bigint, o.monthly_fee, p.currency, o.id, o.name,
       greatest(@effective_date::date, c.start_date), @now
FROM contracts c JOIN billing_profiles p ON p.id = c.id JOIN offers o ON o.id = c.offer_id
WHERE c.offer_id = @offer_id AND c.status <> 'terminated' AND p.installment_amount IS NULL
FOR SHARE OF c, p;

-- name: ConfigurationChangeList :many
-- Newest first, of some contracts.
SELECT * FROM configuration_changes
WHERE contract_id = ANY(@contract_ids::uuid[])
ORDER BY sequence DESC
LIMIT @page_size OFFSET @page_offset;

-- name: ConfigurationChangeListInForce :many
-- The newest of each of some contracts that holds on a day: none of one that costs nothing yet.
SELECT h.*
FROM unnest(@contract_ids::uuid[]) AS asked (id)
CROSS JOIN LATERAL (SELECT c.id FROM configuration_changes c WHERE c.contract_id = asked.id AND c.effective_date <= @day
                    ORDER BY c.sequence DESC LIMIT 1) latest
JOIN configuration_changes h ON h.id = latest.id;

-- name: ConfigurationChangeListLatest :many
-- So many of the newest of each of some contracts, newest first.
SELECT h.*
FROM unnest(@contract_ids::uuid[]) AS asked (id)
CROSS JOIN LATERAL (SELECT c.id FROM configuration_changes c WHERE c.contract_id = asked.id
                    ORDER BY c.sequence DESC LIMIT @for_each) latest
JOIN configuration_changes h ON h.id = latest.id
ORDER BY h.sequence DESC;

-- name: ConfigurationChangeLockMissing :exec
-- One at a time looks for contracts of which nothing is noted.
SELECT pg_advisory_xact_lock(hashtextextended('configuration changes that are missing', 0));
