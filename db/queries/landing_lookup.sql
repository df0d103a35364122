-- name: ContractListSubscriptions :many
-- The client's active contracts with what they are on, newest first.
SELECT sqlc.embed(contracts), sqlc.embed(subscribers), sqlc.embed(offers)
FROM contracts
JOIN subscribers ON subscribers.id = contracts.subscriber_id
JOIN offers ON offers.id = contracts.offer_id
WHERE contracts.client_id = @client_id AND contracts.status = 'active'
ORDER BY contracts.created_at DESC, contracts.id DESC;

-- name: InvoiceListByClient :many
SELECT * FROM invoices
WHERE client_id = @client_id
ORDER BY created_at DESC, id DESC;

-- name: OfferListOnSale :many
-- The active offers of some categories that are valid on a day, cheapest first.
SELECT * FROM offers
WHERE status = 'active'
  AND service_category = ANY(@service_categories::text[])
  AND valid_from <= @day AND (valid_to IS NULL OR valid_to >= @day)
ORDER BY monthly_fee, name, version DESC, id;
