-- +goose Up

-- The billing terms of a contract that no other table holds. Each subscriber's contract has a profile with the same id.
-- A profile without such a contract is a standalone contract, which has its own status and dates.
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
    CONSTRAINT billing_profiles_id_is_contract_id CHECK (contract_id = id),
    -- The status and the dates of a subscriber's contract are in contracts.
    CONSTRAINT billing_profiles_standalone_has_status CHECK (
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
CREATE FUNCTION create_billing_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_profiles (id, contract_id, currency, details, created_at, updated_at)
    SELECT id, id, 'MAD', '{}', created_at, created_at FROM inserted_contracts;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER contracts_create_billing_profiles
    AFTER INSERT ON contracts
    REFERENCING NEW TABLE AS inserted_contracts
    FOR EACH STATEMENT EXECUTE FUNCTION create_billing_profiles();

-- The price history of a contract. Rows are only added.
CREATE TABLE contract_price_changes (
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

    CONSTRAINT contract_price_changes_contract_sequence_key UNIQUE (contract_id, sequence),
    CONSTRAINT contract_price_changes_contract_fkey FOREIGN KEY (contract_id) REFERENCES billing_profiles (id) ON DELETE CASCADE,
    CONSTRAINT contract_price_changes_reason_valid CHECK (reason IN (
        'provisioned', 'upgraded', 'offer_changed', 'price_changed', 'installment_set')),
    CONSTRAINT contract_price_changes_source_valid CHECK (source IN ('portal', 'api', 'system')),
    CONSTRAINT contract_price_changes_offer_is_named CHECK ((offer_id IS NULL) = (offer_name IS NULL))
);

CREATE TRIGGER contract_price_changes_immutable
    BEFORE UPDATE ON contract_price_changes
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

-- The account of a client or of a contract, one per currency. Its balance equals the balance of its last posting. A
-- posting locks client accounts before contract accounts, each kind in the order of ids, and takes no lock afterwards.
-- Postings of one client are therefore serialised, and postings of different clients do not block each other.
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

CREATE TRIGGER ledger_accounts_immutable
    BEFORE UPDATE OF id, currency, kind OR DELETE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

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
    CONSTRAINT ledger_entries_match_source CHECK (
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
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

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
    CONSTRAINT ledger_postings_reversal_names_version CHECK ((source = 'api_reversal') = (reverses_id IS NOT NULL)),
    CONSTRAINT ledger_postings_first_balance_is_amount CHECK (sequence > 1 OR balance = amount)
);

CREATE INDEX ledger_postings_booked_idx ON ledger_postings (account_id, booking_date DESC, event_id DESC)
    INCLUDE (entry_id) WHERE source <> 'api_reversal';
CREATE INDEX ledger_postings_reversed_idx ON ledger_postings (account_id) INCLUDE (reverses_id) WHERE source = 'api_reversal';

CREATE TRIGGER ledger_postings_append_only
    BEFORE UPDATE OR DELETE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

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

-- +goose Down
DROP TABLE ledger_events;
DROP TABLE ledger_postings;
DROP TABLE ledger_entries;
DROP TABLE ledger_accounts;
DROP TABLE contract_price_changes;
DROP TRIGGER contracts_create_billing_profiles ON contracts;
DROP FUNCTION create_billing_profiles();
DROP TABLE billing_profiles;
