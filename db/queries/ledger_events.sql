-- name: LedgerEventCount :one
SELECT count(*) FROM ledger_entries e
WHERE e.source <> 'api_reversal'
  AND (e.source <> 'api' OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id))
  AND (cardinality(@contract_ids::uuid[]) = 0 OR e.id = ANY(ARRAY(
        SELECT p.entry_id FROM ledger_postings p WHERE p.account_id = ANY(@contract_ids::uuid[]))))
  AND (sqlc.narg('client_id')::uuid IS NULL OR e.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('type')::text IS NULL OR e.type = sqlc.narg('type'))
  AND e.booking_date BETWEEN @booked_from AND @booked_to;

-- name: LedgerEventCountByAccount :one
SELECT count(*) FROM ledger_postings p
WHERE p.account_id = @account_id AND p.source <> 'api_reversal' AND p.booking_date BETWEEN @booked_from AND @booked_to
  AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal');

-- name: LedgerEventInsert :exec
INSERT INTO ledger_events (id, entry_id, external_id, created_at, updated_at)
VALUES (@id, @entry_id, sqlc.narg('external_id'), @now, @now);

-- name: LedgerEventList :many
SELECT sqlc.embed(e) FROM ledger_entries e
WHERE e.source <> 'api_reversal'
  AND (e.source <> 'api' OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id))
  AND (cardinality(@contract_ids::uuid[]) = 0 OR e.id = ANY(ARRAY(
        SELECT p.entry_id FROM ledger_postings p WHERE p.account_id = ANY(@contract_ids::uuid[]))))
  AND (sqlc.narg('client_id')::uuid IS NULL OR e.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('type')::text IS NULL OR e.type = sqlc.narg('type'))
  AND e.booking_date BETWEEN @booked_from AND @booked_to
ORDER BY e.booking_date DESC, e.event_id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: LedgerEventListByAccount :many
-- Of one client or one contract. What lies before the page is passed over in the index alone.
SELECT sqlc.embed(e)
FROM (SELECT p.entry_id, p.booking_date, p.event_id FROM ledger_postings p
      WHERE p.account_id = @account_id AND p.source <> 'api_reversal' AND p.booking_date BETWEEN @booked_from AND @booked_to
        AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal')
      ORDER BY p.booking_date DESC, p.event_id DESC
      LIMIT @page_size OFFSET @page_offset) page
JOIN ledger_entries e ON e.id = page.entry_id
ORDER BY page.booking_date DESC, page.event_id DESC;

-- name: LedgerEventListByAccountFromEnd :many
-- LedgerEventListByAccount counted from the last one, which comes first.
SELECT sqlc.embed(e)
FROM (SELECT p.entry_id, p.booking_date, p.event_id FROM ledger_postings p
      WHERE p.account_id = @account_id AND p.source <> 'api_reversal'
        AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal')
      ORDER BY p.booking_date, p.event_id
      LIMIT @page_size OFFSET @page_offset) page
JOIN ledger_entries e ON e.id = page.entry_id
ORDER BY page.booking_date, page.event_id;

-- name: LedgerEventListByID :many
-- What was made by hand, of those among some events.
SELECT * FROM ledger_events WHERE id = ANY(@ids::uuid[]);

-- name: LedgerEventGetByExternalID :one
SELECT * FROM ledger_events WHERE external_id = @external_id;

-- name: LedgerEventLock :one
-- Serialises the changes of one event.
SELECT * FROM ledger_events WHERE id = @id FOR UPDATE;

-- name: LedgerInvoiceList :many
-- What the entries of some invoices and their payments show of them.
SELECT id, number, status FROM invoices WHERE id = ANY(@ids::uuid[]);

-- name: LedgerEventTotalByAccount :one
-- All postings of an account are of an event that is listed, but for those that were taken back, and those that took them back.
SELECT (coalesce((SELECT sum(a.sequence) FROM ledger_accounts a WHERE a.id = @account_id), 0)
    - 2 * (SELECT count(*) FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal'))::bigint AS total;

-- name: LedgerEventUpdate :exec
-- Names the entry that is valid from now on, or none once the event is deleted.
UPDATE ledger_events
SET entry_id = sqlc.narg('entry_id'), external_id = sqlc.narg('external_id'), updated_at = @now
WHERE id = @id;
