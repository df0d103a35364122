-- +goose Up

-- What an operation answered to a key, written in the same transaction as its
-- effect and kept for good: the same request gets the same answer, however late.
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

-- +goose Down
DROP TABLE idempotency_keys;
