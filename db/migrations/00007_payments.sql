-- +goose Up

CREATE TABLE payments (
    id              uuid PRIMARY KEY,
    invoice_id      uuid NOT NULL,
    client_id       uuid NOT NULL,
    amount          centimes NOT NULL,
    currency        text NOT NULL,
    payment_date    date NOT NULL,
    method          text NOT NULL,
    reference       text,
    note            text,
    status          text NOT NULL,
    actor_id        text NOT NULL,
    reversed_at     timestamptz,
    reversed_by     text,
    reversal_reason text,
    created_at      timestamptz NOT NULL,

    CONSTRAINT payments_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT payments_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT payments_amount_positive CHECK (amount > 0),
    CONSTRAINT payments_method_valid CHECK (method IN ('cash', 'card', 'bank_transfer', 'wallet', 'other')),
    CONSTRAINT payments_reference_length CHECK (char_length(reference) <= 120),
    CONSTRAINT payments_note_length CHECK (char_length(note) <= 1200),
    CONSTRAINT payments_status_valid CHECK (status IN ('posted', 'reversed')),
    CONSTRAINT payments_reversal_has_details CHECK (
        num_nonnulls(reversed_at, reversed_by, reversal_reason) = CASE WHEN status = 'reversed' THEN 3 ELSE 0 END),
    CONSTRAINT payments_reversed_after_posted CHECK (reversed_at >= created_at),
    CONSTRAINT payments_reversal_reason_length CHECK (char_length(reversal_reason) BETWEEN 1 AND 1200)
);

-- The orders and the filters of the list.
CREATE INDEX payments_created_idx ON payments (created_at DESC, id DESC);
CREATE INDEX payments_payment_date_idx ON payments (payment_date, id);
CREATE INDEX payments_amount_idx ON payments (amount, id);
CREATE INDEX payments_invoice_idx ON payments (invoice_id, created_at DESC, id DESC);
CREATE INDEX payments_client_idx ON payments (client_id, created_at DESC, id DESC);
CREATE INDEX payments_reversed_idx ON payments (created_at DESC, id DESC) WHERE status = 'reversed';

SELECT create_list_total_triggers('payments');

-- A reversal is final.
CREATE TRIGGER payments_reversal_final
    BEFORE UPDATE ON payments
    FOR EACH ROW WHEN (OLD.status = 'reversed') EXECUTE FUNCTION reject_change();

-- The corrections of invoices and their payments, with actor and reason.
CREATE TABLE invoice_audit_events (
    id         uuid PRIMARY KEY,
    invoice_id uuid NOT NULL,
    -- The payment that was reversed; NULL for a void.
    payment_id uuid,
    event_type text NOT NULL,
    actor_id   text NOT NULL,
    details    jsonb NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT invoice_audit_events_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT invoice_audit_events_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT invoice_audit_events_event_type_valid CHECK (event_type IN ('payment_reversed', 'invoice_voided')),
    CONSTRAINT invoice_audit_events_payment_is_named CHECK ((event_type = 'payment_reversed') = (payment_id IS NOT NULL)),
    CONSTRAINT invoice_audit_events_details_object CHECK (jsonb_typeof(details) = 'object')
);

CREATE INDEX invoice_audit_events_invoice_idx ON invoice_audit_events (invoice_id, created_at, id);

CREATE TRIGGER invoice_audit_events_append_only
    BEFORE UPDATE OR DELETE ON invoice_audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

-- +goose Down
DROP TABLE invoice_audit_events;
DROP TABLE payments;
