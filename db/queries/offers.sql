-- name: OfferCount :one
SELECT count(*) FROM offers
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('service_category')::text IS NULL OR service_category = sqlc.narg('service_category'))
  AND (sqlc.narg('service_type')::text IS NULL OR service_type = sqlc.narg('service_type'));

-- name: OfferDelete :execrows
DELETE FROM offers WHERE id = @id;

-- name: OfferGetByID :one
SELECT * FROM offers WHERE id = @id;

-- name: OfferInsert :one
INSERT INTO offers (name, service_category, service_type, version, monthly_fee, activation_fee, status,
    valid_from, valid_to, mobile_data_gb, mobile_calls_hours, internet_access_type, internet_fiber_speed_mbps,
    internet_adsl_speed_mbps, internet_landline_included, internet_tv_included, landline_national_included,
    landline_international_hours, landline_phone_hours, created_at, updated_at, id)
VALUES (@name, @service_category, @service_type, @version, @monthly_fee, @activation_fee, @status,
    @valid_from, sqlc.narg('valid_to'), sqlc.narg('mobile_data_gb'), sqlc.narg('mobile_calls_hours'),
    sqlc.narg('internet_access_type'), sqlc.narg('internet_fiber_speed_mbps'), sqlc.narg('internet_adsl_speed_mbps'),
    @internet_landline_included, @internet_tv_included, @landline_national_included,
    sqlc.narg('landline_international_hours'), sqlc.narg('landline_phone_hours'), @now, @now, @id)
RETURNING *;

-- name: OfferList :many
-- The planner keeps the branches of the requested sort key, see docs/lists.md.
SELECT * FROM offers
WHERE (sqlc.narg('status')::text IS NULL OR status = sqlc.narg('status'))
  AND (sqlc.narg('service_category')::text IS NULL OR service_category = sqlc.narg('service_category'))
  AND (sqlc.narg('service_type')::text IS NULL OR service_type = sqlc.narg('service_type'))
  AND CASE @after::text
        WHEN 'created_at:desc' THEN (created_at, id) < (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'created_at:asc' THEN (created_at, id) > (sqlc.arg(after_value)::text::timestamptz, sqlc.arg(after_id)::uuid)
        WHEN 'name:desc' THEN (name, id) < (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        WHEN 'name:asc' THEN (name, id) > (sqlc.arg(after_value)::text, sqlc.arg(after_id)::uuid)
        WHEN 'monthly_fee:desc' THEN (monthly_fee, id) < (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        WHEN 'monthly_fee:asc' THEN (monthly_fee, id) > (sqlc.arg(after_value)::text::bigint, sqlc.arg(after_id)::uuid)
        ELSE true
      END
ORDER BY CASE @sort::text WHEN 'created_at:desc' THEN created_at END DESC, CASE @sort::text WHEN 'created_at:asc' THEN created_at END,
         CASE @sort::text WHEN 'name:desc' THEN name END DESC, CASE @sort::text WHEN 'name:asc' THEN name END,
         CASE @sort::text WHEN 'monthly_fee:desc' THEN monthly_fee END DESC, CASE @sort::text WHEN 'monthly_fee:asc' THEN monthly_fee END,
         CASE WHEN @sort::text LIKE '%:desc' THEN id END DESC, id
LIMIT @page_size OFFSET @page_offset;

-- name: OfferListActive :many
SELECT * FROM offers
WHERE status = 'active'
ORDER BY name, version DESC, id;

-- name: OfferListByName :many
-- The whole catalogue, including retired offers.
SELECT * FROM offers
ORDER BY name, version DESC, id;

-- name: OfferListOnSale :many
-- The active offers of the categories that are valid on the day, cheapest first.
SELECT * FROM offers
WHERE status = 'active'
  AND service_category = ANY(@service_categories::text[])
  AND valid_from <= @day AND (valid_to IS NULL OR valid_to >= @day)
ORDER BY monthly_fee, name, version DESC, id;

-- name: OfferLock :one
-- Prevents a change or deletion of the offer while a contract is created on it.
SELECT * FROM offers WHERE id = @id FOR SHARE;

-- name: OfferLockForUpdate :one
SELECT * FROM offers WHERE id = @id FOR UPDATE;

-- name: OfferUpdate :one
UPDATE offers
SET name = @name, service_category = @service_category, service_type = @service_type, version = @version,
    monthly_fee = @monthly_fee, activation_fee = @activation_fee, status = @status, valid_from = @valid_from,
    valid_to = sqlc.narg('valid_to'), mobile_data_gb = sqlc.narg('mobile_data_gb'),
    mobile_calls_hours = sqlc.narg('mobile_calls_hours'), internet_access_type = sqlc.narg('internet_access_type'),
    internet_fiber_speed_mbps = sqlc.narg('internet_fiber_speed_mbps'),
    internet_adsl_speed_mbps = sqlc.narg('internet_adsl_speed_mbps'),
    internet_landline_included = @internet_landline_included, internet_tv_included = @internet_tv_included,
    landline_national_included = @landline_national_included,
    landline_international_hours = sqlc.narg('landline_international_hours'),
    landline_phone_hours = sqlc.narg('landline_phone_hours'), updated_at = @now
WHERE id = @id
RETURNING *;
