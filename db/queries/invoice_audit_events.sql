-- name: InvoiceAuditEventInsert :exec
-- A change that had to wait for another one was asked for before that one was made, and must not come before it in the trail.
INSERT INTO invoice_audit_events (id, invoice_id, payment_id, event_type, actor_id, details, created_at)
VALUES (@id, @invoice_id, sqlc.narg('payment_id'), @event_type, @actor_id, @details,
    greatest(@now::timestamptz, (SELECT max(earlier.created_at) FROM invoice_audit_events earlier
                                 WHERE earlier.invoice_id = @invoice_id)));

-- name: InvoiceAuditEventListByInvoice :many
SELECT * FROM invoice_audit_events
WHERE invoice_id = @invoice_id
ORDER BY created_at, id;
