-- name: BillingProfileClearInstallment :one
-- Clears the agreed installment of a locked profile and returns the price before: the installment, or the fee of the
-- given offer if there was none.
WITH price AS (
    SELECT p.id, coalesce(p.installment_amount, o.monthly_fee)::bigint AS amount
    FROM billing_profiles p, offers o WHERE p.id = @id AND o.id = @offer_id
), cleared AS (
    UPDATE billing_profiles p SET installment_amount = NULL, updated_at = @now
    FROM price WHERE p.id = price.id AND p.installment_amount IS NOT NULL
)
SELECT amount::centimes AS amount FROM price;

-- name: BillingProfileDelete :exec
DELETE FROM billing_profiles WHERE id = @id;

-- name: BillingProfileGet :one
-- A profile with its contract, offer, and client, all NULL for a standalone contract, whose contract_status is empty.
SELECT sqlc.embed(p), c.client_id, coalesce(c.status, '') AS contract_status,
       c.start_date AS contract_start_date, c.end_date AS contract_end_date,
       c.updated_at AS contract_updated_at, o.id AS offer_id, o.name AS offer_name, o.monthly_fee, s.service_identifier
FROM billing_profiles p
LEFT JOIN contracts c ON c.id = p.contract_id
LEFT JOIN offers o ON o.id = c.offer_id
LEFT JOIN subscribers s ON s.id = c.subscriber_id
WHERE p.id = @id;

-- name: BillingProfileGetOwner :one
-- The client of a contract; NULL for a standalone contract. The lock prevents a deletion until the transaction ends.
SELECT p.id, c.client_id FROM billing_profiles p LEFT JOIN contracts c ON c.id = p.contract_id
WHERE p.id = @id FOR KEY SHARE OF p;

-- name: BillingProfileHasPostings :one
-- Reports whether the ledger has any posting to the contract's account.
SELECT EXISTS (SELECT 1 FROM ledger_postings WHERE account_id = @id);

-- name: BillingProfileInsert :exec
INSERT INTO billing_profiles (id, status, start_date, termination_date, installment_amount, currency, details, created_at, updated_at)
VALUES (@id, @status, sqlc.narg('start_date'), sqlc.narg('termination_date'), sqlc.narg('installment_amount'),
    @currency, @details, @now, @now);

-- name: BillingProfileListActive :many
-- The profiles of a client's active contracts, newest first, with the columns of BillingProfileGet.
SELECT sqlc.embed(p), c.client_id, coalesce(c.status, '') AS contract_status,
       c.start_date AS contract_start_date, c.end_date AS contract_end_date,
       c.updated_at AS contract_updated_at, o.id AS offer_id, o.name AS offer_name, o.monthly_fee, s.service_identifier
FROM billing_profiles p
LEFT JOIN contracts c ON c.id = p.contract_id
LEFT JOIN offers o ON o.id = c.offer_id
LEFT JOIN subscribers s ON s.id = c.subscriber_id
WHERE c.client_id = @client_id AND c.status = 'active'
ORDER BY c.created_at DESC, c.id DESC;

-- name: BillingProfileLock :one
-- Serialises changes of a profile without blocking the creation of its events.
SELECT id FROM billing_profiles WHERE id = @id FOR NO KEY UPDATE;

-- name: BillingProfileLockForDelete :one
SELECT id FROM billing_profiles WHERE id = @id FOR UPDATE;

-- name: BillingProfileUpdate :exec
UPDATE billing_profiles
SET status = sqlc.narg('status'), start_date = sqlc.narg('start_date'), termination_date = sqlc.narg('termination_date'),
    installment_amount = sqlc.narg('installment_amount'), currency = @currency, details = @details, updated_at = @now
WHERE id = @id;
