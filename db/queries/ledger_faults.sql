-- name: LedgerAccountFaults :many
-- Accounts whose postings are not numbered without gaps, do not add up one on the other, or do not end at its balance.
WITH chained AS (
    SELECT account_id, currency, sequence, amount, balance,
           row_number() OVER chain AS place, sum(amount) OVER chain AS added
    FROM ledger_postings
    WINDOW chain AS (PARTITION BY account_id, currency ORDER BY sequence)
), ends AS (
    SELECT account_id, currency, max(sequence) AS sequence, sum(amount) AS balance FROM ledger_postings GROUP BY account_id, currency
)
SELECT account_id::uuid AS account_id, currency::text AS currency, ('the chain breaks at ' || min(sequence))::text AS fault
FROM chained WHERE place <> sequence OR added <> balance GROUP BY account_id, currency
UNION ALL
SELECT coalesce(a.id, e.account_id), coalesce(a.currency, e.currency), 'the balance is not that of the last posting'
FROM ledger_accounts a FULL JOIN ends e ON e.account_id = a.id AND e.currency = a.currency
WHERE (a.sequence, a.balance) IS DISTINCT FROM (e.sequence, e.balance);

-- name: LedgerEntryFaults :many
-- Entries that take something else back than they name; entries of events that are not about one contract; and those that are
-- neither the valid version of their event nor taken back, or both.
SELECT coalesce(r.client_id, r.contract_ids[1])::uuid AS account_id, r.currency::text AS currency,
       ('entry ' || r.id || ' takes something else back')::text AS fault
FROM ledger_entries r LEFT JOIN ledger_entries e ON e.id = r.reverses_id
WHERE r.reverses_id IS NOT NULL
  AND ((e.client_id, e.currency, e.amount, e.contract_ids, e.contract_amounts)
           IS DISTINCT FROM (r.client_id, r.currency, r.amount, r.contract_ids, r.contract_amounts)
       OR e.direction = r.direction
       OR r.source = 'api_reversal' AND (e.source, e.event_id, e.booking_date) IS DISTINCT FROM ('api', r.event_id, r.booking_date))
UNION ALL
SELECT coalesce(e.client_id, e.contract_ids[1]), e.currency, 'entry ' || e.id || ' is not about one contract'
FROM ledger_entries e
WHERE e.source IN ('api', 'api_reversal') AND e.contract_amounts <> ARRAY[e.amount::bigint]
UNION ALL
SELECT coalesce(e.client_id, e.contract_ids[1]), e.currency,
       'entry ' || e.id || CASE WHEN e.source <> 'api' THEN ' is not of the event that names it' WHEN r.id IS NULL THEN ' is of no event' ELSE ' is valid and taken back' END
FROM ledger_entries e
LEFT JOIN ledger_events v ON v.entry_id = e.id
LEFT JOIN ledger_entries r ON r.reverses_id = e.id
WHERE CASE e.source WHEN 'api' THEN (v.id IS NULL) = (r.id IS NULL) OR v.id <> e.event_id ELSE v.id IS NOT NULL END;

-- name: LedgerInvoiceFaults :many
-- Invoices, payments, reversals and voids without an entry that says the same, and such entries without one of them; and
-- invoices on which something else is outstanding than their entries add up to, of the client or over the contracts.
WITH entered AS (
    SELECT e.invoice_id, sum(CASE e.direction WHEN 'debit' THEN e.amount ELSE -e.amount END) AS client,
           sum((SELECT CASE e.direction WHEN 'debit' THEN sum(part) ELSE -sum(part) END FROM unnest(e.contract_amounts) part)) AS contracts
    FROM ledger_entries e WHERE e.invoice_id IS NOT NULL GROUP BY e.invoice_id
)
SELECT coalesce(f.client_id, e.client_id)::uuid AS account_id, coalesce(f.currency, e.currency)::text AS currency,
       (coalesce(f.source, e.source) || ' ' || coalesce(f.fact_id, e.reverses_id, e.id) || CASE
           WHEN e.id IS NULL THEN ' is not entered' WHEN f.fact_id IS NULL THEN ' is entered and was not' ELSE ' is entered as something else' END)::text AS fault
FROM ledger_facts f
FULL JOIN (SELECT * FROM ledger_entries WHERE source NOT IN ('api', 'api_reversal')) e ON e.id = f.entry_id
WHERE (f.source, f.client_id, f.currency, f.amount, f.invoice_id) IS DISTINCT FROM (e.source, e.client_id, e.currency, e.amount, e.invoice_id)
UNION ALL
SELECT i.client_id, i.currency, 'invoice ' || i.id || ' owes something else than its entries'
FROM invoices i LEFT JOIN entered e ON e.invoice_id = i.id
CROSS JOIN LATERAL (SELECT CASE i.status WHEN 'void' THEN 0 ELSE i.total_amount - i.paid_amount END AS amount) owed
WHERE (coalesce(e.client, 0), coalesce(e.contracts, 0)) <> (owed.amount, owed.amount);

-- name: LedgerPostingFaults :many
-- Accounts that were not posted to exactly what the entries say, each posting counted, with the first such entry.
WITH signed AS (
    SELECT e.*, CASE e.direction WHEN 'debit' THEN 1 ELSE -1 END AS sign, CASE e.source WHEN 'api_reversal' THEN e.reverses_id END AS taken_back
    FROM ledger_entries e
), weighed AS (
    SELECT s.client_id AS account_id, s.currency, s.id AS entry_id, s.event_id, s.source, s.taken_back, s.booking_date, s.sign * s.amount::bigint AS amount, 1 AS weight
    FROM signed s WHERE s.client_id IS NOT NULL
    UNION ALL
    SELECT part.contract_id, s.currency, s.id, s.event_id, s.source, s.taken_back, s.booking_date, s.sign * part.amount, 1
    FROM signed s CROSS JOIN LATERAL (SELECT unnest(s.contract_ids) AS contract_id, unnest(s.contract_amounts) AS amount) part
    UNION ALL
    SELECT p.account_id, p.currency, p.entry_id, p.event_id, p.source, p.reverses_id, p.booking_date, p.amount, -1 FROM ledger_postings p
), different AS (
    SELECT account_id, currency, entry_id FROM weighed
    GROUP BY account_id, currency, entry_id, event_id, source, taken_back, booking_date, amount
    HAVING sum(weight) <> 0
)
SELECT account_id::uuid AS account_id, currency::text AS currency, ('entry ' || min(entry_id::text) || ' is not what was posted')::text AS fault
FROM different GROUP BY account_id, currency;

-- name: LedgerRankFaults :many
-- Accounts whose ranks are not those of its events at the posting up to which they count.
WITH weighed AS (
    SELECT p.account_id, p.booking_date, p.event_id, NULL::bigint AS rank, CASE p.source WHEN 'api_reversal' THEN -1 ELSE 1 END AS weight
    FROM ledger_postings p
    JOIN ledger_rankings k ON k.account_id = p.account_id AND k.currency = p.currency AND k.sequence >= p.sequence
    UNION ALL
    SELECT r.account_id, r.booking_date, r.event_id, r.rank, 0 FROM ledger_event_ranks r
), ranked AS (
    SELECT account_id, rank, sum(weight) OVER (PARTITION BY account_id ORDER BY booking_date, event_id, rank) AS before FROM weighed
)
SELECT r.account_id::uuid AS account_id, (SELECT min(k.currency) FROM ledger_rankings k WHERE k.account_id = r.account_id)::text AS currency,
       ('the ranks are wrong from ' || min(r.rank))::text AS fault
FROM ranked r WHERE r.rank <> r.before GROUP BY r.account_id;
