-- +goose Up

-- The totals of the cases, with as many rows as there are writers at once in place of a row for each connection and each
-- due date that ever was. Whoever changes one takes all rows of its key that no other transaction holds, leaves one of
-- them with the sum of all, or none where nothing is left to count, and adds one when all are held. So writers never wait
-- for each other here, they cannot block each other in whatever order they come to the keys, and what there is to add up
-- is what is worked on.

-- It holds the cases against writers until the migration is committed, so that none is counted by the old function.
LOCK TABLE collection_cases IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE collection_case_totals;
CREATE TABLE collection_case_totals (
    status             text NOT NULL,
    -- 'infinity' for a case that is not worked on.
    due_date           date NOT NULL,
    -- Empty for a case that is worked on.
    aging_bucket       text NOT NULL,
    shard              integer GENERATED ALWAYS AS IDENTITY,
    case_count         bigint NOT NULL,
    outstanding_amount centimes_sum NOT NULL,

    CONSTRAINT collection_case_totals_pkey PRIMARY KEY (status, due_date, aging_bucket, shard),
    CONSTRAINT collection_case_totals_due_date_or_bucket CHECK ((due_date = 'infinity') = (aging_bucket <> ''))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

INSERT INTO collection_case_totals (status, due_date, aging_bucket, case_count, outstanding_amount)
SELECT status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END, coalesce(aging_bucket, ''),
    count(*), sum(outstanding_amount)
FROM collection_cases GROUP BY 1, 2, 3;

-- Adds up what a statement added to the cases and removed from them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_collection_case_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes collection_case_totals[];
    change  record;
    held    record;
BEGIN
    -- Signed changes: what is there now counts once, what was there before minus once.
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

-- The readers of cases look for the earliest due date that is not marked overdue yet, and a sync marks those at the head
-- of that index: until vacuum has been there, each of them passes over an entry for every invoice that was marked. By the
-- default, a fifth of all invoices would have to change first, which may take months.
ALTER TABLE invoices SET (autovacuum_vacuum_scale_factor = 0.01);

-- +goose Down
ALTER TABLE invoices RESET (autovacuum_vacuum_scale_factor);

LOCK TABLE collection_cases IN SHARE ROW EXCLUSIVE MODE;
DROP TABLE collection_case_totals;
CREATE TABLE collection_case_totals (
    shard              integer NOT NULL,
    status             text NOT NULL,
    due_date           date NOT NULL,
    aging_bucket       text NOT NULL,
    case_count         bigint NOT NULL,
    outstanding_amount centimes_sum NOT NULL,

    PRIMARY KEY (shard, status, due_date, aging_bucket),
    CONSTRAINT collection_case_totals_due_date_or_bucket CHECK ((due_date = 'infinity') = (aging_bucket <> ''))
) WITH (fillfactor = 50);

INSERT INTO collection_case_totals (shard, status, due_date, aging_bucket, case_count, outstanding_amount)
SELECT 0, status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END, coalesce(aging_bucket, ''),
    count(*), sum(outstanding_amount)
FROM collection_cases GROUP BY 2, 3, 4;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION keep_collection_case_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes collection_case_totals[];
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        SELECT array_agg((0, status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END,
            coalesce(aging_bucket, ''), 1, outstanding_amount)::collection_case_totals) INTO changes FROM cases_after;
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        SELECT changes || array_agg((0, status, CASE WHEN aging_bucket IS NULL THEN due_date ELSE 'infinity' END,
            coalesce(aging_bucket, ''), -1, -outstanding_amount)::collection_case_totals) INTO changes FROM cases_before;
    END IF;
    INSERT INTO collection_case_totals AS t (shard, status, due_date, aging_bucket, case_count, outstanding_amount)
    SELECT pg_backend_pid() % 64, c.status, c.due_date, c.aging_bucket, sum(c.case_count), sum(c.outstanding_amount)
    FROM unnest(changes) c
    GROUP BY c.status, c.due_date, c.aging_bucket
    HAVING sum(c.case_count) <> 0 OR sum(c.outstanding_amount) <> 0
    ORDER BY c.status, c.due_date, c.aging_bucket
    ON CONFLICT (shard, status, due_date, aging_bucket) DO UPDATE
    SET case_count = t.case_count + excluded.case_count,
        outstanding_amount = t.outstanding_amount + excluded.outstanding_amount;
    RETURN NULL;
END $$;
-- +goose StatementEnd
