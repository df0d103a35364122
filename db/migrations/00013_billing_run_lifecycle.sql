-- +goose Up

ALTER TABLE billing_runs
    ADD COLUMN proration              text NOT NULL DEFAULT 'none',
    -- What the plan would issue if nothing changed in between: the safety bounds look at it.
    ADD COLUMN expected_invoice_count integer NOT NULL DEFAULT 0,
    ADD COLUMN expected_total_amount  centimes_sum NOT NULL DEFAULT 0,
    -- Why a planned run waits for an operator to approve or cancel it.
    ADD COLUMN hold_reason            text,
    -- Why a run failed.
    ADD COLUMN fault                  text,
    ADD CONSTRAINT billing_runs_proration_valid CHECK (proration IN ('none', 'daily')),
    ADD CONSTRAINT billing_runs_held_while_planned CHECK (hold_reason IS NULL OR status IN ('planned', 'cancelled')),
    ADD CONSTRAINT billing_runs_failed_has_fault CHECK ((status = 'failed') = (fault IS NOT NULL));

-- Who did what to a run, oldest first: the moves of its life cycle.
CREATE TABLE billing_run_events (
    id             uuid PRIMARY KEY,
    billing_run_id uuid NOT NULL,
    from_status    text NOT NULL,
    to_status      text NOT NULL,
    actor_id       text NOT NULL,
    reason         text,
    created_at     timestamptz NOT NULL,

    CONSTRAINT billing_run_events_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT billing_run_events_reason_length CHECK (char_length(reason) <= 1200)
);

CREATE INDEX billing_run_events_run_idx ON billing_run_events (billing_run_id, created_at, id);

-- A parked client is tried again by a retry of the run; what was billed then is resolved.
ALTER TABLE billing_run_failures
    ADD COLUMN attempts    integer NOT NULL DEFAULT 1,
    ADD COLUMN resolved_at timestamptz,
    ADD CONSTRAINT billing_run_failures_attempts_positive CHECK (attempts >= 1);

CREATE INDEX billing_run_failures_parked_idx ON billing_run_failures (billing_run_id, chunk_number, client_id)
    WHERE resolved_at IS NULL;

-- The number of an invoice in parts, so that a gap can be found whatever the format is.
ALTER TABLE invoices
    ADD COLUMN seller_code     text,
    ADD COLUMN number_year     integer,
    ADD COLUMN number_sequence bigint;
ALTER TABLE invoices DISABLE TRIGGER invoices_immutable;
UPDATE invoices
SET seller_code = coalesce((SELECT min(seller_code) FROM invoice_number_sequences), 'MTF'),
    number_year = split_part(number, '-', 2)::integer,
    number_sequence = split_part(number, '-', 3)::bigint;
DROP TRIGGER invoices_immutable ON invoices;
CREATE TRIGGER invoices_immutable
    BEFORE UPDATE OF id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
        issue_date, due_date, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin,
        client_address, issued_at, created_at
    OR DELETE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE invoices
    ALTER COLUMN seller_code SET NOT NULL,
    ALTER COLUMN number_year SET NOT NULL,
    ALTER COLUMN number_sequence SET NOT NULL,
    ADD CONSTRAINT invoices_number_sequence_key UNIQUE (seller_code, number_year, number_sequence),
    ADD CONSTRAINT invoices_number_sequence_positive CHECK (number_sequence >= 1);

-- +goose Down
DROP TRIGGER invoices_immutable ON invoices;
CREATE TRIGGER invoices_immutable
    BEFORE UPDATE OF id, number, billing_run_id, client_id, period_start, period_end, issue_date, due_date, currency,
        subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin, client_address,
        issued_at, created_at
    OR DELETE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE invoices
    DROP COLUMN number_sequence,
    DROP COLUMN number_year,
    DROP COLUMN seller_code;
DROP INDEX billing_run_failures_parked_idx;
ALTER TABLE billing_run_failures
    DROP COLUMN resolved_at,
    DROP COLUMN attempts;
DROP TABLE billing_run_events;
ALTER TABLE billing_runs
    DROP CONSTRAINT billing_runs_held_while_planned,
    DROP CONSTRAINT billing_runs_failed_has_fault,
    DROP COLUMN fault,
    DROP COLUMN hold_reason,
    DROP COLUMN expected_total_amount,
    DROP COLUMN expected_invoice_count,
    DROP COLUMN proration;
