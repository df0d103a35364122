-- +goose Up

-- How many rows the long lists have, so that no page has to count them. The total
-- of a list is the sum of its rows here. A transaction that changes it takes any
-- row which no other transaction holds, and adds one when all are held: writers
-- never wait for each other here, so they cannot deadlock either, and there are
-- about as many rows as there ever were writers at once.
CREATE TABLE list_totals (
    list  text NOT NULL,
    shard integer GENERATED ALWAYS AS IDENTITY,
    total bigint NOT NULL,

    PRIMARY KEY (list, shard)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Adds what one statement inserted or deleted to the total of its table. It is part
-- of the transaction: what rolls back was never counted.
-- +goose StatementBegin
CREATE FUNCTION count_list_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        -- It holds the table for itself: nobody else has a row of this list.
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

-- A trigger holds its table against writers until the migration is committed, so
-- that the rows which are counted below are those that it did not count.
CREATE TRIGGER clients_count_inserted AFTER INSERT ON clients
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER clients_count_deleted AFTER DELETE ON clients
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER clients_count_truncated AFTER TRUNCATE ON clients
    FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();

CREATE TRIGGER contracts_count_inserted AFTER INSERT ON contracts
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER contracts_count_deleted AFTER DELETE ON contracts
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER contracts_count_truncated AFTER TRUNCATE ON contracts
    FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();

CREATE TRIGGER invoices_count_inserted AFTER INSERT ON invoices
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER invoices_count_deleted AFTER DELETE ON invoices
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER invoices_count_truncated AFTER TRUNCATE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();

CREATE TRIGGER payments_count_inserted AFTER INSERT ON payments
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER payments_count_deleted AFTER DELETE ON payments
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();
CREATE TRIGGER payments_count_truncated AFTER TRUNCATE ON payments
    FOR EACH STATEMENT EXECUTE FUNCTION count_list_rows();

INSERT INTO list_totals (list, total)
SELECT 'clients', count(*) FROM clients
UNION ALL SELECT 'contracts', count(*) FROM contracts
UNION ALL SELECT 'invoices', count(*) FROM invoices
UNION ALL SELECT 'payments', count(*) FROM payments;

-- The orders of the lists besides the newest first. Ties are broken by id.
CREATE INDEX clients_full_name_idx ON clients (full_name, id);
CREATE INDEX contracts_start_date_idx ON contracts (start_date, id);
CREATE INDEX invoices_due_date_idx ON invoices (due_date, id);
CREATE INDEX invoices_total_amount_idx ON invoices (total_amount, id);
CREATE INDEX payments_payment_date_idx ON payments (payment_date, id);
CREATE INDEX payments_amount_idx ON payments (amount, id);

-- The filters of the lists: a page of a rare value, and the count of any.
CREATE INDEX clients_status_idx ON clients (status, created_at DESC, id DESC);
CREATE INDEX clients_client_type_idx ON clients (client_type, created_at DESC, id DESC);
CREATE INDEX clients_delinquent_idx ON clients (created_at DESC, id DESC) WHERE delinquent_since IS NOT NULL;
CREATE INDEX contracts_subscriber_idx ON contracts (subscriber_id);
CREATE INDEX contracts_status_idx ON contracts (status, created_at DESC, id DESC);
CREATE INDEX invoices_status_idx ON invoices (status, created_at DESC, id DESC);
CREATE INDEX invoice_lines_offer_idx ON invoice_lines (offer_id, invoice_id);
CREATE INDEX invoice_lines_service_idx ON invoice_lines (service_category, invoice_id);
CREATE INDEX payments_reversed_idx ON payments (created_at DESC, id DESC) WHERE status = 'reversed';

-- +goose Down
DROP INDEX payments_reversed_idx, invoice_lines_service_idx, invoice_lines_offer_idx, invoices_status_idx,
    contracts_status_idx, contracts_subscriber_idx, clients_delinquent_idx, clients_client_type_idx, clients_status_idx,
    payments_amount_idx, payments_payment_date_idx, invoices_total_amount_idx, invoices_due_date_idx,
    contracts_start_date_idx, clients_full_name_idx;
DROP TRIGGER payments_count_truncated ON payments;
DROP TRIGGER payments_count_deleted ON payments;
DROP TRIGGER payments_count_inserted ON payments;
DROP TRIGGER invoices_count_truncated ON invoices;
DROP TRIGGER invoices_count_deleted ON invoices;
DROP TRIGGER invoices_count_inserted ON invoices;
DROP TRIGGER contracts_count_truncated ON contracts;
DROP TRIGGER contracts_count_deleted ON contracts;
DROP TRIGGER contracts_count_inserted ON contracts;
DROP TRIGGER clients_count_truncated ON clients;
DROP TRIGGER clients_count_deleted ON clients;
DROP TRIGGER clients_count_inserted ON clients;
DROP FUNCTION count_list_rows();
DROP TABLE list_totals;
