-- +goose Up

-- The plan of this statement is kept for as long as a connection lives. As a join it could be one that reads all invoices
-- for the lines of one chunk, made when there were few; a look-up for each invoice of the statement stays one.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION check_invoice_lines_sum() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
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

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION check_invoice_lines_sum() RETURNS trigger LANGUAGE plpgsql AS $$
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
