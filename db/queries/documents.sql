-- name: DocumentCheckContracts :many
-- The next contracts past draft, in the order of ids, each with its documents; a contract without documents has one row.
-- OFFSET 0 keeps the subquery an index look-up per contract, see docs/performance.md.
SELECT c.id AS contract_id, coalesce(d.id, c.id)::uuid AS document_id, coalesce(d.storage_key, '')::text AS storage_key,
       coalesce(d.sha256, '')::bytea AS sha256
FROM (SELECT id FROM contracts WHERE id > @after_id::uuid AND status <> 'draft' ORDER BY id LIMIT @batch_size) c
LEFT JOIN LATERAL (SELECT id, storage_key, sha256 FROM documents WHERE contract_id = c.id OFFSET 0) d ON true
ORDER BY c.id, d.id;

-- name: DocumentCheckInvoices :many
-- The next invoices in the order of ids, each with its document if it has one.
-- OFFSET 0 keeps the subquery an index look-up per invoice, see docs/performance.md.
SELECT i.id AS invoice_id, coalesce(d.id, i.id)::uuid AS document_id, coalesce(d.storage_key, '')::text AS storage_key,
       coalesce(d.sha256, '')::bytea AS sha256
FROM (SELECT id FROM invoices WHERE id > @after_id::uuid ORDER BY id LIMIT @batch_size) i
LEFT JOIN LATERAL (SELECT id, storage_key, sha256 FROM documents WHERE invoice_id = i.id OFFSET 0) d ON true
ORDER BY i.id;

-- name: DocumentGetByID :one
SELECT * FROM documents WHERE id = @id;

-- name: DocumentGetByInvoice :one
SELECT * FROM documents WHERE invoice_id = @invoice_id;

-- name: DocumentGetLatestByContract :one
SELECT * FROM documents
WHERE contract_id = @contract_id
ORDER BY created_at DESC, id DESC
LIMIT 1;

-- name: DocumentInsertContract :one
INSERT INTO documents (id, document_type, contract_id, letterhead_id, file_name, storage_key, sha256, size_bytes,
    content, created_at)
VALUES (@id, 'contract_pdf', @contract_id, @letterhead_id, @file_name, @storage_key, @sha256, @size_bytes, @content, @now)
RETURNING *;

-- name: DocumentInsertInvoices :exec
-- Registers the documents of many invoices. An existing registration is kept.
INSERT INTO documents (id, document_type, invoice_id, letterhead_id, file_name, storage_key, sha256, size_bytes, created_at)
SELECT unnest(@ids::uuid[]), 'invoice_pdf', unnest(@invoice_ids::uuid[]), @letterhead_id, unnest(@file_names::text[]),
       unnest(@storage_keys::text[]), unnest(@sha256s::bytea[]), unnest(@sizes::integer[]), @now
ON CONFLICT (invoice_id) WHERE invoice_id IS NOT NULL DO NOTHING;

-- name: DocumentListByIDs :many
SELECT * FROM documents WHERE id = ANY(@ids::uuid[]);

-- name: LetterheadGet :one
SELECT * FROM letterheads WHERE id = @id;

-- name: LetterheadGetByFingerprint :one
SELECT * FROM letterheads WHERE fingerprint = @fingerprint;

-- name: LetterheadInsert :one
-- Returns no row if the letterhead exists.
INSERT INTO letterheads (id, fingerprint, content, created_at)
VALUES (@id, @fingerprint, @content, @now)
ON CONFLICT ON CONSTRAINT letterheads_fingerprint_key DO NOTHING
RETURNING *;
