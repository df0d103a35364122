-- +goose Up

CREATE TABLE billing_runs (
    id                      uuid PRIMARY KEY,
    idempotency_key         text NOT NULL,
    fingerprint             bytea NOT NULL,
    period_start            date NOT NULL,
    period_end              date NOT NULL,
    due_days                integer NOT NULL,
    tax_rate                tax_rate NOT NULL,
    currency                text NOT NULL,
    proration               text NOT NULL DEFAULT 'none',
    status                  text NOT NULL,
    actor_id                text NOT NULL,
    -- Why a planned run waits for an operator to approve or cancel it.
    hold_reason             text,
    -- Why a run failed.
    fault                   text,
    -- The plan. It excludes contracts that are created later.
    client_count            integer NOT NULL,
    chunk_count             integer NOT NULL,
    -- The invoices that the plan would issue if nothing changed before billing. Safety limits apply to this estimate.
    estimated_invoice_count integer NOT NULL DEFAULT 0,
    estimated_total_amount  centimes_sum NOT NULL DEFAULT 0,
    -- The result; zero until the run completes.
    invoice_count           integer NOT NULL DEFAULT 0,
    skipped_count           integer NOT NULL DEFAULT 0,
    failed_count            integer NOT NULL DEFAULT 0,
    subtotal_amount         centimes_sum NOT NULL DEFAULT 0,
    tax_amount              centimes_sum NOT NULL DEFAULT 0,
    total_amount            centimes_sum NOT NULL DEFAULT 0,
    planned_at              timestamptz NOT NULL,
    completed_at            timestamptz,
    updated_at              timestamptz NOT NULL,

    CONSTRAINT billing_runs_idempotency_key_key UNIQUE (idempotency_key),
    CONSTRAINT billing_runs_fingerprint_sha256 CHECK (octet_length(fingerprint) = 32),
    CONSTRAINT billing_runs_period_ordered CHECK (period_end >= period_start),
    CONSTRAINT billing_runs_due_days_range CHECK (due_days BETWEEN 1 AND 90),
    CONSTRAINT billing_runs_proration_valid CHECK (proration IN ('none', 'daily')),
    CONSTRAINT billing_runs_status_valid CHECK (status IN (
        'planned', 'running', 'paused', 'completed', 'completed_with_failures', 'cancelled', 'failed')),
    CONSTRAINT billing_runs_held_while_planned CHECK (hold_reason IS NULL OR status IN ('planned', 'cancelled')),
    CONSTRAINT billing_runs_failed_has_fault CHECK ((status = 'failed') = (fault IS NOT NULL)),
    CONSTRAINT billing_runs_completed_has_time CHECK (
        (status IN ('completed', 'completed_with_failures', 'cancelled', 'failed')) = (completed_at IS NOT NULL)),
    CONSTRAINT billing_runs_counts_not_negative CHECK (
        least(client_count, chunk_count, invoice_count, skipped_count, failed_count) >= 0),
    CONSTRAINT billing_runs_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount)
);

CREATE INDEX billing_runs_planned_idx ON billing_runs (planned_at DESC, id DESC);

-- The status changes of a run, oldest first, with their actors.
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

-- A chunk is a range of clients that one transaction bills.
CREATE TABLE billing_run_chunks (
    billing_run_id  uuid NOT NULL,
    number          integer NOT NULL,
    first_client_id uuid NOT NULL,
    last_client_id  uuid NOT NULL,
    client_count    integer NOT NULL,
    -- planned -> billed (the rows are committed) -> documented (the files are stored too)
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
    CONSTRAINT billing_run_chunks_counts_not_negative
        CHECK (least(client_count, invoice_count, skipped_count, failed_count) >= 0),
    -- Every client of a billed chunk is accounted for.
    CONSTRAINT billing_run_chunks_clients_add_up
        CHECK (status = 'planned' OR client_count = invoice_count + skipped_count + failed_count),
    CONSTRAINT billing_run_chunks_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount)
);

-- A client that a run could not bill, with the reason. A failure never stops the other clients. A retry of the run
-- tries the client again and sets resolved_at when it succeeds.
CREATE TABLE billing_run_failures (
    billing_run_id uuid NOT NULL,
    client_id      uuid NOT NULL,
    chunk_number   integer NOT NULL,
    code           text NOT NULL,
    message        text NOT NULL,
    attempts       integer NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL,
    resolved_at    timestamptz,

    PRIMARY KEY (billing_run_id, client_id),
    CONSTRAINT billing_run_failures_chunk_fkey
        FOREIGN KEY (billing_run_id, chunk_number) REFERENCES billing_run_chunks (billing_run_id, number),
    CONSTRAINT billing_run_failures_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE,
    CONSTRAINT billing_run_failures_attempts_positive CHECK (attempts >= 1)
);

