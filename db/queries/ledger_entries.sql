-- name: LedgerAccountList :many
-- The accounts of several clients or contracts, one per currency.
SELECT * FROM ledger_accounts WHERE id = ANY(@ids::uuid[]) ORDER BY id, currency;

-- name: LedgerAccountLock :exec
-- Locks accounts in the order in which every posting locks them, for a transaction that posts several entries.
SELECT 1 FROM ledger_accounts WHERE id = ANY(@ids::uuid[]) ORDER BY kind, id, currency FOR NO KEY UPDATE;

-- name: LedgerEntryGet :one
SELECT * FROM ledger_entries WHERE id = @id;

-- name: LedgerEntryGetByEvent :one
-- The valid entry of an event. For an event that a caller created, ledger_events names the entry.
SELECT e.* FROM ledger_entries e
WHERE e.id = coalesce((SELECT v.entry_id FROM ledger_events v WHERE v.id = @id), @id) AND e.event_id = @id
  AND (e.source NOT IN ('api', 'api_reversal') OR EXISTS (SELECT 1 FROM ledger_events v WHERE v.entry_id = e.id));

-- name: LedgerEntryListOwedByContract :many
-- The outstanding amount of an invoice per contract, in the order in which a payment settles them.
SELECT part.contract_id::uuid AS contract_id, sum(CASE e.direction WHEN 'debit' THEN part.amount ELSE -part.amount END)::bigint AS owed
FROM (SELECT i.direction, i.contract_ids, i.contract_amounts FROM ledger_entries i WHERE i.id = @invoice_id
      UNION ALL
      SELECT p.direction, p.contract_ids, p.contract_amounts FROM ledger_entries p
      WHERE p.invoice_id = @invoice_id AND p.payment_id IS NOT NULL) e
CROSS JOIN LATERAL (SELECT unnest(e.contract_ids) AS contract_id, unnest(e.contract_amounts) AS amount) part
GROUP BY part.contract_id
ORDER BY part.contract_id;

-- name: LedgerEntryPost :exec
-- Inserts an entry and posts it to the account of the client, if it has one, and to the accounts of its contracts. Locks the
-- accounts of clients before those of contracts, each kind in the order of ids.
WITH entry AS (
    INSERT INTO ledger_entries (id, event_id, source, reverses_id, invoice_id, payment_id, client_id, type, direction, amount, currency,
        contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
    VALUES (@id, @event_id, @source, sqlc.narg('reverses_id'), sqlc.narg('invoice_id'), sqlc.narg('payment_id'), sqlc.narg('client_id'),
        @type, @direction, @amount, @currency, @contract_ids::uuid[], @contract_amounts::bigint[], @booking_date, sqlc.narg('due_date'),
        @details, @actor_id, @now)
    RETURNING id, event_id, source, currency, booking_date, CASE source WHEN 'api_reversal' THEN reverses_id END AS reversed_version,
        CASE direction WHEN 'debit' THEN 1 ELSE -1 END AS sign
), parts AS (
    SELECT 'client' AS kind, sqlc.narg('client_id')::uuid AS account_id, @amount::bigint AS amount
    WHERE sqlc.narg('client_id')::uuid IS NOT NULL
    UNION ALL
    SELECT 'contract', unnest(@contract_ids::uuid[]), unnest(@contract_amounts::bigint[])
), balances AS (
    INSERT INTO ledger_accounts AS account (kind, id, currency, sequence, balance)
    SELECT p.kind, p.account_id, entry.currency, 1, entry.sign * p.amount FROM parts p, entry ORDER BY p.kind, p.account_id
    ON CONFLICT ON CONSTRAINT ledger_accounts_pkey DO UPDATE
    SET sequence = account.sequence + 1, balance = account.balance + excluded.balance
    RETURNING id, sequence, balance
)
INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, reverses_id, booking_date, amount, balance)
SELECT b.id, entry.currency, b.sequence, entry.id, entry.event_id, entry.source, entry.reversed_version,
       entry.booking_date, entry.sign * p.amount, b.balance
FROM balances b JOIN parts p ON p.account_id = b.id, entry;

-- name: LedgerEntryPostInvoices :exec
-- Posts invoices that this transaction inserted with their lines, at most one per client. An invoice is allocated to its
-- contracts in proportion to their lines, rounded so that the parts add up to its total.
-- OFFSET 0 keeps each subquery an index look-up per invoice, see docs/performance.md.
WITH issued AS (
    SELECT i.* FROM unnest(@ids::uuid[]) AS requested (id)
    CROSS JOIN LATERAL (SELECT id, client_id, currency, subtotal_amount, total_amount, issue_date, due_date, issued_at
                        FROM invoices WHERE invoices.id = requested.id OFFSET 0) i
), summed AS (
    SELECT l.invoice_id, l.contract_id, sum(l.line_total) AS lines
    FROM unnest(@ids::uuid[]) AS requested (id)
    CROSS JOIN LATERAL (SELECT invoice_id, contract_id, line_total FROM invoice_lines WHERE invoice_id = requested.id OFFSET 0) l
    GROUP BY l.invoice_id, l.contract_id
), bounds AS (
    SELECT s.invoice_id, s.contract_id, s.lines, sum(s.lines) OVER (PARTITION BY s.invoice_id ORDER BY s.contract_id) AS upto
    FROM summed s
), contract_parts AS (
    SELECT * FROM (
        SELECT b.invoice_id, b.contract_id,
               (div(i.total_amount * b.upto, i.subtotal_amount)
                - div(i.total_amount * (b.upto - b.lines), i.subtotal_amount))::bigint AS amount
        FROM bounds b JOIN issued i ON i.id = b.invoice_id
    ) p WHERE p.amount > 0
), entries AS (
    INSERT INTO ledger_entries (id, event_id, source, invoice_id, client_id, type, direction, amount, currency,
        contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
    SELECT i.id, i.id, 'invoice', i.id, i.client_id, 'invoice', 'debit', i.total_amount, i.currency,
        coalesce(p.contract_ids, '{}'), coalesce(p.amounts, '{}'), i.issue_date, i.due_date, '{}', @actor_id::text, i.issued_at
    FROM issued i
    LEFT JOIN (SELECT invoice_id, array_agg(contract_id ORDER BY contract_id) AS contract_ids,
                      array_agg(amount ORDER BY contract_id) AS amounts
               FROM contract_parts GROUP BY invoice_id) p ON p.invoice_id = i.id
), parts AS (
    SELECT 'client' AS kind, i.client_id AS account_id, i.id AS invoice_id, i.currency, i.total_amount::bigint AS amount, i.issue_date
    FROM issued i
    UNION ALL
    SELECT 'contract', p.contract_id, i.id, i.currency, p.amount, i.issue_date FROM contract_parts p JOIN issued i ON i.id = p.invoice_id
), balances AS (
    INSERT INTO ledger_accounts AS account (kind, id, currency, sequence, balance)
    SELECT p.kind, p.account_id, p.currency, 1, p.amount FROM parts p ORDER BY p.kind, p.account_id
    ON CONFLICT ON CONSTRAINT ledger_accounts_pkey DO UPDATE
    SET sequence = account.sequence + 1, balance = account.balance + excluded.balance
    RETURNING id, sequence, balance
)
INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, booking_date, amount, balance)
SELECT p.account_id, p.currency, b.sequence, p.invoice_id, p.invoice_id, 'invoice', p.issue_date, p.amount, b.balance
FROM balances b JOIN parts p ON p.account_id = b.id
ORDER BY p.account_id;
