-- +goose Up

-- Keys of programs that call the API. Only the hash of a key's secret is kept. A
-- revoked key stays, so that the actor of what was done with it can be told.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    roles        text[] NOT NULL,
    secret_hash  bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,

    CONSTRAINT api_keys_name_form CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    CONSTRAINT api_keys_roles_known CHECK (
        cardinality(roles) > 0 AND roles <@ ARRAY['viewer', 'ops', 'billing', 'admin']
    ),
    CONSTRAINT api_keys_secret_hash_sha256 CHECK (octet_length(secret_hash) = 32),
    CONSTRAINT api_keys_expires_later CHECK (expires_at > created_at)
);

-- Two keys of one name would be one actor.
CREATE UNIQUE INDEX api_keys_unrevoked_name_key ON api_keys (name) WHERE revoked_at IS NULL;

-- +goose Down
DROP TABLE api_keys;