CREATE INDEX billing_run_failures_unresolved_idx ON billing_run_failures (billing_run_id, chunk_number, client_id)
    WHERE resolved_at IS NULL;

-- The last invoice number used, per seller and year. A transaction that issues invoices locks the row until it
-- commits. A rollback therefore returns its numbers, and the sequence has no gaps.
CREATE TABLE invoice_number_sequences (
    seller_code     text NOT NULL,
    year            integer NOT NULL,
    last_number     bigint NOT NULL,
    -- Issue dates are in the order of the numbers: around midnight, two chunks can reserve numbers in the opposite
    -- order to the one in which they read the clock.
    last_issue_date date NOT NULL,

    PRIMARY KEY (seller_code, year),
    CONSTRAINT invoice_number_sequences_last_number_positive CHECK (last_number >= 0)
);

-- An issued invoice is immutable except for its payment state and a void. It copies the client data that its document
-- shows, so the document can be rendered again at any time.
CREATE TABLE invoices (
    id              uuid PRIMARY KEY,
    number          text NOT NULL,
    -- The parts of the number: a gap is found without parsing the number, whatever its format.
    seller_code     text NOT NULL,
    number_year     integer NOT NULL,
    number_sequence bigint NOT NULL,
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
    voided_at       timestamptz,
    voided_by       text,
    void_reason     text,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,

    CONSTRAINT invoices_number_key UNIQUE (number),
    CONSTRAINT invoices_number_sequence_key UNIQUE (seller_code, number_year, number_sequence),
    CONSTRAINT invoices_run_client_key UNIQUE (billing_run_id, client_id),
    CONSTRAINT invoices_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT invoices_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT invoices_number_sequence_positive CHECK (number_sequence >= 1),
    CONSTRAINT invoices_period_ordered CHECK (period_end >= period_start),
    CONSTRAINT invoices_status_valid CHECK (status IN ('issued', 'paid', 'overdue', 'void')),
    CONSTRAINT invoices_total_is_sum CHECK (total_amount = subtotal_amount + tax_amount),
    CONSTRAINT invoices_amounts_not_negative CHECK (least(subtotal_amount, tax_amount) >= 0),
    -- The exact tax is subtotal * rate / 10^6 centimes. Adding half of the divisor before the division rounds half up.
    CONSTRAINT invoices_tax_is_rounded_half_up CHECK (
        tax_amount::numeric = floor((subtotal_amount::numeric * tax_rate + 500000) / 1000000)),
    CONSTRAINT invoices_never_overpaid CHECK (paid_amount BETWEEN 0 AND total_amount),
    CONSTRAINT invoices_paid_when_nothing_outstanding CHECK (
        status = 'void' OR (status = 'paid') = (paid_amount = total_amount)),
    CONSTRAINT invoices_void_is_unpaid CHECK (status <> 'void' OR paid_amount = 0),
    CONSTRAINT invoices_void_has_details CHECK (
        num_nonnulls(voided_at, voided_by, void_reason) = CASE WHEN status = 'void' THEN 3 ELSE 0 END),
    CONSTRAINT invoices_voided_after_issued CHECK (voided_at >= issued_at),
    CONSTRAINT invoices_void_reason_length CHECK (char_length(void_reason) BETWEEN 1 AND 1200)
) WITH (autovacuum_vacuum_scale_factor = 0.01); -- Keeps invoices_due_idx free of dead entries, see docs/performance.md.

-- The orders and the filters of the list.
CREATE INDEX invoices_created_idx ON invoices (created_at DESC, id DESC);
CREATE INDEX invoices_due_date_idx ON invoices (due_date, id);
CREATE INDEX invoices_total_amount_idx ON invoices (total_amount, id);
CREATE INDEX invoices_status_idx ON invoices (status, created_at DESC, id DESC);
CREATE INDEX invoices_client_idx ON invoices (client_id, created_at DESC, id DESC);
-- The earliest invoices that are due and not marked overdue, and the overdue ones.
CREATE INDEX invoices_due_idx ON invoices (status, due_date) WHERE status IN ('issued', 'overdue');

