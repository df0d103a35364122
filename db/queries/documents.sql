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
-- Registers the documents of many invoices. One that is registered already stays as it is.
INSERT INTO documents (id, document_type, invoice_id, letterhead_id, file_name, storage_key, sha256, size_bytes, created_at)
SELECT unnest(@ids::uuid[]), 'invoice_pdf', unnest(@invoice_ids::uuid[]), @letterhead_id, unnest(@file_names::text[]),
       unnest(@storage_keys::text[]), unnest(@sha256s::bytea[]), unnest(@sizes::integer[]), @now
ON CONFLICT (invoice_id) WHERE invoice_id IS NOT NULL DO NOTHING;

-- name: LetterheadGet :one
SELECT * FROM letterheads WHERE id = @id;

-- name: LetterheadRegister :one
-- Answers the row of this letterhead, a new one if it was never used.
INSERT INTO letterheads (id, fingerprint, content, created_at)
VALUES (@id, @fingerprint, @content, @now)
ON CONFLICT ON CONSTRAINT letterheads_fingerprint_key DO UPDATE SET fingerprint = excluded.fingerprint
RETURNING id;
