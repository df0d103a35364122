-- name: LedgerAccountListFaults :many
-- The accounts whose postings have a gap in their numbers, do not add up, or do not end at the account's balance.
WITH chained AS (
    SELECT account_id, currency, sequence, amount, balance,
           row_number() OVER chain AS position, sum(amount) OVER chain AS running_balance
    FROM ledger_postings
    WINDOW chain AS (PARTITION BY account_id, currency ORDER BY sequence)
), ends AS (
    SELECT account_id, currency, max(sequence) AS sequence, sum(amount) AS balance FROM ledger_postings GROUP BY account_id, currency
)
SELECT account_id::uuid AS account_id, currency::text AS currency, ('the chain breaks at ' || min(sequence))::text AS fault
FROM chained WHERE position <> sequence OR running_balance <> balance GROUP BY account_id, currency
UNION ALL
SELECT coalesce(a.id, e.account_id), coalesce(a.currency, e.currency), 'the balance is not that of the last posting'
FROM ledger_accounts a FULL JOIN ends e ON e.account_id = a.id AND e.currency = a.currency
WHERE (a.sequence, a.balance) IS DISTINCT FROM (e.sequence, e.balance);

-- name: LedgerEntryListFaults :many
-- Reversals that differ from the entry that they reverse; entries of events that are not allocated to exactly one contract;
-- and entries of events that are not exactly one of valid and reversed.
SELECT coalesce(r.client_id, r.contract_ids[1])::uuid AS account_id, r.currency::text AS currency,
       ('entry ' || r.id || ' reverses something else')::text AS fault
FROM ledger_entries r LEFT JOIN ledger_entries e ON e.id = r.reverses_id
WHERE r.reverses_id IS NOT NULL
  AND ((e.client_id, e.currency, e.amount, e.contract_ids, e.contract_amounts)
           IS DISTINCT FROM (r.client_id, r.currency, r.amount, r.contract_ids, r.contract_amounts)
       OR e.direction = r.direction
       OR r.source = 'api_reversal' AND (e.source, e.event_id, e.booking_date) IS DISTINCT FROM ('api', r.event_id, r.booking_date))
UNION ALL
SELECT coalesce(e.client_id, e.contract_ids[1]), e.currency, 'entry ' || e.id || ' is not allocated to one contract'
FROM ledger_entries e
WHERE e.source IN ('api', 'api_reversal') AND e.contract_amounts <> ARRAY[e.amount::bigint]
UNION ALL
SELECT coalesce(e.client_id, e.contract_ids[1]), e.currency,
       'entry ' || e.id || CASE WHEN e.source <> 'api' THEN ' does not belong to the event that names it'
                                WHEN r.id IS NULL THEN ' belongs to no event' ELSE ' is both valid and reversed' END
FROM ledger_entries e
LEFT JOIN ledger_events v ON v.entry_id = e.id
LEFT JOIN ledger_entries r ON r.reverses_id = e.id
WHERE CASE e.source WHEN 'api' THEN (v.id IS NULL) = (r.id IS NULL) OR v.id <> e.event_id ELSE v.id IS NOT NULL END;

-- name: LedgerInvoiceListFaults :many
-- Invoices, payments, reversals, and voids without a matching entry; entries without one of them; and invoices whose
-- outstanding amount differs from the sum of their entries, for the client or over the contracts.
WITH facts AS (
    SELECT 'invoice' AS source, id, id AS entry_id, NULL::uuid AS reverses_id, id AS invoice_id, client_id, currency,
           total_amount AS amount
    FROM invoices
    UNION ALL
    SELECT 'payment', id, id, NULL, invoice_id, client_id, currency, amount FROM payments
    UNION ALL
    SELECT 'payment_reversal', id, NULL, id, invoice_id, client_id, currency, amount FROM payments WHERE status = 'reversed'
    UNION ALL
    SELECT 'invoice_void', id, NULL, id, id, client_id, currency, total_amount FROM invoices WHERE status = 'void'
), expected AS (
    SELECT f.*, coalesce(f.entry_id, r.id) AS posted_id FROM facts f LEFT JOIN ledger_entries r ON r.reverses_id = f.reverses_id
), sums AS (
    SELECT e.invoice_id, sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) AS client,
           sum((SELECT CASE e.direction WHEN 'debit' THEN sum(part) ELSE -sum(part) END FROM unnest(e.contract_amounts) part)) AS contracts
    FROM ledger_entries e WHERE e.invoice_id IS NOT NULL GROUP BY e.invoice_id
)
SELECT coalesce(f.client_id, e.client_id)::uuid AS account_id, coalesce(f.currency, e.currency)::text AS currency,
       (coalesce(f.source, e.source) || ' ' || coalesce(f.id, e.reverses_id, e.id) || CASE
           WHEN e.id IS NULL THEN ' is not posted' WHEN f.id IS NULL THEN ' is posted but does not exist'
           ELSE ' differs from its entry' END)::text AS fault
FROM expected f
FULL JOIN (SELECT * FROM ledger_entries WHERE source NOT IN ('api', 'api_reversal')) e ON e.id = f.posted_id
WHERE (f.source, f.client_id, f.currency, f.amount, f.invoice_id)
      IS DISTINCT FROM (e.source, e.client_id, e.currency, e.amount, e.invoice_id)
UNION ALL
SELECT i.client_id, i.currency, 'invoice ' || i.id || ' owes something else than its entries'
FROM invoices i LEFT JOIN sums s ON s.invoice_id = i.id
CROSS JOIN LATERAL (SELECT CASE i.status WHEN 'void' THEN 0 ELSE i.total_amount - i.paid_amount END AS amount) owed
WHERE (coalesce(s.client, 0), coalesce(s.contracts, 0)) <> (owed.amount, owed.amount);

-- name: LedgerPostingListFaults :many
-- The accounts whose postings are not exactly those of the entries, with the first entry that differs.
WITH signed AS (
    SELECT e.*, CASE e.direction WHEN 'debit' THEN 1 ELSE -1 END AS sign,
           CASE e.source WHEN 'api_reversal' THEN e.reverses_id END AS reversed_version
    FROM ledger_entries e
), weighed AS (
    SELECT s.client_id AS account_id, s.currency, s.id AS entry_id, s.event_id, s.source, s.reversed_version, s.booking_date,
           s.sign * s.amount::bigint AS amount, 1 AS weight
    FROM signed s WHERE s.client_id IS NOT NULL
    UNION ALL
    SELECT part.contract_id, s.currency, s.id, s.event_id, s.source, s.reversed_version, s.booking_date, s.sign * part.amount, 1
    FROM signed s CROSS JOIN LATERAL (SELECT unnest(s.contract_ids) AS contract_id, unnest(s.contract_amounts) AS amount) part
    UNION ALL
    SELECT p.account_id, p.currency, p.entry_id, p.event_id, p.source, p.reverses_id, p.booking_date, p.amount, -1 FROM ledger_postings p
), different AS (
    SELECT account_id, currency, entry_id FROM weighed
    GROUP BY account_id, currency, entry_id, event_id, source, reversed_version, booking_date, amount
    HAVING sum(weight) <> 0
)
SELECT account_id::uuid AS account_id, currency::text AS currency,
       ('entry ' || min(entry_id::text) || ' differs from what was posted')::text AS fault
FROM different GROUP BY account_id, currency;
