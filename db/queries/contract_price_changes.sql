-- name: ContractPriceChangeCount :one
SELECT count(*) FROM contract_price_changes WHERE contract_id = ANY(@contract_ids::uuid[]);

-- name: ContractPriceChangeInsert :exec
INSERT INTO contract_price_changes (id, contract_id, reason, source, previous_amount, new_amount, currency,
    offer_id, offer_name, effective_date, changed_at)
VALUES (@id, @contract_id, @reason, @source, sqlc.narg('previous_amount'), @new_amount, @currency,
    sqlc.narg('offer_id'), sqlc.narg('offer_name'), @effective_date, @now);

-- name: ContractPriceChangeInsertForOffer :execrows
-- Records the new fee of an offer for each of its contracts that has not ended and has no agreed installment. For a
-- contract that starts later, the change takes effect on its start date. Waits for a concurrent change of a contract's
-- offer or installment.
INSERT INTO contract_price_changes (id, contract_id, reason, source, previous_amount, new_amount, currency,
    offer_id, offer_name, effective_date, changed_at)
SELECT gen_random_uuid(), c.id, 'price_changed', @source, @previous_amount::bigint, o.monthly_fee, p.currency, o.id, o.name,
       greatest(@effective_date::date, c.start_date), @now
FROM contracts c JOIN billing_profiles p ON p.id = c.id JOIN offers o ON o.id = c.offer_id
WHERE c.offer_id = @offer_id AND c.status <> 'terminated' AND p.installment_amount IS NULL
FOR SHARE OF c, p;

-- name: ContractPriceChangeInsertMany :copyfrom
INSERT INTO contract_price_changes (id, contract_id, reason, source, previous_amount, new_amount, currency,
    offer_id, offer_name, effective_date, changed_at)
VALUES (@id, @contract_id, @reason, @source, @previous_amount, @new_amount, @currency,
    @offer_id, @offer_name, @effective_date, @changed_at);

-- name: ContractPriceChangeList :many
-- The changes of several contracts, newest first.
SELECT * FROM contract_price_changes
WHERE contract_id = ANY(@contract_ids::uuid[])
ORDER BY sequence DESC
LIMIT @page_size OFFSET @page_offset;

-- name: ContractPriceChangeListInForce :many
-- For each contract, the latest change that is in force on the day; none for a contract that has no price yet.
SELECT h.*
FROM unnest(@contract_ids::uuid[]) AS requested (id)
CROSS JOIN LATERAL (SELECT c.id FROM contract_price_changes c WHERE c.contract_id = requested.id AND c.effective_date <= @day
                    ORDER BY c.sequence DESC LIMIT 1) latest
JOIN contract_price_changes h ON h.id = latest.id;

-- name: ContractPriceChangeListLatest :many
-- The latest changes of each contract, at most for_each per contract, newest first.
SELECT h.*
FROM unnest(@contract_ids::uuid[]) AS requested (id)
CROSS JOIN LATERAL (SELECT c.id FROM contract_price_changes c WHERE c.contract_id = requested.id
                    ORDER BY c.sequence DESC LIMIT @for_each) latest
JOIN contract_price_changes h ON h.id = latest.id
ORDER BY h.sequence DESC;
