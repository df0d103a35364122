-- +goose Up

-- The billing terms of a contract that no other table holds. Each subscriber's contract has a profile with the same id.
-- A profile without such a contract is a standalone contract, which has a status and dates of its own.
CREATE TABLE billing_profiles (
    id                 uuid PRIMARY KEY,
    contract_id        uuid,
    status             text,
    start_date         date,
    termination_date   date,
    -- The agreed price per period; NULL when the price is the fee of the offer.
    installment_amount centimes,
    currency           text NOT NULL,
    -- Descriptive data that no rule reads: names, numbers, addresses, periods.
    details            jsonb NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT billing_profiles_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT billing_profiles_of_a_contract_has_its_id CHECK (contract_id = id),
    -- The status and the dates of a subscriber's contract are in contracts.
    CONSTRAINT billing_profiles_says_nothing_twice CHECK (
        CASE WHEN contract_id IS NULL THEN status IS NOT NULL ELSE num_nonnulls(status, start_date, termination_date) = 0 END),
    CONSTRAINT billing_profiles_status_valid CHECK (status IN (
        'draft', 'in_approval_process', 'approved', 'active', 'deactivated', 'revoked', 'terminated', 'expired')),
    CONSTRAINT billing_profiles_dates_ordered CHECK (termination_date >= start_date),
    CONSTRAINT billing_profiles_installment_not_negative CHECK (installment_amount >= 0),
    CONSTRAINT billing_profiles_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT billing_profiles_details_object CHECK (jsonb_typeof(details) = 'object')
);

CREATE UNIQUE INDEX billing_profiles_contract_key ON billing_profiles (contract_id) WHERE contract_id IS NOT NULL;

-- Creates the profiles of contracts in the statement that inserts the contracts.
-- +goose StatementBegin
CREATE FUNCTION add_billing_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_profiles (id, contract_id, currency, details, created_at, updated_at)
    SELECT id, id, 'MAD', '{}', created_at, created_at FROM inserted_contracts;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER contracts_have_billing_profiles
    AFTER INSERT ON contracts
    REFERENCING NEW TABLE AS inserted_contracts
    FOR EACH STATEMENT EXECUTE FUNCTION add_billing_profiles();

-- The price history of a contract. Rows are only added.
CREATE TABLE configuration_changes (
    id              uuid PRIMARY KEY,
    contract_id     uuid NOT NULL,
    -- The order of the changes. A writer holds the lock of the contract or of its profile, so the numbers are in commit
    -- order. changed_at is not: it is read before the lock is acquired.
    sequence        bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    reason          text NOT NULL,
    source          text NOT NULL,
    previous_amount centimes,
    new_amount      centimes NOT NULL,
    currency        text NOT NULL,
    -- The offer whose fee is the new amount; NULL for an amount that was agreed otherwise.
    offer_id        uuid,
    offer_name      text,
    effective_date  date NOT NULL,
    changed_at      timestamptz NOT NULL,

    CONSTRAINT configuration_changes_contract_sequence_key UNIQUE (contract_id, sequence),
    CONSTRAINT configuration_changes_contract_fkey FOREIGN KEY (contract_id) REFERENCES billing_profiles (id) ON DELETE CASCADE,
    CONSTRAINT configuration_changes_reason_valid CHECK (reason IN (
        'provisioned', 'upgraded', 'offer_changed', 'price_changed', 'installment_set')),
    CONSTRAINT configuration_changes_source_valid CHECK (source IN ('portal', 'api', 'system')),
    CONSTRAINT configuration_changes_offer_is_named CHECK ((offer_id IS NULL) = (offer_name IS NULL))
);

CREATE TRIGGER configuration_changes_immutable
    BEFORE UPDATE ON configuration_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The account of a client or of a contract, one per currency. Its balance is that of its last posting. A posting locks
-- the accounts of clients before those of contracts, each kind in the order of ids, and takes no lock afterwards. Postings
-- of one client are therefore serialised, and postings of different clients do not block each other.
CREATE TABLE ledger_accounts (
    id       uuid NOT NULL,
    currency text NOT NULL,
    kind     text NOT NULL,
    -- The sequence of the last posting.
    sequence bigint NOT NULL,
    -- Debits minus credits: positive when the client owes.
    balance  centimes_sum NOT NULL,

    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id, currency),
    CONSTRAINT ledger_accounts_kind_valid CHECK (kind IN ('client', 'contract')),
    CONSTRAINT ledger_accounts_currency_iso CHECK (currency ~ '^[A-Z]{3}$')
) WITH (fillfactor = 70);

