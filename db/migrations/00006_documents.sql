-- +goose Up

-- The seller as documents show it, one row for each state it ever had. A document
-- made again uses the letterhead of its day.
CREATE TABLE letterheads (
    id          uuid PRIMARY KEY,
    fingerprint bytea NOT NULL,
    content     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT letterheads_fingerprint_key UNIQUE (fingerprint),
    CONSTRAINT letterheads_fingerprint_sha256 CHECK (octet_length(fingerprint) = 32)
);

-- The register of issued files. The file itself is in the document store under
-- storage_key; a lost one is rendered again and must have the same hash.
CREATE TABLE documents (
    id            uuid PRIMARY KEY,
    document_type text NOT NULL,
    contract_id   uuid,
    invoice_id    uuid,
    letterhead_id uuid NOT NULL,
    file_name     text NOT NULL,
    storage_key   text NOT NULL,
    sha256        bytea NOT NULL,
    size_bytes    integer NOT NULL,
    -- What a contract document shows, as it was when issued. An invoice has its own rows for that.
    content       jsonb,
    created_at    timestamptz NOT NULL,

    CONSTRAINT documents_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT documents_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT documents_letterhead_fkey FOREIGN KEY (letterhead_id) REFERENCES letterheads (id),
    CONSTRAINT documents_storage_key_key UNIQUE (storage_key),
    CONSTRAINT documents_sha256_length CHECK (octet_length(sha256) = 32),
    CONSTRAINT documents_size_positive CHECK (size_bytes > 0),
    CONSTRAINT documents_subject_of_type CHECK (
        CASE document_type
            WHEN 'contract_pdf' THEN contract_id IS NOT NULL AND invoice_id IS NULL AND content IS NOT NULL
            WHEN 'invoice_pdf' THEN invoice_id IS NOT NULL AND contract_id IS NULL AND content IS NULL
            ELSE false
        END)
);

-- One document per invoice; a contract gets a new one with every change of plan.
CREATE UNIQUE INDEX documents_invoice_key ON documents (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX documents_contract_idx ON documents (contract_id, created_at DESC, id DESC) WHERE contract_id IS NOT NULL;

-- +goose Down
DROP TABLE documents;
DROP TABLE letterheads;
