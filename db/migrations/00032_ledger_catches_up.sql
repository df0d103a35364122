-- +goose Up

-- All that the ledger has an entry for beside what is made by hand: each invoice, payment, reversal and void as it is entered,
-- and its entry. That is NULL where a process of a version that knew no ledger wrote it, while versions changed.
CREATE VIEW ledger_facts AS
SELECT 'invoice' AS source, i.id AS fact_id, i.id AS invoice_id, NULL::uuid AS payment_id, i.client_id, 'invoice' AS type, 'debit' AS direction,
       i.total_amount AS amount, i.currency, i.issue_date AS booking_date, i.due_date, '{}'::jsonb AS details, r.actor_id, i.issued_at AS happened_at,
       i.status = 'void' AS taken_back, e.id AS entry_id
FROM invoices i JOIN billing_runs r ON r.id = i.billing_run_id LEFT JOIN ledger_entries e ON e.id = i.id
UNION ALL
SELECT 'payment', p.id, p.invoice_id, p.id, p.client_id, 'payment', 'credit', p.amount, p.currency, p.payment_date, NULL, '{}', p.actor_id,
       p.created_at, p.status = 'reversed', e.id
FROM payments p LEFT JOIN ledger_entries e ON e.id = p.id
UNION ALL
SELECT 'payment_reversal', p.id, p.invoice_id, p.id, p.client_id, 'chargeback', 'debit', p.amount, p.currency,
       (p.reversed_at AT TIME ZONE 'Africa/Casablanca')::date, NULL, jsonb_build_object('internal_note', p.reversal_reason), p.reversed_by,
       p.reversed_at, false, e.id
FROM payments p LEFT JOIN ledger_entries e ON e.reverses_id = p.id
WHERE p.status = 'reversed'
UNION ALL
SELECT 'invoice_void', i.id, i.id, NULL, i.client_id, 'correction', 'credit', i.total_amount, i.currency,
       (i.voided_at AT TIME ZONE 'Africa/Casablanca')::date, NULL, jsonb_build_object('internal_note', i.void_reason), i.voided_by,
       i.voided_at, false, e.id
FROM invoices i LEFT JOIN ledger_entries e ON e.reverses_id = i.id
WHERE i.status = 'void';

-- Enters what is missing of some invoices, as the program would have entered it, and returns how many entries these are. The
-- invoices are locked first: whoever changes what is owed on one locks it too, so what is missing then is missing for good. The
-- accounts come last, in the order in which everybody locks them.
-- +goose StatementBegin
CREATE FUNCTION ledger_enter_missing(invoice_ids uuid[]) RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    fact    record;
    about   uuid[];
    parts   bigint[];
    entry   uuid;
    sign    integer;
    entered bigint := 0;
