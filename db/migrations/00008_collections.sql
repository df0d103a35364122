-- +goose Up

-- A case for each invoice that was ever overdue. A case is active while its status is open or in_progress.
CREATE TABLE collection_cases (
    id                 uuid PRIMARY KEY,
    invoice_id         uuid NOT NULL,
    client_id          uuid NOT NULL,
    status             text NOT NULL,
    reason             text NOT NULL,
    -- The invoice's due date. The days past due and the bucket of an active case follow from it and the day on which
    -- they are read, so nothing is written at midnight.
    due_date           date NOT NULL,
    -- The days past due and the bucket at which a resolved or closed case stopped; NULL while the case is active.
    days_past_due      integer,
    aging_bucket       text,
    outstanding_amount centimes NOT NULL,
    opened_at          timestamptz NOT NULL,
    last_action_at     timestamptz NOT NULL,
    closed_at          timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,

    CONSTRAINT collection_cases_invoice_key UNIQUE (invoice_id),
    CONSTRAINT collection_cases_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT collection_cases_client_fkey FOREIGN KEY (client_id) REFERENCES clients (id),
    CONSTRAINT collection_cases_status_valid CHECK (status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT collection_cases_reason_valid CHECK (reason = 'invoice_overdue'),
    CONSTRAINT collection_cases_bucket_of_days CHECK (aging_bucket = CASE
        WHEN days_past_due <= 0 THEN 'current'
        WHEN days_past_due <= 30 THEN '1_30'
        WHEN days_past_due <= 60 THEN '31_60'
        WHEN days_past_due <= 90 THEN '61_90'
        ELSE '90_plus' END),
    CONSTRAINT collection_cases_bucket_has_days CHECK ((days_past_due IS NULL) = (aging_bucket IS NULL)),
    CONSTRAINT collection_cases_closed_has_days CHECK (
        (status IN ('resolved', 'closed')) = (days_past_due IS NOT NULL)),
    CONSTRAINT collection_cases_closed_has_time CHECK ((status IN ('resolved', 'closed')) = (closed_at IS NOT NULL)),
    CONSTRAINT collection_cases_outstanding_not_negative CHECK (outstanding_amount >= 0)
);

-- The orders of the list. The default is latest update first, and each filter has an index in that order.
CREATE INDEX collection_cases_updated_idx ON collection_cases (updated_at DESC, id DESC);
CREATE INDEX collection_cases_due_date_idx ON collection_cases (due_date, id);
CREATE INDEX collection_cases_outstanding_amount_idx ON collection_cases (outstanding_amount, id);
CREATE INDEX collection_cases_client_idx ON collection_cases (client_id, updated_at DESC, id DESC);
CREATE INDEX collection_cases_status_idx ON collection_cases (status, updated_at DESC, id DESC);
CREATE INDEX collection_cases_active_idx ON collection_cases (status, due_date, updated_at DESC, id DESC)
    WHERE aging_bucket IS NULL;
CREATE INDEX collection_cases_bucket_idx ON collection_cases (status, aging_bucket, updated_at DESC, id DESC)
    WHERE aging_bucket IS NOT NULL;

-- The cases whose status contradicts the outstanding amount: active with nothing outstanding, or resolved or closed with
-- something outstanding. Only an operator can cause one, and the next sync corrects it, so the index is almost empty.
CREATE INDEX collection_cases_out_of_sync_idx ON collection_cases (due_date)
    WHERE (status IN ('open', 'in_progress')) = (outstanding_amount = 0);

-- The number of cases and their outstanding amounts: per due date for active cases, per bucket for the others. The total
-- of a key is the sum of its shards. A writer merges all shards of the key that no other transaction has locked into
-- one, deletes it when nothing is left to count, and adds a shard when all are locked. Writers therefore never wait for
-- each other here and cannot deadlock, in whatever order they reach the keys.
CREATE TABLE collection_case_totals (
    status             text NOT NULL,
    -- 'infinity' for a case that is not active.
    due_date           date NOT NULL,
    -- Empty for an active case.
    aging_bucket       text NOT NULL,
    shard              integer GENERATED ALWAYS AS IDENTITY,
    case_count         bigint NOT NULL,
    outstanding_amount centimes_sum NOT NULL,

    CONSTRAINT collection_case_totals_pkey PRIMARY KEY (status, due_date, aging_bucket, shard),
    CONSTRAINT collection_case_totals_due_date_or_bucket CHECK ((due_date = 'infinity') = (aging_bucket <> ''))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Applies what a statement added to the cases and removed from them to the totals.
-- +goose StatementBegin
CREATE FUNCTION update_collection_case_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes collection_case_totals[];
    change  record;
    held    record;
BEGIN
    -- Signed changes: each row counts 1 as it is now, and -1 as it was before.
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        SELECT array_agg((status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END,
            coalesce(aging_bucket, ''), 0, 1, outstanding_amount)::collection_case_totals) INTO changes FROM cases_after;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        SELECT changes || array_agg((status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END,
            coalesce(aging_bucket, ''), 0, -1, -outstanding_amount)::collection_case_totals) INTO changes FROM cases_before;
    END IF;
    FOR change IN
        SELECT c.status, c.due_date, c.aging_bucket, sum(c.case_count) AS case_count, sum(c.outstanding_amount) AS outstanding_amount
        FROM unnest(changes) c
        GROUP BY c.status, c.due_date, c.aging_bucket
        HAVING sum(c.case_count) <> 0 OR sum(c.outstanding_amount) <> 0
    LOOP
        SELECT array_agg(h.shard) AS shards, change.case_count + coalesce(sum(h.case_count), 0) AS case_count,
            change.outstanding_amount + coalesce(sum(h.outstanding_amount), 0) AS outstanding_amount
        INTO held
        FROM (SELECT * FROM collection_case_totals t
              WHERE t.status = change.status AND t.due_date = change.due_date AND t.aging_bucket = change.aging_bucket
              FOR UPDATE SKIP LOCKED) h;
        IF held.shards IS NULL THEN
            INSERT INTO collection_case_totals (status, due_date, aging_bucket, case_count, outstanding_amount)
            VALUES (change.status, change.due_date, change.aging_bucket, held.case_count, held.outstanding_amount);
            CONTINUE;
        END IF;
        IF held.case_count <> 0 OR held.outstanding_amount <> 0 THEN
            UPDATE collection_case_totals t
            SET case_count = held.case_count, outstanding_amount = held.outstanding_amount
            WHERE t.status = change.status AND t.due_date = change.due_date AND t.aging_bucket = change.aging_bucket
              AND t.shard = held.shards[1];
            held.shards := held.shards[2:];
        END IF;
        IF cardinality(held.shards) > 0 THEN
            DELETE FROM collection_case_totals t
            WHERE t.status = change.status AND t.due_date = change.due_date AND t.aging_bucket = change.aging_bucket
              AND t.shard = ANY (held.shards);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER collection_cases_inserted_totals AFTER INSERT ON collection_cases
    REFERENCING NEW TABLE AS cases_after
    FOR EACH STATEMENT EXECUTE FUNCTION update_collection_case_totals();
CREATE TRIGGER collection_cases_updated_totals AFTER UPDATE ON collection_cases
    REFERENCING OLD TABLE AS cases_before NEW TABLE AS cases_after
    FOR EACH STATEMENT EXECUTE FUNCTION update_collection_case_totals();
CREATE TRIGGER collection_cases_deleted_totals AFTER DELETE ON collection_cases
    REFERENCING OLD TABLE AS cases_before
    FOR EACH STATEMENT EXECUTE FUNCTION update_collection_case_totals();

CREATE TABLE collection_case_actions (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL,
    action_type text NOT NULL,
    actor_id    text NOT NULL,
    note        text,
    payload     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,

    CONSTRAINT collection_case_actions_case_fkey FOREIGN KEY (case_id) REFERENCES collection_cases (id),
    CONSTRAINT collection_case_actions_action_type_valid CHECK (action_type IN (
        'case_opened', 'case_reopened', 'payment_recorded', 'payment_reversed', 'status_updated', 'reminder_sent',
        'warning_sent', 'note', 'case_resolved', 'case_closed')),
    CONSTRAINT collection_case_actions_payload_object CHECK (jsonb_typeof(payload) = 'object')
);

CREATE INDEX collection_case_actions_case_idx ON collection_case_actions (case_id, created_at DESC, id DESC);

-- The earliest due date that the next sync has to process; NULL when nothing is left. The invoices and cases are out of
-- sync on every business day after it. An active case with nothing outstanding is out of sync on any day. Each part asks
-- for the earliest row, not for any row that is due: a plan for the latter may scan the whole table when there is none.
-- Readers of cases select it in their own statement, so both come from one snapshot.
CREATE VIEW collections_backlog AS
SELECT least(
    (SELECT i.due_date FROM invoices i WHERE i.status = 'issued' ORDER BY i.due_date LIMIT 1),
    (SELECT CASE WHEN c.outstanding_amount = 0 THEN '-infinity'::date ELSE c.due_date END AS due_date FROM collection_cases c
     WHERE (c.status IN ('open', 'in_progress')) = (c.outstanding_amount = 0)
     ORDER BY 1 LIMIT 1)) AS earliest_due_date;

-- +goose Down
DROP VIEW collections_backlog;
DROP TABLE collection_case_actions;
DROP TABLE collection_cases;
DROP FUNCTION update_collection_case_totals();
DROP TABLE collection_case_totals;
