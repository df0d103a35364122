-- name: LedgerAccountList :many
-- The accounts of some clients or contracts, one for each currency.
SELECT * FROM ledger_accounts WHERE id = ANY(@ids::uuid[]) ORDER BY id, currency;

-- name: LedgerAccountLock :exec
-- Before several entries are posted in one transaction: in the order in which each of them locks.
SELECT 1 FROM ledger_accounts WHERE id = ANY(@ids::uuid[]) ORDER BY kind, id, currency FOR NO KEY UPDATE;

-- name: LedgerEntryEnterMissing :one
-- Enters what is missing of some invoices, which are locked, and returns how many entries these are.
SELECT ledger_enter_missing(@invoice_ids::uuid[])::bigint AS entered;

-- name: LedgerEntryGet :one
SELECT * FROM ledger_entries WHERE id = @id;

-- name: LedgerEntryListMissing :many
-- The invoices of which something is not entered.
SELECT DISTINCT f.invoice_id::uuid AS invoice_id FROM ledger_facts f WHERE f.entry_id IS NULL ORDER BY 1;

-- name: LedgerEntryOfEvent :one
-- The entry that is valid of an event. One that was made by hand has the entry that is named in ledger_events.
SELECT e.* FROM ledger_entries e
WHERE e.id = coalesce((SELECT v.entry_id FROM ledger_events v WHERE v.id = @id), @id) AND e.event_id = @id
  AND (e.source NOT IN ('api', 'api_reversal') OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id));

-- name: LedgerEntryPost :exec
-- One entry with its postings: to the account of the client, if it has one, and to those of its contracts. The accounts are
-- locked here, those of clients first and each kind in the order of ids.
WITH entry AS (
    INSERT INTO ledger_entries (id, event_id, source, reverses_id, invoice_id, payment_id, client_id, type, direction, amount, currency,
        contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
    VALUES (@id, @event_id, @source, sqlc.narg('reverses_id'), sqlc.narg('invoice_id'), sqlc.narg('payment_id'), sqlc.narg('client_id'),
        @type, @direction, @amount, @currency, @contract_ids::uuid[], @contract_amounts::bigint[], @booking_date, sqlc.narg('due_date'),
        @details, @actor_id, @now)
    RETURNING id, event_id, source, currency, booking_date, CASE source WHEN 'api_reversal' THEN reverses_id END AS taken_back, CASE direction WHEN 'debit' THEN 1 ELSE -1 END AS sign
), moved AS (
    SELECT 'client' AS kind, sqlc.narg('client_id')::uuid AS account_id, @amount::bigint AS amount
    WHERE sqlc.narg('client_id')::uuid IS NOT NULL
    UNION ALL
    SELECT 'contract', unnest(@contract_ids::uuid[]), unnest(@contract_amounts::bigint[])
), posted AS (
    INSERT INTO ledger_accounts AS account (kind, id, currency, sequence, balance)
    SELECT m.kind, m.account_id, entry.currency, 1, entry.sign * m.amount FROM moved m, entry ORDER BY m.kind, m.account_id
    ON CONFLICT ON CONSTRAINT ledger_accounts_pkey DO UPDATE
    SET sequence = account.sequence + 1, balance = account.balance + excluded.balance
    RETURNING id, sequence, balance
)
INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, reverses_id, booking_date, amount, balance)
SELECT posted.id, entry.currency, posted.sequence, entry.id, entry.event_id, entry.source, entry.taken_back, entry.booking_date, entry.sign * m.amount, posted.balance
FROM posted JOIN moved m ON m.account_id = posted.id, entry;

