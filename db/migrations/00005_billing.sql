-- +goose Up

CREATE TABLE billing_runs (
    id              uuid PRIMARY KEY,
    idempotency_key text NOT NULL,
    fingerprint     bytea NOT NULL,
    period_start    date NOT NULL,
    period_end      date NOT NULL,
    due_days        integer NOT NULL,
    tax_rate        tax_rate NOT NULL,
    currency        text NOT NULL,
    status          text NOT NULL,
    actor_id        text NOT NULL,
    -- The plan: contracts created later are not part of the run.
    client_count    integer NOT NULL,
    chunk_count     integer NOT NULL,
    -- The result, zero until the run is completed; sums may exceed one invoice's bound.
    invoice_count   integer NOT NULL DEFAULT 0,
    skipped_count   integer NOT NULL DEFAULT 0,
    failed_count    integer NOT NULL DEFAULT 0,
    subtotal_amount centimes_sum NOT NULL DEFAULT 0,
    tax_amount      centimes_sum NOT NULL DEFAULT 0,
    total_amount    centimes_sum NOT NULL DEFAULT 0,
    planned_at      timestamptz NOT NULL,
    completed_at    timestamptz,
    updated_at      timestamptz NOT NULL,

    CONSTRAINT billing_runs_idempotency_key_key UNIQUE (idempotency_key),
    CONSTRAINT billing_runs_fingerprint_sha256 CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT billing_runs_period_ordered CHECK (period_end >= period_start),
    CONSTRAINT billing_runs_due_days_range CHECK (due_days BETWEEN 1 AND 90),
    CONSTRAINT billing_runs_status_valid CHECK (status IN (
        'planned', 'running', 'paused', 'completed', 'completed_with_failures', 'cancelled', 'failed')),
    CONSTRAINT billing_runs_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount),
    CONSTRAINT billing_runs_completed_has_time CHECK (
        (status IN ('completed', 'completed_with_failures', 'cancelled', 'failed')) = (completed_at IS NOT NULL)),
    CONSTRAINT billing_runs_counts_not_negative CHECK (
        least(client_count, chunk_count, invoice_count, skipped_count, failed_count) >= 0)
);

CREATE INDEX billing_runs_planned_idx ON billing_runs (planned_at DESC, id DESC);

-- A chunk is a range of clients that is billed in one transaction.
CREATE TABLE billing_run_chunks (
    billing_run_id  uuid NOT NULL,
    number          integer NOT NULL,
    first_client_id uuid NOT NULL,
    last_client_id  uuid NOT NULL,
    client_count    integer NOT NULL,
    -- planned -> billed (rows are committed) -> documented (files are stored too)
    status          text NOT NULL DEFAULT 'planned',
    invoice_count   integer NOT NULL DEFAULT 0,
    skipped_count   integer NOT NULL DEFAULT 0,
    failed_count    integer NOT NULL DEFAULT 0,
    subtotal_amount centimes_sum NOT NULL DEFAULT 0,
    tax_amount      centimes_sum NOT NULL DEFAULT 0,
    total_amount    centimes_sum NOT NULL DEFAULT 0,
    billed_at       timestamptz,
    documented_at   timestamptz,

    PRIMARY KEY (billing_run_id, number),
    CONSTRAINT billing_run_chunks_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT billing_run_chunks_status_valid CHECK (status IN ('planned', 'billed', 'documented')),
    CONSTRAINT billing_run_chunks_billed_has_time CHECK ((status = 'planned') = (billed_at IS NULL)),
    CONSTRAINT billing_run_chunks_documented_has_time CHECK ((status = 'documented') = (documented_at IS NOT NULL)),
    CONSTRAINT billing_run_chunks_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount)
);

-- A client that could not be billed, with the reason; it never stops the others.
CREATE TABLE billing_run_failures (
    billing_run_id uuid NOT NULL,
    client_id      uuid NOT NULL,
    chunk_number   integer NOT NULL,
    code           text NOT NULL,
    message        text NOT NULL,
    created_at     timestamptz NOT NULL,

    PRIMARY KEY (billing_run_id, client_id),
    CONSTRAINT billing_run_failures_chunk_fkey
        FOREIGN KEY (billing_run_id, chunk_number) REFERENCES billing_run_chunks (billing_run_id, number),
    CONSTRAINT billing_run_failures_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE
);

-- The last invoice number given, per seller and year. The row is locked by the
-- transaction that issues invoices, so numbers have no gaps: what rolls back
-- gives its numbers back.
CREATE TABLE invoice_number_sequences (
    seller_code text NOT NULL,
    year        integer NOT NULL,
    last_number bigint NOT NULL,

    PRIMARY KEY (seller_code, year),
    CONSTRAINT invoice_number_sequences_last_number_positive CHECK (last_number >= 0)
);

