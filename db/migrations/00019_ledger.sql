-- +goose Up

-- How a contract is billed, as far as nothing else says it. Each contract of a subscriber has one with
-- the same id; one without such a contract stands alone, and says its status and its start by itself.
CREATE TABLE billing_profiles (
    id                 uuid PRIMARY KEY,
    contract_id        uuid,
    status             text,
    start_date         date,
    termination_date   date,
    -- What the contract costs each time when it is not the fee of its offer.
    installment_amount centimes,
    currency           text NOT NULL,
    -- What is told of the contract and no rule reads: names, numbers, addresses, periods.
    details            jsonb NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT billing_profiles_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT billing_profiles_of_a_contract_has_its_id CHECK (contract_id = id),
    -- A contract of a subscriber has these itself.
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

-- Whoever makes a contract makes its profile.
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

-- An account of the ledger: that of a client, or that of one contract. Its balance is the one after its last
-- posting. Whoever posts locks it, accounts of clients before those of contracts and each in the order of ids, and
-- takes no other lock after; so postings of one client queue up, and those of different ones do not meet.
CREATE TABLE ledger_accounts (
    id       uuid NOT NULL,
    currency text NOT NULL,
    kind     text NOT NULL,
    -- The number of its last posting.
    sequence bigint NOT NULL,
    -- Debits - credits: what is owed when positive.
    balance  centimes_sum NOT NULL,

    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id, currency),
    CONSTRAINT ledger_accounts_kind_valid CHECK (kind IN ('client', 'contract')),
    CONSTRAINT ledger_accounts_currency_iso CHECK (currency ~ '^[A-Z]{3}$')
) WITH (fillfactor = 70);

-- One entry of the ledger. Entries are only ever added. That of an invoice has the invoice's id and that of a payment the
-- payment's, so neither can have two. An event that was made by hand has an entry for each version, and one that takes
-- each version back that is not valid any more.
CREATE TABLE ledger_entries (
    id               uuid PRIMARY KEY,
    -- What the entry is a version of; the system's own have one version, and their own id here.
    event_id         uuid NOT NULL,
    source           text NOT NULL,
    -- The entry that this one takes back.
    reverses_id      uuid,
    invoice_id       uuid,
    payment_id       uuid,
    -- Whose contracts these are; NULL for a contract that stands alone.
    client_id        uuid,
    type             text NOT NULL,
    direction        text NOT NULL,
    amount           centimes NOT NULL,
    currency         text NOT NULL,
    -- The contracts that the entry is about, and what part of the amount is about each.
    contract_ids     uuid[] NOT NULL,
    contract_amounts bigint[] NOT NULL,
    booking_date     date NOT NULL,
    due_date         date,
    -- What was told of an event and no rule reads.
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

-- What is taken back is taken back once.
CREATE UNIQUE INDEX ledger_entries_reversed_once_key ON ledger_entries (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ledger_entries_booked_idx ON ledger_entries (booking_date DESC, event_id DESC) WHERE source <> 'api_reversal';
-- What was paid and taken back of an invoice; its own entry has its id.
CREATE INDEX ledger_entries_invoice_idx ON ledger_entries (invoice_id) WHERE payment_id IS NOT NULL;
CREATE INDEX ledger_entries_event_idx ON ledger_entries (event_id) WHERE source IN ('api', 'api_reversal');

-- What an entry did to an account: an invoice of two contracts has three postings. They are numbered without gaps, and
-- each has the balance before it and its amount as its balance.
CREATE TABLE ledger_postings (
    account_id   uuid NOT NULL,
    currency     text NOT NULL,
    sequence     bigint NOT NULL,
    -- Written in the statement that writes the entry, of which these are a copy; an entry is never removed.
    entry_id     uuid NOT NULL,
    event_id     uuid NOT NULL,
    source       text NOT NULL,
    -- The entry of an event that is taken back here, and so is not listed any more.
    reverses_id  uuid,
    booking_date date NOT NULL,
    -- Positive for a debit.
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

CREATE TRIGGER ledger_entries_append_only
    BEFORE UPDATE OR DELETE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_postings_append_only
    BEFORE UPDATE OR DELETE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER ledger_accounts_stay
    BEFORE UPDATE OF id, currency, kind OR DELETE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The events that were made by hand, and which entry is their valid version: none once they are deleted.
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

-- Every change of what a contract costs. Rows are only ever added.
CREATE TABLE configuration_changes (
    id              uuid PRIMARY KEY,
    contract_id     uuid NOT NULL,
    reason          text NOT NULL,
    source          text NOT NULL,
    previous_amount centimes,
    new_amount      centimes NOT NULL,
    currency        text NOT NULL,
    -- The offer whose fee the new amount is; NULL when it was agreed on otherwise.
    offer_id        uuid,
    offer_name      text,
    effective_date  date NOT NULL,
    changed_at      timestamptz NOT NULL,

    CONSTRAINT configuration_changes_contract_fkey FOREIGN KEY (contract_id) REFERENCES billing_profiles (id) ON DELETE CASCADE,
    CONSTRAINT configuration_changes_reason_valid CHECK (reason IN (
        'provisioned', 'upgraded', 'offer_changed', 'price_changed', 'installment_set')),
    CONSTRAINT configuration_changes_source_valid CHECK (source IN ('portal', 'api', 'system')),
    CONSTRAINT configuration_changes_offer_is_named CHECK ((offer_id IS NULL) = (offer_name IS NULL))
);

CREATE INDEX configuration_changes_contract_idx ON configuration_changes (contract_id, changed_at DESC, id DESC);

CREATE TRIGGER configuration_changes_immutable
    BEFORE UPDATE ON configuration_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE configuration_changes;
DROP TABLE ledger_events;
DROP TABLE ledger_postings;
DROP TABLE ledger_entries;
DROP TABLE ledger_accounts;
DROP TRIGGER contracts_have_billing_profiles ON contracts;
DROP FUNCTION add_billing_profiles();
DROP TABLE billing_profiles;