CREATE TRIGGER ledger_accounts_stay
    BEFORE UPDATE OF id, currency, kind OR DELETE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The entries of the ledger. Entries are only added. The entry of an invoice has the invoice's id, and the entry of a
-- payment has the payment's id, so neither can be entered twice. An event that a caller created has one entry per
-- version, and one entry that reverses each version that is no longer valid.
CREATE TABLE ledger_entries (
    id               uuid PRIMARY KEY,
    -- The event of which this entry is a version. The entry of an invoice, payment, reversal, or void is its own event.
    event_id         uuid NOT NULL,
    source           text NOT NULL,
    -- The entry that this entry reverses.
    reverses_id      uuid,
    invoice_id       uuid,
    payment_id       uuid,
    -- The client whose contracts these are; NULL for a standalone contract.
    client_id        uuid,
    type             text NOT NULL,
    direction        text NOT NULL,
    amount           centimes NOT NULL,
    currency         text NOT NULL,
    -- How the amount is allocated to contracts.
    contract_ids     uuid[] NOT NULL,
    contract_amounts bigint[] NOT NULL,
    booking_date     date NOT NULL,
    due_date         date,
    -- Descriptive data of an event that no rule reads.
    details          jsonb NOT NULL,
    actor_id         text NOT NULL,
    created_at       timestamptz NOT NULL,

    CONSTRAINT ledger_entries_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT ledger_entries_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT ledger_entries_of_its_source CHECK (
        CASE source
            WHEN 'invoice' THEN id = invoice_id AND event_id = id AND payment_id IS NULL AND reverses_id IS NULL
                AND type = 'invoice' AND direction = 'debit'
            WHEN 'payment' THEN id = payment_id AND event_id = id AND invoice_id IS NOT NULL AND reverses_id IS NULL
                AND type = 'payment' AND direction = 'credit'
            WHEN 'payment_reversal' THEN reverses_id = payment_id AND payment_id IS NOT NULL AND event_id = id AND invoice_id IS NOT NULL
                AND type = 'chargeback' AND direction = 'debit'
            WHEN 'invoice_void' THEN reverses_id = invoice_id AND invoice_id IS NOT NULL AND event_id = id AND payment_id IS NULL
                AND type = 'correction' AND direction = 'credit'
            WHEN 'api' THEN num_nonnulls(invoice_id, payment_id, reverses_id) = 0
            WHEN 'api_reversal' THEN num_nonnulls(invoice_id, payment_id) = 0 AND reverses_id IS NOT NULL
            ELSE false
        END),
    CONSTRAINT ledger_entries_type_length CHECK (char_length(type) BETWEEN 1 AND 100),
    CONSTRAINT ledger_entries_direction_valid CHECK (direction IN ('debit', 'credit')),
    CONSTRAINT ledger_entries_amount_positive CHECK (amount > 0),
    CONSTRAINT ledger_entries_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ledger_entries_contracts_have_amounts CHECK (cardinality(contract_ids) = cardinality(contract_amounts)),
    CONSTRAINT ledger_entries_details_object CHECK (jsonb_typeof(details) = 'object')
);

