-- name: InvoiceCount :one
SELECT count(*) FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('service_category')::text IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.service_category = sqlc.narg('service_category')))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.offer_id = sqlc.narg('offer_id')));

-- name: InvoiceGetByID :one
SELECT * FROM invoices WHERE id = @id;

-- name: InvoiceInsertMany :copyfrom
INSERT INTO invoices (id, number, billing_run_id, client_id, period_start, period_end, issue_date, due_date, status,
    currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin,
    client_address, issued_at, created_at, updated_at)
VALUES (@id, @number, @billing_run_id, @client_id, @period_start, @period_end, @issue_date, @due_date, @status,
    @currency, @subtotal_amount, @tax_rate, @tax_amount, @total_amount, @client_name, @client_type, @client_cin,
    @client_address, @issued_at, @created_at, @updated_at);

-- name: InvoiceLineInsertMany :copyfrom
INSERT INTO invoice_lines (id, invoice_id, position, contract_id, offer_id, service_category, service_identifier,
    line_type, description, quantity, unit_amount, line_total, billed_days, created_at)
VALUES (@id, @invoice_id, @position, @contract_id, @offer_id, @service_category, @service_identifier,
    @line_type, @description, @quantity, @unit_amount, @line_total, @billed_days, @created_at);

-- name: InvoiceLineListByInvoices :many
SELECT * FROM invoice_lines
WHERE invoice_id = ANY(@invoice_ids::uuid[])
ORDER BY invoice_id, position;

-- name: InvoiceList :many
SELECT * FROM invoices i
WHERE (sqlc.narg('client_id')::uuid IS NULL OR i.client_id = sqlc.narg('client_id'))
  AND (sqlc.narg('service_category')::text IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.service_category = sqlc.narg('service_category')))
  AND (sqlc.narg('offer_id')::uuid IS NULL OR EXISTS (
        SELECT 1 FROM invoice_lines l WHERE l.invoice_id = i.id AND l.offer_id = sqlc.narg('offer_id')))
ORDER BY i.created_at DESC, i.id DESC
LIMIT @page_size OFFSET @page_offset;

-- name: InvoiceListByClient :many
SELECT * FROM invoices
WHERE client_id = @client_id
ORDER BY created_at DESC, id DESC;

-- name: InvoiceListUndocumented :many
-- The invoices that a run issued for a range of clients and that have no document yet.
SELECT * FROM invoices
WHERE billing_run_id = @billing_run_id AND client_id BETWEEN @first_client_id AND @last_client_id
  AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.invoice_id = invoices.id)
ORDER BY client_id;

-- name: InvoiceLock :one
-- Serialises payments of one invoice. A case that was opened while this statement waited for
-- the lock may be missing from has_case, but then the invoice, which is read anew, is overdue.
SELECT sqlc.embed(invoices), EXISTS (SELECT 1 FROM collection_cases c WHERE c.invoice_id = invoices.id) AS has_case
FROM invoices
WHERE invoices.id = @id
FOR NO KEY UPDATE OF invoices;

-- name: InvoiceLockMany :many
-- In the order of ids, as everything locks them that takes more than one.
SELECT * FROM invoices WHERE id = ANY(@ids::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: InvoiceMarkOverdue :many
-- Marks some of the invoices that are overdue on a day and are not marked yet. Rows
-- are locked in the order of ids; what waited for a payment is looked at again.
WITH due AS (
    SELECT id FROM invoices
    WHERE status = 'issued' AND id IN (
        SELECT d.id FROM invoices d WHERE d.status = 'issued' AND d.due_date < @today::date
        ORDER BY d.due_date LIMIT @batch_size)
    ORDER BY id FOR NO KEY UPDATE)
UPDATE invoices i
SET status = 'overdue', updated_at = @now
FROM due
WHERE i.id = due.id
RETURNING i.*;

-- name: InvoiceNumberReserve :one
-- Takes a block of numbers and answers the last of it. The row stays locked until
-- the transaction ends: that is what keeps the sequence without gaps.
INSERT INTO invoice_number_sequences (seller_code, year, last_number)
VALUES (@seller_code, @year, @count)
ON CONFLICT (seller_code, year) DO UPDATE
SET last_number = invoice_number_sequences.last_number + excluded.last_number
RETURNING last_number;

-- name: InvoiceUpdatePayment :one
UPDATE invoices
SET paid_amount = @paid_amount, status = @status, updated_at = @now
WHERE id = @id
RETURNING *;
