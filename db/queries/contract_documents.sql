-- name: ContractDocumentCount :one
-- Returns no row if the contract does not exist.
SELECT (SELECT count(*) FROM contract_documents d WHERE d.contract_id = c.id) AS documents
FROM contracts c
WHERE c.id = @contract_id;

-- name: ContractDocumentGetByID :one
SELECT * FROM contract_documents WHERE id = @id;

-- name: ContractDocumentList :many
SELECT * FROM contract_documents
WHERE contract_id = @contract_id
ORDER BY registered_at DESC, id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: LinkedContractDocumentInsert :execrows
-- Inserts nothing if the id is already linked. Waits for a concurrent insert of the same id.
INSERT INTO linked_contract_documents (id, contract_id, documents_contract_id, documents_owner_id, creation_date,
    creation_user, creation_system, last_updated_date, last_updated_user, linked_by, linked_at)
VALUES (@id, @contract_id, @documents_contract_id, @documents_owner_id, sqlc.narg('creation_date'),
    sqlc.narg('creation_user'), sqlc.narg('creation_system'), sqlc.narg('last_updated_date'),
    sqlc.narg('last_updated_user'), @linked_by, @now)
ON CONFLICT (id) DO NOTHING;
