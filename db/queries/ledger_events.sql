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
-- How many events of an account are booked before a day: those before the nearest event whose rank is known, and those since.
-- None of an account of another kind.
WITH nearest AS (
    SELECT r.rank, r.booking_date, r.event_id FROM ledger_event_ranks r
    WHERE r.account_id = @account_id AND r.booking_date < coalesce(sqlc.narg('booked_before')::date, 'infinity')
    ORDER BY r.booking_date DESC, r.event_id DESC
    LIMIT 1
), counted AS (
    SELECT n.rank + coalesce(sum(u.change), 0) AS events FROM nearest n
    LEFT JOIN ledger_unranked_events(@account_id) u (booking_date, event_id, change) ON (u.booking_date, u.event_id) < (n.booking_date, n.event_id)
    GROUP BY n.rank
), since AS (
    SELECT count(*) AS events FROM ledger_account_events(@account_id) v (booking_date, event_id, entry_id)
    WHERE v.booking_date < coalesce(sqlc.narg('booked_before')::date, 'infinity')
      AND (v.booking_date, v.event_id) >= (coalesce((SELECT n.booking_date FROM nearest n), '-infinity'),
                                           coalesce((SELECT n.event_id FROM nearest n), '00000000-0000-0000-0000-000000000000'::uuid))
)
SELECT CASE WHEN EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = @account_id AND a.kind = @kind::text)
           THEN coalesce((SELECT c.events FROM counted c), 0) + (SELECT s.events FROM since s) ELSE 0 END::bigint AS events;

-- name: LedgerEventInsert :exec
INSERT INTO ledger_events (id, entry_id, external_id, created_at, updated_at)
VALUES (@id, @entry_id, sqlc.narg('external_id'), @now, @now);

-- name: LedgerEventList :many
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
-- Of one client or one contract: those before an event or a day, newest first. What lies before the page is passed over in the
-- index alone.
SELECT e.*
FROM (SELECT v.entry_id, v.booking_date, v.event_id FROM ledger_account_events(@account_id) v (booking_date, event_id, entry_id)
      WHERE (v.booking_date, v.event_id) < (coalesce(sqlc.narg('booked_before')::date, 'infinity'), @before_id::uuid)
      ORDER BY v.booking_date DESC, v.event_id DESC
      LIMIT @page_size OFFSET @page_offset) page
JOIN ledger_entries e ON e.id = page.entry_id
ORDER BY page.booking_date DESC, page.event_id DESC;

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

-- name: LedgerEventUpdate :exec
-- Names the entry that is valid from now on, or none once the event is deleted.
UPDATE ledger_events
SET entry_id = sqlc.narg('entry_id'), external_id = sqlc.narg('external_id'), updated_at = @now
WHERE id = @id;
