-- +goose Up

-- What changes by itself at midnight is not stored: the days past due of a case that
-- is worked on, and its bucket, follow from its due date and the day they are asked on.
-- A resolved or closed case keeps the days and the bucket at which it stopped.
ALTER TABLE collection_cases ADD COLUMN due_date date;
UPDATE collection_cases c SET due_date = i.due_date FROM invoices i WHERE i.id = c.invoice_id;
ALTER TABLE collection_cases
    ALTER COLUMN due_date SET NOT NULL,
    ALTER COLUMN days_past_due DROP NOT NULL,
    ALTER COLUMN aging_bucket DROP NOT NULL;
UPDATE collection_cases SET days_past_due = NULL, aging_bucket = NULL WHERE status IN ('open', 'in_progress');
ALTER TABLE collection_cases
    ADD CONSTRAINT collection_cases_closed_has_days CHECK (
        (status IN ('resolved', 'closed')) = (days_past_due IS NOT NULL)),
    ADD CONSTRAINT collection_cases_bucket_has_days CHECK ((days_past_due IS NULL) = (aging_bucket IS NULL));

-- The latest updated come first: each filter of that list has an index in its order.
-- The other orders of the list have one each, collection_cases_updated_idx among them.
CREATE INDEX collection_cases_status_idx ON collection_cases (status, updated_at DESC, id DESC);
CREATE INDEX collection_cases_worked_idx ON collection_cases (status, due_date, updated_at DESC, id DESC)
    WHERE aging_bucket IS NULL;
CREATE INDEX collection_cases_bucket_idx ON collection_cases (status, aging_bucket, updated_at DESC, id DESC)
    WHERE aging_bucket IS NOT NULL;
CREATE INDEX collection_cases_due_date_idx ON collection_cases (due_date, id);
CREATE INDEX collection_cases_outstanding_amount_idx ON collection_cases (outstanding_amount, id);

-- The cases whose status contradicts what is owed: worked on with nothing outstanding,
-- or resolved or closed with something outstanding. Only an operator brings one
-- about, and the next sync puts it right: the index is all but empty.
CREATE INDEX collection_cases_out_of_step_idx ON collection_cases (due_date)
    WHERE (status IN ('open', 'in_progress')) = (outstanding_amount = 0);

-- How many cases there are and what they owe: those worked on for each due date, the
-- others for each bucket. Kept by triggers. The rows of one key are spread over shards
-- by connection, so that payments do not queue up for a sum.
CREATE TABLE collection_case_totals (
    shard              integer NOT NULL,
    status             text NOT NULL,
    -- 'infinity' for a case that is not worked on.
    due_date           date NOT NULL,
    -- Empty for a case that is worked on.
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

-- Adds up what a statement added to the cases and removed from them. The totals are
-- taken in one order, so that two statements on one shard cannot block each other.
-- +goose StatementBegin
CREATE FUNCTION keep_collection_case_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changes collection_case_totals[];
BEGIN
    -- Signed changes: what is there now counts once, what was there before minus once.
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

CREATE TRIGGER collection_cases_inserted_totals AFTER INSERT ON collection_cases
    REFERENCING NEW TABLE AS cases_after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_collection_case_totals();
CREATE TRIGGER collection_cases_updated_totals AFTER UPDATE ON collection_cases
    REFERENCING OLD TABLE AS cases_before NEW TABLE AS cases_after
    FOR EACH STATEMENT EXECUTE FUNCTION keep_collection_case_totals();
CREATE TRIGGER collection_cases_deleted_totals AFTER DELETE ON collection_cases
    REFERENCING OLD TABLE AS cases_before
    FOR EACH STATEMENT EXECUTE FUNCTION keep_collection_case_totals();

-- +goose Down
DROP TRIGGER collection_cases_inserted_totals ON collection_cases;
DROP TRIGGER collection_cases_updated_totals ON collection_cases;
DROP TRIGGER collection_cases_deleted_totals ON collection_cases;
DROP FUNCTION keep_collection_case_totals();
DROP TABLE collection_case_totals;
DROP INDEX collection_cases_out_of_step_idx;
DROP INDEX collection_cases_outstanding_amount_idx, collection_cases_due_date_idx, collection_cases_bucket_idx,
    collection_cases_worked_idx, collection_cases_status_idx;
ALTER TABLE collection_cases
    DROP CONSTRAINT collection_cases_bucket_has_days,
    DROP CONSTRAINT collection_cases_closed_has_days;
-- As before, a case has the days at which it was last written.
UPDATE collection_cases c
SET days_past_due = d.days,
    aging_bucket = CASE WHEN d.days <= 0 THEN 'current' WHEN d.days <= 30 THEN '1_30' WHEN d.days <= 60 THEN '31_60'
        WHEN d.days <= 90 THEN '61_90' ELSE '90_plus' END
FROM (SELECT id, (updated_at AT TIME ZONE 'UTC')::date - due_date AS days FROM collection_cases) d
WHERE d.id = c.id AND c.days_past_due IS NULL;
ALTER TABLE collection_cases
    ALTER COLUMN days_past_due SET NOT NULL,
    ALTER COLUMN aging_bucket SET NOT NULL,
    DROP COLUMN due_date;