SELECT create_list_total_triggers('invoices');

CREATE TRIGGER invoices_immutable
    BEFORE UPDATE OF id, number, seller_code, number_year, number_sequence, billing_run_id, client_id, period_start, period_end,
        issue_date, due_date, currency, subtotal_amount, tax_rate, tax_amount, total_amount, client_name, client_type, client_cin,
        client_address, issued_at, created_at
    OR DELETE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

-- A void is final.
CREATE TRIGGER invoices_void_final
    BEFORE UPDATE ON invoices
    FOR EACH ROW WHEN (OLD.status = 'void') EXECUTE FUNCTION reject_change();

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
    -- True on the lines of a void invoice: another invoice may charge their days. The only column that changes.
    released           boolean NOT NULL DEFAULT false,
    created_at         timestamptz NOT NULL,

    CONSTRAINT invoice_lines_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT invoice_lines_contract_fkey FOREIGN KEY (contract_id) REFERENCES contracts (id),
    CONSTRAINT invoice_lines_position_key UNIQUE (invoice_id, position),
    CONSTRAINT invoice_lines_line_type_valid CHECK (line_type IN ('recurring', 'activation')),
    CONSTRAINT invoice_lines_quantity_positive CHECK (quantity >= 1),
    CONSTRAINT invoice_lines_total_is_product CHECK (line_total = unit_amount * quantity),
    CONSTRAINT invoice_lines_recurring_has_days CHECK ((line_type = 'recurring') = (billed_days IS NOT NULL)),
    -- A contract never pays its recurring fee twice for one day, whichever runs, keys, or races are involved.
    CONSTRAINT invoice_lines_day_billed_once
        EXCLUDE USING gist (contract_id WITH =, billed_days WITH &&) WHERE (billed_days IS NOT NULL AND NOT released)
);

-- The filters of the list of invoices by offer and by service.
CREATE INDEX invoice_lines_offer_idx ON invoice_lines (offer_id, invoice_id);
CREATE INDEX invoice_lines_service_idx ON invoice_lines (service_category, invoice_id);
-- The lines that a run skipped for an invoice that became void later.
CREATE INDEX invoice_lines_released_idx ON invoice_lines (contract_id) WHERE released;

-- An invoice and all its lines are inserted in one transaction, the lines in one statement: their sum is the subtotal.
-- A connection keeps the plan of the check for its lifetime. Without sequential scans, the plan stays a look-up per
-- invoice even when it was made while the table was small.
-- +goose StatementBegin
CREATE FUNCTION check_invoice_lines_sum() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT s.invoice_id INTO wrong
    FROM (SELECT invoice_id, sum(line_total) AS line_sum FROM inserted_lines GROUP BY invoice_id) s
    WHERE s.line_sum <> (SELECT subtotal_amount FROM invoices WHERE id = s.invoice_id)
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
    BEFORE UPDATE OF id, invoice_id, position, contract_id, offer_id, service_category, service_identifier, line_type,
        description, quantity, unit_amount, line_total, billed_days, created_at
    OR DELETE ON invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION reject_change();

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

-- Releases the lines of an invoice in the statement that voids it.
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

-- The reason why a run skipped a contract: the lines of other runs that had charged days of its period. The billing
-- transaction records them. A line that is released later stays recorded.
CREATE TABLE billing_run_skipped_lines (
    billing_run_id uuid NOT NULL,
    client_id      uuid NOT NULL,
    line_id        uuid NOT NULL,

    PRIMARY KEY (billing_run_id, client_id, line_id),
    CONSTRAINT billing_run_skipped_lines_run_fkey FOREIGN KEY (billing_run_id) REFERENCES billing_runs (id),
    CONSTRAINT billing_run_skipped_lines_line_fkey FOREIGN KEY (line_id) REFERENCES invoice_lines (id)
);

-- +goose Down
DROP TABLE billing_run_skipped_lines;
DROP TABLE invoice_lines;
DROP TABLE invoices;
DROP FUNCTION release_invoice_lines();
DROP FUNCTION check_line_release();
DROP FUNCTION check_invoice_lines_sum();
DROP TABLE invoice_number_sequences;
DROP TABLE billing_run_failures;
DROP TABLE billing_run_chunks;
DROP TABLE billing_run_events;
DROP TABLE billing_runs;