-- An issued invoice is immutable but for its payment state: what its document
-- shows of the client is copied here, so it can be made again at any time.
CREATE TABLE invoices (
    id              uuid PRIMARY KEY,
    number          text NOT NULL,
    billing_run_id  uuid NOT NULL,
    client_id       uuid NOT NULL,
    period_start    date NOT NULL,
    period_end      date NOT NULL,
    issue_date      date NOT NULL,
    due_date        date NOT NULL,
    status          text NOT NULL,
    currency        text NOT NULL,
    subtotal_amount centimes NOT NULL,
    tax_rate        tax_rate NOT NULL,
    tax_amount      centimes NOT NULL,
    total_amount    centimes NOT NULL,
    paid_amount     centimes NOT NULL DEFAULT 0,
    client_name     text NOT NULL,
    client_type     text NOT NULL,
    client_cin      text,
    client_address  text,
    issued_at       timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    CONSTRAINT invoices_number_key UNIQUE (number),
    CONSTRAINT invoices_run_client_key UNIQUE (billing_run_id, client_id),
    CONSTRAINT invoices_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT invoices_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT invoices_period_ordered CHECK (period_end >= period_start),
    CONSTRAINT invoices_status_valid CHECK (status IN ('issued', 'paid', 'overdue', 'void')),
    CONSTRAINT invoices_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount),
    CONSTRAINT invoices_amounts_not_negative CHECK (least(subtotal_amount, tax_amount) >= 0),
    -- Half up: 2 × 10^6 × |exact tax - tax| is at most 10^6, and a half goes up.
    CONSTRAINT invoices_tax_is_rounded_half_up CHECK (
        tax_amount::numeric = floor((subtotal_amount::numeric * tax_rate + 500000) / 1000000)),
    CONSTRAINT invoices_never_overpaid CHECK (paid_amount BETWEEN 0 AND total_amount),
    CONSTRAINT invoices_paid_when_nothing_outstanding CHECK (
        status = 'void' OR (status = 'paid') = (paid_amount = total_amount))
);

CREATE INDEX invoices_client_idx ON invoices (client_id, created_at DESC, id DESC);
CREATE INDEX invoices_created_idx ON invoices (created_at DESC, id DESC);
CREATE INDEX invoices_due_idx ON invoices (status, due_date) WHERE status IN ('issued', 'overdue');

CREATE TABLE invoice_lines (
    id                 uuid PRIMARY KEY,
    invoice_id         uuid NOT NULL,
    position           integer NOT NULL,
    contract_id        uuid NOT NULL,
    offer_id           uuid NOT NULL,
    service_category   text NOT NULL,
    service_identifier text NOT NULL,
    line_type          text NOT NULL,
    description        text NOT NULL,
    quantity           integer NOT NULL,
    unit_amount        centimes NOT NULL,
    line_total         centimes NOT NULL,
    -- The days whose recurring fee this line charges; NULL on one-off lines.
    billed_days        daterange,
    created_at         timestamptz NOT NULL,

    CONSTRAINT invoice_lines_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT invoice_lines_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT invoice_lines_position_key UNIQUE (invoice_id, position),
    CONSTRAINT invoice_lines_line_type_valid CHECK (line_type IN ('recurring', 'activation')),
    CONSTRAINT invoice_lines_quantity_positive CHECK (quantity >= 1),
    CONSTRAINT invoice_lines_total_is_product CHECK (line_total = unit_amount * quantity),
    CONSTRAINT invoice_lines_recurring_has_days CHECK ((line_type = 'recurring') = (billed_days IS NOT NULL)),
    -- No contract pays its recurring fee twice for one day, whatever the run, the key or the race.
    CONSTRAINT invoice_lines_day_billed_once
        EXCLUDE USING gist (contract_id WITH =, billed_days WITH &&) WHERE (billed_days IS NOT NULL)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: issued documents do not change', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
-- +goose StatementEnd

-- An invoice is issued with all its lines in one statement: their sum is the subtotal.
-- +goose StatementBegin
CREATE FUNCTION check_invoice_lines_sum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT i.id INTO wrong
    FROM (SELECT invoice_id, sum(line_total) AS line_sum FROM inserted_lines GROUP BY invoice_id) s
    JOIN invoices i ON i.id = s.invoice_id
    WHERE i.subtotal_amount <> s.line_sum
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the lines of invoice % do not add up to its subtotal', wrong
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'invoice_lines_sum_is_subtotal';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER invoice_lines_sum_is_subtotal
    AFTER INSERT ON invoice_lines
    REFERENCING NEW TABLE AS inserted_lines
    FOR EACH STATEMENT EXECUTE FUNCTION check_invoice_lines_sum();

CREATE TRIGGER invoice_lines_immutable
    BEFORE UPDATE OR DELETE ON invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER invoices_immutable
    BEFORE UPDATE OF id, number, billing_run_id, client_id, period_start, period_end, issue_date, due_date, currency,
        subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin, client_address,
        issued_at, created_at
    OR DELETE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE invoice_lines;
DROP TABLE invoices;
DROP FUNCTION check_invoice_lines_sum();
DROP FUNCTION refuse_change();
DROP TABLE invoice_number_sequences;
DROP TABLE billing_run_failures;
DROP TABLE billing_run_chunks;
DROP TABLE billing_runs;