BEGIN
    PERFORM 1 FROM invoices i WHERE i.id = ANY(invoice_ids) ORDER BY i.id FOR NO KEY UPDATE;
    PERFORM 1 FROM ledger_accounts a
    WHERE a.id = ANY(ARRAY(SELECT i.client_id FROM invoices i WHERE i.id = ANY(invoice_ids)
                           UNION SELECT l.contract_id FROM invoice_lines l WHERE l.invoice_id = ANY(invoice_ids)))
    ORDER BY a.kind, a.id, a.currency FOR NO KEY UPDATE;
    -- What takes a payment back that is entered already comes before other payments, and what takes one back that is not comes
    -- right after it: so at each payment that stays, no more is entered as paid than there is beside it.
    FOR fact IN
        SELECT f.* FROM ledger_facts f
        WHERE f.invoice_id = ANY(invoice_ids) AND f.entry_id IS NULL
        ORDER BY f.invoice_id,
                 CASE f.source WHEN 'invoice' THEN 1 WHEN 'invoice_void' THEN 4
                     WHEN 'payment_reversal' THEN CASE WHEN EXISTS (SELECT 1 FROM ledger_entries e WHERE e.id = f.payment_id) THEN 2 ELSE 3 END
                     ELSE 3 END,
                 f.payment_id, f.source
    LOOP
        IF fact.source IN ('payment_reversal', 'invoice_void') THEN
            SELECT e.contract_ids, e.contract_amounts INTO STRICT about, parts FROM ledger_entries e WHERE e.id = fact.fact_id;
            entry := gen_random_uuid();
        ELSE
            entry := fact.fact_id;
            -- It is taken back from where it was also when that was entered before.
            SELECT e.contract_ids, e.contract_amounts INTO about, parts FROM ledger_entries e WHERE e.reverses_id = fact.fact_id;
            IF FOUND THEN
                NULL;
            ELSIF fact.source = 'invoice' THEN
                SELECT coalesce(array_agg(s.contract_id ORDER BY s.contract_id), '{}'), coalesce(array_agg(s.upto - s.before ORDER BY s.contract_id), '{}')
                INTO about, parts
                FROM (SELECT l.contract_id,
                             div(fact.amount * sum(sum(l.line_total)) OVER (ORDER BY l.contract_id), i.subtotal_amount)::bigint AS upto,
                             div(fact.amount * (sum(sum(l.line_total)) OVER (ORDER BY l.contract_id) - sum(l.line_total)), i.subtotal_amount)::bigint AS before
                      FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
                      WHERE l.invoice_id = fact.invoice_id GROUP BY l.contract_id, i.subtotal_amount) s
                WHERE s.upto > s.before;
            ELSE
                -- One that is taken back settles the invoice as if nothing else was paid.
                SELECT coalesce(array_agg(s.contract_id ORDER BY s.contract_id), '{}'), coalesce(array_agg(s.part ORDER BY s.contract_id), '{}')
                INTO about, parts
                FROM (SELECT o.contract_id, least(o.owed, fact.amount - (sum(o.owed) OVER (ORDER BY o.contract_id) - o.owed))::bigint AS part
                      FROM (SELECT u.contract_id, sum(CASE e.direction WHEN 'debit' THEN u.part ELSE -u.part END) AS owed
                            FROM (SELECT d.direction, d.contract_ids, d.contract_amounts FROM ledger_entries d WHERE d.id = fact.invoice_id
                                  UNION ALL
                                  SELECT p.direction, p.contract_ids, p.contract_amounts FROM ledger_entries p
                                  WHERE p.invoice_id = fact.invoice_id AND p.payment_id IS NOT NULL AND NOT fact.taken_back) e,
                                 unnest(e.contract_ids, e.contract_amounts) AS u (contract_id, part)
                            GROUP BY u.contract_id) o
                      WHERE o.owed > 0) s
                WHERE s.part > 0;
            END IF;
        END IF;
        INSERT INTO ledger_entries (id, event_id, source, reverses_id, invoice_id, payment_id, client_id, type, direction, amount, currency,
            contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
        VALUES (entry, entry, fact.source, CASE WHEN entry <> fact.fact_id THEN fact.fact_id END, fact.invoice_id, fact.payment_id, fact.client_id,
            fact.type, fact.direction, fact.amount, fact.currency, about, parts, fact.booking_date, fact.due_date, fact.details, fact.actor_id,
            fact.happened_at);
        sign := CASE fact.direction WHEN 'debit' THEN 1 ELSE -1 END;
        WITH moved AS (
            SELECT 'client' AS kind, fact.client_id AS account_id, fact.amount::bigint AS amount
            UNION ALL
            SELECT 'contract', u.contract_id, u.part FROM unnest(about, parts) AS u (contract_id, part)
        ), posted AS (
            INSERT INTO ledger_accounts AS account (kind, id, currency, sequence, balance)
            SELECT m.kind, m.account_id, fact.currency, 1, sign * m.amount FROM moved m ORDER BY m.kind, m.account_id
            ON CONFLICT ON CONSTRAINT ledger_accounts_pkey DO UPDATE
            SET sequence = account.sequence + 1, balance = account.balance + excluded.balance
            RETURNING id, sequence, balance
        )
        INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, booking_date, amount, balance)
        SELECT p.id, fact.currency, p.sequence, entry, entry, fact.source, fact.booking_date, sign * m.amount, p.balance
        FROM posted p JOIN moved m ON m.account_id = p.id;
        entered := entered + 1;
    END LOOP;
    RETURN entered;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION ledger_enter_missing(uuid[]);
DROP VIEW ledger_facts;