-- name: LedgerInvoicesPost :exec
-- The entries of invoices that have just been written with their lines, one invoice to a client at most. An invoice is about
-- its contracts by what their lines are of its subtotal, rounded so that the parts add up to its total. OFFSET keeps look-ups by
-- index for each invoice: a plan that is kept could be one that reads all invoices, made when there were few.
WITH issued AS (
    SELECT i.* FROM unnest(@ids::uuid[]) AS asked (id)
    CROSS JOIN LATERAL (SELECT id, client_id, currency, subtotal_amount, total_amount, issue_date, due_date, issued_at
                        FROM invoices WHERE invoices.id = asked.id OFFSET 0) i
), summed AS (
    SELECT l.invoice_id, l.contract_id, sum(l.line_total) AS lines
    FROM unnest(@ids::uuid[]) AS asked (id)
    CROSS JOIN LATERAL (SELECT invoice_id, contract_id, line_total FROM invoice_lines WHERE invoice_id = asked.id OFFSET 0) l
    GROUP BY l.invoice_id, l.contract_id
), bounds AS (
    SELECT s.invoice_id, s.contract_id, s.lines, sum(s.lines) OVER (PARTITION BY s.invoice_id ORDER BY s.contract_id) AS upto
    FROM summed s
), parts AS (
    SELECT * FROM (
        SELECT b.invoice_id, b.contract_id,
               (div(i.total_amount * b.upto, i.subtotal_amount) - div(i.total_amount * (b.upto - b.lines), i.subtotal_amount))::bigint AS amount
        FROM bounds b JOIN issued i ON i.id = b.invoice_id
    ) p WHERE p.amount > 0
), entries AS (
    INSERT INTO ledger_entries (id, event_id, source, invoice_id, client_id, type, direction, amount, currency,
        contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
    SELECT i.id, i.id, 'invoice', i.id, i.client_id, 'invoice', 'debit', i.total_amount, i.currency,
        coalesce(p.contract_ids, '{}'), coalesce(p.amounts, '{}'), i.issue_date, i.due_date, '{}', @actor_id::text, i.issued_at
    FROM issued i
    LEFT JOIN (SELECT invoice_id, array_agg(contract_id ORDER BY contract_id) AS contract_ids, array_agg(amount ORDER BY contract_id) AS amounts
               FROM parts GROUP BY invoice_id) p ON p.invoice_id = i.id
), moved AS (
    SELECT 'client' AS kind, i.client_id AS account_id, i.id AS invoice_id, i.currency, i.total_amount::bigint AS amount, i.issue_date FROM issued i
    UNION ALL
    SELECT 'contract', p.contract_id, i.id, i.currency, p.amount, i.issue_date FROM parts p JOIN issued i ON i.id = p.invoice_id
), posted AS (
    INSERT INTO ledger_accounts AS account (kind, id, currency, sequence, balance)
    SELECT m.kind, m.account_id, m.currency, 1, m.amount FROM moved m ORDER BY m.kind, m.account_id
    ON CONFLICT ON CONSTRAINT ledger_accounts_pkey DO UPDATE
    SET sequence = account.sequence + 1, balance = account.balance + excluded.balance
    RETURNING id, sequence, balance
)
INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, booking_date, amount, balance)
SELECT m.account_id, m.currency, posted.sequence, m.invoice_id, m.invoice_id, 'invoice', m.issue_date, m.amount, posted.balance
FROM posted JOIN moved m ON m.account_id = posted.id
ORDER BY m.account_id;

-- name: LedgerOwedByContract :many
-- What is still owed on an invoice for each of its contracts, in the order in which a payment settles them.
SELECT part.contract_id::uuid AS contract_id, sum(CASE e.direction WHEN 'debit' THEN part.amount ELSE -part.amount END)::bigint AS owed
FROM (SELECT i.direction, i.contract_ids, i.contract_amounts FROM ledger_entries i WHERE i.id = @invoice_id
      UNION ALL
      SELECT p.direction, p.contract_ids, p.contract_amounts FROM ledger_entries p
      WHERE p.invoice_id = @invoice_id AND p.payment_id IS NOT NULL) e
CROSS JOIN LATERAL (SELECT unnest(e.contract_ids) AS contract_id, unnest(e.contract_amounts) AS amount) part
GROUP BY part.contract_id
ORDER BY part.contract_id;
