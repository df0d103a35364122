-- name: InvoiceAuditEventInsert :exec
-- The clock was read before the invoice was locked, so a change that waited for another one takes at least that one's
-- time: the trail is in the order of the changes.
INSERT INTO invoice_audit_events (id, invoice_id, payment_id, event_type, actor_id, details, created_at)
VALUES (@id, @invoice_id, sqlc.narg('payment_id'), @event_type, @actor_id, @details,
    greatest(@now::timestamptz, (SELECT max(earlier.created_at) FROM invoice_audit_events earlier
                                 WHERE earlier.invoice_id = @invoice_id)));

-- name: InvoiceAuditEventListByInvoice :many
SELECT * FROM invoice_audit_events
WHERE invoice_id = @invoice_id
ORDER BY created_at, id;
