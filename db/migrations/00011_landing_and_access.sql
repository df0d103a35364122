-- +goose Up

-- The progress of a visitor of the landing page, so that an interrupted sign-up can be resumed.
CREATE TABLE landing_drafts (
    id         uuid PRIMARY KEY,
    flow_type  text NOT NULL,
    step       text NOT NULL,
    cin        text,
    payload    jsonb NOT NULL,
    status     text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT landing_drafts_flow_type_valid CHECK (flow_type IN (
        'subscribe_new_service', 'upgrade_or_downgrade_existing_service', 'check_billing_and_download_invoices')),
    CONSTRAINT landing_drafts_step_length CHECK (char_length(step) BETWEEN 2 AND 64),
    CONSTRAINT landing_drafts_payload_object CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT landing_drafts_status_valid CHECK (status IN ('in_progress', 'submitted', 'cancelled'))
);

-- The answer of an operation to a key, written in the transaction of the operation's effect and kept forever: a repeated
-- request gets the same answer, however late.
CREATE TABLE idempotency_keys (
    operation   text NOT NULL,
    key         text NOT NULL,
    fingerprint bytea NOT NULL,
    answer      jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    PRIMARY KEY (operation, key),
    CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 8 AND 200),
    CONSTRAINT idempotency_keys_fingerprint_sha256 CHECK (octet_length(fingerprint) = 32)
);

-- The keys of programs that call the API. Only the hash of a key's secret is stored. A revoked key is kept, so that the
-- actor of its past requests can be identified.
CREATE TABLE api_keys (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    roles         text[] NOT NULL,
    -- The organisations for which the key may act; NULL means all.
    organisations text[],
    secret_hash   bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz,

    CONSTRAINT api_keys_name_form CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    CONSTRAINT api_keys_roles_known CHECK (
        cardinality(roles) > 0 AND roles <@ ARRAY['viewer', 'ops', 'billing', 'admin']
    ),
    CONSTRAINT api_keys_organisations_named CHECK (cardinality(organisations) > 0),
    CONSTRAINT api_keys_secret_hash_sha256 CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT api_keys_expires_later CHECK (expires_at > created_at)
);

-- Two active keys with one name would be one actor.
CREATE UNIQUE INDEX api_keys_unrevoked_name_key ON api_keys (name) WHERE revoked_at IS NULL;

-- +goose Down
DROP TABLE api_keys;
DROP TABLE idempotency_keys;
DROP TABLE landing_drafts;
