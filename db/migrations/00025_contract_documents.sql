-- +goose Up

-- Signed documents of contracts that an outside document service keeps. Its callers name them; what they did not tell is
-- NULL, so that the same request can be told from another one. Rows are only ever added.
CREATE TABLE linked_contract_documents (
    id                    uuid PRIMARY KEY,
    contract_id           uuid NOT NULL,
    -- What the document service calls the document and its owner.
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
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- All signed documents of contracts: those that outside services keep and those that this system issued. Each has its one
-- place; an issued one is named by its id in the register and owned by the client, and the trail says who had it issued.
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
