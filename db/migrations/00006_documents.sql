-- +goose Up

-- The seller's details as documents show them: one row per distinct letterhead. A document that is rendered again uses
-- the letterhead with which it was issued.
CREATE TABLE letterheads (
    id          uuid PRIMARY KEY,
    fingerprint bytea NOT NULL,
    content     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT letterheads_fingerprint_key UNIQUE (fingerprint),
    CONSTRAINT letterheads_fingerprint_sha256 CHECK (octet_length(fingerprint) = 32)
);

-- The register of issued documents. The file itself is in the file store under storage_key. A lost file is rendered
-- again and must have the same hash.
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
    -- The content of a contract document at its issue. An invoice document is rendered from the rows of the invoice.
    content       jsonb,
    created_at    timestamptz NOT NULL,

    CONSTRAINT documents_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT documents_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT documents_letterhead_fkey FOREIGN KEY (letterhead_id) REFERENCES letterheads (id),
    CONSTRAINT documents_storage_key_key UNIQUE (storage_key),
    CONSTRAINT documents_sha256_length CHECK (octet_length(sha256) = 32),
    CONSTRAINT documents_size_positive CHECK (size_bytes > 0),
    CONSTRAINT documents_subject_matches_type CHECK (
        CASE document_type
            WHEN 'contract_pdf' THEN contract_id IS NOT NULL AND invoice_id IS NULL AND content IS NOT NULL
            WHEN 'invoice_pdf' THEN invoice_id IS NOT NULL AND contract_id IS NULL AND content IS NULL
            ELSE false
        END)
);

-- An invoice has one document. A contract gets a new document with every change of offer.
CREATE UNIQUE INDEX documents_invoice_key ON documents (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX documents_contract_idx ON documents (contract_id, created_at DESC, id DESC) WHERE contract_id IS NOT NULL;

-- Links to signed contract documents that an external document service keeps. The caller provides the id. A field that
-- the caller omitted is NULL, so that a repeated request can be compared with the first one.
CREATE TABLE linked_contract_documents (
    id                    uuid PRIMARY KEY,
    contract_id           uuid NOT NULL,
    -- The identifiers of the document and of its owner in the document service.
    documents_contract_id text NOT NULL,
    documents_owner_id    text NOT NULL,
    creation_date         timestamptz,
    creation_user         text,
    creation_system       text,
    last_updated_date     timestamptz,
    last_updated_user     text,
    linked_by             text NOT NULL,
    linked_at             timestamptz NOT NULL,

    CONSTRAINT linked_contract_documents_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT linked_contract_documents_texts_length CHECK (
        char_length(documents_contract_id) BETWEEN 1 AND 200 AND char_length(documents_owner_id) BETWEEN 1 AND 200
        AND char_length(creation_user) BETWEEN 1 AND 200 AND char_length(creation_system) BETWEEN 1 AND 200
        AND char_length(last_updated_user) BETWEEN 1 AND 200)
);

CREATE INDEX linked_contract_documents_contract_idx ON linked_contract_documents (contract_id, linked_at DESC, id DESC);

CREATE TRIGGER linked_contract_documents_append_only
    BEFORE UPDATE OR DELETE ON linked_contract_documents
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

-- All contract documents: linked documents and documents that this system issued. An issued document is identified by
-- its id in the register and owned by the client. The contract's audit trail names the actor who issued it.
CREATE VIEW contract_documents AS
SELECT l.id, l.contract_id, false AS issued, l.documents_contract_id, l.documents_owner_id,
       l.creation_date, l.creation_user, l.creation_system, l.last_updated_date, l.last_updated_user,
       l.linked_by AS registered_by, l.linked_at AS registered_at
FROM linked_contract_documents l
UNION ALL
SELECT d.id, d.contract_id, true, d.id::text, c.client_id::text, NULL, NULL, NULL, NULL, NULL,
       coalesce((SELECT e.actor_id FROM contract_audit_events e
                 WHERE e.contract_id = d.contract_id AND e.event_type = 'contract_document_issued'
                   AND e.details ->> 'document_id' = d.id::text
                 LIMIT 1), 'mtf'),
       d.created_at
FROM documents d
JOIN contracts c ON c.id = d.contract_id;

-- +goose Down
DROP VIEW contract_documents;
DROP TABLE linked_contract_documents;
DROP TABLE documents;
DROP TABLE letterheads;
