-- +goose Up

-- A contract that was made since the migration before has one.
INSERT INTO billing_profiles (id, contract_id, currency, details, created_at, updated_at)
SELECT id, id, 'MAD', '{}', created_at, created_at FROM contracts
ON CONFLICT ON CONSTRAINT billing_profiles_pkey DO NOTHING;

INSERT INTO configuration_changes (id, contract_id, reason, source, new_amount, currency, offer_id, offer_name, effective_date, changed_at)
SELECT gen_random_uuid(), c.id, 'provisioned', 'system', o.monthly_fee, 'MAD', o.id, o.name, c.start_date, c.created_at
FROM contracts c JOIN offers o ON o.id = c.offer_id;

-- What happened is entered in its order, as the program would have entered it: an invoice is about its contracts by what their
-- lines are of its subtotal; a payment settles them in the order of their ids; what is taken back is taken back from where it was.
-- +goose StatementBegin
DO $$
DECLARE
    fact     record;
    contracts uuid[];
    parts    bigint[];
    signed   bigint;
BEGIN
    FOR fact IN
        SELECT 'invoice' AS source, i.id, i.id AS invoice_id, NULL::uuid AS payment_id, NULL::uuid AS reverses_id, i.client_id, 'invoice' AS type,
               'debit' AS direction, i.total_amount AS amount, i.currency, i.issue_date AS booking_date, i.due_date, r.actor_id,
               i.issued_at AS at, 1 AS place, '{}'::jsonb AS details
        FROM invoices i JOIN billing_runs r ON r.id = i.billing_run_id
        UNION ALL
        SELECT 'payment', p.id, p.invoice_id, p.id, NULL, p.client_id, 'payment', 'credit', p.amount, p.currency, p.payment_date, NULL,
               p.actor_id, p.created_at, 2, '{}'
        FROM payments p
        UNION ALL
        SELECT 'payment_reversal', gen_random_uuid(), p.invoice_id, p.id, p.id, p.client_id, 'chargeback', 'debit', p.amount, p.currency,
               (p.reversed_at AT TIME ZONE 'Africa/Casablanca')::date, NULL, p.reversed_by, p.reversed_at, 3, jsonb_build_object('internal_note', p.reversal_reason)
        FROM payments p WHERE p.status = 'reversed'
        UNION ALL
        SELECT 'invoice_void', gen_random_uuid(), i.id, NULL, i.id, i.client_id, 'correction', 'credit', i.total_amount, i.currency,
               (i.voided_at AT TIME ZONE 'Africa/Casablanca')::date, NULL, i.voided_by, i.voided_at, 4, jsonb_build_object('internal_note', i.void_reason)
        FROM invoices i WHERE i.status = 'void'
        ORDER BY at, place, id
    LOOP
        CASE fact.source
            WHEN 'invoice' THEN
                SELECT coalesce(array_agg(contract_id ORDER BY contract_id), '{}'), coalesce(array_agg(upto - before ORDER BY contract_id), '{}')
                INTO contracts, parts
                FROM (SELECT l.contract_id,
                             div(fact.amount * sum(sum(l.line_total)) OVER (ORDER BY l.contract_id), nullif(i.subtotal_amount, 0))::bigint AS upto,
                             div(fact.amount * (sum(sum(l.line_total)) OVER (ORDER BY l.contract_id) - sum(l.line_total)),
                                 nullif(i.subtotal_amount, 0))::bigint AS before
                      FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
                      WHERE l.invoice_id = fact.invoice_id GROUP BY l.contract_id, i.subtotal_amount) s
                WHERE upto > before;
            WHEN 'payment' THEN
                SELECT coalesce(array_agg(contract_id ORDER BY contract_id), '{}'), coalesce(array_agg(part ORDER BY contract_id), '{}')
                INTO contracts, parts
                FROM (SELECT contract_id, least(owed, greatest(0, fact.amount - (sum(owed) OVER (ORDER BY contract_id) - owed)))::bigint AS part
                      FROM (SELECT u.contract_id, sum(CASE e.direction WHEN 'debit' THEN u.part ELSE -u.part END) AS owed
                            -- Each by its index: those of an invoice are not looked for among all.
                            FROM (SELECT d.direction, d.contract_ids, d.contract_amounts FROM ledger_entries d WHERE d.id = fact.invoice_id
                                  UNION ALL
                                  SELECT p.direction, p.contract_ids, p.contract_amounts FROM ledger_entries p
                                  WHERE p.invoice_id = fact.invoice_id AND p.payment_id IS NOT NULL) e,
                                 unnest(e.contract_ids, e.contract_amounts) AS u (contract_id, part)
                            GROUP BY u.contract_id) o) s
                WHERE part > 0;
            ELSE
                SELECT contract_ids, contract_amounts INTO contracts, parts FROM ledger_entries WHERE id = fact.reverses_id;
        END CASE;
        INSERT INTO ledger_entries (id, event_id, source, reverses_id, invoice_id, payment_id, client_id, type, direction, amount, currency,
            contract_ids, contract_amounts, booking_date, due_date, details, actor_id, created_at)
        VALUES (fact.id, fact.id, fact.source, fact.reverses_id, fact.invoice_id, fact.payment_id, fact.client_id, fact.type, fact.direction,
            fact.amount, fact.currency, contracts, parts, fact.booking_date, fact.due_date, fact.details, fact.actor_id, fact.at);
        signed := CASE fact.direction WHEN 'debit' THEN 1 ELSE -1 END;
        WITH posted AS (
            INSERT INTO ledger_accounts AS a (kind, id, currency, sequence, balance)
            SELECT 'client', fact.client_id, fact.currency, 1, signed * fact.amount
            UNION ALL
            SELECT 'contract', contract_id, fact.currency, 1, signed * part FROM unnest(contracts, parts) AS u (contract_id, part)
            ON CONFLICT (id, currency) DO UPDATE SET sequence = a.sequence + 1, balance = a.balance + excluded.balance
            RETURNING id, kind, sequence, balance
        )
        INSERT INTO ledger_postings (account_id, currency, sequence, entry_id, event_id, source, booking_date, amount, balance)
        SELECT p.id, fact.currency, p.sequence, fact.id, fact.id, fact.source, fact.booking_date,
               signed * CASE p.kind WHEN 'client' THEN fact.amount ELSE parts[array_position(contracts, p.id)] END, p.balance
        FROM posted p;
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
-- Events that were made by hand go too: they have no other place.
TRUNCATE ledger_accounts, ledger_entries, ledger_postings, ledger_events, configuration_changes, billing_profiles;
