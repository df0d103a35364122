-- +goose Up

-- Exclusion constraints that combine a uuid with a date range need btree_gist.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- An amount in centimes (1/100 MAD). The bound is the API's own: less than 10^10 MAD.
CREATE DOMAIN centimes AS bigint
    CONSTRAINT centimes_in_range CHECK (VALUE BETWEEN -999999999999 AND 999999999999);

-- A sum of amounts in centimes. A sum over many invoices may exceed the bound of a single amount.
CREATE DOMAIN centimes_sum AS bigint;

-- A tax rate in millionths: 200000 is 20 %.
CREATE DOMAIN tax_rate AS integer
    CONSTRAINT tax_rate_in_range CHECK (VALUE BETWEEN 0 AND 1000000);

-- Rejects every statement that fires it. The trigger's name is reported as the violated constraint.
-- +goose StatementBegin
CREATE FUNCTION reject_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is rejected: the rows are immutable', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$;
-- +goose StatementEnd

-- The number of rows of each long list, so that no page has to count them. The total of a list is the sum of its
-- shards. A writer updates any shard that no other transaction has locked, and adds a shard when all are locked.
-- Writers therefore never wait for each other here and cannot deadlock, and the number of shards stays near the
-- largest number of concurrent writers.
CREATE TABLE list_totals (
    list  text NOT NULL,
    shard integer GENERATED ALWAYS AS IDENTITY,
    total bigint NOT NULL,

    PRIMARY KEY (list, shard)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Adds the number of rows that a statement inserted or deleted to the total of its table. The update belongs to the
-- writing transaction, so a rollback undoes it.
-- +goose StatementBegin
CREATE FUNCTION update_list_totals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- TRUNCATE holds an exclusive lock on the table, so no other transaction has a shard of this list.
        DELETE FROM list_totals WHERE list = TG_TABLE_NAME;
        RETURN NULL;
    END IF;
    SELECT count(*) INTO change FROM changed;
    IF change = 0 THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        change := -change;
    END IF;
    UPDATE list_totals SET total = total + change
    WHERE list = TG_TABLE_NAME AND shard = (
        SELECT shard FROM list_totals WHERE list = TG_TABLE_NAME LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO list_totals (list, total) VALUES (TG_TABLE_NAME, change);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Creates the triggers <table>_count_inserted, _count_deleted, and _count_truncated, which keep the total of a list.
-- The table must be empty.
-- +goose StatementBegin
CREATE FUNCTION create_list_total_triggers(list regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %s REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION update_list_totals()', list || '_count_inserted', list);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %s REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION update_list_totals()', list || '_count_deleted', list);
    EXECUTE format('CREATE TRIGGER %I AFTER TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION update_list_totals()', list || '_count_truncated', list);
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION create_list_total_triggers(regclass);
DROP FUNCTION update_list_totals();
DROP TABLE list_totals;
DROP FUNCTION reject_change();
DROP DOMAIN tax_rate;
DROP DOMAIN centimes_sum;
DROP DOMAIN centimes;
DROP EXTENSION btree_gist;
