-- name: BillingProfileDelete :exec
DELETE FROM billing_profiles WHERE id = @id;

-- name: BillingProfileGet :one
-- A profile with the contract, the offer and the client that it is of, if it is not alone.
SELECT sqlc.embed(p), c.client_id, c.status AS contract_status, c.start_date AS contract_start_date, c.end_date AS contract_end_date,
       c.updated_at AS contract_updated_at, o.id AS offer_id, o.name AS offer_name, o.monthly_fee, s.service_identifier
FROM billing_profiles p
LEFT JOIN contracts c ON c.id = p.contract_id
LEFT JOIN offers o ON o.id = c.offer_id
LEFT JOIN subscribers s ON s.id = c.subscriber_id
WHERE p.id = @id;

-- name: BillingProfileInsert :exec
INSERT INTO billing_profiles (id, status, start_date, termination_date, installment_amount, currency, details, created_at, updated_at)
VALUES (@id, @status, sqlc.narg('start_date'), sqlc.narg('termination_date'), sqlc.narg('installment_amount'), @currency, @details, @now, @now);

-- name: BillingProfileIsUsed :one
-- Whether anything was entered about a contract, or billed.
SELECT EXISTS (SELECT 1 FROM ledger_postings WHERE account_id = @id);

-- name: BillingProfileLeaveAmount :one
-- What a contract costs by its profile, which is locked, and the offer that it leaves. An amount that was agreed on ends here.
WITH costs AS (
    SELECT p.id, coalesce(p.installment_amount, o.monthly_fee)::bigint AS amount
    FROM billing_profiles p, offers o WHERE p.id = @id AND o.id = @offer_id
), cleared AS (
    UPDATE billing_profiles p SET installment_amount = NULL, updated_at = @now
    FROM costs WHERE p.id = costs.id AND p.installment_amount IS NOT NULL
)
SELECT amount::centimes AS amount FROM costs;

-- name: BillingProfileListActive :many
-- The profiles of a client's active contracts, newest first. Joined as in BillingProfileGet, so that the rows are alike.
SELECT sqlc.embed(p), c.client_id, c.status AS contract_status, c.start_date AS contract_start_date, c.end_date AS contract_end_date,
       c.updated_at AS contract_updated_at, o.id AS offer_id, o.name AS offer_name, o.monthly_fee, s.service_identifier
FROM billing_profiles p
LEFT JOIN contracts c ON c.id = p.contract_id
LEFT JOIN offers o ON o.id = c.offer_id
LEFT JOIN subscribers s ON s.id = c.subscriber_id
WHERE c.client_id = @client_id AND c.status = 'active'
ORDER BY c.created_at DESC, c.id DESC;

-- name: BillingProfileLock :one
-- Serialises the changes of a profile; events of it may be made meanwhile.
SELECT id FROM billing_profiles WHERE id = @id FOR NO KEY UPDATE;

-- name: BillingProfileLockForDelete :one
SELECT id FROM billing_profiles WHERE id = @id FOR UPDATE;

-- name: BillingProfileOwner :one
-- Whose a contract is: nobody's when it stands alone. It stays while the transaction lasts.
SELECT p.id, c.client_id FROM billing_profiles p LEFT JOIN contracts c ON c.id = p.contract_id
WHERE p.id = @id FOR KEY SHARE OF p;

-- name: BillingProfileUpdate :exec
UPDATE billing_profiles
SET status = sqlc.narg('status'), start_date = sqlc.narg('start_date'), termination_date = sqlc.narg('termination_date'),
    installment_amount = sqlc.narg('installment_amount'), currency = @currency, details = @details, updated_at = @now
WHERE id = @id;
