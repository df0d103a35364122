-- +goose Up

-- A payment is taken back once and for good; the row stays and says when, by whom and why.
ALTER TABLE payments
    ADD COLUMN reversed_at     timestamptz,
    ADD COLUMN reversed_by     text,
    ADD COLUMN reversal_reason text,
    ADD CONSTRAINT payments_reversal_is_told CHECK (
        num_nonnulls(reversed_at, reversed_by, reversal_reason) = CASE WHEN status = 'reversed' THEN 3 ELSE 0 END),
    ADD CONSTRAINT payments_reversed_after_posted CHECK (reversed_at >= created_at),
    ADD CONSTRAINT payments_reversal_reason_length CHECK (char_length(reversal_reason) BETWEEN 1 AND 1200);

CREATE TRIGGER payments_reversed_for_good
    BEFORE UPDATE ON payments
    FOR EACH ROW WHEN (OLD.status = 'reversed') EXECUTE FUNCTION refuse_change();

-- An invoice is voided once and for good, and only while nothing of it is paid.
ALTER TABLE invoices
    ADD COLUMN voided_at   timestamptz,
    ADD COLUMN voided_by   text,
    ADD COLUMN void_reason text,
    ADD CONSTRAINT invoices_void_is_told CHECK (
        num_nonnulls(voided_at, voided_by, void_reason) = CASE WHEN status = 'void' THEN 3 ELSE 0 END),
    ADD CONSTRAINT invoices_voided_after_issued CHECK (voided_at >= issued_at),
    ADD CONSTRAINT invoices_void_is_unpaid CHECK (status <> 'void' OR paid_amount = 0),
    ADD CONSTRAINT invoices_void_reason_length CHECK (char_length(void_reason) BETWEEN 1 AND 1200);

CREATE TRIGGER invoices_void_for_good
    BEFORE UPDATE ON invoices
    FOR EACH ROW WHEN (OLD.status = 'void') EXECUTE FUNCTION refuse_change();

-- The days that a void invoice charged are free again: its lines are released, which takes
-- them out of the constraint. Nothing else of a line ever changes.
ALTER TABLE invoice_lines ADD COLUMN released boolean NOT NULL DEFAULT false;
ALTER TABLE invoice_lines DROP CONSTRAINT invoice_lines_day_billed_once;
ALTER TABLE invoice_lines ADD CONSTRAINT invoice_lines_day_billed_once
    EXCLUDE USING gist (contract_id WITH =, billed_days WITH &&) WHERE (billed_days IS NOT NULL AND NOT released);

-- What a run left out for an invoice that was voided later is still told.
CREATE INDEX invoice_lines_released_idx ON invoice_lines (contract_id) WHERE released;

DROP TRIGGER invoice_lines_immutable ON invoice_lines;
CREATE TRIGGER invoice_lines_immutable
    BEFORE UPDATE OF id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
        description, quantity, unit_amount, line_total, billed_days, created_at
    OR DELETE ON invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose StatementBegin
CREATE FUNCTION check_line_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.released <> (SELECT status = 'void' FROM invoices WHERE id = NEW.invoice_id) THEN
        RAISE EXCEPTION 'line % is released if and only if its invoice is void', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER invoice_lines_released_when_void
    BEFORE UPDATE OF released ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION check_line_release();

-- Whatever voids an invoice releases its lines.
-- +goose StatementBegin
CREATE FUNCTION release_invoice_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoice_lines SET released = true WHERE invoice_id = NEW.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER invoices_void_releases_lines
    AFTER UPDATE OF status ON invoices
    FOR EACH ROW WHEN (NEW.status = 'void' AND OLD.status <> 'void') EXECUTE FUNCTION release_invoice_lines();

-- Who corrected an invoice or one of its payments, and why. Rows are only ever added.
CREATE TABLE invoice_audit_events (
    id         uuid PRIMARY KEY,
    invoice_id uuid NOT NULL,
    -- The payment that the event is about, if it is about one.
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
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE collection_case_actions
    DROP CONSTRAINT collection_case_actions_action_type_valid,
    ADD CONSTRAINT collection_case_actions_action_type_valid CHECK (action_type IN (
        'case_opened', 'case_reopened', 'payment_recorded', 'payment_reversed', 'status_updated', 'reminder_sent',
        'warning_sent', 'note', 'case_resolved', 'case_closed'));

-- +goose Down
-- Fails once a payment was reversed in the history of a case, or days were billed again: both are kept.
ALTER TABLE collection_case_actions
    DROP CONSTRAINT collection_case_actions_action_type_valid,
    ADD CONSTRAINT collection_case_actions_action_type_valid CHECK (action_type IN (
        'case_opened', 'case_reopened', 'payment_recorded', 'status_updated', 'reminder_sent', 'warning_sent',
        'note', 'case_resolved', 'case_closed'));
DROP TABLE invoice_audit_events;
DROP TRIGGER invoices_void_releases_lines ON invoices;
DROP FUNCTION release_invoice_lines();
DROP TRIGGER invoice_lines_released_when_void ON invoice_lines;
DROP FUNCTION check_line_release();
DROP TRIGGER invoice_lines_immutable ON invoice_lines;
CREATE TRIGGER invoice_lines_immutable
    BEFORE UPDATE OR DELETE ON invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
DROP INDEX invoice_lines_released_idx;
ALTER TABLE invoice_lines DROP CONSTRAINT invoice_lines_day_billed_once;
ALTER TABLE invoice_lines ADD CONSTRAINT invoice_lines_day_billed_once
    EXCLUDE USING gist (contract_id WITH =, billed_days WITH &&) WHERE (billed_days IS NOT NULL);
ALTER TABLE invoice_lines DROP COLUMN released;
DROP TRIGGER invoices_void_for_good ON invoices;
ALTER TABLE invoices
    DROP CONSTRAINT invoices_void_reason_length,
    DROP CONSTRAINT invoices_void_is_unpaid,
    DROP CONSTRAINT invoices_voided_after_issued,
    DROP CONSTRAINT invoices_void_is_told,
    DROP COLUMN void_reason,
    DROP COLUMN voided_by,
    DROP COLUMN voided_at;
DROP TRIGGER payments_reversed_for_good ON payments;
ALTER TABLE payments
    DROP CONSTRAINT payments_reversal_reason_length,
    DROP CONSTRAINT payments_reversed_after_posted,
    DROP CONSTRAINT payments_reversal_is_told,
    DROP COLUMN reversal_reason,
    DROP COLUMN reversed_by,
    DROP COLUMN reversed_at;