-- An entry is reversed at most once.
CREATE UNIQUE INDEX ledger_entries_reversed_once_key ON ledger_entries (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ledger_entries_booked_idx ON ledger_entries (booking_date DESC, event_id DESC) WHERE source <> 'api_reversal';
-- The payments of an invoice and their reversals. The invoice's own entry is found by its id.
CREATE INDEX ledger_entries_invoice_idx ON ledger_entries (invoice_id) WHERE payment_id IS NOT NULL;
CREATE INDEX ledger_entries_event_idx ON ledger_entries (event_id) WHERE source IN ('api', 'api_reversal');

CREATE TRIGGER ledger_entries_append_only
    BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The effect of an entry on an account: the entry of an invoice of two contracts has three postings. The postings of an
-- account are numbered without gaps, and the balance of each is the balance before it plus its amount.
CREATE TABLE ledger_postings (
    account_id   uuid NOT NULL,
    currency     text NOT NULL,
    sequence     bigint NOT NULL,
    -- Copied from the entry, which is inserted by the same statement and never removed.
    entry_id     uuid NOT NULL,
    event_id     uuid NOT NULL,
    source       text NOT NULL,
    -- The version of an event that this posting reverses, and which is therefore not listed any more.
    reverses_id  uuid,
    booking_date date NOT NULL,
    -- Positive for a debit, negative for a credit.
    amount       centimes NOT NULL,
    balance      centimes_sum NOT NULL,

    CONSTRAINT ledger_postings_pkey PRIMARY KEY (account_id, currency, sequence),
    CONSTRAINT ledger_postings_sequence_positive CHECK (sequence > 0),
    CONSTRAINT ledger_postings_takes_an_event_back CHECK ((source = 'api_reversal') = (reverses_id IS NOT NULL)),
    CONSTRAINT ledger_postings_first_has_its_amount CHECK (sequence > 1 OR balance = amount)
);

CREATE INDEX ledger_postings_booked_idx ON ledger_postings (account_id, booking_date DESC, event_id DESC)
    INCLUDE (entry_id) WHERE source <> 'api_reversal';
CREATE INDEX ledger_postings_taken_back_idx ON ledger_postings (account_id) INCLUDE (reverses_id) WHERE source = 'api_reversal';

CREATE TRIGGER ledger_postings_append_only
    BEFORE UPDATE OR DELETE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The events that callers created, with the entry that is the valid version; NULL after a deletion.
CREATE TABLE ledger_events (
    id          uuid PRIMARY KEY,
    entry_id    uuid,
    external_id text,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,

    CONSTRAINT ledger_events_entry_fkey FOREIGN KEY (entry_id) REFERENCES ledger_entries (id),
    CONSTRAINT ledger_events_entry_key UNIQUE (entry_id),
    CONSTRAINT ledger_events_external_id_key UNIQUE (external_id),
    CONSTRAINT ledger_events_external_id_length CHECK (char_length(external_id) BETWEEN 1 AND 200),
    CONSTRAINT ledger_events_deleted_has_no_external_id CHECK (entry_id IS NOT NULL OR external_id IS NULL)
);

CREATE TABLE ledger_event_ranks (
    account_id   uuid NOT NULL,
    rank         bigint NOT NULL,
    booking_date date NOT NULL,
    event_id     uuid NOT NULL,

    CONSTRAINT ledger_event_ranks_pkey PRIMARY KEY (account_id, rank),
    CONSTRAINT ledger_event_ranks_positive CHECK (rank > 0)
);

CREATE INDEX ledger_event_ranks_booked_idx ON ledger_event_ranks (account_id, booking_date DESC, event_id DESC);

-- Up to which posting of an account its ranks count. Apart from ledger_accounts, whose rows are locked by whoever posts.
CREATE TABLE ledger_rankings (
    account_id uuid NOT NULL,
    currency   text NOT NULL,
    sequence   bigint NOT NULL,

    CONSTRAINT ledger_rankings_pkey PRIMARY KEY (account_id, currency),
    CONSTRAINT ledger_rankings_account_fkey FOREIGN KEY (account_id, currency) REFERENCES ledger_accounts (id, currency)
);

-- The events of an account: its postings without those that were taken back, and those that took them back. A function of
-- the account rather than a view, so that what was taken back of it is read once for a query, and not for each posting.
CREATE FUNCTION ledger_account_events(account uuid)
RETURNS TABLE (booking_date date, event_id uuid, entry_id uuid) LANGUAGE sql STABLE AS $$
    SELECT p.booking_date, p.event_id, p.entry_id FROM ledger_postings p
    WHERE p.account_id = account AND p.source <> 'api_reversal'
      AND p.entry_id NOT IN (SELECT r.reverses_id FROM ledger_postings r WHERE r.account_id = account AND r.source = 'api_reversal')
$$;

-- What the ranks of an account do not count yet: an event more or, where one was taken back, one less.
CREATE FUNCTION ledger_unranked_events(account uuid)
RETURNS TABLE (booking_date date, event_id uuid, change integer) LANGUAGE sql STABLE AS $$
    SELECT p.booking_date, p.event_id, CASE p.source WHEN 'api_reversal' THEN -1 ELSE 1 END
    FROM ledger_accounts a
    LEFT JOIN ledger_rankings k ON k.account_id = a.id AND k.currency = a.currency
    JOIN ledger_postings p ON p.account_id = a.id AND p.currency = a.currency AND p.sequence > coalesce(k.sequence, 0)
    WHERE a.id = account
$$;

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
DROP FUNCTION ledger_unranked_events(uuid);
DROP FUNCTION ledger_account_events(uuid);
DROP TABLE ledger_rankings;
DROP TABLE ledger_event_ranks;
DROP TABLE ledger_events;
DROP TABLE ledger_postings;
DROP TABLE ledger_entries;
DROP TABLE ledger_accounts;
DROP TABLE configuration_changes;
DROP TRIGGER contracts_have_billing_profiles ON contracts;
DROP FUNCTION add_billing_profiles();
DROP TABLE billing_profiles;
