-- name: LedgerEventCount :one
SELECT count(*) FROM ledger_entries e
WHERE e.source <> 'api_reversal'
  AND (e.source <> 'api' OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id))
  AND (cardinality(@contract_ids::uuid[]) = 0 OR e.id = ANY(ARRAY(
        SELECT p.entry_id FROM ledger_postings p WHERE p.account_id = ANY(ARRAY(
            SELECT a.id FROM ledger_accounts a WHERE a.id = ANY(@contract_ids::uuid[]) AND a.kind = 'contract')))))
  AND (sqlc.narg('client_id')::uuid IS NULL OR e.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('type')::text IS NULL OR e.type = sqlc.narg('type'))
  AND e.booking_date BETWEEN @booked_from AND @booked_to;

-- name: LedgerEventCountByAccount :one
-- The number of rows of LedgerEventListByAccount.
SELECT count(*) FROM ledger_postings p
WHERE p.account_id = (SELECT a.id FROM ledger_accounts a WHERE a.id = @account_id AND a.kind = @kind LIMIT 1)
  AND p.source <> 'api_reversal'
  AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal')
  AND p.booking_date BETWEEN @booked_from AND @booked_to;

-- name: LedgerEventGetByExternalID :one
SELECT * FROM ledger_events WHERE external_id = @external_id;

-- name: LedgerEventInsert :exec
INSERT INTO ledger_events (id, entry_id, external_id, created_at, updated_at)
VALUES (@id, @entry_id, sqlc.narg('external_id'), @now, @now);

-- name: LedgerEventList :many
-- The events of any of the contracts, of the client, and of the type, newest booking date first.
SELECT e.* FROM ledger_entries e
WHERE e.source <> 'api_reversal'
  AND (e.source <> 'api' OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id))
  AND (cardinality(@contract_ids::uuid[]) = 0 OR e.id = ANY(ARRAY(
        SELECT p.entry_id FROM ledger_postings p WHERE p.account_id = ANY(ARRAY(
            SELECT a.id FROM ledger_accounts a WHERE a.id = ANY(@contract_ids::uuid[]) AND a.kind = 'contract')))))
  AND (sqlc.narg('client_id')::uuid IS NULL OR e.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('type')::text IS NULL OR e.type = sqlc.narg('type'))
  AND e.booking_date BETWEEN @booked_from AND @booked_to
ORDER BY e.booking_date DESC, e.event_id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: LedgerEventListByAccount :many
-- The events of a client or of a contract, newest booking date first: the postings to its account except reversed versions
-- and their reversals. No rows if the account is of another kind. An index-only scan skips the rows before the page.
SELECT e.*
FROM (SELECT p.entry_id, p.booking_date, p.event_id FROM ledger_postings p
      WHERE p.account_id = (SELECT a.id FROM ledger_accounts a WHERE a.id = @account_id AND a.kind = @kind LIMIT 1)
        AND p.source <> 'api_reversal'
        AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = @account_id AND r.source = 'api_reversal')
        AND p.booking_date BETWEEN @booked_from AND @booked_to
      ORDER BY p.booking_date DESC, p.event_id DESC
      LIMIT @page_size OFFSET @page_offset) page
JOIN ledger_entries e ON e.id = page.entry_id
ORDER BY page.booking_date DESC, page.event_id DESC;

-- name: LedgerEventListByID :many
-- Those of the events that callers created.
SELECT * FROM ledger_events WHERE id = ANY(@ids::uuid[]);

-- name: LedgerEventLock :one
-- Serialises the changes of an event.
SELECT * FROM ledger_events WHERE id = @id FOR UPDATE;

-- name: LedgerEventUpdate :exec
-- Sets the valid entry; NULL deletes the event.
UPDATE ledger_events
SET entry_id = sqlc.narg('entry_id'), external_id = sqlc.narg('external_id'), updated_at = @now
WHERE id = @id;

-- name: LedgerInvoiceList :many
-- The columns of invoices that their entries and those of their payments show.
SELECT id, number, status FROM invoices WHERE id = ANY(@ids::uuid[]);
